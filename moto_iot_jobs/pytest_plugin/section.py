"""The section below a failing test: jobs with histories, last calls and messages.

It is made of a snapshot, is readable in 80 columns, and is never longer than `MOST_LINES`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from textwrap import wrap
from typing import Any

TITLE = "AWS IoT Jobs"
WIDTH = 80
MOST_LINES = 120

# Sizes of the snapshot, so that the section stays short.
MOST: dict[str, Any] = {
    "jobs": 6,
    "executions": 50,
    "messages": 8,
    "calls": 10,
    "shadows": 4,
    "packages": 4,
    "commands": 6,
}
MOST_DELETED = 6
_MOST_GROUPS = 6
_MOST_NAMES = 3
_MOST_TRANSITIONS = 8
_MOST_CHANGES = 4
_PAYLOAD_LINES = 2

_LONGEST_NAME = 40

# Members of payloads that repeat the line above them, and those that may be long.
_TIMES_IN_PAYLOADS = {"timestamp", "queuedAt", "startedAt", "lastUpdatedAt", "eventId"}
_LONG_IN_PAYLOADS = {"jobDocument", "statusDetails", "description"}

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
    lines += _packages(state.get("packages", ()))
    lines += _shadows(state.get("shadows", ()), times)
    lines += _calls(state["calls"], times, state["account"])
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
        at, after = times.of(transition["at"]), transition["after"]
        yield f"{indent}{at}  {after:<11}  {version:<3} {_cause_of(transition)}".rstrip()


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
        for execution in region.get("commandExecutions", ()):
            yield from (transition["at"] for transition in execution.get("transitions", ()))
    for execution in state.get("deleted", ()):
        yield from (transition["at"] for transition in execution["transitions"])
    for shadow in state.get("shadows", ()):
        yield from (change["at"] for change in shadow["changes"])
    yield from (message["at"] for message in state["messages"])
    yield from (call["milliseconds"] for call in state["calls"])


def _region(region: Mapping[str, Any], times: Times, home: str) -> Iterator[str]:
    location = (
        region["region"]
        if region["account"] == home
        else f"{region['account']}, {region['region']}"
    )
    for job in region["jobs"]:
        yield ""
        yield f"job {_name(job['jobId'])}: {job['status']}, {job['targetSelection']}, in {location}"
        if job.get("packages"):
            yield f"  installs {', '.join(job['packages'])}"
        counts = [f"{count} {status}" for status, count in job["counts"].items() if count]
        yield f"  {', '.join(counts) or 'no executions'}"
        if job["comment"] or job["reasonCode"]:
            yield f"  {' - '.join(filter(None, (job['reasonCode'], job['comment'])))}"
        groups = _grouped(job["executions"])
        for group in groups[:_MOST_GROUPS]:
            yield from _executions(group, times)
        left = sum(map(len, groups[_MOST_GROUPS:])) + job["executionsLeftOut"]
        if left:
            yield f"  ... {_some(left, 'more execution')}"
    if region["jobsLeftOut"]:
        yield ""
        yield f"... {_some(region['jobsLeftOut'], 'more job')} in {location}"
    for execution in region.get("commandExecutions", ()):
        yield from _command(execution, times, location)
    left = region.get("commandExecutionsLeftOut", 0)
    if left:
        yield ""
        yield f"... {_some(left, 'more command execution')} in {location}"


def _command(execution: Mapping[str, Any], times: Times, location: str) -> Iterator[str]:
    reason = f", {execution['reason']}" if execution["reason"] else ""
    due = execution["timesOutAt"]
    timer = f", times out at {times.of(due)}" if due is not None else ""
    yield ""
    yield (
        f"command {_name(execution['commandId'])} on {execution['target']}:"
        f" {execution['status']}{reason}{timer}, in {location}"
    )
    yield from history(execution.get("transitions", ()), times)


def _grouped(executions: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Group executions whose histories differ in nothing but their times."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for execution in executions:
        same = {
            "status": execution["status"],
            "version": execution["version"],
            "details": execution["statusDetails"],
            "timer": execution["timesOutAt"] is not None,
            "transitions": [
                {**transition, "at": None} for transition in execution.get("transitions", ())
            ],
        }
        groups.setdefault(json.dumps(same, sort_keys=True), []).append(execution)
    return list(groups.values())


def _executions(group: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    first = group[0]
    names = [f"{_name(each['thing'])} #{each['executionNumber']}" for each in group]
    if len(names) > _MOST_NAMES:
        names[_MOST_NAMES - 1 :] = [f"and {len(names) - _MOST_NAMES + 1} more like these"]
    due = min((each["timesOutAt"] for each in group if each["timesOutAt"]), default=None)
    when = "times out" if len(group) == 1 else "the first times out"
    timer = f", {when} at {times.of(due)}" if due is not None else ""
    yield f"  {', '.join(names)}: {first['status']}, version {first['version']}{timer}"
    if first["statusDetails"]:
        yield f"    {json.dumps(first['statusDetails'])}"
    yield from history(first.get("transitions", ()), times)


def _deleted(executions: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    if executions:
        yield ""
        yield "deleted executions, the last one first"
    for execution in executions:
        name = f"{_name(execution['thing'])} #{execution['execution_number']}"
        yield f"  {name} of job {_name(execution['job_id'])}, in {execution['region']}"
        yield from history(execution["transitions"], times)


def _packages(packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for package in packages:
        versions = [f"{each['name']} {each['status']}" for each in package["versions"]]
        if package["versionsLeftOut"]:
            versions.append(f"{package['versionsLeftOut']} more")
        default = f", default {package['default']}" if package["default"] else ""
        yield ""
        yield f"package {_name(package['name'])}{default}, in {package['region']}"
        yield f"  {', '.join(versions) or 'no versions'}"


def _shadows(shadows: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    for shadow in shadows:
        name = f"shadow {_name(shadow['name'])}" if shadow["name"] else "shadow"
        version = "deleted" if shadow["version"] is None else f"version {shadow['version']}"
        yield ""
        yield f"{name} of {_name(shadow['thing'])}: {version}, in {shadow['region']}"
        for section, state in shadow["state"].items():
            yield f"  {section} {json.dumps(state, ensure_ascii=False)}"
        for change in shadow["changes"][-_MOST_CHANGES:]:
            state = json.dumps(change["state"], ensure_ascii=False)
            what = change["operation"].replace("ThingShadow", "")
            requested = f" {state}" if what == "Update" else ""
            yield f"    {times.of(change['at'])}  v{change['version']:<3} {what}{requested}"


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


def _calls(calls: Sequence[Mapping[str, Any]], times: Times, home: str) -> Iterator[str]:
    if not calls:
        return
    yield ""
    yield "last calls"
    for call in calls:
        mark = "!" if call["error"] else " "
        notes = [
            ", over MQTT" if call["transport"] == "mqtt" else "",
            f", account {call['account']}" if call["account"] != home else "",
        ]
        head, tail = (
            f"{call['operation']} {_parameters(call['parameters'])}".rstrip(),
            "".join(notes),
        )
        line = f"{mark} {times.of(call['milliseconds'])}  "
        yield f"{line}{clip(head, WIDTH - len(line) - len(tail))}{tail}"
        if call["error"]:
            yield f"{' ' * len(line)}{call['status']} {call['error']}"


def _parameters(parameters: Mapping[str, Any]) -> str:
    # The names first: what follows may be cut.
    names = ("jobId", "thingName", "executionNumber", "status")
    order = [name for name in names if name in parameters]
    order += [name for name in parameters if name not in names]
    return " ".join(f"{name}={_value(parameters[name])}" for name in order)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _messages(messages: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    if not messages:
        return
    yield ""
    yield "last messages"
    for message in messages:
        yield f"  {times.of(message['at'])}  {message['topic']}"
        yield from wrap(
            _short_payload(message["payload"]),
            WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
            max_lines=_PAYLOAD_LINES,
            placeholder=" ...",
        )


def _short_payload(payload: str) -> str:
    """Return a payload without its times, and with what may be long at the end."""
    try:
        return json.dumps(_without_times(json.loads(payload)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return payload


def _without_times(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_times(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: each for name, each in value.items() if name not in _TIMES_IN_PAYLOADS}
    order = sorted(kept, key=lambda name: name in _LONG_IN_PAYLOADS)
    # Documents and details are the user's own; nothing is left out of them.
    return {
        name: kept[name] if name in _LONG_IN_PAYLOADS else _without_times(kept[name])
        for name in order
    }


def _name(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    half = (_LONGEST_NAME - 3) // 2
    return f"{name[:half]}...{name[-half:]}"


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"
