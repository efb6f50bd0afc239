"""The settings of a job as typed values.

The field names are AWS's member names in snake case; the edges turn the one into the other, so a
setting is spelled once, here. Members that AWS describes as optional are None when the caller did
not give them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from .record import Record

MINUTE = 60_000
LONGEST_TIMEOUT_MINUTES = 10_080
MOST_STATUS_DETAILS = 10
DEFAULT_ROLLOUT_PER_MINUTE = 1000


class FailureType(str, Enum):
    """Kinds of failure, for abort and retry criteria.

    ALL means each of the others that the criterion knows.
    """

    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"
    ALL = "ALL"

    __str__ = str.__str__


class EndBehavior(str, Enum):
    """Consequences of endTime for open executions (JobEndBehavior)."""

    STOP_ROLLOUT = "STOP_ROLLOUT"
    CANCEL = "CANCEL"
    FORCE_CANCEL = "FORCE_CANCEL"

    __str__ = str.__str__


class TargetSelection(str, Enum):
    """Ways to take groups: followed (CONTINUOUS), or their members once (SNAPSHOT)."""

    SNAPSHOT = "SNAPSHOT"
    CONTINUOUS = "CONTINUOUS"

    __str__ = str.__str__


class PresignedUrlConfig(Record):
    """The role that signs the URLs in a job document, and their lifetime in seconds."""

    role_arn: str | None = None
    expires_in_sec: int | None = None


class RateIncreaseCriteria(Record):
    """The step at which an exponential rollout gets faster.

    It is given in things notified, or in things that succeeded.
    """

    number_of_notified_things: int | None = None
    number_of_succeeded_things: int | None = None


class ExponentialRate(Record):
    """A rollout that starts at `base_rate_per_minute` and is multiplied at every step."""

    base_rate_per_minute: int
    increment_factor: float
    rate_increase_criteria: RateIncreaseCriteria


class JobExecutionsRolloutConfig(Record):
    """The number of executions that may be queued a minute."""

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


class AbortCriteria(Record):
    """One condition under which a job is canceled by itself."""

    failure_type: FailureType
    action: str
    threshold_percentage: float
    min_number_of_executed_things: int


class AbortConfig(Record):
    """The abort criteria in the order in which they are looked at."""

    criteria_list: tuple[AbortCriteria, ...]


class TimeoutConfig(Record):
    """The number of minutes that an execution may be in progress."""

    in_progress_timeout_in_minutes: int | None = None


class RetryCriteria(Record):
    """The number of retries of a type of failure on one thing."""

    failure_type: FailureType
    number_of_retries: int


class JobExecutionsRetryConfig(Record):
    """The retry criteria of a job: one of type ALL, or one each for FAILED and TIMED_OUT."""

    criteria_list: tuple[RetryCriteria, ...]


class MaintenanceWindow(Record):
    """A recurring window: a cron expression in UTC, and a duration in minutes."""

    start_time: str
    duration_in_minutes: int


class SchedulingConfig(Record):
    """Start and end of a job, as `YYYY-MM-DDThh:mm` in UTC, and its windows."""

    start_time: str | None = None
    end_time: str | None = None
    end_behavior: EndBehavior | None = None
    maintenance_windows: tuple[MaintenanceWindow, ...] | None = None


class JobSettings(Record):
    """The settings that CreateJob, UpdateJob and job templates have in common.

    Each member is replaced whole, never merged.
    """

    presigned_url_config: PresignedUrlConfig | None = None
    job_executions_rollout_config: JobExecutionsRolloutConfig | None = None
    abort_config: AbortConfig | None = None
    timeout_config: TimeoutConfig | None = None
    job_executions_retry_config: JobExecutionsRetryConfig | None = None

    @classmethod
    def of(cls, request: JobSettings) -> JobSettings:
        """Return the settings in a request, without what else it says."""
        given = vars(request)
        return JobSettings(**{name: given[name] for name in JobSettings._fields})

    def over(self, other: JobSettings) -> JobSettings:
        """Return these settings, with those of `other` for each that is not given here."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return other._replace(**given) if given else other


class JobRequest(JobSettings):
    """A request of CreateJob."""

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


class JobUpdate(JobSettings):
    """A request of UpdateJob."""

    job_id: str = ""
    description: str | None = None
    namespace_id: str | None = None


class JobTemplateRequest(JobSettings):
    """A request of CreateJobTemplate."""

    job_template_id: str = ""
    description: str = ""
    job_arn: str | None = None
    document: str | None = None
    document_source: str | None = None
    tags: tuple[Mapping[str, Any], ...] | None = None
    maintenance_windows: tuple[MaintenanceWindow, ...] | None = None
    destination_package_versions: tuple[str, ...] | None = None


class ExecutionReport(NamedTuple):
    """A device's request of UpdateJobExecution.

    `step_timeout_in_minutes` of -1 cancels the step timer.
    """

    status: str
    status_details: Mapping[str, str] | None = None
    step_timeout_in_minutes: int | None = None
    expected_version: int | None = None
    execution_number: int | None = None
