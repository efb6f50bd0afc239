"""`AWS::IoT::Job` and `AWS::IoT::JobTemplate`.

Source: the resources' schemas in the CloudFormation registry.
"""

from __future__ import annotations

from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from moto_iot_jobs.iot.stack_types import StackContext
from moto_iot_jobs.wire import WireError

from .properties import NUMBER, TAGS, TEXT, TEXTS, WHOLE, Schema
from .resources import ResourceType, StackResource, call

# A deletion that lasts is waited for as long as this, in descriptions of the job.
_MOST_DESCRIPTIONS = 100

_WINDOWS: Schema = [{"StartTime": TEXT, "DurationInMinutes": WHOLE}]
_PRESIGNED: Schema = {"RoleArn": TEXT, "ExpiresInSec": WHOLE}
_TIMEOUT: Schema = {"InProgressTimeoutInMinutes": WHOLE}
_RETRIES: Schema = [{"FailureType": TEXT, "NumberOfRetries": WHOLE}]
_RATE: Schema = {
    "BaseRatePerMinute!": WHOLE,
    "IncrementFactor!": NUMBER,
    "RateIncreaseCriteria!": {"NumberOfNotifiedThings": WHOLE, "NumberOfSucceededThings": WHOLE},
}
_ABORT: Schema = {
    "CriteriaList!": [
        {
            "Action!": TEXT,
            "FailureType!": TEXT,
            "MinNumberOfExecutedThings!": WHOLE,
            "ThresholdPercentage!": NUMBER,
        }
    ]
}


_JOB: Schema = {
    "JobId!": TEXT,
    "Targets!": [TEXT],
    "Document": TEXT,
    "DocumentSource": TEXT,
    "TargetSelection": TEXT,
    "JobTemplateArn": TEXT,
    "DocumentParameters": TEXTS,
    "SchedulingConfig": {
        "StartTime": TEXT,
        "EndTime": TEXT,
        "EndBehavior": TEXT,
        "MaintenanceWindows": _WINDOWS,
    },
    "DestinationPackageVersions": [TEXT],
    "JobExecutionsRetryConfig": {"CriteriaList!": _RETRIES},
    "Description": TEXT,
    "PresignedUrlConfig": _PRESIGNED,
    "JobExecutionsRolloutConfig": {"MaximumPerMinute": WHOLE, "ExponentialRate": _RATE},
    "AbortConfig": _ABORT,
    "TimeoutConfig": _TIMEOUT,
    "Tags": TAGS,
}


class Jobs(ResourceType):
    """`AWS::IoT::Job`."""

    name = "AWS::IoT::Job"
    schema = _JOB
    create_only = frozenset(
        {
            "JobId",
            "Targets",
            "Document",
            "DocumentSource",
            "TargetSelection",
            "JobTemplateArn",
            "DocumentParameters",
            "SchedulingConfig",
            "DestinationPackageVersions",
            "JobExecutionsRetryConfig",
        }
    )

    def make(self, name: str, given: dict[str, Any], stack: StackContext) -> StackResource:
        """Create a job.

        `Ref` gives its ARN, the primary identifier of the schema.
        """
        members = {**self.members(given), "jobId": name}
        arn = call(stack, "CreateJob", **members)["jobArn"]
        created_at = call(stack, "DescribeJob", jobId=name)["job"]["createdAt"]
        created_at_utc = datetime.fromtimestamp(created_at / 1000, timezone.utc)
        created = created_at_utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return StackResource(arn, given, {"Arn": arn, "CreatedAt": created})

    def change(
        self, original: StackResource, given: dict[str, Any], changed: set[str], stack: StackContext
    ) -> None:
        """Update a job.

        What the template has no more stays, for UpdateJob cannot take it away.
        """
        updated = self.members(given, changed)
        if updated:
            call(stack, "UpdateJob", jobId=_name(original.physical_resource_id), **updated)

    def unmake(self, physical_id: str, stack: StackContext) -> None:
        """Delete a job by force, and wait until it is gone."""
        job_id = _name(physical_id)
        call(stack, "DeleteJob", {"force": "true"}, jobId=job_id)
        for _ in range(_MOST_DESCRIPTIONS):
            try:
                call(stack, "DescribeJob", jobId=job_id)
            except WireError:
                return


_JOB_TEMPLATE: Schema = {
    "JobTemplateId!": TEXT,
    "Description!": TEXT,
    "JobArn": TEXT,
    "Document": TEXT,
    "DocumentSource": TEXT,
    "TimeoutConfig": {"InProgressTimeoutInMinutes!": WHOLE},
    "JobExecutionsRolloutConfig": {"MaximumPerMinute": WHOLE, "ExponentialRolloutRate": _RATE},
    "AbortConfig": _ABORT,
    "PresignedUrlConfig": {"RoleArn!": TEXT, "ExpiresInSec": WHOLE},
    "DestinationPackageVersions": [TEXT],
    "JobExecutionsRetryConfig": {"RetryCriteriaList": _RETRIES},
    "MaintenanceWindows": _WINDOWS,
    "Tags": TAGS,
}


class JobTemplates(ResourceType):
    """`AWS::IoT::JobTemplate`."""

    name = "AWS::IoT::JobTemplate"
    schema = _JOB_TEMPLATE
    create_only = frozenset(name.rstrip("!") for name in _JOB_TEMPLATE)
    renamed = MappingProxyType(
        {"RetryCriteriaList": "criteriaList", "ExponentialRolloutRate": "exponentialRate"}
    )

    def make(
        self,
        name: str,  # noqa: ARG002
        given: dict[str, Any],
        stack: StackContext,
    ) -> StackResource:
        """Create a template.

        `Ref` gives its id.

        `name` is generated: moto's own class, which it asks first, names another property.
        """
        arn = call(stack, "CreateJobTemplate", **self.members(given))["jobTemplateArn"]
        return StackResource(_name(arn), given, {"Arn": arn})

    def replace(
        self, original: StackResource, name: str, given: dict[str, Any], stack: StackContext
    ) -> StackResource:
        """Replace a template, also one of the same id, as moto does and its users know it."""
        if given.get("JobTemplateId") == original.physical_resource_id:
            self.delete(original.physical_resource_id, stack)
            return self.create(name, given, stack)
        return super().replace(original, name, given, stack)

    def unmake(self, physical_id: str, stack: StackContext) -> None:
        """Delete a template."""
        call(stack, "DeleteJobTemplate", jobTemplateId=physical_id)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
