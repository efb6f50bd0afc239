"""Steps of a call, counted: lines that it carries out in some folders, the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any


def folder_of(module: ModuleType) -> str:
    """Return the folder of a module, or of a package."""
    return str(Path(str(module.__file__)).parent)


class Trace:
    """What a call carries out of some folders.

    Args:
        call: is made at once.
        folders: what counts.

    Attributes:
        steps: how many lines.
        functions: the code of every function.
    """

    def __init__(self, call: Callable[[], object], *folders: str) -> None:
        self._folders = folders
        self.steps = 0
        self.functions: set[CodeType] = set()
        before = sys.gettrace()
        sys.settrace(self._see)
        try:
            call()
        finally:
            sys.settrace(before)

    def _see(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self.steps += 1
            return self._see
        if not frame.f_code.co_filename.startswith(self._folders):
            return None
        self.functions.add(frame.f_code)
        return self._see
