"""One run of pytest: what it watches, and what it says of it.

Nothing heavy is imported before a test has done so itself.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from .options import Settings, needs_a_fixture, refuse_marker, settings_of

if TYPE_CHECKING:
    from moto_iot_jobs.introspection.contract import Contract

    from .fixture import IotJobs
    from .recorder import Witness
    from .server import ServerProcess
    from .strictness import LeftBehind

FIXTURE, SERVER_FIXTURE = "iot_jobs", "iot_jobs_server"
WORKER_OUTPUT = "moto_iot_jobs_contract"

# Whoever has imported this can have jobs in a mock.
_HEART = "moto_iot_jobs.plugin.registration"


class Watch:
    """What is kept over a run of pytest.

    Args:
        config: that of the run.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._shows_sections = bool(config.getini("iot_jobs_section"))
        self._report: str | None = (
            None if config.option.collectonly else config.getoption("iot_jobs_report")
        )
        self._witness: Witness | None = None
        self._server: ServerProcess | None = None
        self._settings: Settings | None = None
        self._unreached: list[str] = []

    # The contract

    @property
    def reports(self) -> bool:
        """Whether the report of the contract was asked for."""
        return self._report is not None

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def begin_run(self) -> None:
        """The run begins."""
        if self.reports:
            self._contract().start()
            self._contract().clear()
            if not self._is_worker and (remote := _remote_of_moto()) is not None:
                self._try(remote.begin_coverage)

    def end_run(self) -> None:
        """The run ends here: in the one process that there is, or in one worker."""
        if self._server is not None:
            if self.reports:
                self._try(
                    lambda: self._contract().add(self._running_server.remote.coverage_counts())
                )
            self.stop()
        if self.reports and self._is_worker:
            output: dict[str, Any] = self._config.workeroutput  # type: ignore[attr-defined]
            output[WORKER_OUTPUT] = self._contract().counts()
        elif self.reports and (remote := _remote_of_moto()) is not None:
            self._try(lambda: self._contract().add(remote.coverage_counts()))

    def add_worker(self, counts: dict[str, Any]) -> None:
        """Add what another process saw."""
        self._contract().add(counts)

    def write_report(self, terminal: pytest.TerminalReporter) -> None:
        """Say what was seen of the contract, and what never was."""
        from moto_iot_jobs.introspection.coverage import coverage

        from . import report

        found = coverage(self._contract())
        terminal.write_sep("=", report.TITLE)
        terminal.write_line(report.report(found))
        for problem in self._unreached:
            terminal.write_line(f"not counted: {problem}", yellow=True)
        if self._report:
            path = Path(self._report)
            report.write(found, path)
            terminal.write_line(f"written as JSON to {path}")

    def _contract(self) -> Contract:
        from moto_iot_jobs.introspection.contract import contract

        return contract

    def _try(self, act: Any) -> None:
        """A server that is gone must not fail the run, but must not be passed over in silence."""
        try:
            act()
        except (ConnectionError, ValueError) as problem:
            self._unreached.append(str(problem))

    # Tests

    def begin_test(self, item: pytest.Item) -> None:
        """A test begins, before any of its fixtures is set up."""
        self._settings = settings = settings_of(item)
        names = getattr(item, "fixturenames", ())
        if needs_a_fixture(item) and not {FIXTURE, SERVER_FIXTURE} & set(names):
            refuse_marker(
                f"its settings are for the fixtures {FIXTURE} and {SERVER_FIXTURE}, and the test"
                " uses neither. strict and allow can be used with any mock; for the others take"
                " one of the fixtures."
            )
        if self._witness is not None:
            self._witness.begin_test(strict=settings.strict)
        self.look_out(will_mock=FIXTURE in names)
        if SERVER_FIXTURE in names:
            self._prepare_server(settings)

    def look_out(self, *, will_mock: bool = False) -> None:
        """Begin to record, if anything that was imported by now can have jobs, or something is
        about to.
        """
        settings = self._settings
        if (
            self._witness is not None
            or settings is None
            or not (self._shows_sections or settings.strict)
        ):
            return
        if will_mock or _HEART in sys.modules:
            from .recorder import Witness

            self._witness = Witness()
            self._witness.begin_test(strict=settings.strict)

    def end_call(self, item: pytest.Item) -> None:
        """A test's body has ended well; in strict mode, fail it for what it left behind."""
        settings = self._settings
        if settings is None or not settings.strict:
            return
        left = self._left_by_mocks(item)
        if SERVER_FIXTURE in getattr(item, "fixturenames", ()) and self._server is not None:
            from .strictness import left_behind

            remote = self._server.remote
            left.add(left_behind(remote.state, remote.pending_faults))
        self._complain(left, settings)

    def end_teardown(self) -> None:
        """A test's fixtures are torn down; in strict mode, fail it for what was left in mocks that
        ended with them.
        """
        if self._witness is not None and self._settings is not None and self._settings.strict:
            self._complain(self._witness.end_checking(), self._settings)

    def stop_checking(self) -> None:
        """A test has not ended well: what it left behind is no wonder."""
        if self._witness is not None:
            self._witness.end_checking()

    def sections(self, item: pytest.Item, error: BaseException) -> list[tuple[str, str]]:
        """Return what is to be shown below a failed test: titles and texts."""
        if not self._shows_sections:
            return []
        from .section import TITLE

        try:
            return self._sections(item, error)
        except Exception as problem:
            # The test's own failure is what matters; it must not be lost because its surroundings
            # cannot be told.
            return [(TITLE, f"It cannot be told how the jobs stood: {problem!r}")]

    def _sections(self, item: pytest.Item, error: BaseException) -> list[tuple[str, str]]:
        from .section import TITLE, section

        self.look_out()
        found = []
        if (state := self._state_at(item, error)) is not None:
            found.append((TITLE, section(state)))
        if SERVER_FIXTURE in getattr(item, "fixturenames", ()) and self._server is not None:
            found += _server_sections(self._server)
        return found

    def _left_by_mocks(self, item: pytest.Item) -> LeftBehind:
        from .strictness import LeftBehind

        left = LeftBehind()
        if self._witness is None:
            return left
        if (account := _account_of(item)) is not None:
            left.add(account.left_behind())
            self._witness.end_checking()
        else:
            if self._witness.outlives_its_mock():
                left.add(self._witness.left_now())
            left.add(self._witness.taken())
        return left

    def _complain(self, left: LeftBehind, settings: Settings) -> None:
        __tracebackhide__ = True
        complaint = left.complaint(settings.allow)
        if complaint is not None:
            error = pytest.fail.Exception(complaint, pytrace=False)
            if self._witness is not None:
                self._witness.blame(error)
            raise error

    def _state_at(self, item: pytest.Item, error: BaseException) -> dict[str, Any] | None:
        from .section import MOST

        account = _account_of(item)
        if account is not None and account.is_remote:
            with suppress(ConnectionError, ValueError):
                return account.state(**MOST)
            return None
        return self._witness.state_at(error) if self._witness is not None else None

    # The server

    @property
    def _running_server(self) -> ServerProcess:
        assert self._server is not None
        return self._server

    def server(self, region: str) -> ServerProcess:
        """Return the server of this process, which begins to run when it is first asked for."""
        if self._server is None:
            from .server import ServerProcess

            self._server = ServerProcess(region)
            if self.reports:
                self._server.remote.begin_coverage()
        return self._server

    def stop(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def close(self) -> None:
        """The run is over, or broke off."""
        self.stop()
        if self._witness is not None:
            self._witness.close()

    def _prepare_server(self, settings: Settings) -> None:
        server = self.server(settings.region)
        server.begin_test()
        if settings.deletion is not None:
            server.remote.set_deletion(settings.deletion)
        if settings.quotas is not None:
            try:
                server.remote.enforce_quotas(settings.quotas)
            except ValueError as problem:
                refuse_marker(str(problem))


def _account_of(item: pytest.Item) -> IotJobs | None:
    return cast("IotJobs | None", getattr(item, "funcargs", {}).get(FIXTURE))


def _server_sections(server: ServerProcess) -> list[tuple[str, str]]:
    from .section import MOST, TITLE, section

    found = []
    try:
        state = server.remote.state(**MOST)
    except (ConnectionError, ValueError) as problem:
        found.append((f"{TITLE} at the server", str(problem)))
    else:
        if state["regions"] or state["messages"]:
            found.append((f"{TITLE} at the server", section(state)))
    if said := server.said():
        found.append(("what the server wrote", "\n".join(said)))
    return found


def _remote_of_moto() -> Any:
    """The server of moto's server mode, if that is on."""
    from moto import settings

    from moto_iot_jobs.moto_api.client import RemoteMock

    return RemoteMock(settings.test_server_mode_endpoint()) if settings.TEST_SERVER_MODE else None
