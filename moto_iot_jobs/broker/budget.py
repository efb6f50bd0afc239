"""Accounting of the memory that clients can make the broker keep."""

from __future__ import annotations

from .properties import NO_PROPERTIES, Properties

# Measured on CPython 3.11, rounded up: a session without subscriptions or messages; a level of the
# subscription tree with its dictionaries; a message with its delivery; a tuple of two strings.
SESSION_BYTES = 4_096
LEVEL_BYTES = 640
MESSAGE_BYTES = 640
_PROPERTIES_BYTES = 512
_USER_PROPERTY_BYTES = 192


class Budget:
    """A number of bytes that may be kept, within the budget of a parent if there is one.

    Args:
        limit: bytes.
        parent: budget that everything counts against, too.

    Attributes:
        used: bytes that are kept now.
    """

    __slots__ = ("_parent", "limit", "used")

    def __init__(self, limit: int, parent: Budget | None = None) -> None:
        self.limit = limit
        self.used = 0
        self._parent = parent

    def take(self, size: int) -> bool:
        """Reserve bytes.

        False, and nothing reserved, if they do not fit.
        """
        if self.used + size > self.limit:
            return False
        if self._parent is not None and not self._parent.take(size):
            return False
        self.used += size
        return True

    def release(self, size: int) -> None:
        """Give reserved bytes back."""
        self.used -= size
        if self._parent is not None:
            self._parent.release(size)

    def release_all(self) -> None:
        """Give everything back."""
        self.release(self.used)


def size_of_message(topic: str, payload: bytes, properties: Properties) -> int:
    """Estimate the bytes that a kept message takes."""
    size = MESSAGE_BYTES + 4 * len(topic) + len(payload)
    if properties is NO_PROPERTIES:
        return size
    texts = (properties.content_type, properties.response_topic)
    size += _PROPERTIES_BYTES + len(properties.correlation_data or b"")
    size += sum(4 * len(text) for text in texts if text is not None)
    return size + sum(
        _USER_PROPERTY_BYTES + 4 * (len(name) + len(value))
        for name, value in properties.user_property
    )


def size_of_filter(topic_filter: str) -> int:
    """Estimate the bytes that a subscription to a filter takes."""
    return LEVEL_BYTES * (topic_filter.count("/") + 2) + 8 * len(topic_filter)
