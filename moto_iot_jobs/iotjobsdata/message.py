"""Messages: a topic and a payload, written when it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from moto_iot_jobs.service.lazy import lazy

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Message:
    """A message as a device, a rule or a test receives it.

    Args:
        topic: the topic.
        milliseconds: time of its publication, since the epoch.
        region: the region of the account that published it.
        write: gives the payload; most messages of a large fleet are never read.
        account: the account that published it; empty in a server's response that has none.
    """

    def __init__(
        self,
        topic: str,
        milliseconds: int,
        region: str,
        write: Callable[[], bytes],
        account: str = "",
    ) -> None:
        self.topic = topic
        self.milliseconds = milliseconds
        self.region = region
        self.account = account
        self._write = write

    @property
    def at(self) -> datetime:
        """The time of its publication, with time zone (UTC)."""
        return _EPOCH + timedelta(milliseconds=self.milliseconds)

    @lazy
    def payload(self) -> bytes:
        """The payload as it goes over the wire: compact UTF-8 JSON."""
        return self._write()

    @property
    def json(self) -> Any:
        """The payload, read."""
        return json.loads(self.payload)

    def __repr__(self) -> str:
        return f"<Message {self.topic} {self.payload.decode()}>"
