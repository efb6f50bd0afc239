"""The operations of the control plane: members in, the core's operation, members out."""

from __future__ import annotations

from typing import Any

from moto.core.config import default_user_config

from moto_iot_jobs.dispatch.operations import NotHandled, Operations
from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.settings import (
    JobRequest,
    JobTemplateRequest,
    JobUpdate,
    TargetSelection,
)
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus
from moto_iot_jobs.wire import typed

from . import serializers

Members = dict[str, Any]


class ControlPlaneOperations:
    """The operations of the control plane on jobs and what belongs to them."""

    # Jobs

    def create_job(self, request: Request) -> Members:
        """CreateJob."""
        return serializers.job_reference(
            request.jobs.control_plane.create_job(typed(JobRequest, request.members), request.now)
        )

    def describe_job(self, request: Request) -> Members:
        """DescribeJob.

        DocumentSource stands beside the job.
        """
        job = request.jobs.control_plane.describe_job(request["jobId"], request.now)
        before = bool(request.get("beforeSubstitution"))
        return {
            "documentSource": job.document_source,
            "job": serializers.job(job, request.now, before_substitution=before),
        }

    def update_job(self, request: Request) -> None:
        """UpdateJob."""
        request.jobs.control_plane.update_job(typed(JobUpdate, request.members), request.now)

    def cancel_job(self, request: Request) -> Members:
        """CancelJob."""
        job = request.jobs.control_plane.cancel_job(
            request["jobId"],
            request.now,
            force=request.get("force", False),
            comment=request.get("comment"),
            reason_code=request.get("reasonCode"),
        )
        return serializers.job_reference(job)

    def delete_job(self, request: Request) -> None:
        """DeleteJob."""
        request.jobs.control_plane.delete_job(
            request["jobId"], request.now, force=request.get("force", False)
        )

    def get_job_document(self, request: Request) -> Members:
        """GetJobDocument."""
        document = request.jobs.control_plane.find_job(request["jobId"]).document
        return {
            "document": document.before_substitution
            if request.get("beforeSubstitution")
            else document.text
        }

    def list_jobs(self, request: Request) -> Members:
        """ListJobs."""
        found, token = request.jobs.control_plane.list_jobs(
            status=_as(JobStatus, request.get("status")),
            target_selection=_as(TargetSelection, request.get("targetSelection")),
            thing_group_name=request.get("thingGroupName"),
            thing_group_id=request.get("thingGroupId"),
            namespace_id=request.get("namespaceId"),
            max_results=request.get("maxResults"),
            next_token=request.get("nextToken"),
        )
        group_id = request.get("thingGroupId")
        if group_id is None and "thingGroupName" in request.members:
            group_id = request.jobs.store.registry.group_id(request["thingGroupName"])
        return {
            "jobs": [serializers.job_summary(job, group_id) for job in found],
            "nextToken": token,
        }

    def associate_targets_with_job(self, request: Request) -> Members:
        """AssociateTargetsWithJob."""
        job = request.jobs.control_plane.associate_targets_with_job(
            request["jobId"], tuple(request["targets"]), request.now, comment=request.get("comment")
        )
        return serializers.job_reference(job)

    # Executions

    def describe_job_execution(self, request: Request) -> Members:
        """DescribeJobExecution."""
        execution = request.jobs.control_plane.describe_job_execution(
            request["thingName"], request["jobId"], request.get("executionNumber")
        )
        return {
            "execution": serializers.job_execution(execution, request.jobs.location, request.now)
        }

    def cancel_job_execution(self, request: Request) -> None:
        """CancelJobExecution."""
        request.jobs.control_plane.cancel_job_execution(
            request["thingName"],
            request["jobId"],
            request.now,
            force=request.get("force", False),
            expected_version=request.get("expectedVersion"),
            status_details=request.get("statusDetails"),
        )

    def delete_job_execution(self, request: Request) -> None:
        """DeleteJobExecution."""
        request.jobs.control_plane.delete_job_execution(
            request["thingName"],
            request["jobId"],
            request["executionNumber"],
            request.now,
            force=request.get("force", False),
            queued_needs_force=_delete_queued_needs_force(),
        )

    def list_job_executions_for_job(self, request: Request) -> Members:
        """ListJobExecutionsForJob."""
        found, token = request.jobs.control_plane.list_job_executions_for_job(
            request["jobId"],
            status=_as(ExecutionStatus, request.get("status")),
            max_results=request.get("maxResults"),
            next_token=request.get("nextToken"),
        )
        summaries = [
            {
                "thingArn": request.jobs.location.arn("thing", execution.thing.name),
                "jobExecutionSummary": serializers.job_execution_summary(execution),
            }
            for execution in found
        ]
        return {"executionSummaries": summaries, "nextToken": token}

    def list_job_executions_for_thing(self, request: Request) -> Members:
        """ListJobExecutionsForThing."""
        found, token = request.jobs.control_plane.list_job_executions_for_thing(
            request["thingName"],
            status=_as(ExecutionStatus, request.get("status")),
            namespace_id=request.get("namespaceId"),
            job_id=request.get("jobId"),
            max_results=request.get("maxResults"),
            next_token=request.get("nextToken"),
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

    def create_job_template(self, request: Request) -> Members:
        """CreateJobTemplate."""
        template = request.jobs.templates.create_job_template(
            typed(JobTemplateRequest, request.members), request.now
        )
        return {
            "jobTemplateArn": template.job_template_arn,
            "jobTemplateId": template.job_template_id,
        }

    def describe_job_template(self, request: Request) -> Members:
        """DescribeJobTemplate."""
        return serializers.job_template(
            request.jobs.templates.describe_job_template(request["jobTemplateId"])
        )

    def delete_job_template(self, request: Request) -> None:
        """DeleteJobTemplate."""
        request.jobs.templates.delete_job_template(request["jobTemplateId"])

    def list_job_templates(self, request: Request) -> Members:
        """ListJobTemplates."""
        found, token = request.jobs.templates.list_job_templates(
            max_results=request.get("maxResults"), next_token=request.get("nextToken")
        )
        shown = ("jobTemplateArn", "jobTemplateId", "description", "createdAt")
        summaries = [
            {name: serializers.job_template(template)[name] for name in shown} for template in found
        ]
        return {"jobTemplates": summaries, "nextToken": token}

    def describe_managed_job_template(self, request: Request) -> Members:
        """DescribeManagedJobTemplate."""
        template = request.jobs.templates.describe_managed_job_template(
            request["templateName"], request.get("templateVersion")
        )
        return serializers.managed_template(template, request.jobs.location)

    def list_managed_job_templates(self, request: Request) -> Members:
        """ListManagedJobTemplates."""
        found, token = request.jobs.templates.list_managed_job_templates(
            name=request.get("templateName"),
            max_results=request.get("maxResults"),
            next_token=request.get("nextToken"),
        )
        summaries = [
            serializers.managed_template_summary(template, request.jobs.location)
            for template in found
        ]
        return {"managedJobTemplates": summaries, "nextToken": token}

    # Tags

    def tag_resource(self, request: Request) -> Members:
        """TagResource."""
        _check_ours(request)
        request.jobs.tags.tag_resource(request["resourceArn"], request["tags"])
        return {}

    def untag_resource(self, request: Request) -> Members:
        """UntagResource."""
        _check_ours(request)
        request.jobs.tags.untag_resource(request["resourceArn"], request["tagKeys"])
        return {}

    def list_tags_for_resource(self, request: Request) -> Members:
        """ListTagsForResource.

        Always one page.
        """
        _check_ours(request)
        tags = request.jobs.tags.list_tags_for_resource(request["resourceArn"])
        return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    # Event configurations and endpoints

    def update_event_configurations(self, request: Request) -> Members:
        """UpdateEventConfigurations.

        A type named without Enabled is switched off (captured).
        """
        switches = request.get("eventConfigurations")
        if switches is None:
            raise InvalidRequest("Configuration cannot be null")
        request.jobs.event_configurations.update(
            {kind: each.get("Enabled", False) for kind, each in switches.items()}, request.now
        )
        return {}

    def describe_event_configurations(self, request: Request) -> Members:
        """DescribeEventConfigurations."""
        switches = request.jobs.event_configurations
        return {
            "eventConfigurations": {
                kind: {"Enabled": enabled} for kind, enabled in switches.enabled.items()
            },
            "creationDate": switches.created_at,
            "lastModifiedDate": switches.modified_at,
        }

    def describe_endpoint(self, request: Request) -> Members:
        """DescribeEndpoint."""
        from .endpoints import endpoint_address

        address = endpoint_address(request.get("endpointType", "iot:Data"), request.jobs.location)
        # A server may be told under which name programs reach it.
        return {"endpointAddress": runtime.public_host or address}


def _as(kind: Any, value: str | None) -> Any:
    return kind(value) if value is not None else None


def _delete_queued_needs_force() -> bool:
    """Return whether the mock was configured to read DeleteJobExecution as its API page says it."""
    settings: Any = default_user_config.get("iot_jobs") or {}
    return bool(settings.get("delete_queued_needs_force", False))


def _check_ours(request: Request) -> None:
    if not request.jobs.tags.is_ours(request["resourceArn"]):
        raise NotHandled


# Of groups and searches, which few tests ask for: each imported when it is called.


def _load_dynamic_groups() -> object:
    from .dynamic_group_responses import DynamicGroupOperations

    return DynamicGroupOperations()


def _load_thing_groups() -> object:
    from .thing_group_responses import ThingGroupOperations

    return ThingGroupOperations()


def _load_fleet_index() -> object:
    from .fleet_index_responses import FleetIndexOperations

    return FleetIndexOperations()


operations = Operations("iot", find_jobs, ControlPlaneOperations())
operations.add(
    ("CreateDynamicThingGroup", "UpdateDynamicThingGroup", "DeleteDynamicThingGroup"),
    _load_dynamic_groups,
)
operations.add(
    ("ListThingsInThingGroup", "ListThingGroups", "ListThingGroupsForThing"), _load_thing_groups
)
operations.add(
    (
        "SearchIndex",
        "DescribeIndex",
        "ListIndices",
        "GetIndexingConfiguration",
        "UpdateIndexingConfiguration",
    ),
    _load_fleet_index,
)
