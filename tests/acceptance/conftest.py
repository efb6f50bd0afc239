"""The server for other people's programs, empty at the start of each test, and its account to
prepare.
"""

from __future__ import annotations

import pytest

from tests.accounts import ThroughServer
from tests.server_process import ServerProcess


class Server(ThroughServer):
    """The server, as it is prepared for a test."""

    def start(self, thing: str) -> None:
        """Let a device start its next job."""
        self.device.start_next_pending_job_execution(thingName=thing)


@pytest.fixture(scope="session")
def server_with_an_account(shared_server: ServerProcess) -> Server:
    """The server, as the last test left it."""
    return Server(shared_server.url)


@pytest.fixture
def server(server_with_an_account: Server) -> Server:
    """The server, empty."""
    server_with_an_account.reset()
    return server_with_an_account
