"""Signals: one sends, any number of receivers is called, in the order in which they connected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

Arguments = ParamSpec("Arguments")


class Signal(Generic[Arguments]):
    """A list of receivers.

    Args:
        changed: called after a receiver connected or disconnected.
    """

    __slots__ = ("_changed", "_receivers")

    def __init__(self, changed: Callable[[], object] | None = None) -> None:
        self._receivers: tuple[Callable[Arguments, object], ...] = ()
        self._changed = changed

    def __bool__(self) -> bool:
        """Tell whether a receiver is connected: nothing needs to be prepared for a signal that
        reaches none.
        """
        return bool(self._receivers)

    def connect(self, receiver: Callable[Arguments, object]) -> None:
        """Call a receiver each time from now on. Idempotent."""
        if receiver not in self._receivers:
            # A new tuple each time, so that `send` needs no copy.
            self._receivers = (*self._receivers, receiver)
            self._tell()

    def disconnect(self, receiver: Callable[Arguments, object]) -> None:
        """End `connect`. Idempotent."""
        if receiver in self._receivers:
            self._receivers = tuple(each for each in self._receivers if each != receiver)
            self._tell()

    def send(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        """Call every receiver, in the order in which they connected."""
        for receiver in self._receivers:
            receiver(*args, **kwargs)

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed()
