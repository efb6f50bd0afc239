"""The table of quotas, row by row against what AWS's pages say, typed in here a second time."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.loaders import Loader

from moto_iot_jobs import mock_iot, quotas
from moto_iot_jobs.broker.limits import Limits
from moto_iot_jobs.quotas import Enforcement
from moto_iot_jobs.shadows.requests import LONGEST_TOKEN_BYTES, MOST_LEVELS
from moto_iot_jobs.shadows.service import LARGEST_STATE_BYTES

YES, NO, SILENT = True, False, None
Row = tuple[str, dict[str, Any], bool | None]

# AWS general reference, endpoints and quotas of AWS IoT Device Management; the developer guide's
# job-limits, jobs-configurations-details and jobs-management-control-api; the API reference. What a
# row counts, its numbers here, and whether AWS changes it on request.
LIMITS: list[Row] = [
    ("active jobs, snapshot and continuous together", {"active_jobs": 100000}, YES),
    (
        "concurrent jobs",
        {"concurrent_jobs": 500, "concurrent_jobs_at_creation": 500},
        YES,
    ),
    ("jobs in DELETION_IN_PROGRESS at once", {"jobs_in_deletion": 10}, SILENT),
    ("targets per job", {"targets_per_job": 100}, NO),
    ("job templates", {"job_templates": 100}, YES),
    ("length of jobId and jobTemplateId", {"job_id_length": 64}, NO),
    ("description of jobs and templates, and comment", {"description_length": 2028}, NO),
    ("reasonCode", {"reason_code_length": 128}, SILENT),
    ("documentSource", {"document_source_length": 1350}, NO),
    ("job document", {"document_size": 32768}, YES),
    ("lifetime of presigned URLs", {"presigned_url_lifetime": (60, 3600)}, NO),
    ("in-progress timeout", {"in_progress_timeout": 10080}, NO),
    ("step timer", {"step_timer": 10080}, NO),
    (
        "statusDetails",
        {
            "status_details": 10,
            "status_details_key_length": 128,
            "status_details_value_length": 1024,
        },
        NO,
    ),
    ("rollout per minute", {"rollout_per_minute": (1, 1000)}, YES),
    ("retries per device", {"retries_per_device": 10}, SILENT),
    ("retry criteria", {"retry_criteria": 2}, SILENT),
    ("ARNs of package versions", {"package_version_arns": 25}, SILENT),
    ("maintenance window", {"maintenance_window": 1430}, SILENT),
    (
        "schedule",
        {"schedule_start_ahead": 365, "schedule_end_ahead": 730, "schedule_lead": 30},
        SILENT,
    ),
    ("list page", {"list_page": 250}, NO),
    (
        "pending list, without and with a schedule",
        {"pending_list": 10, "pending_list_scheduled": 15},
        SILENT,
    ),
    ("data retention of inactive jobs", {"data_retention": 730}, NO),
    (
        "tags per resource",
        {"tags_per_resource": 50, "tag_key_length": 128, "tag_value_length": 256},
        NO,
    ),
    ("MQTT message", {"mqtt_message": 131072}, SILENT),
    ("payload of a command", {"command_payload": 32768}, NO),
    ("time of a command execution", {"command_execution_timeout": 43200}, YES),
    ("concurrent command executions", {"command_executions_per_device": 100}, NO),
    ("retention of command executions", {"command_execution_retention": 180}, YES),
    ("software packages", {"packages": 100}, YES),
    ("package versions", {"package_versions": 10000}, YES),
    ("size of a shadow's document", {"shadow_document_size": 8192}, YES),
    ("levels and token of a shadow", {"shadow_levels": 8, "shadow_client_token_length": 64}, NO),
    ("requests to shadows in flight", {"shadow_requests_in_flight": 10}, NO),
]

CONTROL_PLANE = (
    *(
        "AssociateTargetsWithJob",
        "CancelJob",
        "CancelJobExecution",
        "CreateJobTemplate",
        "DeleteJob",
        "DeleteJobExecution",
    ),
    *(
        "DeleteJobTemplate",
        "DescribeJob",
        "DescribeJobExecution",
        "DescribeJobTemplate",
        "GetJobDocument",
    ),
    *(
        "ListJobExecutionsForJob",
        "ListJobExecutionsForThing",
        "ListJobTemplates",
        "ListJobs",
        "UpdateJob",
    ),
)
PACKAGES = (
    *("CreatePackage", "GetPackage", "ListPackages", "UpdatePackage", "DeletePackage"),
    *("CreatePackageVersion", "GetPackageVersion", "ListPackageVersions"),
    *("UpdatePackageVersion", "DeletePackageVersion"),
    *("AssociateSbomWithPackageVersion", "DisassociateSbomFromPackageVersion"),
    "ListSbomValidationResults",
)
COMMANDS = {
    10: (
        *("CreateCommand", "UpdateCommand", "DeleteCommand"),
        *("ListCommands", "ListCommandExecutions"),
    ),
    15: ("DeleteCommandExecution", "GetCommand"),
    20: ("GetCommandExecution",),
}
SHADOWS = {
    ("iot-data", operation)
    for operation in ("DeleteThingShadow", "GetThingShadow", "UpdateThingShadow")
}
Rate = tuple[int, bool | None, set[tuple[str, str]]]
RATES: dict[str, Rate] = {
    "CreateJob": (10, NO, {("iot", "CreateJob")}),
    **{operation: (10, YES, {("iot", operation)}) for operation in CONTROL_PLANE},
    **{operation: (10, YES, {("iot", operation)}) for operation in PACKAGES},
    **{
        operation: (5, YES, {("iot", operation)})
        for operation in ("GetPackageConfiguration", "UpdatePackageConfiguration")
    },
    "device_reads": (
        200,
        NO,
        {("iot-jobs-data", "DescribeJobExecution"), ("iot-jobs-data", "GetPendingJobExecutions")},
    ),
    "device_writes": (
        200,
        NO,
        {
            ("iot-jobs-data", "StartNextPendingJobExecution"),
            ("iot-jobs-data", "UpdateJobExecution"),
        },
    ),
    **{
        operation: (rate, YES, {("iot", operation)})
        for rate, operations in COMMANDS.items()
        for operation in operations
    },
    "UpdateCommandExecution": (100, YES, {("iot-jobs-data", "UpdateCommandExecution")}),
    "SearchIndex": (15, SILENT, {("iot", "SearchIndex")}),
    "DescribeIndex": (10, SILENT, {("iot", "DescribeIndex")}),
    "ListIndices": (5, SILENT, {("iot", "ListIndices")}),
    "UpdateIndexingConfiguration": (1, SILENT, {("iot", "UpdateIndexingConfiguration")}),
    "shadow_requests": (20, NO, SHADOWS),
    "shadow_requests_per_account": (4000, YES, SHADOWS),
    "StartCommandExecution": (100, YES, {("iot-jobs-data", "StartCommandExecution")}),
}


@cache
def shapes() -> Any:
    return Loader().load_service_model("iot", "service-2")["shapes"]


TABLE = {quota.name: quota for quota in quotas.table()}


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row[0])
def test_a_limit_is_in_the_table_with_awss_number(row: Row) -> None:
    _, numbers, adjustable = row
    for name, number in numbers.items():
        quota = TABLE[name]
        assert (quota.value, quota.adjustable, quota.is_rate) == (number, adjustable, False)


@pytest.mark.parametrize("name", RATES)
def test_a_rate_is_in_the_table_with_awss_number(name: str) -> None:
    quota = TABLE[name]
    assert (quota.value, quota.adjustable, set(quota.operations)) == RATES[name]
    assert quota.enforcement is Enforcement.ON_REQUEST


def test_nothing_else_is_in_the_table() -> None:
    assert set(TABLE) == {name for _, numbers, _ in LIMITS for name in numbers} | set(RATES)


def test_what_can_be_enforced_are_the_rates_and_the_limits_of_an_account() -> None:
    with mock_iot(), quotas.enforce():
        account = {
            "active_jobs",
            "concurrent_jobs",
            "jobs_in_deletion",
            "targets_per_job",
            "job_templates",
            "packages",
            "package_versions",
            "shadow_requests_in_flight",
        }
        assert quotas.enforced() == {name: TABLE[name].value for name in {*account, *RATES}}


def test_only_the_retention_of_data_is_not_kept_at_all() -> None:
    assert [name for name, quota in TABLE.items() if quota.enforcement is Enforcement.NEVER] == [
        "data_retention"
    ]


@pytest.mark.parametrize(
    ("name", "shape", "trait"),
    [
        ("job_id_length", "JobId", "max"),
        ("job_id_length", "JobTemplateId", "max"),
        ("description_length", "JobDescription", "max"),
        ("description_length", "Comment", "max"),
        ("reason_code_length", "ReasonCode", "max"),
        ("document_source_length", "JobDocumentSource", "max"),
        ("document_size", "JobDocument", "max"),
        ("status_details_key_length", "DetailsKey", "max"),
        ("retry_criteria", "RetryCriteriaList", "max"),
        ("maintenance_window", "DurationInMinutes", "max"),
        ("tag_key_length", "TagKey", "max"),
        ("tag_value_length", "TagValue", "max"),
        ("list_page", "LaserMaxResults", "max"),
    ],
)
def test_a_limit_that_is_always_kept_is_the_models(name: str, shape: str, trait: str) -> None:
    assert TABLE[name].value == shapes()[shape][trait]
    assert (TABLE[name].enforcement, TABLE[name].settable) == (Enforcement.ALWAYS, False)


def test_a_limit_of_shadows_is_the_one_that_is_kept() -> None:
    assert TABLE["shadow_document_size"].value == LARGEST_STATE_BYTES
    assert TABLE["shadow_levels"].value == MOST_LEVELS
    assert TABLE["shadow_client_token_length"].value == LONGEST_TOKEN_BYTES


def test_the_broker_takes_messages_as_large_as_the_table_says() -> None:
    assert TABLE["mqtt_message"].value == Limits().payload_size


@mock_iot
def test_awss_own_numbers_hold_when_everything_is_enforced() -> None:
    """Eleven CreateJobs in one instant: the eleventh is one too many."""
    time_machine = pytest.importorskip("time_machine")
    iot = boto3.client(
        "iot", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1})
    )
    thing = iot.create_thing(thingName="t1")["thingArn"]
    quotas.enforce()
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        for number in range(10):
            iot.create_job(jobId=f"j{number}", targets=[thing], document="{}")
        with pytest.raises(iot.exceptions.ThrottlingException):
            iot.create_job(jobId="j10", targets=[thing], document="{}")
