"""Messages to a broker, in order, which are kept while the broker is away.

Knows no socket and no client library.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

# Not more than the client library sends at once, lest it should queue: it has room for 65,535 and
# then drops.
WINDOW = 20


class Outbox:
    """A queue of messages for the client library.

    They are handed over in order, a few at a time; all others wait while the broker is away.

    Args:
        send: hands one over and gives the number that its acknowledgement will have.
        may_send: tells whether the connection that was last heard of still stands.
    """

    def __init__(self, send: Callable[[str, bytes], int], may_send: Callable[[], bool]) -> None:
        self._send = send
        self._may_send = may_send
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._handed: dict[int, int] = {}
        self._connected = self._open = False
        self.turn = 0
        self.is_empty = threading.Event()
        self.is_empty.set()

    def put(self, topic: str, payload: bytes) -> None:
        """Send a message after all others."""
        self.is_empty.clear()
        self._waiting.append((topic, payload))
        self._pump()

    def connected(self) -> None:
        """Go on, new messages after those that the library sends again by itself."""
        self._connected, self._open = True, not self._handed
        self._pump()

    def lost(self) -> None:
        """Keep everything."""
        self._connected = self._open = False
        self._handed = dict.fromkeys(self._handed, 0)

    def sent(self, number: int) -> int:
        """Note an acknowledgement.

        Returns:
            the turn in which the message was handed over, 0 on an earlier connection.
        """
        turn = self._handed.pop(number, 0)
        self._open = self._open or (self._connected and not self._handed)
        self._pump()
        return turn

    def __len__(self) -> int:
        return len(self._waiting) + len(self._handed)

    def _pump(self) -> None:
        while self._waiting and self._open and len(self._handed) < WINDOW and self._may_send():
            self._handed[self._send(*self._waiting[0])] = self.turn
            self._waiting.popleft()
        if not len(self):
            self.is_empty.set()
