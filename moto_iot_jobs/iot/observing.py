"""Who is told of every call: what was asked for, and whether it was refused. Costs nothing while nobody wants to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# Gets the service, the operation, and the error's code or None.
Observer: TypeAlias = Callable[[str, str, str | None], None]

observers: list[Observer] = []


def tell(service: str, operation: str, code: str | None) -> None:
    """Tell all observers of a call that was answered.

    Args:
        service: "iot" or "iot-jobs-data", whatever the call came over.
        operation: as AWS writes it.
        code: the error's code, as AWS writes it on that plane over HTTPS; None when the call succeeded.
    """
    for observer in observers:
        observer(service, operation, code)
