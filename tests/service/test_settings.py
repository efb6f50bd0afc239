"""What is checked in the settings of a job beyond types, lengths and ranges, and in which words it
is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.errors import InvalidRequest, JobAlreadyExists, JobNotFound
from moto_iot_jobs.service.setting_checks import (
    check_role,
    check_settings,
    check_status_details,
    step_timeout,
)
from moto_iot_jobs.service.settings import (
    JobExecutionsRolloutConfig,
    JobSettings,
    JobUpdate,
    PresignedUrlConfig,
    RateIncreaseCriteria,
    TimeoutConfig,
)

if TYPE_CHECKING:
    from tests.service.conftest import World

NEITHER = (
    "Provide either NumberOfNotifiedThings or NumberOfSucceededThings when RateIncreaseCriteria is"
    " defined"
)
BOTH = (
    "Provide only one of NumberOfNotifiedThings or NumberOfSucceededThings when"
    " RateIncreaseCriteria is defined"
)

# What the world's `create` takes, and the refusal that AWS writes (captured, unless a comment says
# otherwise).
ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "no timeout in the timeout": (
        {"timeout_config": TimeoutConfig()},
        "Provide valid timeout value, inProgressTimeoutInMinutes cannot be null.",
    ),
    **{
        f"timeout {minutes}": (
            {"timeout_config": TimeoutConfig(minutes)},
            f"Provide valid timeout value, inProgressTimeoutInMinutes cannot be {minutes}.",
        )
        for minutes in (-1, 0, 10_081)
    },
    "one failure type twice": (
        {"abort": [("FAILED", 20, 1), ("ALL", 30, 2), ("FAILED", 40, 3)]},
        "Multiple AbortCriteria cannot have the same failure type",
    ),
    "threshold 0": (
        {"abort": [("FAILED", 0, 1)]},
        "ThresholdPercentage value 0.0 for AbortCriteria must have value greater than 0",
    ),
    "negative threshold": (
        {"abort": [("ALL", 50, 1), ("FAILED", -2.5, 1)]},
        "ThresholdPercentage value -2.5 for AbortCriteria must have value greater than 0",
    ),
    **{
        f"threshold {threshold}": (
            {"abort": [("FAILED", threshold, 1)]},
            "Abort thresholdPercentage must have two or less decimal digits",
        )
        for threshold in (0.001, 33.333, 99.9999, 1e-05)
    },
    "exponential without a maximum": (
        {"exponential": (50, 2, 1000, None)},
        "Provide MaximumPerMinute value when ExponentialRate is defined",
    ),
    "neither step": ({"rollout": 100, "exponential": (50, 2, None, None)}, NEITHER),
    "both steps": ({"rollout": 100, "exponential": (50, 2, 10, 10)}, BOTH),
    "base above maximum": (
        {"rollout": 100, "exponential": (101, 2, 10, None)},
        "Exponential rollout baseRatePerMinute should be less than maximumPerMinute.",
    ),
    # Not captured.
    "factor with two decimals": (
        {"rollout": 100, "exponential": (50, 1.25, 10, None)},
        "ExponentialRate incrementFactor must have one or less decimal digits",
    ),
    "retry ALL with another": (
        {"retries": {"ALL": 1, "FAILED": 2}},
        "A retryCriteria with failure type ALL must be used by itself.",
    ),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "shortest timeout": {"timeout": 1},
    "longest timeout": {"timeout": 10_080},
    "least threshold": {"abort": [("FAILED", 0.01, 1)]},
    "threshold with one decimal": {"abort": [("FAILED", 0.1, 1)]},
    "whole threshold": {"abort": [("FAILED", 100, 1)]},
    "all four failure types": {
        "abort": [(kind, 20.5, 1) for kind in ("FAILED", "REJECTED", "TIMED_OUT", "ALL")]
    },
    "base equal to maximum": {"rollout": 50, "exponential": (50, 1.1, 10, None)},
    "step in succeeded things": {"rollout": 100, "exponential": (50, 5, None, 10)},
    "no retries at all": {"retries": {"FAILED": 0}},
    "both retries": {"retries": {"FAILED": 10, "TIMED_OUT": 10}},
}


@pytest.mark.parametrize("settings, message", ERRORS.values(), ids=ERRORS)
def test_create_job_raises(world: World, settings: dict[str, Any], message: str) -> None:
    world.thing("lamp")
    with world.raises(InvalidRequest, message):
        world.create("job", "lamp", **settings)


@pytest.mark.parametrize("settings", ACCEPTED.values(), ids=ACCEPTED)
def test_create_job_accepts(world: World, settings: dict[str, Any]) -> None:
    assert world.create("job", "lamp", **settings).status.value == "IN_PROGRESS"


def test_one_retry_criterion_twice_is_an_error(world: World) -> None:
    twice = world.retries({"FAILED": 1})
    twice = type(twice)(twice.criteria_list * 2)
    with pytest.raises(InvalidRequest) as caught:
        check_settings(JobSettings(job_executions_retry_config=twice))
    assert caught.value.message == "Multiple RetryCriteria cannot have the same failure type"


def test_abort_criteria_are_checked_one_after_the_other(world: World) -> None:
    """Reported of AWS by ministack: a criterion's own decimals before a later duplicate."""
    twice = "Multiple AbortCriteria cannot have the same failure type"
    decimals = "Abort thresholdPercentage must have two or less decimal digits"
    for criteria, message in (
        ([("FAILED", 1.234, 1), ("FAILED", 5, 1)], decimals),
        ([("FAILED", 5, 1), ("FAILED", 1.234, 1)], twice),
        ([("FAILED", 5, 1), ("ALL", 1.234, 1), ("FAILED", 5, 1)], decimals),
    ):
        with world.raises(InvalidRequest, message):
            world.create("job", "lamp", abort=criteria)


