"""The kinds of events that an account publishes: all off until they are switched on."""

from __future__ import annotations

from collections.abc import Mapping

# API reference, UpdateEventConfigurations (EventType), in the order of the model.
EVENT_TYPES = (
    "THING",
    "THING_GROUP",
    "THING_TYPE",
    "THING_GROUP_MEMBERSHIP",
    "THING_GROUP_HIERARCHY",
    "THING_TYPE_ASSOCIATION",
    "JOB",
    "JOB_EXECUTION",
    "POLICY",
    "CERTIFICATE",
    "CA_CERTIFICATE",
)


class EventConfigurations:
    """The event configurations of one account and region.

    Attributes:
        enabled: every event type, and whether it is published.
        created_at, modified_at: milliseconds since the epoch; None until the first update.
    """

    def __init__(self) -> None:
        self.enabled: dict[str, bool] = dict.fromkeys(EVENT_TYPES, False)
        self.created_at: int | None = None
        self.modified_at: int | None = None

    def update(self, switches: Mapping[str, bool], now: int) -> None:
        """Switch the named types on or off.

        The others stay as they are.
        """
        # Another mapping each time: what has happened by now is published as it was configured
        # then.
        self.enabled = {**self.enabled, **switches}
        if self.created_at is None:
            self.created_at = now
        self.modified_at = now
