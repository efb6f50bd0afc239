"""Handlers of executions: a test's own, and scripts of what real devices usually do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from moto_iot_jobs.service.suggestions import suggestion

from .durations import Duration, as_seconds
from .exceptions import ExecutionOverError, HandlerError, ResponseLostError, ServiceBusyError
from .execution import REPORTABLE, Execution, Waits, texts

# None is SUCCEEDED.
Verdict: TypeAlias = str | tuple[str, Mapping[str, object] | None] | None
Result = TypeVar("Result")
# The type of a generator that is a handler: it yields the time that it works before it goes on.
Steps: TypeAlias = Generator[Duration, None, Result]
Handler: TypeAlias = Callable[[Execution], Verdict | Steps[Verdict]]
OutcomeName: TypeAlias = Literal[
    "succeed", "fail", "reject", "hang", "progress", "lose_connection", "stale_version"
]
AnyHandler: TypeAlias = "OutcomeName | Outcome | Handler | Callable[..., Outcome]"
Then: TypeAlias = "OutcomeName | Outcome"

# A device that hangs reports so long after its execution timed out.
_LATE_SECONDS = 60.0


class Outcome:
    """A script, made by the functions of this module, whose names stand for default forms."""

    name: str

    def steps(self, execution: Execution, seconds: float) -> Waits[Verdict]:
        """Carry the script out, working for so many seconds of the mock's time."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class _Reports(Outcome):
    status: str
    details: Mapping[str, object]
    name: str

    def steps(self, execution: Execution, seconds: float) -> Waits[Verdict]:  # noqa: ARG002 - the same for every execution
        yield seconds
        return self.status, self.details or None


@dataclass(frozen=True, eq=False)
class _Hangs(Outcome):
    seconds: float | None
    name: str = "hang"

    def steps(self, execution: Execution, seconds: float) -> Waits[Verdict]:
        if self.seconds is not None:
            yield seconds + self.seconds
        elif execution.time_left is not None:
            yield max(seconds, execution.time_left.total_seconds() + _LATE_SECONDS)
        else:
            return "IN_PROGRESS", None
        return None


@dataclass(frozen=True, eq=False)
class _ReportsProgress(Outcome):
    percents: Sequence[int]
    then: Outcome
    name: str = "progress"

    def steps(self, execution: Execution, seconds: float) -> Waits[Verdict]:
        share = seconds / (len(self.percents) + 1)
        for percent in self.percents:
            yield share
            yield from execution.report("IN_PROGRESS", {"percent": percent})
        return (yield from self.then.steps(execution, share))


@dataclass(frozen=True, eq=False)
class _LosesConnection(Outcome):
    seconds: float
    then: Outcome
    name: str = "lose_connection"

    def steps(self, execution: Execution, seconds: float) -> Waits[Verdict]:
        yield seconds / 3
        yield from execution.report("IN_PROGRESS", {"step": "before the loss"})
        execution.disconnect()
        yield self.seconds
        # A device that comes back describes its execution, and goes on with the version it gets
        # (developer guide, jobs-workflow-device-online).
        yield from execution.refresh()
        yield from execution.report("IN_PROGRESS", {"step": "after the loss"})
        return (yield from self.then.steps(execution, seconds * 2 / 3))


@dataclass(frozen=True, eq=False)
class _ReportsStaleVersion(Outcome):
    then: Outcome
    name: str = "stale_version"

    def steps(self, execution: Execution, seconds: float) -> Waits[Verdict]:
        yield seconds / 2
        stale = execution.version
        yield from execution.report("IN_PROGRESS", {"step": "first"})
        yield from execution.report("IN_PROGRESS", {"step": "with a stale version"}, version=stale)
        return (yield from self.then.steps(execution, seconds / 2))


def succeed(details: Mapping[str, object] | None = None) -> Outcome:
    """Report SUCCEEDED.

    Args:
        details: status details.
    """
    return _Reports("SUCCEEDED", details or {}, name="succeed")


def fail(
    reason: str = "failed as scripted", details: Mapping[str, object] | None = None
) -> Outcome:
    """Report FAILED, with the reason in the status details.

    Args:
        reason: the detail of that name.
        details: further details.
    """
    return _Reports("FAILED", {"reason": reason, **(details or {})}, name="fail")


def reject(
    reason: str = "rejected as scripted", details: Mapping[str, object] | None = None
) -> Outcome:
    """Report REJECTED, which is never retried.

    Args:
        reason: the detail of that name.
        details: further details.
    """
    return _Reports("REJECTED", {"reason": reason, **(details or {})}, name="reject")


def hang(minutes: Duration | None = None) -> Outcome:
    """Start, stay silent until it is too late, and then report SUCCEEDED.

    Args:
        minutes: the length of the silence; by default until a minute after the execution has timed
            out, or for ever if no timer runs.

    Raises:
        ValueError: not a length of time.
    """
    seconds = as_seconds("hang(minutes)", minutes, "minutes") if minutes is not None else None
    return _Hangs(seconds)


