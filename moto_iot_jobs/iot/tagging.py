"""Jobs and job templates in moto's Resource Groups Tagging API (moto 5.2.2 and later)."""

from __future__ import annotations

from collections.abc import Iterator

from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource

from .models import IoTJobsMixin


class TaggableJobsMixin(IoTJobsMixin, TaggableResourcesMixin):
    """An iot backend with jobs whose tags other services of moto can see and set."""

    SERVICE_NAMESPACE = "iot"

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Yield jobs and job templates with their tags."""
        store = self.iot_jobs.store
        for job in store.jobs.values():
            yield TaggedResource(arn=job.arn, tags=dict(job.tags), resource_type="iot:job")
        for template in store.templates.values():
            yield TaggedResource(
                arn=template.job_template_arn,
                tags=dict(template.tags),
                resource_type="iot:jobtemplate",
            )
        for kind, arn, tags in self.iot_jobs.tags.of_other_kinds():
            yield TaggedResource(arn=arn, tags=dict(tags), resource_type=f"iot:{kind}")

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags to a job or template."""
        self.iot_jobs.tags.tag_resource(
            arn, [{"Key": key, "Value": value} for key, value in tags.items()]
        )

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """Remove tags from a job or template."""
        self.iot_jobs.tags.untag_resource(arn, tag_keys)
