"""Protection of a server on this machine from the pages that a browser shows.

A page of a stranger may send requests to any address, and DNS rebinding lets it do so under a name
of its own. Browsers tell the page's origin and the name.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

#: Origins and host names that are allowed besides loopback, in lower case.
_allowed: set[str] = set()


def allow(names: Iterable[str]) -> None:
    """Allow origins (`https://tool.example:8080`) or host names (`mock.example`) from now on."""
    _allowed.update(name.lower().rstrip("/") for name in names)


def disallow(names: Iterable[str]) -> None:
    """End `allow`."""
    _allowed.difference_update(name.lower().rstrip("/") for name in names)


def allows(origin: str) -> bool:
    """Return whether a page of this origin may use the server.

    Args:
        origin: the header Origin.
    """
    if origin.lower() in _allowed:
        return True
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return host is not None and _is_allowed_host(host)


def allows_host(host: str) -> bool:
    """Return whether a request may name the server so.

    Args:
        host: the header Host, a port included.
    """
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and _is_allowed_host(name)


def _is_allowed_host(name: str) -> bool:
    if name in _allowed or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
