"""What the model-based test asks for: hypothesis strategies for requests, mostly sound, now and
then not.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .account import ARN

THINGS = ["t1", "t2", "t3", "t4"]
GROUPS = ["g1", "g2", "g3"]
JOBS = list("abcdefghijklmn")
STRANGE = 54
"""Picks from here on may name what does not exist."""
TEMPLATES = ["x", "y"]
DOCUMENTS = ['{"op":"x"}', '{ "v": [1, 2] }']
PACKAGES = ["p", "q"]
VERSIONS = ["1", "2"]
ROLE = "arn:aws:iam::123456789012:role/packages"
BAD = 8
"""One in so many requests has something wrong with it."""


def rarely(common: Any, rare: Any) -> st.SearchStrategy[Any]:
    """Take one strategy most of the time."""
    return st.integers(1, BAD).flatmap(lambda number: rare if number == BAD else common)


things = st.sampled_from(THINGS)
groups = st.sampled_from(GROUPS)
pick = st.integers(0, 59)
sizes = st.integers(1, 3)
templates = st.sampled_from(TEMPLATES)
group_arns = groups.map(lambda name: f"{ARN}thinggroup/{name}")
thing_arns = things.map(lambda name: f"{ARN}thing/{name}")
targets = st.lists(thing_arns | group_arns, min_size=1, max_size=4)
details = st.dictionaries(
    st.sampled_from(["step", "p:q"]), st.sampled_from(["1", "two", "é"]), max_size=2
)
statuses = st.sampled_from(["IN_PROGRESS", "SUCCEEDED", "FAILED", "FAILED", "REJECTED"])
all_statuses = [
    "QUEUED",
    "IN_PROGRESS",
    "SUCCEEDED",
    "FAILED",
    "TIMED_OUT",
    "REJECTED",
    "REMOVED",
    "CANCELED",
]
kinds = ["FAILED", "REJECTED", "TIMED_OUT", "ALL"]
minutes = rarely(st.sampled_from([1, 2, 5, 60]), st.sampled_from([0, 10081]))

words = st.fixed_dictionaries(
    {}, optional={"comment": st.just("why"), "reasonCode": st.just("R_1")}
)
more_targets = st.lists(group_arns, min_size=1, max_size=2)
job_statuses = ["IN_PROGRESS", "CANCELED", "COMPLETED", "DELETION_IN_PROGRESS", "SCHEDULED"]
filters_of_jobs = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(job_statuses),
        "targetSelection": st.sampled_from(["SNAPSHOT", "CONTINUOUS"]),
        "thingGroupName": groups,
    },
)
reported = rarely(statuses, st.sampled_from(all_statuses))
members_of_start_next = st.fixed_dictionaries(
    {},
    optional={
        "statusDetails": details,
        "stepTimeoutInMinutes": rarely(st.sampled_from([1, 3, 60]), st.sampled_from([-1, 0])),
    },
)
members_of_report = st.fixed_dictionaries(
    {},
    optional={
        "statusDetails": details,
        "expectedVersion": st.sampled_from([1, 1, 2, 3]),
        "stepTimeoutInMinutes": st.sampled_from([1, 3, 60, -1]),
        "includeJobExecutionState": st.booleans(),
        "includeJobDocument": st.booleans(),
    },
)

timeout = minutes.map(lambda number: {"inProgressTimeoutInMinutes": number})
increase = rarely(
    st.fixed_dictionaries({"numberOfNotifiedThings": st.integers(1, 3)})
    | st.fixed_dictionaries({"numberOfSucceededThings": st.integers(1, 2)}),
    st.just({"numberOfNotifiedThings": 1, "numberOfSucceededThings": 1}),
)
exponential = st.fixed_dictionaries(
    {
        "baseRatePerMinute": st.integers(1, 3),
        "incrementFactor": st.integers(11, 50).map(lambda tenths: tenths / 10),
        "rateIncreaseCriteria": increase,
    }
)
rollout = st.fixed_dictionaries(
    {"maximumPerMinute": st.integers(1, 5)}, optional={"exponentialRate": exponential}
) | st.just({"maximumPerMinute": 1})
criterion = st.fixed_dictionaries(
    {
        "failureType": st.sampled_from(kinds),
        "action": st.just("CANCEL"),
        "thresholdPercentage": rarely(
            st.sampled_from([20.0, 33.33, 50.0, 66.67, 100.0]), st.just(0.0)
        ),
        "minNumberOfExecutedThings": st.integers(1, 3),
    }
)
abort = st.lists(criterion, min_size=1, max_size=2).map(lambda criteria: {"criteriaList": criteria})
retry_kinds = rarely(
    st.sampled_from(
        [["ALL"], ["FAILED"], ["TIMED_OUT"], ["FAILED", "TIMED_OUT"], ["TIMED_OUT", "FAILED"]]
    ),
    st.sampled_from([["ALL", "FAILED"], ["FAILED", "FAILED"]]),
)


def retries(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    """Make retry criteria of these numbers."""
    return st.tuples(retry_kinds, numbers, numbers).map(
        lambda drawn: {
            "criteriaList": [
                {"failureType": kind, "numberOfRetries": number}
                for kind, number in zip(drawn[0], drawn[1:], strict=False)
            ]
        }
    )


window = st.fixed_dictionaries(
    {
        "startTime": st.tuples(
            st.sampled_from([0, 15, 35, 50]),
            st.sampled_from(["*", "*", "0", "1", "2"]),
            st.sampled_from(["* * ?", "* * ?", "? * SUN", "? * MON"]),
        ).map(lambda drawn: f"cron({drawn[0]} {drawn[1]} {drawn[2]} *)"),
        "durationInMinutes": st.sampled_from([1, 10, 15, 60, 120, 1430]),
    }
)
windows = st.lists(window, min_size=1, max_size=2)
# Minutes from now.
starts = rarely(st.sampled_from([31, 31, 45, 120]), st.sampled_from([-1, 29, 30, 600000]))
ends = rarely(st.sampled_from([62, 90, 300, 3000]), st.sampled_from([29, 40, 3000000]))
behaviors = st.sampled_from(["STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"])
schedule = (
    st.fixed_dictionaries({"startTime": starts})
    | st.fixed_dictionaries(
        {"endTime": ends}, optional={"startTime": starts, "endBehavior": behaviors}
    )
    | st.fixed_dictionaries({}, optional={"endBehavior": behaviors, "maintenanceWindows": windows})
)
schedule_with_windows = st.fixed_dictionaries(
    {"startTime": starts, "maintenanceWindows": windows},
    optional={"endTime": ends, "endBehavior": behaviors},
)
configurations: dict[str, st.SearchStrategy[Any]] = {
    "jobExecutionsRolloutConfig": rollout,
    "abortConfig": abort,
    "timeoutConfig": timeout,
    "description": st.sampled_from(["first", "second"]),
}
tags = st.lists(
    st.fixed_dictionaries(
        {"Key": st.sampled_from(["k1", "k2"]), "Value": st.sampled_from(["", "v"])}
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda tag: tag["Key"],
)
keys = st.lists(st.sampled_from(["k1", "k2"]), min_size=1, max_size=2, unique=True)
selections = st.sampled_from(["SNAPSHOT", "CONTINUOUS"])
with_retries = {
    **configurations,
    "jobExecutionsRetryConfig": retries(st.integers(0, 3)),
    "tags": tags,
}
settings_of_a_job = (
    st.fixed_dictionaries(
        {"targets": targets, "targetSelection": selections}, optional=with_retries
    )
    | st.fixed_dictionaries(
        {"targets": targets, "targetSelection": selections, "schedulingConfig": schedule},
        optional=with_retries,
    )
    | st.fixed_dictionaries(
        {
            "targets": targets,
            "targetSelection": st.just("CONTINUOUS"),
            "schedulingConfig": schedule_with_windows,
        },
        optional=with_retries,
    )
)
source = rarely(
    st.fixed_dictionaries({"document": st.sampled_from(DOCUMENTS)}),
    st.just({})
    | st.fixed_dictionaries(
        {"template": templates}, optional={"document": st.sampled_from(DOCUMENTS)}
    ),
)
changes_of_a_job = st.fixed_dictionaries(
    {},
    optional={
        **configurations,
        "jobExecutionsRetryConfig": retries(rarely(st.just(0), st.just(1))),
    },
)
settings_of_a_template = st.fixed_dictionaries(
    {"description": st.sampled_from(["first", "second"])},
    optional={
        **{name: strategy for name, strategy in configurations.items() if name != "description"},
        "jobExecutionsRetryConfig": retries(st.integers(0, 3)),
        "maintenanceWindows": windows,
        "document": st.sampled_from(DOCUMENTS),
        "job": pick,
        "tags": tags,
    },
)
packages = st.sampled_from(PACKAGES)
versions = st.sampled_from(VERSIONS)
attributes = st.dictionaries(st.sampled_from(["k", "l"]), st.sampled_from(["1", "é"]), min_size=1)
# Package and version; both of a package, or none, are among what a job may be for.
destinations = st.lists(
    st.tuples(packages, rarely(versions, st.sampled_from(["$default", "$null"]))),
    min_size=1,
    max_size=2,
    unique_by=lambda pair: pair[0],
)
package_configurations = st.fixed_dictionaries(
    {"enabled": rarely(st.just(True), st.just(False)), "roleArn": st.just(ROLE)}
)
# Milliseconds; none means until the next whole minute.
short_times = st.sampled_from([0, 0, 1, 999, 30_000, 60_000, 60_000, 61_000, 120_000, 300_000])
times = short_times | st.sampled_from(
    [300_000, 900_000, 1_800_000, 3_600_000, 3_600_000, 10_800_000, 86_400_000]
)
faults = st.sampled_from(
    [
        ("iot", "CreateJob", "create_job", "ThrottlingException"),
        ("iot", "CreateJob", "create_job", "LimitExceededException"),
        ("iot", "DeleteJob", "delete_job", "ServiceUnavailableException"),
        ("iot", "DescribeJob", "describe_job", "ThrottlingException"),
        ("iot", "CancelJobExecution", "cancel_job_execution", "ServiceUnavailableException"),
        ("iot-jobs-data", "UpdateJobExecution", "update_job_execution", "ThrottlingException"),
        (
            "iot-jobs-data",
            "UpdateJobExecution",
            "update_job_execution",
            "ServiceUnavailableException",
        ),
        (
            "iot-jobs-data",
            "StartNextPendingJobExecution",
            "start_next_pending_job_execution",
            "ThrottlingException",
        ),
    ]
)
transitions = st.sampled_from(
    [
        {"progression": "immediate"},
        {"progression": "manual", "times": 1},
        {"progression": "manual", "times": 2},
        {"progression": "time", "seconds": 30},
        {"progression": "time", "seconds": 90.5},
    ]
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give a member half of the time."""
    return st.none() | strategy


