"""The operations of the owner's plane: members in, the core's operation, members out."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.regional import RegionalJobs
from moto_iot_jobs.service.settings import JobRequest, JobTemplateRequest, JobUpdate, TargetSelection
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus
from moto_iot_jobs.wire import typed

from . import views
from .endpoints import endpoint_address
from .http import HttpRequest
from .operations import NotOurs, Operations
from .simulation import clock

Members = dict[str, Any]


class OwnerOperations(Operations):
    """What the owner of a fleet can ask for."""

    service = "iot"

    # Jobs

    def create_job(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """CreateJob."""
        return views.job_reference(jobs.jobs.create_job(typed(JobRequest, asked), clock.now()))

    def describe_job(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """DescribeJob; documentSource stands beside the job."""
        now = clock.now()
        job = jobs.jobs.describe_job(asked["jobId"], now)
        return {"documentSource": job.document_source, "job": views.job(job, now)}

    def update_job(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> None:
        """UpdateJob."""
        jobs.jobs.update_job(typed(JobUpdate, asked), clock.now())

    def cancel_job(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """CancelJob."""
        job = jobs.jobs.cancel_job(
            asked["jobId"],
            clock.now(),
            force=asked.get("force", False),
            comment=asked.get("comment"),
            reason_code=asked.get("reasonCode"),
        )
        return views.job_reference(job)

    def delete_job(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> None:
        """DeleteJob."""
        jobs.jobs.delete_job(asked["jobId"], clock.now(), force=asked.get("force", False))

    def get_job_document(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """GetJobDocument."""
        document = jobs.jobs.find_job(asked["jobId"], clock.now()).document
        return {"document": document.before_substitution if asked.get("beforeSubstitution") else document.text}

    def list_jobs(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """ListJobs."""
        found, token = jobs.jobs.list_jobs(
            clock.now(),
            status=_as(JobStatus, asked.get("status")),
            target_selection=_as(TargetSelection, asked.get("targetSelection")),
            thing_group_name=asked.get("thingGroupName"),
            thing_group_id=asked.get("thingGroupId"),
            namespace_id=asked.get("namespaceId"),
            max_results=asked.get("maxResults"),
            next_token=asked.get("nextToken"),
        )
        group_id = asked.get("thingGroupId")
        if group_id is None and "thingGroupName" in asked:
            group_id = jobs.store.fleet.group_id(asked["thingGroupName"])
        return {"jobs": [views.job_summary(job, group_id) for job in found], "nextToken": token}

    def associate_targets_with_job(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """AssociateTargetsWithJob."""
        job = jobs.jobs.associate_targets_with_job(
            asked["jobId"], tuple(asked["targets"]), clock.now(), comment=asked.get("comment")
        )
        return views.job_reference(job)

    # Executions

    def describe_job_execution(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """DescribeJobExecution."""
        now = clock.now()
        execution = jobs.jobs.describe_job_execution(
            asked["thingName"], asked["jobId"], asked.get("executionNumber"), now
        )
        return {"execution": views.job_execution(execution, jobs.place, now)}

    def cancel_job_execution(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> None:
        """CancelJobExecution."""
        jobs.jobs.cancel_job_execution(
            asked["thingName"],
            asked["jobId"],
            clock.now(),
            force=asked.get("force", False),
            expected_version=asked.get("expectedVersion"),
            status_details=asked.get("statusDetails"),
        )

    def delete_job_execution(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> None:
        """DeleteJobExecution."""
        jobs.jobs.delete_job_execution(
            asked["thingName"],
            asked["jobId"],
            asked["executionNumber"],
            clock.now(),
            force=asked.get("force", False),
        )

    def list_job_executions_for_job(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """ListJobExecutionsForJob."""
        found, token = jobs.jobs.list_job_executions_for_job(
            asked["jobId"],
            clock.now(),
            status=_as(ExecutionStatus, asked.get("status")),
            max_results=asked.get("maxResults"),
            next_token=asked.get("nextToken"),
        )
        summaries = [
            {
                "thingArn": jobs.place.arn("thing", execution.thing.name),
                "jobExecutionSummary": views.job_execution_summary(execution),
            }
            for execution in found
        ]
        return {"executionSummaries": summaries, "nextToken": token}

    def list_job_executions_for_thing(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """ListJobExecutionsForThing."""
        found, token = jobs.jobs.list_job_executions_for_thing(
            asked["thingName"],
            clock.now(),
            status=_as(ExecutionStatus, asked.get("status")),
            namespace_id=asked.get("namespaceId"),
            job_id=asked.get("jobId"),
            max_results=asked.get("maxResults"),
            next_token=asked.get("nextToken"),
        )
        summaries = [
            {"jobId": execution.job_id, "jobExecutionSummary": views.job_execution_summary(execution)}
            for execution in found
        ]
        return {"executionSummaries": summaries, "nextToken": token}

    # Templates

    def create_job_template(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """CreateJobTemplate."""
        template = jobs.templates.create_job_template(typed(JobTemplateRequest, asked), clock.now())
        return {"jobTemplateArn": template.job_template_arn, "jobTemplateId": template.job_template_id}

    def describe_job_template(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """DescribeJobTemplate."""
        return views.job_template(jobs.templates.describe_job_template(asked["jobTemplateId"]))

    def delete_job_template(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> None:
        """DeleteJobTemplate."""
        jobs.templates.delete_job_template(asked["jobTemplateId"])

    def list_job_templates(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """ListJobTemplates."""
        found, token = jobs.templates.list_job_templates(
            max_results=asked.get("maxResults"), next_token=asked.get("nextToken")
        )
        shown = ("jobTemplateArn", "jobTemplateId", "description", "createdAt")
        summaries = [{name: views.job_template(template)[name] for name in shown} for template in found]
        return {"jobTemplates": summaries, "nextToken": token}

    def describe_managed_job_template(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """DescribeManagedJobTemplate."""
        template = jobs.templates.describe_managed_job_template(asked["templateName"], asked.get("templateVersion"))
        return views.managed_template(template, jobs.place)

    def list_managed_job_templates(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """ListManagedJobTemplates."""
        found, token = jobs.templates.list_managed_job_templates(
            name=asked.get("templateName"), max_results=asked.get("maxResults"), next_token=asked.get("nextToken")
        )
        summaries = [views.managed_template_summary(template, jobs.place) for template in found]
        return {"managedJobTemplates": summaries, "nextToken": token}

    # Tags

    def tag_resource(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """TagResource."""
        _check_ours(jobs, asked)
        jobs.tags.tag_resource(asked["resourceArn"], asked["tags"])
        return {}

    def untag_resource(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """UntagResource."""
        _check_ours(jobs, asked)
        jobs.tags.untag_resource(asked["resourceArn"], asked["tagKeys"])
        return {}

    def list_tags_for_resource(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """ListTagsForResource; always one page."""
        _check_ours(jobs, asked)
        tags = jobs.tags.list_tags_for_resource(asked["resourceArn"])
        return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    # Event configurations and endpoints

    def update_event_configurations(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """UpdateEventConfigurations; a type named without Enabled is switched off (captured)."""
        switches = asked.get("eventConfigurations")
        if switches is None:
            raise InvalidRequest("Configuration cannot be null")
        jobs.event_switches.update({kind: each.get("Enabled", False) for kind, each in switches.items()}, clock.now())
        return {}

    def describe_event_configurations(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """DescribeEventConfigurations."""
        switches = jobs.event_switches
        return {
            "eventConfigurations": {kind: {"Enabled": enabled} for kind, enabled in switches.enabled.items()},
            "creationDate": switches.created_at,
            "lastModifiedDate": switches.modified_at,
        }

    def describe_endpoint(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """DescribeEndpoint."""
        return {"endpointAddress": endpoint_address(asked.get("endpointType", "iot:Data"), jobs.place)}


def _as(kind: Any, value: str | None) -> Any:
    return kind(value) if value is not None else None


def _check_ours(jobs: RegionalJobs, asked: Members) -> None:
    if not jobs.tags.is_ours(asked["resourceArn"]):
        raise NotOurs
