"""Tracebacks of misuse end at the line of the test, not inside this package."""

from __future__ import annotations

import linecache
from types import TracebackType

# Errors of the public functions for invalid arguments, or without a mock.
_MISUSE = (ValueError, TypeError, RuntimeError, LookupError, AttributeError)
_PACKAGE = __name__.partition(".")[0]
_CALLS_US = frozenset({"boto3", "botocore", "moto", "responses", "werkzeug"})


def end_at_misuse(error: BaseException) -> None:
    """Cut the frames of this package from the end of a traceback, if it raised on purpose.

    So are those of simulated devices. An error within an operation, which botocore or moto called,
    is kept whole: it is a bug.
    """
    frames: list[TracebackType] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    is_ours = type(error).__module__.partition(".")[0] == _PACKAGE
    if not (is_ours or isinstance(error, _MISUSE)) or not frames or not _raises(frames[-1]):
        return
    while frames and _package_of(frames[-1]) == _PACKAGE:
        frames.pop()
    if frames and _package_of(frames[-1]) not in _CALLS_US:
        frames[-1].tb_next = None


def _package_of(frame: TracebackType) -> str:
    return str(frame.tb_frame.f_globals.get("__name__", "")).partition(".")[0]


def _raises(frame: TracebackType) -> bool:
    line = linecache.getline(frame.tb_frame.f_code.co_filename, frame.tb_lineno)
    return line.lstrip().startswith("raise ")
