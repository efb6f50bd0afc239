"""boto3 clients for tests, with credentials of their own instead of the machine's."""

from __future__ import annotations

import os
from copy import deepcopy
from functools import cache
from typing import Any

import boto3

# moto intercepts clients of sessions that were made after it was imported.
import moto.core  # noqa: F401
from botocore.config import Config

# A variable or a file of AWS's, also one that the test sets, might lead past the mock.
_IN_THE_MOCK = Config(ignore_configured_endpoint_urls=True)


@cache
def _session() -> Any:
    # Loading botocore's model takes ten times as long as making a client of it; a session loads
    # each only once.
    return boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing")


def client(service: str, region: str, **kwargs: Any) -> Any:
    """Return a new client.

    Args:
        service: as boto3 names it.
        region: its region.
        kwargs: other arguments of `boto3.client`.
    """
    given = kwargs.pop("config", None)
    config = _IN_THE_MOCK if given is None else given.merge(_IN_THE_MOCK)
    return _session().client(service, region_name=region, config=config, **kwargs)


# With the state in which they were made, by all that a client is made of.
_kept: dict[Any, tuple[Any, Any]] = {}


def kept_client(service: str, region: str, url: str | None) -> Any:
    """Return a client as it is when it is new, made for an earlier test if that left it so.

    Making one takes longer than all that most tests do with it.

    Args:
        service: as boto3 names it.
        region: its region.
        url: its endpoint, or None for the one that boto3 knows.
    """
    key = service, region, url, _environment()
    kept, state = _kept.get(key, (None, None))
    if kept is not None and _state_of(kept) == state:
        return kept
    made = client(service, region, **({} if url is None else {"endpoint_url": url}))
    _kept[key] = made, _state_of(made)
    return made


def _environment() -> frozenset[tuple[str, str]]:
    """Return the variables that botocore makes clients of."""
    return frozenset(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith(("AWS_", "BOTO")) or name.lower().endswith("_proxy")
    )


def _state_of(made: Any) -> Any:
    """Return all that a test can change in a client: attributes, configuration and handlers."""
    own = {name: value for name, value in vars(made).items() if name not in _FILLED_LATE}
    config = deepcopy(vars(made.meta.config))
    # A version of botocore that keeps its handlers elsewhere gets a new client for each test.
    events = getattr(made.meta.events, "_emitter", None)
    handlers = getattr(getattr(events, "_handlers", None), "_root", None)
    kept_handlers = object() if handlers is None else _handlers_of(handlers)
    return own, vars(made.meta).copy(), vars(type(made)).copy(), config, kept_handlers


_FILLED_LATE = ("_cache", "_exceptions")


def _handlers_of(node: dict[str, Any]) -> Any:
    """Return the handlers in a tree of botocore's, as plain values."""
    below = [(name, _handlers_of(child)) for name, child in node["children"].items()]
    return [list(part) for part in node["values"] or ()], below
