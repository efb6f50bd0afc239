"""The section below a failing test: jobs, executions with their histories, and last messages.

It is made of a snapshot, is readable in 80 columns, and is never longer than `MOST_LINES`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

TITLE = "AWS IoT Jobs"
WIDTH = 80
MOST_LINES = 120

# Sizes of the snapshot, so that the section stays short.
MOST: dict[str, Any] = {"jobs": 6, "executions": 6, "messages": 8}
MOST_DELETED = 6
_MOST_TRANSITIONS = 8
_PAYLOAD_LINES = 2

_LONGEST_NAME = 40

# Author of a transition, by the beginning of its act in the table of transitions.
_ACTORS = {
    "device": "device",
    "a timer": "timer",
    "thing leaves": "thing left the target",
    "CancelJobExecution": "owner",
    "DeleteJobExecution": "owner",
    "DeleteThing": "thing was deleted",
}
_TIME = "time"


def section(state: Mapping[str, Any]) -> str:
    """Return a snapshot as text.

    Args:
        state: the snapshot; its `deleted`, if any, lists deleted executions with their transitions.
    """
    times = Times(state)
    lines = [f"It is {times.now}; times are UTC."]
    for region in state["regions"]:
        lines += _region(region, times, state["account"])
    lines += _deleted(state.get("deleted", ()), times)
    lines += _messages(state["messages"], times)
    lines = [clip(line, WIDTH) for line in lines]
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES + 1
        lines = [*lines[: MOST_LINES - 1], f"... {left} more lines"]
    return "\n".join(lines)


def history(
    transitions: Sequence[Mapping[str, Any]], times: Times, indent: str = "    "
) -> Iterator[str]:
    """Yield a line for each transition: time, status, version, author and call."""
    shown = transitions[-_MOST_TRANSITIONS:]
    if len(shown) < len(transitions):
        yield f"{indent}... {_some(len(transitions) - len(shown), 'earlier transition')}"
    for transition in shown:
        version = f"v{transition['version']}" if transition["version"] is not None else ""
        yield (
            f"{indent}{times.of(transition['at'])}  {transition['after']:<11}  {version:<3} {_cause_of(transition)}".rstrip()
        )


class Times:
    """Formats the times of a snapshot, with the date only if they are not all of one day.

    Args:
        state: the snapshot.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        now = _datetime(state["milliseconds"])
        self.now = f"{now:%Y-%m-%d %H:%M:%S}"
        self._one_day = {_datetime(at).date() for at in _times_in(state)} <= {now.date()}

    def of(self, at: int) -> str:
        """Format a time, given in milliseconds since the epoch."""
        time = _datetime(at)
        return f"{time:%H:%M:%S}.{at % 1000:03}" if self._one_day else f"{time:%m-%d %H:%M:%S}"


def clip(text: str, width: int) -> str:
    """Shorten a text to a width and replace what is not printable."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= width else f"{plain[: width - 3]}..."


def _datetime(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, timezone.utc)


def _times_in(state: Mapping[str, Any]) -> Iterator[int]:
    for region in state["regions"]:
        for job in region["jobs"]:
            for execution in job["executions"]:
                yield from (transition["at"] for transition in execution.get("transitions", ()))
                yield from (due for due in (execution["timesOutAt"],) if due is not None)
    for execution in state.get("deleted", ()):
        yield from (transition["at"] for transition in execution["transitions"])
    yield from (message["at"] for message in state["messages"])


def _region(region: Mapping[str, Any], times: Times, home: str) -> Iterator[str]:
    place = (
        region["region"]
        if region["account"] == home
        else f"{region['account']}, {region['region']}"
    )
    for job in region["jobs"]:
        yield ""
        yield f"job {_name(job['jobId'])}: {job['status']}, {job['targetSelection']}, in {place}"
        counts = [f"{count} {status}" for status, count in job["counts"].items() if count]
        yield f"  {', '.join(counts) or 'no executions'}"
        if job["comment"] or job["reasonCode"]:
            yield f"  {' - '.join(filter(None, (job['reasonCode'], job['comment'])))}"
        for execution in job["executions"]:
            yield from _execution(execution, times)
        if job["executionsLeftOut"]:
            yield f"  ... {_some(job['executionsLeftOut'], 'more execution')}"
    if region["jobsLeftOut"]:
        yield ""
        yield f"... {_some(region['jobsLeftOut'], 'more job')} in {place}"


def _execution(execution: Mapping[str, Any], times: Times) -> Iterator[str]:
    due = execution["timesOutAt"]
    timer = f", times out at {times.of(due)}" if due is not None else ""
    name = f"{_name(execution['thing'])} #{execution['executionNumber']}"
    yield f"  {name}: {execution['status']}, version {execution['version']}{timer}"
    if execution["statusDetails"]:
        yield f"    {json.dumps(execution['statusDetails'])}"
    yield from history(execution.get("transitions", ()), times)


def _deleted(executions: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    if executions:
        yield ""
        yield "deleted executions, the last one first"
    for execution in executions:
        name = f"{_name(execution['thing'])} #{execution['execution_number']}"
        yield f"  {name} of job {_name(execution['job_id'])}, in {execution['region']}"
        yield from history(execution["transitions"], times)


def _cause_of(transition: Mapping[str, Any]) -> str:
    """Return the author of a transition and the call that caused it."""
    act, cause = transition["act"], transition["cause"]
    call = cause if cause.isalpha() and cause != _TIME else None
    if act is None:
        return "as time went on" if cause == _TIME else cause
    forced = "by force" if act.partition(",")[0].endswith(" force") else None
    return ", ".join(filter(None, (_actor(act, call), call, forced)))


def _actor(act: str, call: str | None) -> str:
    for beginning, who in _ACTORS.items():
        if act.startswith(beginning):
            return who
    # CancelJob, abort criteria and endTime cancel executions alike.
    return "owner" if call == "CancelJob" else "abort or endTime"


def _messages(messages: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    if not messages:
        return
    yield ""
    yield "last messages"
    for message in messages:
        yield f"  {times.of(message['at'])}  {message['topic']}"
        payload, width = message["payload"], WIDTH - 4
        for begin in range(0, min(len(payload), width * _PAYLOAD_LINES), width):
            rest = payload[begin:]
            is_last = begin == width * (_PAYLOAD_LINES - 1)
            yield f"    {clip(rest, width) if is_last else rest[:width]}"


def _name(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    half = (_LONGEST_NAME - 3) // 2
    return f"{name[:half]}...{name[-half:]}"


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"
