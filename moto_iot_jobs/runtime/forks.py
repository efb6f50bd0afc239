"""Locks that a fork leaves free in the child, those of imports included.

A child has one thread, the one that forked. A lock that another thread held at that time would
never be released there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

# A thread that forks may hold a lock that another one waits for while it holds the next.
_LONGEST_WAIT_SECONDS = 1.0

_locks: list[Any] = []
_finishers: list[Callable[[], None]] = []
_forking = threading.local()


def protect(lock: Any) -> None:
    """Hold a lock during forks, so that no operation is half done in the child.

    Args:
        lock: a Lock or RLock. Those that a thread holds at the same time are taken in the order in
            which they were protected.
    """
    _locks.append(lock)


def finish_before_forks(finish: Callable[[], None]) -> None:
    """Call a function before each fork of a process with more than one thread.

    Args:
        finish: ends what other threads have begun and would leave half done in the child. No lock
            of ours is held.
    """
    _finishers.append(finish)


def _before() -> None:
    # A single thread has nothing half done but what it goes on with in the child.
    if threading.active_count() > 1:
        for finish in _finishers:
            finish()
    _forking.held = [lock for lock in _locks if lock.acquire(timeout=_LONGEST_WAIT_SECONDS)]


def _in_parent() -> None:
    for lock in reversed(_forking.held):
        lock.release()


def _in_child() -> None:
    held = _forking.held
    for lock in reversed(_locks):
        if any(lock is each for each in held):
            lock.release()
        else:
            lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