def progress(percents: Sequence[int] = (25, 50, 75), then: Then = "succeed") -> Outcome:
    """Report progress on the way, as the detail `percent`.

    Args:
        percents: the values reported, with equal pauses between.
        then: the script that ends it.
    """
    return _ReportsProgress(tuple(percents), find(then))


def lose_connection(minutes: Duration = 5, then: Then = "succeed") -> Outcome:
    """Report, lose the connection, come back, describe the execution, report again, and go on.

    Args:
        minutes: how long the device is away.
        then: the script that ends it, unless the execution was over when the device came back.

    Raises:
        ValueError: not a length of time.
    """
    return _LosesConnection(as_seconds("lose_connection(minutes)", minutes, "minutes"), find(then))


def stale_version(then: Then = "succeed") -> Outcome:
    """Report a version that is no longer right, learn the right one, and report again with it.

    Args:
        then: the script that ends it.
    """
    return _ReportsStaleVersion(find(then))


_MAKERS: dict[str, Callable[[], Outcome]] = {
    made.__name__: made
    for made in (succeed, fail, reject, hang, progress, lose_connection, stale_version)
}
NAMES = tuple(_MAKERS)


def find(outcome: object) -> Outcome:
    """Return the script that a name, a function of this module or a script stands for.

    Raises:
        ValueError: none of them; the message lists the names.
    """
    script = _script(outcome)
    if script is not None:
        return script
    meant = suggestion(str(outcome), NAMES)
    raise ValueError(f"There is no outcome {outcome!r}.{meant} There are: {', '.join(NAMES)}.")


def _script(handler: object) -> Outcome | None:
    if isinstance(handler, Outcome):
        return handler
    maker = next((made for name, made in _MAKERS.items() if handler in (name, made)), None)
    return maker() if maker is not None else None


def name_of(handler: AnyHandler) -> str:
    """Return a handler's name, for people."""
    script = _script(handler)
    if script is not None:
        return script.name
    return str(getattr(handler, "__name__", type(handler).__name__))


def check(handler: object) -> None:
    """Raise ValueError unless this can be a handler."""
    if not callable(handler):
        find(handler)


def run_handler(
    handler: AnyHandler, execution: Execution, seconds: float
) -> Waits[tuple[str, Any]]:
    """Run a handler for an execution, and return the status to report and its details.

    A plain function is called after so many seconds; a generator yields its waits itself.

    Raises:
        ExecutionOverError: the execution ended meanwhile.
        ServiceBusyError, ResponseLostError: the device has given up.
        HandlerError: the handler returned or yielded a value that it may not.
        AssertionError: an assertion of the handler failed, which belongs to the test.
    """
    try:
        verdict = yield from _verdict(handler, execution, seconds)
    except (ExecutionOverError, ServiceBusyError, ResponseLostError, HandlerError, AssertionError):
        raise
    except Exception as error:  # the agent of a real device reports a crash of its program
        return "FAILED", {"reason": _reason(error)}
    return _checked(verdict)


def _verdict(handler: Any, execution: Execution, seconds: float) -> Waits[object]:
    script = _script(handler)
    if script is not None:
        return (yield from script.steps(execution, seconds))
    if not inspect.isgeneratorfunction(handler):
        yield seconds
    verdict = handler(execution)
    if inspect.iscoroutine(verdict):
        verdict.close()
        raise HandlerError(
            f"{name_of(handler)} is a coroutine function; a handler is a plain function, or a"
            " generator function that yields the seconds it works."
        )
    return (yield from _waits(verdict)) if inspect.isgenerator(verdict) else verdict


def _waits(generator: Generator[object, Any, object]) -> Waits[object]:
    """Yield what a handler's generator yields, in seconds, and return what it returns."""
    try:
        while True:
            try:
                wait = next(generator)
            except StopIteration as done:
                return done.value
            try:
                seconds = as_seconds("The wait that a handler yielded", wait)
            except ValueError as problem:
                raise HandlerError(str(problem)) from None
            yield seconds
    finally:
        generator.close()


def _checked(verdict: object) -> tuple[str, dict[str, str] | None]:
    status, details = (
        verdict if isinstance(verdict, tuple) and len(verdict) == 2 else (verdict, None)
    )
    status = "SUCCEEDED" if status is None else status
    if status not in REPORTABLE:
        raise HandlerError(
            f"A handler returned {verdict!r}. Return None (SUCCEEDED), one of"
            f" {', '.join(REPORTABLE)}, a pair of such a status and a dict of details, or raise an"
            " exception (FAILED)."
        )
    if details is not None and not isinstance(details, Mapping):
        raise HandlerError(
            f"A handler returned the details {details!r}; they are a dict of names and values."
        )
    return str(status), texts(details) if details is not None else None


def _reason(error: Exception) -> str:
    """Describe an exception in a status detail: at most 1024 characters, none of them control."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return "".join(letter if letter.isprintable() else " " for letter in text)[:1024]
