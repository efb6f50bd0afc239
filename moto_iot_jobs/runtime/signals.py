"""Signals: one sender, any number of receivers, called in the order of connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

Arguments = ParamSpec("Arguments")


class Signal(Generic[Arguments]):
    """A list of receivers.

    Args:
        changed: called after a receiver connected or disconnected.

    Attributes:
        receivers: another tuple after each change; a signal that reaches none needs no preparation.
    """

    __slots__ = ("_changed", "receivers")

    def __init__(self, changed: Callable[[], object] | None = None) -> None:
        self.receivers: tuple[Callable[Arguments, object], ...] = ()
        self._changed = changed

    def connect(self, receiver: Callable[Arguments, object]) -> None:
        """Call a receiver each time from now on. Idempotent."""
        if receiver not in self.receivers:
            # A new tuple each time, so that `send` needs no copy.
            self.receivers = (*self.receivers, receiver)
            self._announce()

    def disconnect(self, receiver: Callable[Arguments, object]) -> None:
        """End `connect`. Idempotent."""
        if receiver in self.receivers:
            self.receivers = tuple(each for each in self.receivers if each != receiver)
            self._announce()

    def send(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        """Call every receiver, in the order in which they connected."""
        for receiver in self.receivers:
            receiver(*args, **kwargs)

    def _announce(self) -> None:
        if self._changed is not None:
            self._changed()
