"""The settings of a job as typed values, and what AWS checks in them beyond types, lengths and
ranges.

The field names are AWS's member names in snake case; the edges turn the one into the other, so a
setting is spelled once, here. Members that AWS describes as optional are None when the caller did
not give them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from .errors import InvalidRequest

MINUTE = 60_000
LONGEST_TIMEOUT_MINUTES = 10_080
DEFAULT_ROLLOUT_PER_MINUTE = 1000


class FailureType(str, Enum):
    """What counts as a failure, for abort and retry criteria.

    ALL means each of the others that the criterion knows.
    """

    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"
    ALL = "ALL"

    __str__ = str.__str__


class EndBehavior(str, Enum):
    """What becomes of open executions at endTime (JobEndBehavior)."""

    STOP_ROLLOUT = "STOP_ROLLOUT"
    CANCEL = "CANCEL"
    FORCE_CANCEL = "FORCE_CANCEL"

    __str__ = str.__str__


class TargetSelection(str, Enum):
    """Whether a job follows its target groups (CONTINUOUS) or takes their members once (SNAPSHOT)."""

    SNAPSHOT = "SNAPSHOT"
    CONTINUOUS = "CONTINUOUS"

    __str__ = str.__str__


class PresignedUrlConfig(NamedTuple):
    """Who signs the URLs in a job document, and for how many seconds they last."""

    role_arn: str | None = None
    expires_in_sec: int | None = None


class RateIncreaseCriteria(NamedTuple):
    """The step, in things notified or in things that succeeded, at which an exponential rollout
    gets faster.
    """

    number_of_notified_things: int | None = None
    number_of_succeeded_things: int | None = None


class ExponentialRate(NamedTuple):
    """A rollout that starts at `base_rate_per_minute` and is multiplied at every step."""

    base_rate_per_minute: int
    increment_factor: float
    rate_increase_criteria: RateIncreaseCriteria


class JobExecutionsRolloutConfig(NamedTuple):
    """How many executions may be queued a minute."""

    maximum_per_minute: int | None = None
    exponential_rate: ExponentialRate | None = None

    def rate(self, notified: int, succeeded: int) -> int:
        """Return how many executions may be queued in the coming minute.

        Args:
            notified: executions that the rollout has queued so far.
            succeeded: executions that have succeeded so far.

        Source: AWS IoT developer guide, jobs-configurations-details (linear steps, exponential
        rates).
        """
        most = self.maximum_per_minute or DEFAULT_ROLLOUT_PER_MINUTE
        exponential = self.exponential_rate
        if exponential is None:
            return most
        criteria = exponential.rate_increase_criteria
        if criteria.number_of_notified_things is not None:
            steps = notified // criteria.number_of_notified_things
        else:
            steps = succeeded // (criteria.number_of_succeeded_things or 1)
        rate = Decimal(exponential.base_rate_per_minute)
        factor = Decimal(str(exponential.increment_factor))
        for _ in range(steps):
            rate *= factor
            if rate >= most:
                return most
        return max(1, int(rate))


class AbortCriteria(NamedTuple):
    """One condition under which a job is canceled by itself."""

    failure_type: FailureType
    action: str
    threshold_percentage: float
    min_number_of_executed_things: int


class AbortConfig(NamedTuple):
    """The abort criteria in the order in which they are looked at."""

    criteria_list: tuple[AbortCriteria, ...]


class TimeoutConfig(NamedTuple):
    """How many minutes an execution may be in progress."""

    in_progress_timeout_in_minutes: int | None = None


class RetryCriteria(NamedTuple):
    """How often a failure of one type is tried again on one thing."""

    failure_type: FailureType
    number_of_retries: int


class JobExecutionsRetryConfig(NamedTuple):
    """The retry criteria of a job: one of type ALL, or up to one each for FAILED and TIMED_OUT."""

    criteria_list: tuple[RetryCriteria, ...]


class MaintenanceWindow(NamedTuple):
    """A recurring window: when it opens, as a cron expression in UTC, and how many minutes it
    lasts.
    """

    start_time: str
    duration_in_minutes: int


class SchedulingConfig(NamedTuple):
    """When a job starts and ends, both `YYYY-MM-DDThh:mm` in UTC, and its maintenance windows."""

    start_time: str | None = None
    end_time: str | None = None
    end_behavior: EndBehavior | None = None
    maintenance_windows: tuple[MaintenanceWindow, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class JobSettings:
    """What CreateJob, UpdateJob and job templates have in common.

    Each member is replaced whole, never merged.
    """

    presigned_url_config: PresignedUrlConfig | None = None
    job_executions_rollout_config: JobExecutionsRolloutConfig | None = None
    abort_config: AbortConfig | None = None
    timeout_config: TimeoutConfig | None = None
    job_executions_retry_config: JobExecutionsRetryConfig | None = None

    def over(self, other: "JobSettings") -> "JobSettings":
        """Return these settings, with those of `other` for each that is not given here."""
        missing = {
            f.name: getattr(other, f.name) for f in fields(self) if getattr(self, f.name) is None
        }
        return replace(self, **missing)


@dataclass(frozen=True, slots=True, eq=False)
class JobRequest(JobSettings):
    """CreateJob as it was asked for."""

    job_id: str = ""
    targets: tuple[str, ...] = ()
    document: str | None = None
    document_source: str | None = None
    description: str | None = None
    target_selection: TargetSelection = TargetSelection.SNAPSHOT
    tags: tuple[Mapping[str, Any], ...] | None = None
    namespace_id: str | None = None
    job_template_arn: str | None = None
    document_parameters: Mapping[str, str] | None = None
    scheduling_config: SchedulingConfig | None = None
    destination_package_versions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class JobUpdate(JobSettings):
    """UpdateJob as it was asked for."""

    job_id: str = ""
    description: str | None = None
    namespace_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class JobTemplateRequest(JobSettings):
    """CreateJobTemplate as it was asked for."""

    job_template_id: str = ""
    description: str = ""
    job_arn: str | None = None
    document: str | None = None
    document_source: str | None = None
    tags: tuple[Mapping[str, Any], ...] | None = None
    maintenance_windows: tuple[MaintenanceWindow, ...] | None = None
    destination_package_versions: tuple[str, ...] | None = None


class ExecutionReport(NamedTuple):
    """UpdateJobExecution as a device asked for it; `step_timeout_in_minutes` of -1 cancels the
    step timer.
    """

    status: str
    status_details: Mapping[str, str] | None = None
    step_timeout_in_minutes: int | None = None
    expected_version: int | None = None
    execution_number: int | None = None


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
    types = [criterion.failure_type for criterion in config.criteria_list]
    if len(set(types)) < len(types):
        raise InvalidRequest("Multiple AbortCriteria cannot have the same failure type")
    for criterion in config.criteria_list:
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


MOST_RETRIES = 10


def check_update(job_id: str, update: JobUpdate) -> None:
    """Check an UpdateJob as AWS does before it looks the job up.

    Raises:
        InvalidRequest: nothing to update, or something wrong in it.
    """
    given = [
        f.name
        for f in fields(update)
        if f.name not in ("job_id", "namespace_id") and getattr(update, f.name) is not None
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
        len(parts) != 6
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
    """Check the number of pairs that a device or owner gives.

    Raises:
        InvalidRequest: more than ten (AWS general reference, quotas).
    """
    if details is not None and len(details) > MOST_STATUS_DETAILS:
        raise InvalidRequest(
            "1 validation error detected: Value at 'statusDetails' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_STATUS_DETAILS}"
        )


MOST_STATUS_DETAILS = 10


def _decimals(number: float) -> int:
    exponent = Decimal(str(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
