"""The environment of commands that have a mock of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Profiles may name an endpoint or a program that gives credentials.
_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


@contextmanager
def without_aws_settings() -> Iterator[None]:
    """Within the block, hide the user's AWS settings: profiles, endpoints, regions, credentials.

    A profile that does not exist would stop every client, and `AWS_ENDPOINT_URL` would lead clients
    past the mock to a server.
    """
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(dict.fromkeys(_FILES, os.devnull))
    try:
        yield
    finally:
        for name in _FILES:
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in before if name.startswith("AWS_")})


def check_own_mock(command: str) -> None:
    """Raise ValueError in moto's server mode, in which a command would empty the server."""
    from moto_iot_jobs.moto_api.client import is_remote

    if is_remote():
        raise ValueError(
            f"{command} has a mock of its own; unset TEST_SERVER_MODE, whose server it would empty."
        )
