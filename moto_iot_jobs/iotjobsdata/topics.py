"""The ``$aws/things/<thing>/jobs/…`` grammar of topics, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from moto_iot_jobs.service.lazy import lazy

#: Stands for a job id in a request about whatever is first in the thing's queue.
NEXT = "$next"

_THINGS = "$aws/things/"
_NAMESPACE = "namespace-"
_NOTIFY = "notify"
_NOTIFY_NEXT = "notify-next"
# Devices publish on few topics, again and again. AWS's longest topic has 256 bytes.
_REMEMBERED = 8_192


class Operation(Enum):
    """The operations of the data plane, by the names of the API reference."""

    GET_PENDING = "GetPendingJobExecutions"
    START_NEXT = "StartNextPendingJobExecution"
    DESCRIBE = "DescribeJobExecution"
    UPDATE = "UpdateJobExecution"


_OF_THE_THING = {"get": Operation.GET_PENDING, "start-next": Operation.START_NEXT}
_OF_A_JOB = {"get": Operation.DESCRIBE, "update": Operation.UPDATE}
_WORDS = {
    operation: word for words in (_OF_THE_THING, _OF_A_JOB) for word, operation in words.items()
}


@dataclass(frozen=True)
class RequestTopic:
    """A topic on which a device makes a request.

    ``job`` is a job id or ``$next``, and None where the operation has none.
    """

    thing: str
    operation: Operation
    job: str | None = None
    namespace: str | None = None

    @property
    def topic(self) -> str:
        """Return the topic to publish the request to."""
        levels = [_THINGS + self.thing, "jobs"]
        if self.job is not None:
            levels.append(self.job)
        if self.namespace is not None:
            levels.append(_NAMESPACE + self.namespace)
        return "/".join([*levels, _WORDS[self.operation]])

    @lazy
    def operation_name(self) -> str:
        """Return the operation as AWS writes it."""
        return self.operation.value

    @lazy
    def labels(self) -> Mapping[str, str]:
        """Return what the topic names, by the names of the model."""
        labels = {"thingName": self.thing}
        return labels if self.job is None else {**labels, "jobId": self.job}

    @lazy
    def accepted(self) -> str:
        """Return the topic of the response to a request that succeeded."""
        return f"{self.topic}/accepted"

    @lazy
    def rejected(self) -> str:
        """Return the topic of the response to a request that failed."""
        return f"{self.topic}/rejected"


def notify(thing: str, namespace: str | None = None) -> str:
    """Return the topic of the list of a thing's pending executions."""
    return _notification(thing, _NOTIFY, namespace)


def notify_next(thing: str, namespace: str | None = None) -> str:
    """Return the topic of the first of a thing's pending executions."""
    return _notification(thing, _NOTIFY_NEXT, namespace)


def _notification(thing: str, word: str, namespace: str | None) -> str:
    if namespace is not None:
        word = f"{word}-{_NAMESPACE}{namespace}"
    return f"{_THINGS}{thing}/jobs/{word}"


def job_event(job: str, event: str) -> str:
    """Return the topic of a job's event, such as ``completed`` (developer guide, Jobs events)."""
    return f"$aws/events/job/{job}/{event}"


def job_execution_event(job: str, event: str) -> str:
    """Return the topic of an execution's event, such as ``timed_out``.

    Source: developer guide, Jobs events.
    """
    return f"$aws/events/jobExecution/{job}/{event}"


@lru_cache(_REMEMBERED)
def thing_of(topic: str) -> str | None:
    """Return the thing below whose ``jobs`` a topic lies.

    None for other topics.
    """
    if not topic.startswith(_THINGS):
        return None
    thing, slash, below = topic[len(_THINGS) :].partition("/")
    return thing if thing and slash and (below == "jobs" or below.startswith("jobs/")) else None


@lru_cache(_REMEMBERED)
def is_written_by_service(topic: str) -> bool:
    """Return whether only AWS IoT Jobs writes on a topic: responses, notifications and events.

    Shadows are not among them: what a client publishes on their topics reaches subscribers.
    """
    if topic == "$aws/events" or topic.startswith("$aws/events/"):
        return True
    if thing_of(topic) is None:
        return False
    levels = topic.split("/")[4:]
    return levels[-1:] in (["accepted"], ["rejected"]) or (
        len(levels) == 1 and levels[0].startswith(_NOTIFY)
    )


@lru_cache(_REMEMBERED)
def parse_request(topic: str) -> RequestTopic | None:
    """Return the request that a topic stands for.

    None if it maps to no operation.

    ``$next`` can be described but not updated (developer guide, Jobs device MQTT API).
    """
    thing = thing_of(topic)
    if thing is None:
        return None
    match topic.split("/")[4:]:
        case [word] if word in _OF_THE_THING:
            return RequestTopic(thing, _OF_THE_THING[word])
        case [job, word] if word in _OF_A_JOB:
            return _request_about(thing, _OF_A_JOB[word], job, None)
        case [job, namespace, word] if word in _OF_A_JOB and namespace.startswith(_NAMESPACE):
            return _request_about(thing, _OF_A_JOB[word], job, namespace[len(_NAMESPACE) :])
    return None


def _request_about(
    thing: str, operation: Operation, job: str, namespace: str | None
) -> RequestTopic | None:
    if not job or namespace == "" or (job == NEXT and operation is Operation.UPDATE):
        return None
    return RequestTopic(thing, operation, job, namespace)
