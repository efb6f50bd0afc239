"""Topics of AWS IoT Jobs read back, as a device's program reads them."""

from __future__ import annotations

from dataclasses import dataclass

from moto_iot_jobs.iotjobsdata.topics import RequestTopic, parse_request, thing_of

_THINGS = "$aws/things/"
_NAMESPACE = "namespace-"
_NOTIFY = "notify"
_NOTIFY_NEXT = "notify-next"


@dataclass(frozen=True, slots=True)
class ResponseTopic:
    """A topic on which the service responds."""

    request: RequestTopic
    accepted: bool

    @property
    def topic(self) -> str:
        """Return the topic of the response."""
        return self.request.accepted if self.accepted else self.request.rejected


@dataclass(frozen=True, slots=True)
class NotificationTopic:
    """A topic on which the service notifies: ``notify``, or ``notify-next`` if ``next`` is true."""

    thing: str
    next: bool
    namespace: str | None = None

    @property
    def topic(self) -> str:
        """The topic of the notification."""
        word = _NOTIFY_NEXT if self.next else _NOTIFY
        if self.namespace is not None:
            word = f"{word}-{_NAMESPACE}{self.namespace}"
        return f"{_THINGS}{self.thing}/jobs/{word}"


JobsTopic = RequestTopic | ResponseTopic | NotificationTopic


def parse(topic: str) -> JobsTopic | None:
    """Return the meaning of a topic of AWS IoT Jobs; None for other topics.

    ``parse(topic).topic == topic``.
    """
    stem, _, last = topic.rpartition("/")
    if last in ("accepted", "rejected"):
        request = parse_request(stem)
        return None if request is None else ResponseTopic(request, last == "accepted")
    return parse_request(topic) or _parse_notification(stem, last)


def _parse_notification(stem: str, word: str) -> NotificationTopic | None:
    thing = thing_of(stem)
    if thing is None or stem.count("/") != 3:
        return None
    for prefix, is_next in ((_NOTIFY_NEXT, True), (_NOTIFY, False)):
        if word == prefix:
            return NotificationTopic(thing, is_next)
        if word.startswith(f"{prefix}-{_NAMESPACE}") and len(word) > len(f"{prefix}-{_NAMESPACE}"):
            return NotificationTopic(thing, is_next, word[len(f"{prefix}-{_NAMESPACE}") :])
    return None