def test_the_settings_are_checked_before_the_id_is_looked_up(world: World) -> None:
    world.create("job", "lamp")
    with world.raises(InvalidRequest):
        world.create("job", "lamp", abort=[("FAILED", 0, 1)])
    with world.raises(JobAlreadyExists):
        world.create("job", "lamp", document=None)


def test_the_settings_are_checked_in_the_order_of_aws(world: World) -> None:
    wrong: dict[str, Any] = {
        "timeout_config": TimeoutConfig(0),
        "abort_config": world.abort(("FAILED", 0, 1)),
        "job_executions_rollout_config": world.rollout(None, (50, 2, 1000, None)),
        "job_executions_retry_config": world.retries({"ALL": 1, "FAILED": 2}),
    }
    messages = [
        "inProgressTimeoutInMinutes",
        "ThresholdPercentage",
        "MaximumPerMinute",
        "must be used by itself",
    ]
    for member, message in zip(list(wrong), messages, strict=True):
        with pytest.raises(InvalidRequest, match=message):
            check_settings(JobSettings(**wrong))
        del wrong[member]


# UpdateJob


def update(world: World, job_id: str = "job", **settings: Any) -> None:
    world.control_plane.update_job(JobUpdate(job_id=job_id, **settings), world.now)


def test_an_update_of_nothing_is_an_error_even_for_an_unknown_job(world: World) -> None:
    with world.raises(InvalidRequest, "Update Job request for job nope cannot be empty."):
        update(world, "nope")
    with world.raises(InvalidRequest, "Update Job request for job nope cannot be empty."):
        update(world, "nope", namespace_id="somewhere")


@pytest.mark.parametrize("settings, message", ERRORS.values(), ids=ERRORS)
def test_an_update_is_checked_as_a_creation_before_the_job_is_looked_up(
    world: World, settings: dict[str, Any], message: str
) -> None:
    as_members: dict[str, Any] = {}
    if "abort" in settings:
        as_members["abort_config"] = world.abort(*settings["abort"])
    if "retries" in settings:
        as_members["job_executions_retry_config"] = world.retries(settings["retries"])
    if "exponential" in settings:
        as_members["job_executions_rollout_config"] = world.rollout(
            settings.get("rollout"), settings["exponential"]
        )
    with world.raises(InvalidRequest, message):
        update(world, "nope", **(as_members or settings))


@pytest.mark.parametrize(
    "settings, message",
    [
        (
            {"job_executions_rollout_config": JobExecutionsRolloutConfig()},
            "Provide MaximumPerMinute value or provide ExponentialRate and MaximumPerMinute",
        ),
        (
            {"presigned_url_config": PresignedUrlConfig("role/presigner")},
            "Given role role/presigner is invalid.",
        ),
    ],
)
def test_an_update_is_an_error(world: World, settings: dict[str, Any], message: str) -> None:
    with world.raises(InvalidRequest, message):
        update(world, "nope", **settings)


def test_an_update_that_is_in_order_still_needs_the_job(world: World) -> None:
    with world.raises(JobNotFound, "Job nope cannot be found."):
        update(world, "nope", description="x")


@pytest.mark.parametrize(
    "stored, new, message",
    [
        (
            {"FAILED": 3},
            {"FAILED": 1},
            "The number of retries cannot be updated to any number other than 0.",
        ),
        (
            {"FAILED": 3},
            {"FAILED": 3},
            "The number of retries cannot be updated to any number other than 0.",
        ),
        (
            None,
            {"FAILED": 0},
            "RetryConfig cannot be updated if the job has no RetryConfig defined during creation.",
        ),
        (
            {"FAILED": 3},
            {"TIMED_OUT": 0},
            "FailureTypes must match existing FailureTypes defined in RetryConfig.",
        ),
        (
            {"FAILED": 3},
            {"ALL": 0},
            "FailureTypes must match existing FailureTypes defined in RetryConfig.",
        ),
        (
            {"FAILED": 3, "TIMED_OUT": 3},
            {"FAILED": 0},
            "FailureTypes must match existing FailureTypes defined in RetryConfig.",
        ),
    ],
)
def test_retries_can_only_be_taken_back(
    world: World, stored: dict[str, int] | None, new: dict[str, int], message: str
) -> None:
    world.create("job", "lamp", retries=stored)
    with world.raises(InvalidRequest, message):
        update(world, job_executions_retry_config=world.retries(new))


