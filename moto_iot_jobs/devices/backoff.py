"""How long a device waits before it tries again."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

ATTEMPTS = 10
LONGEST_SECONDS = 64.0


def pauses(seed: str) -> Iterator[float]:
    """Yield the pauses between the attempts of one request, in seconds.

    They double from one second to 64, each between half and the whole of that, so that a fleet does
    not come back all at once. After the last the device gives up.

    Args:
        seed: what they are drawn from; the same one gives the same pauses.
    """
    drawn = Random(seed)
    for attempt in range(1, ATTEMPTS):
        longest = min(2.0 ** (attempt - 1), LONGEST_SECONDS)
        yield round(longest * (0.5 + 0.5 * drawn.random()), 3)
