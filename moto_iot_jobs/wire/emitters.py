"""The emitters of events that living sessions and clients of botocore have."""

from __future__ import annotations

import gc
from typing import Any


def living_emitters() -> list[Any]:
    """Return the emitters of all sessions and clients there are."""
    classes = _classes()
    frozen = gc.get_freeze_count()
    gc.unfreeze()  # gc does not look among what was frozen
    try:
        return [each for each in gc.get_referrers(*classes) if type(each) in classes]
    finally:
        if frozen:
            gc.freeze()


def _classes() -> set[type]:
    """Return the classes of the emitters that clients and sessions have.

    There are several when a test has put `sys.modules` back and botocore was imported again; a
    module that outlived that has clients of the first one.
    """
    return {
        each
        for base in object.__subclasses__()
        if (base.__module__, base.__name__) == ("botocore.hooks", "BaseEventHooks")
        for each in base.__subclasses__()
        if each.__name__ == "HierarchicalEmitter"
    }