def test_retries_are_taken_back_in_whatever_order_they_stand(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 3, "TIMED_OUT": 2})
    update(world, job_executions_retry_config=world.retries({"TIMED_OUT": 0, "FAILED": 0}))
    assert world.job().settings.job_executions_retry_config == world.retries(
        {"TIMED_OUT": 0, "FAILED": 0}
    )


# Smaller checks


@pytest.mark.parametrize(
    "role",
    [
        "arn:aws:iam::123456789012:role/presigner",
        "arn:aws-cn:iam::123456789012:role/a/b",
        "arn:aws:iam::123456789012:role/a:b/presigner",  # a path may have colons in it
        None,
    ],
)
def test_the_role_of_presigned_urls_is_the_arn_of_a_role(role: str | None) -> None:
    check_role(PresignedUrlConfig(role))
    check_role(None)


@pytest.mark.parametrize(
    "role",
    [
        "",
        "presigner",
        "arn:aws:iam::123456789012:user/ann",
        "arn:aws:s3:::role/presigner",
        "arn:aws:iam::role/presigner",
        "arn:aws:iam:::role/",  # 19 letters
    ],
)
def test_anything_else_is_no_role(role: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_role(PresignedUrlConfig(role))
    assert caught.value.message == f"Given role {role} is invalid."


def test_a_step_timer_lasts_1_to_10080_minutes_or_is_canceled_by_minus_1() -> None:
    assert [step_timeout(minutes) for minutes in (None, -1, 1, 10_080)] == [
        None,
        -1,
        60_000,
        604_800_000,
    ]
    for minutes in (-2, 0, 10_081):
        with pytest.raises(InvalidRequest) as caught:
            step_timeout(minutes)
        assert (
            caught.value.message
            == f"Provide valid timeout value, stepTimeoutInMinutes cannot be {minutes}."
        )


def test_there_are_at_most_ten_status_details() -> None:
    check_status_details(None)
    check_status_details({})
    check_status_details({f"key {number}": "value" for number in range(10)})
    with pytest.raises(
        InvalidRequest,
        match=r"'statusDetails' failed to satisfy constraint.*less than or equal to 10",
    ):
        check_status_details({f"key {number}": "value" for number in range(11)})


def test_settings_replace_each_other_whole() -> None:
    stored = JobSettings(
        presigned_url_config=PresignedUrlConfig("role", 60),
        timeout_config=TimeoutConfig(5),
        job_executions_rollout_config=JobExecutionsRolloutConfig(10),
    )
    new = JobSettings(
        presigned_url_config=PresignedUrlConfig(expires_in_sec=90), timeout_config=TimeoutConfig(7)
    )
    assert new.over(stored) == JobSettings(
        presigned_url_config=PresignedUrlConfig(expires_in_sec=90),
        timeout_config=TimeoutConfig(7),
        job_executions_rollout_config=JobExecutionsRolloutConfig(10),
    )


# Rates of rollouts; how they are used is in test_lifecycle_rollout.py


def test_without_a_configuration_a_thousand_executions_are_queued_a_minute() -> None:
    assert JobExecutionsRolloutConfig().rate(0, 0) == 1000
    assert JobExecutionsRolloutConfig(7).rate(10**6, 10**6) == 7


@pytest.mark.parametrize(
    "so_far, rate",
    [
        (0, 50),
        (999, 50),
        (1000, 100),
        (1999, 100),
        (2000, 200),
        (3000, 400),
        (4000, 800),
        (5000, 1000),
        (10**9, 1000),
    ],
)
def test_the_guides_example_of_an_exponential_rate(world: World, so_far: int, rate: int) -> None:
    # AWS IoT developer guide, jobs-configurations-details: base 50, factor 2, step 1000.
    assert world.rollout(1000, (50, 2, 1000, None)).rate(so_far, 0) == rate
    assert world.rollout(1000, (50, 2, None, 1000)).rate(10**9, so_far) == rate


def test_a_rate_is_exact_in_tenths_and_whole_in_the_end(world: World) -> None:
    config = world.rollout(1000, (10, 1.1, 1, None))
    # 10 * 1.1**n, cut to whole executions.
    assert [config.rate(steps, 0) for steps in range(9)] == [10, 11, 12, 13, 14, 16, 17, 19, 21]
    assert config.rate(48, 0) == 970
    assert world.rollout(1000, (1, 1.5, 1, None)).rate(0, 0) == 1
    assert config.rate(49, 0) == 1000
    assert RateIncreaseCriteria() == RateIncreaseCriteria(None, None)
