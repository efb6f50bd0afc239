"""The operations of the device's plane over HTTPS: members in, the core's operation, members out."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.iot.http import HttpRequest
from moto_iot_jobs.iot.operations import Operations
from moto_iot_jobs.iot.simulation import clock
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.regional import RegionalJobs
from moto_iot_jobs.service.settings import ExecutionReport
from moto_iot_jobs.service.substitution import fill
from moto_iot_jobs.wire import WireError

from . import views

Members = dict[str, Any]


class DeviceOperations(Operations):
    """What a device can ask for and report."""

    service = "iot-jobs-data"

    def get_pending_job_executions(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """GetPendingJobExecutions; both lists are always there."""
        in_progress, queued = jobs.reports.get_pending_job_executions(asked["thingName"], clock.now())
        return {
            "inProgressJobs": [views.summary(execution) for execution in in_progress],
            "queuedJobs": [views.summary(execution) for execution in queued],
        }

    def start_next_pending_job_execution(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """StartNextPendingJobExecution; no execution when nothing is pending."""
        now = clock.now()
        started = jobs.reports.start_next_pending_job_execution(
            asked["thingName"],
            now,
            status_details=asked.get("statusDetails"),
            step_timeout_in_minutes=asked.get("stepTimeoutInMinutes"),
        )
        return self._execution(jobs, started, request, now)

    def describe_job_execution(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """DescribeJobExecution, `$next` included."""
        now = clock.now()
        found = jobs.reports.describe_job_execution(
            asked["thingName"], asked["jobId"], asked.get("executionNumber"), now
        )
        return self._execution(jobs, found, request, now, with_document=asked.get("includeJobDocument", True))

    def update_job_execution(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """UpdateJobExecution."""
        report = ExecutionReport(
            asked["status"],
            asked.get("statusDetails"),
            asked.get("stepTimeoutInMinutes"),
            asked.get("expectedVersion"),
            asked.get("executionNumber"),
        )
        job, execution = jobs.reports.update_job_execution(asked["thingName"], asked["jobId"], report, clock.now())
        answer: Members = {}
        if asked.get("includeJobExecutionState"):
            answer["executionState"] = views.execution_state(execution)
        if asked.get("includeJobDocument"):
            answer["jobDocument"] = _document(jobs, job, execution, request)
        return answer

    def start_command_execution(self, jobs: RegionalJobs, asked: Members, request: HttpRequest) -> Members:
        """Refuse StartCommandExecution, which belongs to AWS IoT Commands and not to Jobs."""
        raise WireError(
            "ValidationException", "AWS IoT Commands are not modelled here; only the operations of AWS IoT Jobs are."
        )

    def _execution(
        self,
        jobs: RegionalJobs,
        found: tuple[Job, JobExecution] | None,
        request: HttpRequest,
        now: int,
        *,
        with_document: bool = True,
    ) -> Members:
        if found is None:
            return {}
        job, execution = found
        document = _document(jobs, job, execution, request) if with_document else None
        return {"execution": views.job_execution(execution, document, now)}


def _document(jobs: RegionalJobs, job: Job, execution: JobExecution, request: HttpRequest) -> str:
    if not job.document.needs_device_values:
        return job.document.rendered
    resolver = jobs.sources.resolver(job.settings.presigned_url_config, request.server_url)
    return fill(
        job.document,
        resolver,
        thing_name=execution.thing.name,
        job_id=job.job_id,
        execution_number=execution.execution_number,
    )
