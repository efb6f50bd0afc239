"""Values of options that several commands read."""

from __future__ import annotations

import argparse

_LAST_PORT = 65_535


def port(text: str) -> int:
    """Read a port, of which 0 is any free one."""
    if not (text.isascii() and text.isdecimal() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a port, a whole number from 0 to {_LAST_PORT}"
        )
    return int(text)


def region(text: str) -> str:
    """Read the name of a region that AWS IoT has."""
    from moto_iot_jobs.runtime.defaults import home_region

    try:
        return home_region(text)
    except ValueError as unknown:
        raise argparse.ArgumentTypeError(str(unknown)) from None
