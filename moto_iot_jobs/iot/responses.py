"""The operations of the owner's plane: members in, the core's operation, members out."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.dispatch.auth import Caller
from moto_iot_jobs.dispatch.http import HttpRequest
from moto_iot_jobs.dispatch.operations import Inquiry, NotOurs, Operations
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.settings import (
    JobRequest,
    JobTemplateRequest,
    JobUpdate,
    TargetSelection,
)
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus
from moto_iot_jobs.wire import Call, typed

from . import serializers
from .dynamic_group_responses import DynamicGroupOperations
from .endpoints import endpoint_address

Members = dict[str, Any]


class OwnerOperations(DynamicGroupOperations, Operations):
    """What the owner of a fleet can ask for."""

    service = "iot"

    def _answer(self, call: Call, members: Members, request: HttpRequest, caller: Caller) -> bytes:
        if call.operation == "UpdateEventConfigurations":
            # What has happened by now is published by the switches as they are; afterwards they are
            # others.
            runtime.delivery.settle_all()
        return super()._answer(call, members, request, caller)

    # Jobs

    def create_job(self, asked: Inquiry) -> Members:
        """CreateJob."""
        return serializers.job_reference(
            asked.jobs.jobs.create_job(typed(JobRequest, asked.members), asked.now)
        )

    def describe_job(self, asked: Inquiry) -> Members:
        """DescribeJob; documentSource stands beside the job."""
        job = asked.jobs.jobs.describe_job(asked["jobId"], asked.now)
        return {"documentSource": job.document_source, "job": serializers.job(job, asked.now)}

    def update_job(self, asked: Inquiry) -> None:
        """UpdateJob."""
        asked.jobs.jobs.update_job(typed(JobUpdate, asked.members), asked.now)

    def cancel_job(self, asked: Inquiry) -> Members:
        """CancelJob."""
        job = asked.jobs.jobs.cancel_job(
            asked["jobId"],
            asked.now,
            force=asked.get("force", False),
            comment=asked.get("comment"),
            reason_code=asked.get("reasonCode"),
        )
        return serializers.job_reference(job)

    def delete_job(self, asked: Inquiry) -> None:
        """DeleteJob."""
        asked.jobs.jobs.delete_job(asked["jobId"], asked.now, force=asked.get("force", False))

    def get_job_document(self, asked: Inquiry) -> Members:
        """GetJobDocument."""
        document = asked.jobs.jobs.find_job(asked["jobId"], asked.now).document
        return {
            "document": document.before_substitution
            if asked.get("beforeSubstitution")
            else document.text
        }

    def list_jobs(self, asked: Inquiry) -> Members:
        """ListJobs."""
        found, token = asked.jobs.jobs.list_jobs(
            asked.now,
            status=_as(JobStatus, asked.get("status")),
            target_selection=_as(TargetSelection, asked.get("targetSelection")),
            thing_group_name=asked.get("thingGroupName"),
            thing_group_id=asked.get("thingGroupId"),
            namespace_id=asked.get("namespaceId"),
            max_results=asked.get("maxResults"),
            next_token=asked.get("nextToken"),
        )
        group_id = asked.get("thingGroupId")
        if group_id is None and "thingGroupName" in asked.members:
            group_id = asked.jobs.store.fleet.group_id(asked["thingGroupName"])
        return {
            "jobs": [serializers.job_summary(job, group_id) for job in found],
            "nextToken": token,
        }

    def associate_targets_with_job(self, asked: Inquiry) -> Members:
        """AssociateTargetsWithJob."""
        job = asked.jobs.jobs.associate_targets_with_job(
            asked["jobId"], tuple(asked["targets"]), asked.now, comment=asked.get("comment")
        )
        return serializers.job_reference(job)

    # Executions

    def describe_job_execution(self, asked: Inquiry) -> Members:
        """DescribeJobExecution."""
        execution = asked.jobs.jobs.describe_job_execution(
            asked["thingName"], asked["jobId"], asked.get("executionNumber"), asked.now
        )
        return {"execution": serializers.job_execution(execution, asked.jobs.place, asked.now)}

    def cancel_job_execution(self, asked: Inquiry) -> None:
        """CancelJobExecution."""
        asked.jobs.jobs.cancel_job_execution(
            asked["thingName"],
            asked["jobId"],
            asked.now,
            force=asked.get("force", False),
            expected_version=asked.get("expectedVersion"),
            status_details=asked.get("statusDetails"),
        )

    def delete_job_execution(self, asked: Inquiry) -> None:
        """DeleteJobExecution."""
        asked.jobs.jobs.delete_job_execution(
            asked["thingName"],
            asked["jobId"],
            asked["executionNumber"],
            asked.now,
            force=asked.get("force", False),
        )

    def list_job_executions_for_job(self, asked: Inquiry) -> Members:
        """ListJobExecutionsForJob."""
        found, token = asked.jobs.jobs.list_job_executions_for_job(
            asked["jobId"],
            asked.now,
            status=_as(ExecutionStatus, asked.get("status")),
            max_results=asked.get("maxResults"),
            next_token=asked.get("nextToken"),
        )
        summaries = [
            {
                "thingArn": asked.jobs.place.arn("thing", execution.thing.name),
                "jobExecutionSummary": serializers.job_execution_summary(execution),
            }
            for execution in found
        ]
        return {"executionSummaries": summaries, "nextToken": token}

    def list_job_executions_for_thing(self, asked: Inquiry) -> Members:
        """ListJobExecutionsForThing."""
        found, token = asked.jobs.jobs.list_job_executions_for_thing(
            asked["thingName"],
            asked.now,
            status=_as(ExecutionStatus, asked.get("status")),
            namespace_id=asked.get("namespaceId"),
            job_id=asked.get("jobId"),
            max_results=asked.get("maxResults"),
            next_token=asked.get("nextToken"),
        )
        summaries = [
            {
                "jobId": execution.job_id,
                "jobExecutionSummary": serializers.job_execution_summary(execution),
            }
            for execution in found
        ]
        return {"executionSummaries": summaries, "nextToken": token}

    # Templates

    def create_job_template(self, asked: Inquiry) -> Members:
        """CreateJobTemplate."""
        template = asked.jobs.templates.create_job_template(
            typed(JobTemplateRequest, asked.members), asked.now
        )
        return {
            "jobTemplateArn": template.job_template_arn,
            "jobTemplateId": template.job_template_id,
        }

    def describe_job_template(self, asked: Inquiry) -> Members:
        """DescribeJobTemplate."""
        return serializers.job_template(
            asked.jobs.templates.describe_job_template(asked["jobTemplateId"])
        )

    def delete_job_template(self, asked: Inquiry) -> None:
        """DeleteJobTemplate."""
        asked.jobs.templates.delete_job_template(asked["jobTemplateId"])

    def list_job_templates(self, asked: Inquiry) -> Members:
        """ListJobTemplates."""
        found, token = asked.jobs.templates.list_job_templates(
            max_results=asked.get("maxResults"), next_token=asked.get("nextToken")
        )
        shown = ("jobTemplateArn", "jobTemplateId", "description", "createdAt")
        summaries = [
            {name: serializers.job_template(template)[name] for name in shown} for template in found
        ]
        return {"jobTemplates": summaries, "nextToken": token}

    def describe_managed_job_template(self, asked: Inquiry) -> Members:
        """DescribeManagedJobTemplate."""
        template = asked.jobs.templates.describe_managed_job_template(
            asked["templateName"], asked.get("templateVersion")
        )
        return serializers.managed_template(template, asked.jobs.place)

    def list_managed_job_templates(self, asked: Inquiry) -> Members:
        """ListManagedJobTemplates."""
        found, token = asked.jobs.templates.list_managed_job_templates(
            name=asked.get("templateName"),
            max_results=asked.get("maxResults"),
            next_token=asked.get("nextToken"),
        )
        summaries = [
            serializers.managed_template_summary(template, asked.jobs.place) for template in found
        ]
        return {"managedJobTemplates": summaries, "nextToken": token}

    # Tags

    def tag_resource(self, asked: Inquiry) -> Members:
        """TagResource."""
        _check_ours(asked)
        asked.jobs.tags.tag_resource(asked["resourceArn"], asked["tags"])
        return {}

    def untag_resource(self, asked: Inquiry) -> Members:
        """UntagResource."""
        _check_ours(asked)
        asked.jobs.tags.untag_resource(asked["resourceArn"], asked["tagKeys"])
        return {}

    def list_tags_for_resource(self, asked: Inquiry) -> Members:
        """ListTagsForResource; always one page."""
        _check_ours(asked)
        tags = asked.jobs.tags.list_tags_for_resource(asked["resourceArn"])
        return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    # Event configurations and endpoints

    def update_event_configurations(self, asked: Inquiry) -> Members:
        """UpdateEventConfigurations; a type named without Enabled is switched off (captured)."""
        switches = asked.get("eventConfigurations")
        if switches is None:
            raise InvalidRequest("Configuration cannot be null")
        asked.jobs.event_switches.update(
            {kind: each.get("Enabled", False) for kind, each in switches.items()}, asked.now
        )
        return {}

    def describe_event_configurations(self, asked: Inquiry) -> Members:
        """DescribeEventConfigurations."""
        switches = asked.jobs.event_switches
        return {
            "eventConfigurations": {
                kind: {"Enabled": enabled} for kind, enabled in switches.enabled.items()
            },
            "creationDate": switches.created_at,
            "lastModifiedDate": switches.modified_at,
        }

    def describe_endpoint(self, asked: Inquiry) -> Members:
        """DescribeEndpoint."""
        return {
            "endpointAddress": endpoint_address(
                asked.get("endpointType", "iot:Data"), asked.jobs.place
            )
        }


def _as(kind: Any, value: str | None) -> Any:
    return kind(value) if value is not None else None


def _check_ours(asked: Inquiry) -> None:
    if not asked.jobs.tags.is_ours(asked["resourceArn"]):
        raise NotOurs
