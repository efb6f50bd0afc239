"""Job templates as resources of CloudFormation stacks (AWS::IoT::JobTemplate)."""

from __future__ import annotations

from moto.iot.models import FakeJobTemplate

from moto_iot_jobs.service.templates import JobTemplate


class JobTemplateResource(FakeJobTemplate):
    """What moto's CloudFormation keeps of a job template; it reads the class's other methods, so it has to be one of moto's.

    Args:
        template: the template in the store.
    """

    def __init__(self, template: JobTemplate) -> None:
        self.job_template_id = template.job_template_id
        self.job_template_arn = template.job_template_arn

    def is_created(self) -> bool:
        """Tell CloudFormation that the template is there already."""
        return True

    @property
    def physical_resource_id(self) -> str:
        """What `Ref` gives: the id."""
        return self.job_template_id
