"""What programs publish through `iot-data` is told to whoever serves devices; moto itself only keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

#: Called with account, region, topic and payload.
Listener: TypeAlias = Callable[[str, str, str, bytes], None]

listeners: list[Listener] = []


class PublishingMixin:
    """Stands in front of moto's backend of `iot-data`."""

    region_name: str
    account_id: str

    def publish(self, topic: str, payload: Any) -> None:
        """Publish in the account and region of the backend. The payload is text in older versions of moto."""
        super().publish(topic=topic, payload=payload)  # type: ignore[misc]
        data = payload if isinstance(payload, bytes) else str(payload or "").encode()
        for listener in listeners.copy():
            listener(self.account_id, self.region_name, topic, data)
