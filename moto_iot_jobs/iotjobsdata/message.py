"""Messages: a topic and a payload, written when it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any


class Message:
    """A message as a device, a rule or a test receives it.

    Args:
        topic: the topic.
        at: when it was published, in milliseconds since the epoch.
        region: the region of the account that published it.
        write: gives the payload; most messages of a large fleet are never read.
        account: the account that published it; empty of what a server returned.
    """

    def __init__(
        self, topic: str, at: int, region: str, write: Callable[[], bytes], account: str = ""
    ) -> None:
        self.topic = topic
        self.at = at
        self.region = region
        self.account = account
        self._write = write

    @cached_property
    def payload(self) -> bytes:
        """The payload as it goes over the wire: compact UTF-8 JSON."""
        return self._write()

    @property
    def json(self) -> Any:
        """The payload, read."""
        return json.loads(self.payload)

    def __repr__(self) -> str:
        return f"<Message {self.topic} {self.payload.decode()}>"
