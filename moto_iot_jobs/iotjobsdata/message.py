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
        account: the account that published it; empty where a server does not say it.
        content_type: of the payload, as MQTT 5 tells it; None is not told.
        expires_at: when it is no longer delivered, in milliseconds since the epoch; None is never.
        client_id: of the only client that gets it; None is all that subscribe.
    """

    def __init__(
        self,
        topic: str,
        milliseconds: int,
        region: str,
        write: Callable[[], bytes],
        account: str = "",
        *,
        content_type: str | None = None,
        expires_at: int | None = None,
        client_id: str | None = None,
    ) -> None:
        self.topic = topic
        self.milliseconds = milliseconds
        self.region = region
        self.account = account
        self.content_type = content_type
        self.expires_at = expires_at
        self.client_id = client_id
        self._write = write

    @property
    def at(self) -> datetime:
        """The time of its publication, with time zone (UTC)."""
        return _EPOCH + timedelta(milliseconds=self.milliseconds)

    @lazy
    def payload(self) -> bytes:
        """The payload as it goes over the wire: compact UTF-8 JSON, unless of a command."""
        return self._write()

    @property
    def json(self) -> Any:
        """The payload, read."""
        return json.loads(self.payload)

    def __repr__(self) -> str:
        return f"<Message {self.topic} {self.payload.decode(errors='replace')}>"
