"""One run of pytest: its recorder, its server, the API coverage and the failure sections.

Nothing heavy is imported before a test has done so itself.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from .options import (
    UNMODELLED_RESOURCES,
    Settings,
    fail_for_marker,
    needs_a_fixture,
    region_of,
    settings_of,
)

if TYPE_CHECKING:
    from moto_iot_jobs.introspection.coverage_counts import CoverageCounts

    from .fixture import IotJobs
    from .recorder import StateRecorder
    from .server import ServerProcess
    from .strictness import Leftovers
    from .transcript import Transcript

FIXTURE, SERVER_FIXTURE = "iot_jobs", "iot_jobs_server"
WORKER_OUTPUT = "moto_iot_jobs_coverage"

# A process that has imported this can have jobs in a mock.
_REGISTRATION = "moto_iot_jobs.plugin.registration"


class PluginSession:
    """State of a run of pytest.

    Args:
        config: configuration of the run.

    Attributes:
        reports: whether the API coverage is reported.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._shows_sections = bool(config.getini("iot_jobs_section"))
        self._report_file: str | None = config.getoption("iot_jobs_report_file")
        self.reports = not config.option.collectonly and bool(
            self._report_file or config.getoption("iot_jobs_report")
        )
        self._recorder: StateRecorder | None = None
        self._server: ServerProcess | None = None
        self._settings: Settings | None = None
        self._unreached: list[str] = []
        self._transcript: Transcript | None = None

    # API coverage

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def begin_run(self) -> None:
        """Begin the run."""
        if self._config.getini("iot_jobs_activate"):
            from moto_iot_jobs.mock import activate

            activate()
        if not self._config.getini("iot_jobs_share_models"):
            _share_models(by_default=False)
        if (path := self._config.getoption("iot_jobs_transcript")) is not None:
            from .transcript import Transcript

            self._transcript = Transcript(Path(path), begins=not self._is_worker)
            self._transcript.start()
        if self.reports:
            self._coverage_counts().start()
            self._coverage_counts().clear()
            if not self._is_worker and (remote := _remote_of_moto()) is not None:
                self._try(remote.begin_coverage)

    def end_run(self) -> None:
        """End the run in this process: the only one, or a worker."""
        if self._server is not None:
            if self.reports:
                self._try(
                    lambda: self._coverage_counts().add(
                        self._running_server.remote.coverage_counts()
                    )
                )
            self.stop()
        if self.reports and self._is_worker:
            output: dict[str, Any] = self._config.workeroutput  # type: ignore[attr-defined]
            output[WORKER_OUTPUT] = self._coverage_counts().counts()
        elif self.reports and (remote := _remote_of_moto()) is not None:
            self._try(lambda: self._coverage_counts().add(remote.coverage_counts()))

    def add_worker(self, counts: dict[str, Any]) -> None:
        """Add the coverage counts of another process."""
        self._coverage_counts().add(counts)

    def write_report(self, terminal: pytest.TerminalReporter) -> None:
        """Report the API coverage."""
        from moto_iot_jobs.introspection.coverage import coverage

        from . import report

        found = coverage(self._coverage_counts())
        terminal.write_sep("=", report.TITLE)
        terminal.write_line(report.report(found))
        for problem in self._unreached:
            terminal.write_line(f"not counted: {problem}", yellow=True)
        if self._report_file:
            path = Path(self._report_file)
            report.write(found, path)
            terminal.write_line(f"written as JSON to {path}")

    def _coverage_counts(self) -> CoverageCounts:
        from moto_iot_jobs.introspection.coverage_counts import coverage_counts

        return coverage_counts

    def _try(self, act: Any) -> None:
        """Call a function, and report a server that is gone instead of failing the run."""
        try:
            act()
        except (ConnectionError, ValueError) as problem:
            self._unreached.append(str(problem))

    # Tests

    def begin_test(self, item: pytest.Item) -> None:
        """Begin a test, before any of its fixtures is set up."""
        self._settings = settings = settings_of(item)
        if self._transcript is not None:
            self._transcript.begin_test(item.nodeid)
        names = getattr(item, "fixturenames", ())
        if needs_a_fixture(item) and not {FIXTURE, SERVER_FIXTURE} & set(names):
            fail_for_marker(
                f"its settings are for the fixtures {FIXTURE} and {SERVER_FIXTURE}, and the test"
                " uses neither. strict and allow apply to any mock; for the others use one of the"
                " fixtures."
            )
        if FIXTURE not in names and SERVER_FIXTURE in names and settings.of_process:
            fail_for_marker(
                f"{' and '.join(settings.of_process)} cannot be set at {SERVER_FIXTURE}, which"
                " serves all tests of a run."
            )
        if settings.strict and UNMODELLED_RESOURCES not in settings.allow:
            # moto goes on without a resource that it cannot make, and warns. pytest puts the
            # filters back after the test.
            warnings.filterwarnings("error", r"Tried to parse AWS::IoT::")
        if settings.strict:
            # Its actions never take place; a test of them would be green for nothing.
            warnings.filterwarnings("error", r"Topic rule .* moto-iot-jobs publishes")
        if self._recorder is not None:
            self._recorder.begin_test(strict=settings.strict)
        self.start_recording(will_mock=FIXTURE in names)
        if SERVER_FIXTURE in names:
            self._prepare_server(settings)

    def start_recording(self, *, will_mock: bool = False) -> None:
        """Start the recorder once jobs can exist: after imports, or for a fixture of ours."""
        settings = self._settings
        if (
            self._recorder is not None
            or settings is None
            or not (self._shows_sections or settings.strict)
        ):
            return
        if will_mock or _REGISTRATION in sys.modules:
            from .recorder import StateRecorder

            self._recorder = StateRecorder()
            self._recorder.begin_test(strict=settings.strict)

    def end_call(self, item: pytest.Item) -> None:
        """End a test's body that passed, and fail it for its leftovers in strict mode."""
        settings = self._settings
        if settings is None or not settings.strict:
            return
        left = self._leftovers_of_mocks(item)
        if SERVER_FIXTURE in getattr(item, "fixturenames", ()) and self._server is not None:
            from .strictness import find_leftovers

            remote = self._server.remote
            left.add(find_leftovers(remote.state, remote.pending_faults))
        self._fail_for_leftovers(left, settings)

    def end_teardown(self) -> None:
        """End a test's teardown, and fail it for leftovers of its mocks in strict mode."""
        if self._recorder is not None and self._settings is not None and self._settings.strict:
            self._fail_for_leftovers(self._recorder.end_checking(), self._settings)

    def stop_checking(self) -> None:
        """End the check of leftovers, for a test that failed."""
        if self._recorder is not None:
            self._recorder.end_checking()

    def sections(self, item: pytest.Item, error: BaseException) -> list[tuple[str, str]]:
        """Return the sections below a failed test: titles and texts."""
        if not self._shows_sections:
            return []
        from .section import TITLE

        try:
            return self._sections(item, error)
        except Exception as problem:
            # The test's own failure must not be lost for an error of this section.
            return [(TITLE, f"The state of the jobs is unknown: {problem!r}")]

    def _sections(self, item: pytest.Item, error: BaseException) -> list[tuple[str, str]]:
        from .section import TITLE, section

        self.start_recording()
        found = []
        if (state := self._state_at(item, error)) is not None:
            found.append((TITLE, section(state)))
        if SERVER_FIXTURE in getattr(item, "fixturenames", ()) and self._server is not None:
            found += _server_sections(self._server)
        return found

    def _leftovers_of_mocks(self, item: pytest.Item) -> Leftovers:
        from .strictness import Leftovers

        left = Leftovers()
        if self._recorder is None:
            return left
        if (account := _account_of(item)) is not None:
            left.add(account.find_leftovers())
            self._recorder.end_checking()
        else:
            if self._recorder.has_outlived_its_mock():
                left.add(self._recorder.leftovers_now())
            left.add(self._recorder.pop_leftovers())
        return left

    def _fail_for_leftovers(self, left: Leftovers, settings: Settings) -> None:
        __tracebackhide__ = True
        failure_message = left.failure_message(settings.allow)
        if failure_message is not None:
            error = pytest.fail.Exception(failure_message, pytrace=False)
            if self._recorder is not None:
                self._recorder.attach_to(error)
            raise error

    def _state_at(self, item: pytest.Item, error: BaseException) -> dict[str, Any] | None:
        from .section import MOST

        account = _account_of(item)
        if account is not None and account.is_remote:
            with suppress(ConnectionError, ValueError):
                return account.state(**MOST)
            return None
        return self._recorder.state_at(error) if self._recorder is not None else None

    # The server

    @property
    def _running_server(self) -> ServerProcess:
        assert self._server is not None
        return self._server

    def server(self) -> ServerProcess:
        """Return the server of this process, started at the first call."""
        if self._server is None:
            from .server import ServerProcess

            self._server = ServerProcess(region_of(Settings()))
            if self.reports:
                self._server.remote.begin_coverage()
        return self._server

    def stop(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def hint(self) -> str | None:
        """Return a sentence about the error that AWS would raise, if a strict test did that."""
        calls = self._recorder.calls_of_default_host if self._recorder is not None else 0
        if not calls:
            return None
        return (
            f"AWS IoT Jobs: {calls} calls of iot-jobs-data went to the default host, where AWS"
            " answers AccessDeniedException. Give the client the address of DescribeEndpoint"
            " (iot:Data-ATS) as endpoint_url; mock_iot(config={'iot_jobs': {'endpoints':"
            " 'strict'}}) answers as AWS does."
        )

    def close(self) -> None:
        """End the run, or one that broke off."""
        if self._config.getini("iot_jobs_activate"):
            from moto_iot_jobs.mock import deactivate

            deactivate()
        if not self._config.getini("iot_jobs_share_models"):
            _share_models(by_default=True)
        self.stop()
        if self._transcript is not None:
            self._transcript.stop()
        if self._recorder is not None:
            self._recorder.close()

    def _prepare_server(self, settings: Settings) -> None:
        server = self.server()
        server.begin_test(region_of(settings))
        if settings.deletion is not None:
            server.remote.set_deletion(settings.deletion)
        if settings.quotas is not None:
            try:
                server.remote.enforce_quotas(settings.quotas)
            except ValueError as problem:
                fail_for_marker(str(problem))


def _share_models(*, by_default: bool) -> None:
    from moto_iot_jobs.plugin.shared_models import sharing

    sharing.by_default = by_default


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
        if state["regions"] or state["messages"] or state["calls"]:
            found.append((f"{TITLE} at the server", section(state)))
    if output_lines := server.output_lines():
        found.append(("Output of the server", "\n".join(output_lines)))
    return found


def _remote_of_moto() -> Any:
    """Return the server of moto's server mode, if that is on."""
    from moto import settings

    from moto_iot_jobs.moto_api.client import RemoteMock

    return RemoteMock(settings.test_server_mode_endpoint()) if settings.TEST_SERVER_MODE else None