yes_or_no = st.booleans()
some = st.lists(pick, max_size=4)
status = maybe(st.sampled_from(all_statuses))
Arguments = dict[str, st.SearchStrategy[Any]]
DEEDS: dict[str, tuple[int, Arguments]] = {
    # How often, in proportion, and with what.
    "create_job": (6, {"pick": pick, "source": source, "settings": settings_of_a_job}),
    "create_plain_job": (3, {"for_what": targets, "selection": selections}),
    "create_many_jobs": (1, {"thing": things}),
    "look_at_job": (6, {"job": pick}),
    "look_at_document": (1, {"job": pick}),
    "update_job": (3, {"job": pick, "changes": changes_of_a_job}),
    "cancel_job": (2, {"job": pick, "force": maybe(yes_or_no), "words": words}),
    "delete_job": (3, {"job": pick, "force": maybe(yes_or_no)}),
    "delete_many": (1, {"jobs": st.lists(pick, min_size=8, max_size=14)}),
    "associate": (2, {"job": pick, "more": more_targets, "comment": maybe(st.just("more"))}),
    "all_jobs": (2, {"size": maybe(sizes), "filters": filters_of_jobs}),
    "runs_of_job": (3, {"job": pick, "size": maybe(sizes), "status": status}),
    "runs_of_thing": (
        2,
        {"thing": things, "size": maybe(sizes), "status": status, "job": maybe(pick)},
    ),
    "look_at_execution": (4, {"run": pick, "number": maybe(st.integers(1, 3))}),
    "cancel_execution": (
        3,
        {
            "run": pick,
            "force": maybe(yes_or_no),
            "version": maybe(st.integers(1, 2)),
            "details": maybe(details),
        },
    ),
    "delete_execution": (
        4,
        {
            "run": pick,
            "number": rarely(st.none(), st.sampled_from([0, 1, 2])),
            "force": maybe(yes_or_no),
        },
    ),
    "pending": (2, {"by_topic": yes_or_no, "thing": things}),
    "start_next": (6, {"by_topic": yes_or_no, "thing": things, "members": members_of_start_next}),
    "ask": (
        3,
        {
            "by_topic": yes_or_no,
            "run": pick,
            "number": maybe(st.integers(1, 2)),
            "with_document": maybe(yes_or_no),
        },
    ),
    "ask_for_the_next": (1, {"by_topic": yes_or_no, "thing": things}),
    "report": (
        6,
        {"by_topic": yes_or_no, "run": pick, "status": reported, "members": members_of_report},
    ),
    "finish": (6, {"run": pick, "status": statuses}),
    "fail": (2, {"runs": some}),
    "start": (2, {"runs": some, "step": maybe(st.sampled_from([1, 3]))}),
    "make_thing": (1, {"thing": things}),
    "delete_thing": (1, {"thing": things}),
    "delete_group": (1, {"group": groups}),
    "make_group_again": (2, {"group": groups}),
    "join": (4, {"group": groups, "thing": things}),
    "leave": (4, {"group": groups, "thing": things}),
    "create_template": (2, {"name": templates, "settings": settings_of_a_template}),
    "delete_template": (1, {"name": templates}),
    "look_at_template": (1, {"name": templates}),
    "all_templates": (1, {"size": maybe(st.just(1))}),
    "tag": (1, {"pick": pick | templates, "tags": maybe(tags), "keys": keys}),
    "switch": (1, {"jobs": yes_or_no, "executions": yes_or_no}),
    "make_package": (2, {"package": packages}),
    "make_version": (
        4,
        {"package": packages, "version": versions, "attributes": st.none() | attributes},
    ),
    "update_version": (
        6,
        {
            "package": packages,
            "version": versions,
            "action": rarely(st.just("PUBLISH"), st.sampled_from(["DEPRECATE", "DEPRECATE", None])),
            "attributes": rarely(st.none(), attributes),
        },
    ),
    "choose_default": (
        2,
        {
            "package": packages,
            "version": st.none() | versions,
            "unset": rarely(st.none(), st.just(True)),
        },
    ),
    "delete_version": (1, {"package": packages, "version": versions}),
    "delete_package": (1, {"package": packages}),
    "all_packages": (1, {"size": st.none() | st.just(1), "package": packages}),
    "configure_packages": (1, {"configuration": package_configurations}),
    "install": (
        8,
        {"destinations": destinations, "with_attributes": yes_or_no, "for_what": targets},
    ),
    "finish_installing": (8, {"picks": some, "by_topic": yes_or_no}),
    "look_before_substitution": (1, {"job": pick}),
    "look_at_packages_of": (3, {"thing": things}),
    "pass_time": (12, {"milliseconds": times, "eagerly": yes_or_no}),
    "inject_fault": (1, {"fault": faults, "times": st.integers(1, 2)}),
    "set_deletion": (1, {"transition": transitions}),
}


def deed(name: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Draw what a deed needs."""
    return st.tuples(st.just(name), st.fixed_dictionaries(DEEDS[name][1]))


deeds = st.sampled_from(
    [name for name, (weight, _) in DEEDS.items() for _ in range(weight)]
).flatmap(deed)
