"""Deviations of the service from its botocore model, as tables.

Everything in this package follows from the model, except what stands in these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Traits that replace the model's, by service and shape.
AMENDED_TRAITS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "iot": {
        # AWS general reference, IoT Device Management quotas: at most 1000 job executions a minute.
        "MaxJobExecutionsPerMin": {"max": 1000},
        # Developer guide, preparing-jobs-for-service-package-catalog: up to 25 ARNs of package
        # versions.
        "DestinationPackageVersions": {"max": 25},
        # API reference of DeleteJobExecution: 429, as on the data plane. The model says 400.
        "ThrottlingException": {"error": {"httpStatusCode": 429}},
    },
    "iot-jobs-data": {
        # AWS general reference, IoT Device Management quotas: a value of statusDetails.
        "DetailsValue": {"max": 1024},
    },
}

#: The same for one member of a structure, by service, structure and member.
AMENDED_MEMBERS: Mapping[str, Mapping[tuple[str, str], Mapping[str, Any]]] = {
    # A role that is too short gives the error of any other text that is no role (reported of AWS by
    # ministack).
    "iot": {("PresignedUrlConfig", "roleArn"): {"min": 0}},
}

#: Characters that the service takes in values whose pattern excludes them, by shape. AWS's device
#: client reports the output of programs in status details, and the live service shows its newlines
#: (awslabs/aws-iot-device-client, source/jobs/README.md).
ALSO_ALLOWED: Mapping[str, str] = {"DetailsValue": "\n\r\t"}

#: Status of the errors that a service gives although its model does not know them. Any other
#: is 400.
UNMODELLED_STATUS: Mapping[str, int] = {
    "AccessDeniedException": 403,
    "InternalFailureException": 500,
    "InvalidSignatureException": 403,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "UnrecognizedClientException": 403,
}

#: How messages order an enum's values (captured), by shape. Values that are not listed follow in
#: the model's order.
ENUM_ORDER: Mapping[str, tuple[str, ...]] = {
    "JobExecutionFailureType": ("ALL", "TIMED_OUT", "FAILED", "REJECTED"),
    "RetryableFailureType": ("ALL", "TIMED_OUT", "FAILED"),
    "JobExecutionStatus": (
        "REMOVED",
        "SUCCEEDED",
        "TIMED_OUT",
        "IN_PROGRESS",
        "QUEUED",
        "CANCELED",
        "FAILED",
        "REJECTED",
    ),
}

_SETTINGS = (
    "jobExecutionsRolloutConfig",
    "description",
    "presignedUrlConfig",
    "jobExecutionsRetryConfig",
    "abortConfig",
)

#: Members that are checked before their siblings (captured), by structure. The labels of a path
#: come before these.
CHECKED_FIRST: Mapping[str, tuple[str, ...]] = {
    "CreateJobRequest": _SETTINGS,
    "UpdateJobRequest": _SETTINGS,
    "CreateJobTemplateRequest": _SETTINGS,
    "RetryCriteria": ("numberOfRetries", "failureType"),
    "AbortCriteria": ("minNumberOfExecutedThings", "failureType", "action", "thresholdPercentage"),
}

#: Members of a wrong JSON type that are an invalid request, not a malformed one, with the
#: constraint they break. AWS gives InvalidRequest here (captured), the wording is ours.
INVALID_WHEN_MALFORMED: Mapping[str, Mapping[str, str]] = {
    operation: {"statusDetails": "Member must be a map of non-empty strings"}
    for operation in ("UpdateJobExecution", "StartNextPendingJobExecution")
}

#: Operations that write members without a value as null (captured). All others leave them out.
WRITES_NULLS: frozenset[str] = frozenset(
    {"DescribeJobTemplate", "DescribeEventConfigurations", "ListTagsForResource"}
)

#: Structures that those operations never write as null, but as an object of nulls (captured).
NEVER_NULL: frozenset[str] = frozenset(
    {"PresignedUrlConfig", "JobExecutionsRolloutConfig", "TimeoutConfig"}
)
