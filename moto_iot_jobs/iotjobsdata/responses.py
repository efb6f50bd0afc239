"""The operations of the device's plane over HTTPS: members in, the core's operation, members out."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.dispatch.operations import Inquiry, Operations
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.settings import ExecutionReport
from moto_iot_jobs.wire import WireError

from . import serializers
from .documents import for_device

Members = dict[str, Any]


class DeviceOperations(Operations):
    """What a device can ask for and report."""

    service = "iot-jobs-data"

    def get_pending_job_executions(self, asked: Inquiry) -> Members:
        """GetPendingJobExecutions; both lists are always there."""
        in_progress, queued = asked.jobs.reports.get_pending_job_executions(
            asked["thingName"], asked.now
        )
        return {
            "inProgressJobs": [serializers.summary(execution) for execution in in_progress],
            "queuedJobs": [serializers.summary(execution) for execution in queued],
        }

    def start_next_pending_job_execution(self, asked: Inquiry) -> Members:
        """StartNextPendingJobExecution; no execution when nothing is pending."""
        started = asked.jobs.reports.start_next_pending_job_execution(
            asked["thingName"],
            asked.now,
            status_details=asked.get("statusDetails"),
            step_timeout_in_minutes=asked.get("stepTimeoutInMinutes"),
        )
        return _execution(asked, started)

    def describe_job_execution(self, asked: Inquiry) -> Members:
        """DescribeJobExecution, `$next` included."""
        found = asked.jobs.reports.describe_job_execution(
            asked["thingName"], asked["jobId"], asked.get("executionNumber"), asked.now
        )
        return _execution(asked, found, with_document=asked.get("includeJobDocument", True))

    def update_job_execution(self, asked: Inquiry) -> Members:
        """UpdateJobExecution."""
        report = ExecutionReport(
            asked["status"],
            asked.get("statusDetails"),
            asked.get("stepTimeoutInMinutes"),
            asked.get("expectedVersion"),
            asked.get("executionNumber"),
        )
        job, execution = asked.jobs.reports.update_job_execution(
            asked["thingName"], asked["jobId"], report, asked.now
        )
        answer: Members = {}
        if asked.get("includeJobExecutionState"):
            answer["executionState"] = serializers.execution_state(execution)
        if asked.get("includeJobDocument"):
            answer["jobDocument"] = _document(asked, job, execution)
        return answer

    def start_command_execution(self, asked: Inquiry) -> Members:  # noqa: ARG002 - refused whatever is asked
        """Refuse StartCommandExecution, which belongs to AWS IoT Commands and not to Jobs."""
        raise WireError(
            "ValidationException",
            "AWS IoT Commands are not modelled here; only the operations of AWS IoT Jobs are.",
        )


def _execution(
    asked: Inquiry, found: tuple[Job, JobExecution] | None, *, with_document: bool = True
) -> Members:
    if found is None:
        return {}
    job, execution = found
    document = _document(asked, job, execution) if with_document else None
    return {"execution": serializers.job_execution(execution, document, asked.now)}


def _document(asked: Inquiry, job: Job, execution: JobExecution) -> str:
    return for_device(
        job.document,
        asked.jobs.sources,
        job.settings.presigned_url_config,
        asked.server_url,
        thing=execution.thing.name,
        job_id=job.job_id,
        number=execution.execution_number,
    )
