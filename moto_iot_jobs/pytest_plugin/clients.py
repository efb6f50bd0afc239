"""boto3 clients for tests, with credentials of their own instead of the machine's."""

from __future__ import annotations

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
