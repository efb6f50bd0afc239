"""The kinds of timers of commands."""

from __future__ import annotations

from enum import IntEnum


class CommandTimer(IntEnum):
    """Kinds of timers, in the order in which those of the same time run."""

    EXECUTION_TIMES_OUT = 1
    EXECUTION_EXPIRES = 2
    DELETION_ENDS = 3
