"""Registration of our paths beside moto's own, and the link on moto's dashboard."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

# moto's own dashboard (moto.moto_api._internal.urls).
_DASHBOARD = "{0}/moto-api/$"
_LINK = '<p style="text-align: center"><a href="/moto-api/iot-jobs/">IoT Jobs</a></p>'

_BASE = "{0}/moto-api/iot-jobs"
_NAMES = (
    # In process moto takes the first that a path begins with.
    *("/clock/advance", "/clock/move-to", "/clock/freeze", "/clock"),
    *("/faults", "/operations", "/quotas", "/messages", "/calls", "/coverage"),
    *("/health", "/export", "/ca.pem", "/state", "/page.css", "/page.js", "/", ""),
)

Handler: TypeAlias = Callable[[Any, str, Any], Any]


def _late(path: str) -> Handler:
    """Return the handler of a path, which is imported when it is first called."""

    def handle(request: Any, full_url: str, headers: Any) -> Any:
        from . import handlers

        return handlers.PATHS[path](request, full_url, headers)

    return handle


PATHS: dict[str, Handler] = {f"{_BASE}{name}": _late(f"{_BASE}{name}") for name in _NAMES}

# The handlers below ours.
_dashboards: dict[Handler, Handler] = {}


def _linked(below: Handler) -> Handler:
    """Return moto's dashboard with a link to ours.

    Args:
        below: the handler that makes the page.
    """

    # moto's server reads the names of handlers.
    @wraps(below)
    def dashboard(request: Any, full_url: str, headers: Any) -> Any:
        page = below(request, full_url, headers)
        if not isinstance(page, str) or "<body>" not in page:
            return page  # another version's page is shown as it is
        return page.replace("<body>", f"<body>{_LINK}", 1)

    return dashboard


def plug_in(paths: dict[str, Any]) -> None:
    """Add our paths to moto's. Idempotent."""
    paths.update(PATHS)
    below = paths.get(_DASHBOARD)
    if below is not None and below not in _dashboards:
        paths[_DASHBOARD] = linked = _linked(below)
        _dashboards[linked] = below


def pull_out(paths: dict[str, Any]) -> None:
    """End `plug_in`, unless another plugin put a handler on top of the dashboard. Idempotent."""
    for path in PATHS:
        paths.pop(path, None)
    if (linked := paths.get(_DASHBOARD)) in _dashboards:
        paths[_DASHBOARD] = _dashboards.pop(linked)
