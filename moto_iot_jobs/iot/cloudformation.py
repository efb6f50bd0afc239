"""Job templates as resources of CloudFormation stacks (AWS::IoT::JobTemplate)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.iot.models import FakeJobTemplate

from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.settings import JobTemplateRequest
from moto_iot_jobs.service.templates.template import JobTemplate
from moto_iot_jobs.wire import Call, ServiceApi, WireError, typed

# Members that CloudFormation names otherwise than the API, and one that moto spells without its
# "s".
_OTHER_NAMES = {
    "retryCriteriaList": "criteriaList",
    "exponentialRolloutRate": "exponentialRate",
    "jobExecutionRetryConfig": "jobExecutionsRetryConfig",
}


class JobTemplateResource(FakeJobTemplate):
    """A job template as moto's CloudFormation keeps it.

    moto reads the class's other methods, so it has to be one of moto's.

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
        """Return the id, which `Ref` gives."""
        return self.job_template_id


def create(jobs: JobsService, properties: dict[str, Any], now: int) -> JobTemplateResource:
    """Create a job template from the arguments that moto makes of a resource's properties.

    Raises:
        ValidationError: what CreateJobTemplate refuses, in the words of CloudFormation.
    """
    named = {
        _camel_case(name): _renamed(value)
        for name, value in properties.items()
        if value not in (None, "", {})
    }
    template_id = named.pop("jobTemplateId")
    with _as_validation_errors(template_id):
        call = Call("CreateJobTemplate", {"jobTemplateId": template_id})
        members = ServiceApi.of("iot").read(call, "", json.dumps(named).encode())
        return JobTemplateResource(
            jobs.templates.create_job_template(typed(JobTemplateRequest, members), now)
        )


def delete(jobs: JobsService, template_id: str) -> None:
    """Delete a job template with its stack.

    Raises:
        ValidationError: there is no such template.
    """
    with _as_validation_errors(template_id):
        jobs.templates.delete_job_template(template_id)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    member = first + "".join(map(str.capitalize, others))
    return _OTHER_NAMES.get(member, member)


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        # moto decapitalises the names of members, but not inside lists.
        members = {name[:1].lower() + name[1:]: _renamed(each) for name, each in value.items()}
        return {_OTHER_NAMES.get(name, name): each for name, each in members.items()}
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    return value


@contextmanager
def _as_validation_errors(template_id: str) -> Iterator[None]:
    try:
        yield
    except (ServiceError, WireError) as error:
        raise ValidationError(template_id, message=error.message) from None
