"""AWS's quotas of Jobs and its neighbours: name here, number at AWS, enforcement here.

Source: AWS general reference, "AWS IoT Device Management endpoints and quotas", unless a row names
another.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from moto_iot_jobs.service.documents.document import MAXIMUM_BYTES
from moto_iot_jobs.service.execution import MOST_PENDING, MOST_PENDING_SCHEDULED
from moto_iot_jobs.service.limits import MOST_DELETIONS
from moto_iot_jobs.service.listing import PAGE_SIZE
from moto_iot_jobs.service.settings import LONGEST_TIMEOUT_MINUTES, MOST_STATUS_DETAILS
from moto_iot_jobs.service.tags import MOST_TAGS
from moto_iot_jobs.service.targets import MOST_TARGETS
from moto_iot_jobs.service.templates.template import MOST_TEMPLATES
from moto_iot_jobs.wire.service_api import NEIGHBOURS

from .faults import Target


class Enforcement(Enum):
    """The enforcement of a quota."""

    ALWAYS = "always"
    ON_REQUEST = "on request"
    NEVER = "never"


class Quota(NamedTuple):
    """One quota.

    Attributes:
        name: its name here.
        value: AWS's number, or the smallest and the greatest.
        unit: of the number.
        adjustable: whether AWS changes it on request; None where AWS does not say.
        enforcement: whether it is enforced always, when a test requests it, or never.
        settable: whether a test can have another number than AWS's enforced.
        operations: of a rate, the calls that are counted together, each with its service.
        source: of the number; empty is the page of quotas.
        each: of a rate, what it is counted for apart, within account and region; empty is nothing.
    """

    name: str
    value: int | tuple[int, int]
    unit: str
    adjustable: bool | None = False
    enforcement: Enforcement = Enforcement.ALWAYS
    settable: bool = False
    operations: tuple[Target, ...] = ()
    source: str = ""
    each: str = ""

    @property
    def is_rate(self) -> bool:
        """True if it is a number of calls a second."""
        return bool(self.operations)


_MODEL = "botocore model"
_COMMANDS = "developer guide, iot-remote-command-create-manage"
_PER_SECOND = "calls a second"
# Calls a second of operations on commands that do not have 10.
_COMMAND_RATES = {"DeleteCommandExecution": 15, "GetCommand": 15, "GetCommandExecution": 20}


def _on_request(
    name: str, value: int, unit: str, adjustable: bool | None, operations: tuple[Target, ...] = ()
) -> Quota:
    return Quota(name, value, unit, adjustable, Enforcement.ON_REQUEST, True, operations)


def _rate(
    operation: str, *, adjustable: bool | None = True, service: str = "iot", value: int = 10
) -> Quota:
    return _on_request(operation, value, _PER_SECOND, adjustable, ((service, operation),))


def _shared_rate(name: str, *operations: str) -> Quota:
    targets = tuple(("iot-jobs-data", operation) for operation in operations)
    return _on_request(name, 200, _PER_SECOND, False, targets)


# AWS IoT Core endpoints and quotas, Device Shadow service.
_CORE = "AWS general reference, AWS IoT Core endpoints and quotas"
_SHADOW_REQUESTS = tuple(
    ("iot-data", operation)
    for operation in ("DeleteThingShadow", "GetThingShadow", "UpdateThingShadow")
)

_ROWS = (
    _on_request("active_jobs", 100_000, "jobs that are SCHEDULED or IN_PROGRESS", True),
    _on_request("concurrent_jobs", 500, "jobs that roll out at the same time", True),
    Quota(
        "concurrent_jobs_at_creation",
        500,
        "jobs that roll out at the same time, where CreateJob fails instead of waiting",
        True,
        Enforcement.ON_REQUEST,
        True,
        source="developer guide, jobs-troubleshooting",
    ),
    Quota(
        "jobs_in_deletion",
        MOST_DELETIONS,
        "jobs in DELETION_IN_PROGRESS",
        None,
        settable=True,
        source=_MODEL,
    ),
    Quota("targets_per_job", MOST_TARGETS, "targets", False, settable=True),
    Quota("job_templates", MOST_TEMPLATES, "job templates", True, settable=True),
    Quota("job_id_length", 64, "characters, of jobTemplateId too"),
    Quota("description_length", 2028, "characters, of comments too"),
    Quota("reason_code_length", 128, "characters", None, source=_MODEL),
    Quota("document_source_length", 1350, "characters"),
    Quota("document_size", MAXIMUM_BYTES, "bytes of a job document", True),
    Quota("presigned_url_lifetime", (60, 3600), "seconds"),
    Quota("in_progress_timeout", LONGEST_TIMEOUT_MINUTES, "minutes"),
    Quota("step_timer", LONGEST_TIMEOUT_MINUTES, "minutes"),
    Quota("status_details", MOST_STATUS_DETAILS, "pairs of status details"),
    Quota("status_details_key_length", 128, "characters"),
    Quota("status_details_value_length", 1024, "characters"),
    Quota("rollout_per_minute", (1, 1000), "job executions", True),
    Quota(
        "retries_per_device",
        10,
        "retries",
        None,
        source="developer guide, jobs-configurations-details",
    ),
    Quota("retry_criteria", 2, "retry criteria", None, source=_MODEL),
    Quota("package_version_arns", 25, "ARNs of package versions", None, source=_MODEL),
    Quota("maintenance_window", 1430, "minutes", None, source=_MODEL),
    Quota("schedule_start_ahead", 365, "days until startTime", None, source=_MODEL),
    Quota("schedule_end_ahead", 730, "days until endTime", None, source=_MODEL),
    Quota(
        "schedule_lead",
        30,
        "minutes until startTime, and from there to endTime, at least",
        None,
        source=_MODEL,
    ),
    Quota("list_page", PAGE_SIZE, "results"),
    Quota(
        "pending_list",
        MOST_PENDING,
        "executions of jobs without a schedule",
        None,
        source="developer guide, job-limits",
    ),
    Quota(
        "pending_list_scheduled",
        MOST_PENDING_SCHEDULED,
        "executions",
        None,
        source="developer guide, job-limits",
    ),
    Quota(
        "data_retention",
        730,
        "days that a job is kept after its end",
        enforcement=Enforcement.NEVER,
    ),
    Quota("tags_per_resource", MOST_TAGS, "tags", source=_MODEL),
    Quota("tag_key_length", 128, "characters", source=_MODEL),
    Quota("tag_value_length", 256, "characters", source=_MODEL),
    Quota(
        "mqtt_message",
        131_072,
        "bytes",
        None,
        source="developer guide, jobs-management-control-api",
    ),
    Quota("command_payload", 32_768, "bytes of a payload", source=_COMMANDS),
    Quota("command_execution_timeout", 43_200, "seconds", True),
    Quota("command_executions_per_device", 100, "executions that are active"),
    Quota("command_execution_retention", 180, "days that an execution is kept", True),
    _on_request("packages", 100, "packages", True),
    _on_request("package_versions", 10_000, "package versions", True),
    Quota("shadow_document_size", 8192, "bytes of desired and reported", True, source=_CORE),
    Quota("shadow_levels", 8, "levels below desired or reported", source=_CORE),
    Quota("shadow_client_token_length", 64, "bytes", source=_CORE),
    Quota(
        "shadow_requests_in_flight",
        10,
        "requests over MQTT about one thing, on one connection, without a response",
        False,
        Enforcement.ON_REQUEST,
        True,
        source=_CORE,
    ),
    _rate("CreateJob", adjustable=False),
    _rate("AssociateTargetsWithJob"),
    _rate("CancelJob"),
    _rate("CancelJobExecution"),
    _rate("CreateJobTemplate"),
    _rate("DeleteJob"),
    _rate("DeleteJobExecution"),
    _rate("DeleteJobTemplate"),
    _rate("DescribeJob"),
    _rate("DescribeJobExecution"),
    _rate("DescribeJobTemplate"),
    _rate("GetJobDocument"),
    _rate("ListJobExecutionsForJob"),
    _rate("ListJobExecutionsForThing"),
    _rate("ListJobTemplates"),
    _rate("ListJobs"),
    _rate("UpdateJob"),
    _shared_rate("device_reads", "DescribeJobExecution", "GetPendingJobExecutions"),
    _shared_rate("device_writes", "StartNextPendingJobExecution", "UpdateJobExecution"),
    *(
        _rate(operation, value=_COMMAND_RATES.get(operation, 10))
        for operation in NEIGHBOURS["commands"]["iot"]
    ),
    _rate("StartCommandExecution", service="iot-jobs-data", value=100),
    _rate("UpdateCommandExecution", service="iot-jobs-data", value=100),
    *(
        _rate(operation, value=5 if operation.endswith("PackageConfiguration") else 10)
        for operation in NEIGHBOURS["packages"]["iot"]
    ),
    _rate("SearchIndex", adjustable=None, value=15),
    _rate("DescribeIndex", adjustable=None),
    _rate("ListIndices", adjustable=None, value=5),
    _rate("UpdateIndexingConfiguration", adjustable=None, value=1),
    Quota(
        "shadow_requests",
        20,
        _PER_SECOND,
        False,
        Enforcement.ON_REQUEST,
        True,
        _SHADOW_REQUESTS,
        _CORE,
        each="shadow",
    ),
    Quota(
        "shadow_requests_per_account",
        4000,
        _PER_SECOND,
        True,
        Enforcement.ON_REQUEST,
        True,
        _SHADOW_REQUESTS,
        _CORE,
    ),
)

QUOTAS = MappingProxyType({quota.name: quota for quota in _ROWS})
