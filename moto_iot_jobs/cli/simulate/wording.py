"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping


def percent(share: float) -> str:
    """Return a share of the whole in percent."""
    return f"{share * 100:.4g}%"


def shares(weights: Mapping[str, float]) -> str:
    """Return shares by name, in a line."""
    return ", ".join(f"{name} {percent(share)}" for name, share in weights.items())


def duration(seconds: float) -> str:
    """Return a time as hours, minutes and seconds: 1:04:08."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def status(name: str) -> str:
    """Return a status in plain letters: in progress."""
    return name.lower().replace("_", " ")


def number(count: int, noun: str) -> str:
    """Return a number of something: 1 device, 2 devices."""
    return f"{count} {noun}" + ("" if count == 1 else "s")
