"""The operations of the data plane: members in, the core's operation, members out."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.dispatch.operations import Operations
from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.settings import ExecutionReport

from . import serializers
from .documents import for_device

Members = dict[str, Any]

# No member of the model: topics name the namespace of a job, paths do not.
NAMESPACE = "namespaceId"


class DataPlaneOperations:
    """The operations that devices call, over HTTPS and over MQTT."""

    def get_pending_job_executions(self, request: Request) -> Members:
        """GetPendingJobExecutions.

        Both lists are always there.
        """
        in_progress, queued = request.jobs.data_plane.get_pending_job_executions(
            request["thingName"]
        )
        return {
            "inProgressJobs": [serializers.summary(execution) for execution in in_progress],
            "queuedJobs": [serializers.summary(execution) for execution in queued],
        }

    def start_next_pending_job_execution(self, request: Request) -> Members:
        """StartNextPendingJobExecution.

        No execution when nothing is pending.
        """
        started = request.jobs.data_plane.start_next_pending_job_execution(
            request["thingName"],
            request.now,
            status_details=request.get("statusDetails"),
            step_timeout_in_minutes=request.get("stepTimeoutInMinutes"),
        )
        return _execution(request, started)

    def describe_job_execution(self, request: Request) -> Members:
        """DescribeJobExecution, `$next` included."""
        found = request.jobs.data_plane.describe_job_execution(
            request["thingName"],
            request["jobId"],
            request.get("executionNumber"),
            request.get(NAMESPACE),
        )
        return _execution(request, found, with_document=request.get("includeJobDocument", True))

    def update_job_execution(self, request: Request) -> Members:
        """UpdateJobExecution."""
        report = ExecutionReport(
            request["status"],
            request.get("statusDetails"),
            request.get("stepTimeoutInMinutes"),
            request.get("expectedVersion"),
            request.get("executionNumber"),
        )
        job, execution = request.jobs.data_plane.update_job_execution(
            request["thingName"], request["jobId"], report, request.now, request.get(NAMESPACE)
        )
        members: Members = {}
        if request.get("includeJobExecutionState"):
            members["executionState"] = serializers.execution_state(execution)
        if request.get("includeJobDocument"):
            members["jobDocument"] = _document(request, job, execution)
        return members


def _execution(
    request: Request, found: tuple[Job, JobExecution] | None, *, with_document: bool = True
) -> Members:
    if found is None:
        return {}
    job, execution = found
    document = _document(request, job, execution) if with_document else None
    members = serializers.job_execution(execution, document, request.now)
    return {"execution": {**members, "thingName": execution.thing.name}}


def _document(request: Request, job: Job, execution: JobExecution) -> str:
    return for_device(
        job.document,
        request.jobs.sources,
        job.settings.presigned_url_config,
        request.server_url,
        thing=execution.thing.name,
        job_id=job.job_id,
        number=execution.execution_number,
    )


operations = Operations("iot-jobs-data", find_jobs, DataPlaneOperations())
