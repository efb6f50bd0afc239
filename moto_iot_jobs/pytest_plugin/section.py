"""What stands below a failing test: jobs, executions, who moved each of them, when and by which
call, and the last messages.

It is made of a snapshot's plain data, is readable in 80 columns, and never longer than
`MOST_LINES`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

TITLE = "AWS IoT Jobs"
WIDTH = 80
MOST_LINES = 120

# What a snapshot is asked for, so that the section stays short.
MOST: dict[str, Any] = {"jobs": 6, "executions": 6, "messages": 8}
MOST_DELETED = 6
_MOST_MOVES = 8
_PAYLOAD_LINES = 2

_LONGEST_NAME = 40

# Who stands behind an act, by the beginning of the sentence that the table of states has for it.
_ACTORS = {
    "device": "device",
    "a timer": "timer",
    "thing leaves": "thing left the target",
    "CancelJobExecution": "owner",
    "DeleteJobExecution": "owner",
}
_TIME = "time"


def section(state: Mapping[str, Any]) -> str:
    """Return a snapshot as text.

    Args:
        state: the snapshot; `deleted` may be in it besides, the executions that are no more, with
            their moves.
    """
    times = Times(state)
    lines = [f"It is {times.now}; times are UTC."]
    for region in state["regions"]:
        lines += _region(region, times)
    lines += _deleted(state.get("deleted", ()), times)
    lines += _messages(state["messages"], times)
    lines = [clip(line, WIDTH) for line in lines]
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES + 1
        lines = [*lines[: MOST_LINES - 1], f"... {left} more lines"]
    return "\n".join(lines)


def history(
    moves: Sequence[Mapping[str, Any]], times: Times, indent: str = "    "
) -> Iterator[str]:
    """Yield a line for each move of an execution: when, to what, and by whom."""
    shown = moves[-_MOST_MOVES:]
    if len(shown) < len(moves):
        yield f"{indent}... {_some(len(moves) - len(shown), 'earlier move')}"
    for move in shown:
        version = f"v{move['version']}" if move["version"] is not None else ""
        yield (
            f"{indent}{times.of(move['at'])}  {move['after']:<11}  {version:<3} {_mover(move)}".rstrip()
        )


class Times:
    """How the moments of a snapshot are written: with the date only if they are not all of one day.

    Args:
        state: the snapshot.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        now = _moment(state["milliseconds"])
        self.now = f"{now:%Y-%m-%d %H:%M:%S}"
        self._one_day = {_moment(at).date() for at in _moments(state)} <= {now.date()}

    def of(self, at: int) -> str:
        """Write a moment, given in milliseconds since the epoch."""
        moment = _moment(at)
        return f"{moment:%H:%M:%S}.{at % 1000:03}" if self._one_day else f"{moment:%m-%d %H:%M:%S}"


def clip(text: str, width: int) -> str:
    """Shorten a text to a width, and let nothing in it break the line."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= width else f"{plain[: width - 3]}..."


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, timezone.utc)


def _moments(state: Mapping[str, Any]) -> Iterator[int]:
    for region in state["regions"]:
        for job in region["jobs"]:
            for execution in job["executions"]:
                yield from (move["at"] for move in execution.get("moves", ()))
                yield from (due for due in (execution["timesOutAt"],) if due is not None)
    for execution in state.get("deleted", ()):
        yield from (move["at"] for move in execution["moves"])
    yield from (message["at"] for message in state["messages"])


def _region(region: Mapping[str, Any], times: Times) -> Iterator[str]:
    # Imported late: pytest must not import moto before a test does.
    from moto_iot_jobs.runtime.defaults import home_account

    place = (
        region["region"]
        if region["account"] == home_account()
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
    yield from history(execution.get("moves", ()), times)


def _deleted(executions: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    if executions:
        yield ""
        yield "deleted executions, the last one first"
    for execution in executions:
        name = f"{_name(execution['thing'])} #{execution['execution_number']}"
        yield f"  {name} of job {_name(execution['job_id'])}, in {execution['region']}"
        yield from history(execution["moves"], times)


def _mover(move: Mapping[str, Any]) -> str:
    """Say who made a move and by which call, if one led to it."""
    act, cause = move["act"], move["cause"]
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
