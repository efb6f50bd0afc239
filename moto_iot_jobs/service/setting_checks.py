"""Checks of settings beyond types, lengths and ranges, with AWS's sentences."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from .errors import InvalidRequest
from .settings import (
    LONGEST_TIMEOUT_MINUTES,
    MINUTE,
    MOST_STATUS_DETAILS,
    AbortConfig,
    FailureType,
    JobExecutionsRetryConfig,
    JobExecutionsRolloutConfig,
    JobSettings,
    JobUpdate,
    PresignedUrlConfig,
    TimeoutConfig,
)

# The model (RoleArn); AWS reports a shorter one as it does any other text that is no role.
SHORTEST_ROLE = 20


def check_settings(settings: JobSettings) -> None:
    """Check what AWS checks before it looks the job id up.

    Raises:
        InvalidRequest: the first thing wrong, in AWS's order: timeout, abort, rollout, retry.
    """
    _check_timeout(settings.timeout_config)
    _check_abort(settings.abort_config)
    _check_rollout(settings.job_executions_rollout_config)
    _check_retry(settings.job_executions_retry_config)


def _check_timeout(config: TimeoutConfig | None) -> None:
    if config is None:
        return
    minutes = config.in_progress_timeout_in_minutes
    if minutes is None or not 1 <= minutes <= LONGEST_TIMEOUT_MINUTES:
        shown = "null" if minutes is None else minutes
        raise InvalidRequest(
            f"Provide valid timeout value, inProgressTimeoutInMinutes cannot be {shown}."
        )


def _check_abort(config: AbortConfig | None) -> None:
    if config is None:
        return
    types: set[FailureType] = set()
    for criterion in config.criteria_list:
        if criterion.failure_type in types:
            raise InvalidRequest("Multiple AbortCriteria cannot have the same failure type")
        types.add(criterion.failure_type)
        threshold = criterion.threshold_percentage
        if threshold <= 0:
            raise InvalidRequest(
                f"ThresholdPercentage value {float(threshold)} for AbortCriteria must have value"
                " greater than 0"
            )
        if _decimals(threshold) > 2:
            raise InvalidRequest("Abort thresholdPercentage must have two or less decimal digits")


def _check_rollout(config: JobExecutionsRolloutConfig | None) -> None:
    exponential = config.exponential_rate if config else None
    if config is None or exponential is None:
        return
    if config.maximum_per_minute is None:
        raise InvalidRequest("Provide MaximumPerMinute value when ExponentialRate is defined")
    if _decimals(exponential.increment_factor) > 1:
        raise InvalidRequest("ExponentialRate incrementFactor must have one or less decimal digits")
    criteria = exponential.rate_increase_criteria
    given = (criteria.number_of_notified_things is not None) + (
        criteria.number_of_succeeded_things is not None
    )
    if given != 1:
        which = "either" if given == 0 else "only one of"
        raise InvalidRequest(
            f"Provide {which} NumberOfNotifiedThings or NumberOfSucceededThings when"
            " RateIncreaseCriteria is defined"
        )
    if exponential.base_rate_per_minute > config.maximum_per_minute:
        raise InvalidRequest(
            "Exponential rollout baseRatePerMinute should be less than maximumPerMinute."
        )


def _check_retry(config: JobExecutionsRetryConfig | None) -> None:
    if config is None:
        return
    types = [criterion.failure_type for criterion in config.criteria_list]
    if FailureType.ALL in types and len(types) > 1:
        raise InvalidRequest("A retryCriteria with failure type ALL must be used by itself.")
    if len(set(types)) < len(types):
        raise InvalidRequest("Multiple RetryCriteria cannot have the same failure type")


def check_update(job_id: str, update: JobUpdate) -> None:
    """Check an UpdateJob as AWS does before it looks the job up.

    Raises:
        InvalidRequest: nothing to update, or something wrong in it.
    """
    given = [
        name
        for name, value in update._asdict().items()
        if name not in ("job_id", "namespace_id") and value is not None
    ]
    if not given:
        raise InvalidRequest(f"Update Job request for job {job_id} cannot be empty.")
    rollout = update.job_executions_rollout_config
    if (
        rollout is not None
        and rollout.maximum_per_minute is None
        and rollout.exponential_rate is None
    ):
        raise InvalidRequest(
            "Provide MaximumPerMinute value or provide ExponentialRate and MaximumPerMinute"
        )
    check_settings(update)
    check_role(update.presigned_url_config)
    retry = update.job_executions_retry_config
    if retry is not None and any(criterion.number_of_retries for criterion in retry.criteria_list):
        raise InvalidRequest("The number of retries cannot be updated to any number other than 0.")


def check_retry_update(
    new: JobExecutionsRetryConfig | None, stored: JobExecutionsRetryConfig | None
) -> None:
    """Check that an UpdateJob only sets the counts of existing retry criteria to 0.

    Raises:
        InvalidRequest: the job has none, or other failure types.
    """
    if new is None:
        return
    if stored is None:
        raise InvalidRequest(
            "RetryConfig cannot be updated if the job has no RetryConfig defined during creation."
        )
    if {c.failure_type for c in new.criteria_list} != {
        c.failure_type for c in stored.criteria_list
    }:
        raise InvalidRequest(
            "FailureTypes must match existing FailureTypes defined in RetryConfig."
        )


def check_role(config: PresignedUrlConfig | None) -> None:
    """Check the form of the role that signs URLs.

    Raises:
        InvalidRequest: the ARN is not that of an IAM role.
    """
    role = config.role_arn if config else None
    if role is None:
        return
    parts = role.split(":", 5)
    if (
        len(role) < SHORTEST_ROLE
        or len(parts) != 6
        or parts[0] != "arn"
        or parts[2] != "iam"
        or not parts[5].startswith("role/")
    ):
        raise InvalidRequest(f"Given role {role} is invalid.")


def step_timeout(minutes: int | None) -> int | None:
    """Return a step timer in milliseconds: -1 to cancel it, None to leave it alone.

    Raises:
        InvalidRequest: neither -1 nor 1 to 10080 minutes. The sentence follows the one captured for
            the in-progress timeout.
    """
    if minutes is None or minutes == -1:
        return minutes
    if not 1 <= minutes <= LONGEST_TIMEOUT_MINUTES:
        raise InvalidRequest(
            f"Provide valid timeout value, stepTimeoutInMinutes cannot be {minutes}."
        )
    return minutes * MINUTE


def check_status_details(details: Mapping[str, str] | None) -> None:
    """Check the number of pairs that a request gives.

    Raises:
        InvalidRequest: more than ten (AWS general reference, quotas).
    """
    if details is not None and len(details) > MOST_STATUS_DETAILS:
        raise InvalidRequest(
            "1 validation error detected: Value at 'statusDetails' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_STATUS_DETAILS}"
        )


def _decimals(number: float) -> int:
    exponent = Decimal(str(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
