"""A second model of IoT Jobs: one account, as AWS's documentation describes it, with nothing made
fast.

It was written from the documentation and from this project's list of choices, without a look at the
package. It keeps two lists, jobs and executions, and looks through them for everything: what is
due, what is pending, what is counted. What it says is compared with what the package says, so where
both agree two readings of the same pages agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from . import calendar
from .calendar import DAY, MINUTE

TERMINAL = {"SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"}
FAILURES = {"ALL": ("FAILED", "REJECTED", "TIMED_OUT")}
RETRIED = {"ALL": ("FAILED", "TIMED_OUT")}
REPORTABLE = {"IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"}
ARN = "arn:aws:iot:eu-west-1:123456789012:"


class ErrorResponse(Exception):
    """An error: its class over HTTPS, its code by topic, and the execution that a rejection shows."""

    def __init__(
        self, error: str, code: str | None = None, execution: Execution | None = None
    ) -> None:
        super().__init__(error)
        self.error = error
        self.code = code or error.removesuffix("Exception")
        self.execution = execution


@dataclass(eq=False)
class Job:
    """A job: what was asked for, and what has become of it."""

    id: str
    request: dict[str, Any]
    created: int
    updated: int
    status: str = "IN_PROGRESS"
    started: bool = False
    over: bool = False
    completed: int | None = None
    comment: str | None = None
    reason: str | None = None
    forced: bool | None = None
    waiting: list[str] = field(default_factory=list)
    rolled_out: int = 0
    succeeded: int = 0
    joined: set[str] = field(default_factory=set)
    next_batch: int | None = None
    due: list[tuple[str, list[str]]] = field(default_factory=list)
    emptied: set[str] = field(default_factory=set)
    windows_seen: int = 0
    open: bool = False
    planned: int = 0
    window_planned: int = 0
    batch_planned: int = 0
    deleted_at: int = 0
    looks: int = 0
    looked_at: int = 0

    @property
    def arn(self) -> str:
        return f"{ARN}job/{self.id}"

    @property
    def targets(self) -> list[str]:
        targets: list[str] = self.request["targets"]
        return targets

    @property
    def continuous(self) -> bool:
        return bool(self.request.get("targetSelection", "SNAPSHOT") == "CONTINUOUS")

    @property
    def schedule(self) -> dict[str, Any]:
        schedule: dict[str, Any] = self.request.get("schedulingConfig") or {}
        return schedule

    @property
    def windows(self) -> list[dict[str, Any]]:
        windows: list[dict[str, Any]] = self.schedule.get("maintenanceWindows") or []
        return windows

    @property
    def active(self) -> bool:
        return self.status in {"IN_PROGRESS", "SCHEDULED"}

    @property
    def follows(self) -> bool:
        return self.continuous and self.started and self.active and not self.over


@dataclass(eq=False)
class Execution:
    """One run of a job on a thing.

    `retried_for` has the failures of the runs that this one repeats, as far as they count, and
    `attempt` their number when it was queued.
    """

    job: Job
    thing: str
    number: int
    queued: int
    updated: int
    status: str = "QUEUED"
    version: int = 1
    started: int | None = None
    details: dict[str, str] | None = None
    forced: bool = False
    retried_for: list[str] = field(default_factory=list)
    attempt: int = 0
    deadline: int | None = None
    step: int | None = None
    changed: int = 0
    timed: int = 0

    @property
    def ends(self) -> int | None:
        timers = [timer for timer in (self.deadline, self.step) if timer is not None]
        return min(timers) if timers and self.status == "IN_PROGRESS" else None


class Account:
    """Everything there is in one account and region, and the rules by which it changes."""

    def __init__(self, now: int) -> None:
        self.now = self.at = now
        self.things: set[str] = set()
        self.groups: dict[str, dict[str, Any]] = {}
        self.jobs: list[Job] = []
        self.executions: list[Execution] = []
        self.templates: list[dict[str, Any]] = []
        self.tags: dict[str, dict[str, str]] = {}
        self.switches = {"JOB": False, "JOB_EXECUTION": False}
        self.deletion: dict[str, Any] = {"progression": "immediate"}
        self.published: list[tuple[str, int, dict[str, Any]]] = []
        self.heard: dict[str, tuple[list[Execution], Execution | None]] = {}
        self.count = 0
        self.packages: dict[str, Any] = {}
        self.package_configuration: dict[str, Any] = {}
        self.shadows: dict[str, dict[str, Any]] = {}

    # What there is.

    def tick(self) -> int:
        self.count += 1
        return self.count

    def job(self, job_id: str) -> Job | None:
        return next((job for job in self.jobs if job.id == job_id), None)

    def known(self, job_id: str) -> Job:
        job = self.job(job_id)
        if job is None:
            raise ErrorResponse("ResourceNotFoundException")
        return job

    def of(self, job: Job, thing: str | None = None) -> list[Execution]:
        return [one for one in self.executions if one.job is job and thing in (None, one.thing)]

    def newest(self, job: Job, thing: str) -> Execution | None:
        return max(self.of(job, thing), key=lambda one: one.number, default=None)

    def window_open(self, job: Job) -> bool:
        return not job.windows or job.over or job.open

    def members(self, group: str) -> list[str]:
        """List who is in a group or below it."""
        if group not in self.groups:
            return []
        found = list(self.groups[group]["members"])
        for name, child in self.groups.items():
            if child["parent"] == group:
                found += self.members(name)
        return list(dict.fromkeys(found))

    def covered(self, target: str) -> list[str]:
        kind, _, name = target.removeprefix(ARN).partition("/")
        return [name] if kind == "thing" else self.members(name)

    def covered_by_all(self, job: Job) -> list[str]:
        return list(
            dict.fromkeys(thing for target in job.targets for thing in self.covered(target))
        )

    def pending(self, thing: str) -> list[Execution]:
        """List what a device would be given, in order: in progress before queued, each by the time
        of queueing.
        """
        shown = [
            one
            for one in self.executions
            if one.thing == thing
            and one.job.status != "DELETION_IN_PROGRESS"
            and (
                one.status == "IN_PROGRESS"
                or (one.status == "QUEUED" and self.window_open(one.job))
            )
        ]
        return sorted(
            shown, key=lambda one: (one.status == "QUEUED", one.queued, self.jobs.index(one.job))
        )

    # What happens by itself.

    def settle(self) -> None:
        """Let happen what has become due: earliest first; of what is due at once, what ends before
        what begins.
        """
        while due := self.all_due():
            self.at, _, _, happen = min(due, key=lambda one: one[:3])
            happen()
            self.notify()
        self.at = self.now

    def all_due(self) -> list[tuple[int, int, int, Callable[[], None]]]:
        due: list[tuple[int | None, int, int, Callable[[], None]]] = []
        due += [(one.ends, 1, one.timed, partial(self.time_out, one)) for one in self.executions]
        for job in self.jobs:
            due += self.due_of(job)
        return [
            (timestamp, kind, order, act)
            for timestamp, kind, order, act in due
            if timestamp is not None and timestamp <= self.now
        ]

    def due_of(self, job: Job) -> list[tuple[int | None, int, int, Callable[[], None]]]:
        if job.status == "DELETION_IN_PROGRESS":
            return [(self.deletion_ends(job), 4, job.planned, partial(self.vanish, job))]
        if not job.active:
            return []
        due: list[tuple[int | None, int, int, Callable[[], None]]] = []
        if not job.started:
            return [
                (
                    calendar.in_milliseconds(job.schedule["startTime"]),
                    5,
                    job.planned,
                    partial(self.start, job),
                )
            ]
        if "endTime" in job.schedule and not job.over:
            due.append(
                (
                    calendar.in_milliseconds(job.schedule["endTime"]),
                    3,
                    job.planned,
                    partial(self.end, job),
                )
            )
        if job.windows and not job.over:
            due += [
                (
                    timestamp,
                    6 if opens else 2,
                    job.window_planned,
                    partial(self.turn, job, timestamp, opens),
                )
                for timestamp, opens in calendar.changes(job.windows, job.windows_seen, self.now)[
                    :1
                ]
            ]
        if job.status == "IN_PROGRESS" and job.waiting:
            due.append((job.next_batch, 7, job.batch_planned, partial(self.roll_out, job)))
        return due

    def deletion_ends(self, job: Job) -> int | None:
        progression = self.deletion["progression"]
        if progression == "time":
            return int(job.deleted_at + self.deletion["seconds"] * 1000)
        if progression == "manual":
            return job.looked_at if job.looks >= self.deletion["times"] else None
        return self.now

    def time_out(self, execution: Execution) -> None:
        self.move(execution, "TIMED_OUT")
        self.follow_up(execution.job, execution)

    def start(self, job: Job) -> None:
        job.started = True
        if job.continuous:
            job.waiting = self.covered_by_all(job)
        job.windows_seen = self.at
        job.window_planned = self.tick()
        job.open = calendar.is_open(job.windows, self.at)
        if self.window_open(job):
            self.begin(job)

    def begin(self, job: Job) -> None:
        """Let a job go on, at its start or with a window: what is to be tried again first, then a
        batch.
        """
        job.status = "IN_PROGRESS"
        job.updated = self.at
        self.notify()
        due, job.due = job.due, []
        for thing, retried_for in due:
            if thing in self.things:
                self.queue(job, thing, retried_for)
        if job.waiting:
            self.roll_out(job)
        else:
            self.follow_up(job)

    def turn(self, job: Job, timestamp: int, opens: bool) -> None:
        job.windows_seen = timestamp
        job.window_planned = self.tick()
        job.open = opens
        if opens:
            self.begin(job)
        else:
            job.status = "SCHEDULED"
            job.updated = self.at

    def end(self, job: Job) -> None:
        job.waiting, job.due = [], []
        behavior = job.schedule.get("endBehavior", "STOP_ROLLOUT")
        if behavior != "STOP_ROLLOUT":
            self.cancel_open(job, behavior == "FORCE_CANCEL")
        job.over = True
        if job.status == "SCHEDULED":
            job.status = "IN_PROGRESS"
            job.updated = self.at
        self.follow_up(job)

    def roll_out(self, job: Job) -> None:
        rate = self.rate(job)
        batch, job.waiting = (
            [thing for thing in job.waiting[:rate] if thing in self.things],
            job.waiting[rate:],
        )
        job.next_batch = self.at + MINUTE
        job.batch_planned = self.tick()
        job.rolled_out += len(batch)
        for thing in batch:
            job.updated = self.at
            self.queue(job, thing)
        if not job.waiting:
            self.follow_up(job)

    def rate(self, job: Job) -> int:
        rollout = job.request.get("jobExecutionsRolloutConfig") or {}
        most = int(rollout.get("maximumPerMinute", 1000))
        if "exponentialRate" not in rollout:
            return most
        rate = rollout["exponentialRate"]
        criteria = rate["rateIncreaseCriteria"]
        if "numberOfNotifiedThings" in criteria:
            steps = job.rolled_out // criteria["numberOfNotifiedThings"]
        else:
            steps = job.succeeded // criteria["numberOfSucceededThings"]
        return max(
            1,
            min(
                most,
                int(rate["baseRatePerMinute"] * Fraction(str(rate["incrementFactor"])) ** steps),
            ),
        )

    # How things change.

    def queue(self, job: Job, thing: str, retried_for: list[str] | None = None) -> Execution:
        newest = self.newest(job, thing)
        number = newest.number + 1 if newest else 1
        execution = Execution(
            job, thing, number, self.at, self.at, retried_for=retried_for or [], changed=self.tick()
        )
        execution.attempt = len(execution.retried_for)
        self.executions.append(execution)
        job.emptied.discard(thing)
        self.notify()
        return execution

    def touch(self, execution: Execution) -> None:
        execution.updated = self.at
        execution.changed = self.tick()

    def move(self, execution: Execution, status: str, forced: bool = False) -> None:
        """Give an execution another status, with the next version; tell so if it is the last."""
        if execution.status == "QUEUED" and status == "IN_PROGRESS":
            timeout = (execution.job.request.get("timeoutConfig") or {}).get(
                "inProgressTimeoutInMinutes"
            )
            execution.deadline = self.at + int(timeout) * MINUTE if timeout else None
            execution.timed = self.tick()
        if execution.started is None and status in {"IN_PROGRESS", "SUCCEEDED", "FAILED"}:
            execution.started = self.at
        if status == "SUCCEEDED" and execution.thing not in execution.job.joined:
            execution.job.succeeded += 1
        execution.status = status
        execution.version += 1
        execution.forced = forced
        self.touch(execution)
        if status in TERMINAL:
            self.execution_event(execution, status)
        self.notify()

    def follow_up(self, job: Job, ended: Execution | None = None) -> None:
        """See to what follows when a run of a job has ended or is gone: completion, an abort, or
        another try.
        """
        if not job.active:
            return
        if ended is not None and self.retries(job, ended):
            job.due.append((ended.thing, [*ended.retried_for, ended.status]))
        if self.nothing_left(job):
            self.complete(job)
        elif met := self.criterion_met(job):
            self.close(job, None, "ABORT_CANCEL", met, False)
        elif self.window_open(job):
            due, job.due = job.due, []
            for thing, retried_for in due:
                self.queue(job, thing, retried_for)

    def retries(self, job: Job, ended: Execution) -> bool:
        """Return whether a run that has ended is tried again."""
        if job.over or ended.thing not in self.things:
            return False
        if job.continuous and not any(
            ended.thing in self.covered(target) for target in job.targets
        ):
            return False
        for criterion in (job.request.get("jobExecutionsRetryConfig") or {}).get(
            "criteriaList", []
        ):
            kinds = RETRIED.get(criterion["failureType"], (criterion["failureType"],))
            if ended.status in kinds:
                used = sum(failure in kinds for failure in ended.retried_for)
                return used < criterion["numberOfRetries"] and len(ended.retried_for) < 10
        return False

    def nothing_left(self, job: Job) -> bool:
        if not job.started or (job.continuous and not job.over):
            return False
        return (
            not job.waiting and not job.due and all(one.status in TERMINAL for one in self.of(job))
        )

    def criterion_met(self, job: Job) -> str | None:
        """Name the first abort criterion that is met, as AWS's comment does."""
        ended = [one.status for one in self.of(job) if one.status in TERMINAL]
        for criterion in (job.request.get("abortConfig") or {}).get("criteriaList", []):
            kind, threshold = criterion["failureType"], criterion["thresholdPercentage"]
            failed = sum(status in FAILURES.get(kind, (kind,)) for status in ended)
            if len(ended) >= criterion[
                "minNumberOfExecutedThings"
            ] and failed * 100 >= threshold * len(ended):
                return (
                    f"Abort criteria for failure type {kind} with threshold {threshold:.2f}% met. "
                    f"Total completed executions: {len(ended)}, total {kind} executions: {failed}"
                )
        return None

    def complete(self, job: Job) -> None:
        job.status = "COMPLETED"
        job.updated = job.completed = self.at
        self.job_event(job, "completed")

    def close(
        self, job: Job, comment: str | None, reason: str | None, abort: str | None, forced: bool
    ) -> None:
        """Cancel a job, for its owner or because a criterion is met."""
        job.status = "CANCELED"
        job.updated = self.at
        job.comment, job.reason, job.forced = abort or comment, reason, forced
        job.waiting, job.due = [], []
        self.job_event(job, "cancellation_in_progress")
        self.cancel_open(job, forced)
        self.job_event(job, "canceled")

    def cancel_open(self, job: Job, forced: bool) -> None:
        for one in self.of(job):
            if one.status == "QUEUED" or (forced and one.status == "IN_PROGRESS"):
                self.move(one, "CANCELED", forced)

    def vanish(self, job: Job) -> None:
        for one in self.of(job):
            self.execution_event(one, "DELETED")
        self.executions = [one for one in self.executions if one.job is not job]
        self.jobs.remove(job)
        self.tags.pop(job.arn, None)
        self.job_event(job, "deleted")

    # What is told.

    def notify(self) -> None:
        """Tell each thing, be it deleted or not, whose list of pending executions, or whose first
        one, is not what it was.
        """
        from . import serializers

        for thing in sorted({one.thing for one in self.executions} | set(self.heard)):
            pending = self.pending(thing)
            front = pending[0] if pending else None
            listed, first = self.heard.get(thing, ([], None))
            self.heard[thing] = (pending, front)
            if set(map(id, pending)) != set(map(id, listed)):
                self.publish(f"$aws/things/{thing}/jobs/notify", serializers.notify(self, thing))
            if front is not first:
                self.publish(
                    f"$aws/things/{thing}/jobs/notify-next", serializers.notify_next(self, front)
                )

    def publish(self, topic: str, payload: dict[str, Any]) -> None:
        self.published.append((topic, self.at, payload))

    def job_event(self, job: Job, operation: str) -> None:
        from . import serializers

        if self.switches["JOB"]:
            self.publish(
                f"$aws/events/job/{job.id}/{operation}", serializers.job_event(self, job, operation)
            )

    def execution_event(self, execution: Execution, status: str) -> None:
        from . import serializers

        if self.switches["JOB_EXECUTION"]:
            topic = f"$aws/events/jobExecution/{execution.job.id}/{status.lower()}"
            self.publish(topic, serializers.execution_event(self, execution, status))

    # Who belongs where.

    def regroup(self, change: Callable[[], object]) -> None:
        """Change groups, and let the jobs that follow them see who has come and who has gone."""
        following = [job for job in self.jobs if job.follows]
        before = {
            job.id: {target: self.covered(target) for target in job.targets} for job in following
        }
        change()
        for job in following:
            after = {target: self.covered(target) for target in job.targets}
            were = before[job.id]
            for thing in dict.fromkeys(
                thing for lists in (*were.values(), *after.values()) for thing in lists
            ):
                joined = any(
                    thing in after[target] and thing not in were.get(target, []) for target in after
                )
                if joined:
                    self.join(job, thing)
                elif not any(thing in members for members in after.values()) and any(
                    thing in m for m in were.values()
                ):
                    self.leave(job, thing)

    def join(self, job: Job, thing: str) -> None:
        newest = self.newest(job, thing)
        if (
            thing in self.things
            and thing not in job.waiting
            and (newest is None or newest.status in TERMINAL)
        ):
            job.due = [one for one in job.due if one[0] != thing]
            # Who joins gets an execution outside of the rollout's rate; between windows there is no
            # rollout to be outside of.
            if job.status == "SCHEDULED":
                job.waiting.append(thing)
            else:
                job.joined.add(thing)
                self.queue(job, thing)

    def leave(self, job: Job, thing: str) -> None:
        job.waiting = [one for one in job.waiting if one != thing]
        job.due = [one for one in job.due if one[0] != thing]
        newest = self.newest(job, thing)
        if newest is None and thing in job.emptied:
            one = Execution(job, thing, 1, self.at, self.at, status="REMOVED", changed=self.tick())
            self.executions.append(one)
            job.emptied.discard(thing)
        elif newest is not None and newest.status == "QUEUED":
            newest.status = "REMOVED"
            self.touch(newest)
            self.execution_event(newest, "REMOVED")
            self.notify()
            # The pages name other times at which abort criteria are looked at; the package looks
            # at them here as well.
            self.follow_up(job)
        elif newest is not None and newest.status == "IN_PROGRESS":
            newest.retried_for = []

    def forget_thing(self, thing: str) -> None:
        """Remove a thing that was deleted from all jobs, without a word to its device."""
        concerned = [one for one in self.executions if one.thing == thing]
        reaching = [job for job in self.jobs if job.status == "IN_PROGRESS" and job.waiting]
        for job in self.jobs:
            job.due = [one for one in job.due if one[0] != thing]
            if job.status == "IN_PROGRESS":
                job.waiting = [one for one in job.waiting if one != thing]
        for one in sorted(concerned, key=lambda one: (self.jobs.index(one.job), one.number)):
            if one.status == "QUEUED" and one.job.active:
                one.status = "REMOVED"
                self.touch(one)
                pending = self.pending(thing)
                self.heard[thing] = (pending, pending[0] if pending else None)
                self.follow_up(one.job)
        for job in reaching:
            if job.active and self.nothing_left(job):
                self.complete(job)


__all__ = [
    "ARN",
    "DAY",
    "MINUTE",
    "REPORTABLE",
    "TERMINAL",
    "Account",
    "ErrorResponse",
    "Execution",
    "Job",
]
