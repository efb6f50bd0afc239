"""A device ends its executions as its handler says, on each transport, here and at a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs import clock, devices, faults

if TYPE_CHECKING:
    from tests.devices.conftest import Account

Address = tuple[str, int] | None


@pytest.fixture
def lamp(account: Account, address: Address) -> Iterator[devices.Device]:
    with devices.Device("lamp", region=account.region, address=address) as device:
        yield device


def test_a_handler_is_given_the_execution_and_what_it_returns_is_reported(
    account: Account, lamp: devices.Device
) -> None:
    account.job("update", "lamp")
    given: list[Any] = []

    def install(execution: devices.Execution) -> None:
        given.append(
            (
                execution.job_id,
                execution.execution_number,
                execution.document,
                execution.status,
                execution.version,
            )
        )

    assert lamp.pending() == ((), ("update",))
    run = lamp.run_next(install)
    assert given == [("update", 1, {"firmware": "2.0"}, "IN_PROGRESS", 2)]
    assert run is not None
    assert (run.job_id, run.execution_number, run.outcome, run.status, run.error) == (
        "update",
        1,
        "install",
        "SUCCEEDED",
        None,
    )
    assert account.ended("lamp", "update") == ("SUCCEEDED", {})
    assert lamp.run_next(install) is None


@pytest.mark.parametrize(
    ("returned", "ended"),
    [
        (None, ("SUCCEEDED", {})),
        ("REJECTED", ("REJECTED", {})),
        (("FAILED", {"code": 7, "fatal": True}), ("FAILED", {"code": "7", "fatal": "true"})),
    ],
)
def test_what_a_handler_returns_decides(
    account: Account, lamp: devices.Device, returned: Any, ended: Any
) -> None:
    account.job("update", "lamp")
    lamp.run_next(lambda _execution: returned)
    assert account.ended("lamp", "update") == ended


def test_an_exception_is_a_failure_with_its_reason(account: Account, lamp: devices.Device) -> None:
    account.job("update", "lamp")

    def crash(_execution: devices.Execution) -> None:
        raise OSError("no space\nleft on device" + "!" * 2000)

    lamp.run_next(crash)
    status, details = account.ended("lamp", "update")
    assert status == "FAILED"
    assert details["reason"].startswith("OSError: no space left on device!!!")
    assert len(details["reason"]) == 1024


def test_progress_replaces_the_details_before(account: Account, lamp: devices.Device) -> None:
    account.job("update", "lamp")
    seen = []

    def install(execution: devices.Execution) -> None:
        execution.progress(percent=10, step="download")
        seen.append((execution.details, execution.version))
        execution.progress({"percent": "90"})
        seen.append((execution.details, execution.version))

    lamp.run_next(install)
    assert seen == [({"percent": "10", "step": "download"}, 3), ({"percent": "90"}, 4)]
    assert account.ended("lamp", "update") == ("SUCCEEDED", {"percent": "90"})


def test_a_generator_works_in_the_time_of_the_mock(account: Account, lamp: devices.Device) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 10})

    def install(execution: devices.Execution) -> devices.Steps[str]:
        yield 120
        execution.progress(percent=50, step_timeout_in_minutes=5)
        yield 240
        return "SUCCEEDED"

    before = clock.now()
    lamp.run_next(install)
    assert 360 <= (clock.now() - before).total_seconds() < 390
    assert account.ended("lamp", "update") == ("SUCCEEDED", {"percent": "50"})


def test_a_device_that_reports_too_late_gets_an_error_and_stops(
    account: Account, lamp: devices.Device
) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 10})
    reached = []

    def install(execution: devices.Execution) -> None:
        clock.advance(minutes=11)
        execution.progress(percent=50)
        reached.append("after the report")

    run = lamp.run_next(install)
    assert run is not None
    assert isinstance(run.error, devices.ExecutionOverError)
    assert (reached, run.is_open) == ([], False)
    assert account.ended("lamp", "update")[0] == "TIMED_OUT"


def test_all_that_is_pending_is_done_in_order(account: Account, lamp: devices.Device) -> None:
    for job in ("first", "second", "third"):
        account.job(job, "lamp")
        clock.advance(seconds=1)
    assert [run.job_id for run in lamp.run_all()] == ["first", "second", "third"]


def test_retries_are_further_executions(account: Account, lamp: devices.Device) -> None:
    criteria = [{"failureType": "FAILED", "numberOfRetries": 1}]
    account.job("update", "lamp", jobExecutionsRetryConfig={"criteriaList": criteria})
    assert [(run.execution_number, run.status) for run in lamp.run_all("fail")] == [
        (1, "FAILED"),
        (2, "FAILED"),
    ]


def test_a_device_that_left_an_execution_open_takes_it_up_again(
    account: Account, lamp: devices.Device
) -> None:
    account.job("update", "lamp")
    (run,) = lamp.run_all(lambda execution: execution.progress(step="download") or "IN_PROGRESS")
    assert (run.status, run.is_open) == ("IN_PROGRESS", True)
    seen = []
    lamp.run_next(lambda execution: seen.append(execution.details))
    assert seen == [{"step": "download"}]
    assert account.ended("lamp", "update")[0] == "SUCCEEDED"


@pytest.mark.parametrize("error", ["ThrottlingException", "ServiceUnavailableException"])
def test_a_device_waits_for_a_busy_service_in_the_time_of_the_mock(
    account: Account, lamp: devices.Device, error: Any
) -> None:
    account.job("update", "lamp")
    faults.inject("UpdateJobExecution", error, times=3, service="iot-jobs-data")
    faults.inject("StartNextPendingJobExecution", error, times=2)
    before = clock.now()
    run = lamp.run_next()
    waited = (clock.now() - before).total_seconds()
    assert run is not None
    assert run.error is None
    # Twice 1 and 2 seconds and once 4, each between half and the whole of it, and what the machine
    # took.
    assert 5 <= waited < 10 + 10
    assert account.execution("lamp", "update")["versionNumber"] == 3


def test_a_service_that_is_always_busy_is_given_up(account: Account, lamp: devices.Device) -> None:
    account.job("update", "lamp")
    with (
        faults.inject("StartNextPendingJobExecution", "ThrottlingException", times=None),
        pytest.raises(devices.ServiceBusyError),
    ):
        lamp.run_next()
    assert account.ended("lamp", "update")[0] == "QUEUED"


def test_an_unknown_thing_is_named_with_what_to_do(lamp: devices.Device) -> None:
    with pytest.raises(
        devices.UnknownThingError,
        match=r"no thing 'lamp'.*iot\.create_thing\(thingName='lamp'\).*region",
    ):
        lamp.run_next()
    with pytest.raises(LookupError, match="no thing 'lamp'"):
        lamp.pending()


@pytest.mark.parametrize("verdict", ["DONE", "QUEUED", 0, ("SUCCEEDED", {}, 1)])
def test_what_is_no_verdict_is_an_error_that_says_what_to_return(
    in_process: Account, verdict: Any
) -> None:
    in_process.job("update", "lamp")
    with pytest.raises(
        ValueError,
        match=r"Return None \(SUCCEEDED\), one of IN_PROGRESS, SUCCEEDED, FAILED, REJECTED",
    ):
        devices.Device("lamp", region=in_process.region).run_next(lambda _execution: verdict)


@pytest.mark.parametrize("wait", [-1, float("nan"), "a minute", None, 10**12])
def test_a_wait_that_cannot_be_is_an_error(in_process: Account, wait: Any) -> None:
    in_process.job("update", "lamp")

    def install(_execution: devices.Execution) -> devices.Steps[None]:
        yield wait

    with pytest.raises(devices.HandlerError, match="The wait that a handler yielded is "):
        devices.Device("lamp", region=in_process.region).run_next(install)


def test_a_wait_may_be_a_timedelta(in_process: Account) -> None:
    in_process.job("update", "lamp")

    def install(_execution: devices.Execution) -> devices.Steps[None]:
        yield timedelta(hours=2)

    before = clock.now()
    devices.Device("lamp", region=in_process.region).run_next(install)
    assert timedelta(hours=2) <= clock.now() - before < timedelta(hours=2, minutes=1)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda lamp: lamp.run_next(seconds=-1),
        lambda lamp: lamp.run_next(seconds="long"),
        lambda lamp: lamp.run_next(devices.hang(minutes=-5)),
        lambda lamp: lamp.run_next(devices.lose_connection(minutes=float("inf"))),
    ],
)
def test_a_length_of_time_that_cannot_be_is_an_error_before_anything_is_started(
    in_process: Account, attempt: Callable[[devices.Device], object]
) -> None:
    in_process.job("update", "lamp")
    with pytest.raises(ValueError, match="or a timedelta, from 0 to a hundred years"):
        attempt(devices.Device("lamp", region=in_process.region))
    assert in_process.ended("lamp", "update")[0] == "QUEUED"


def test_an_execution_knows_its_times(account: Account, lamp: devices.Device) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 10})
    times = []
    lamp.run_next(lambda execution: times.append((execution.queued_at, execution.time_left)))
    ((queued_at, time_left),) = times
    assert queued_at == account.execution("lamp", "update")["queuedAt"].replace(microsecond=0)
    assert time_left is not None
    assert timedelta(minutes=9) < time_left <= timedelta(minutes=10)


def test_all_errors_of_devices_have_one_base() -> None:
    errors = [getattr(devices, name) for name in devices.__all__ if name.endswith("Error")]
    assert len(errors) == 9
    assert all(issubclass(error, devices.DeviceError) for error in errors)
    assert issubclass(devices.UnknownThingError, LookupError)
    assert issubclass(devices.ResponseLostError, ConnectionError)
    assert issubclass(devices.HandlerError, ValueError)


def test_a_device_in_no_region_of_aws_is_an_error() -> None:
    with pytest.raises(ValueError, match="Did you mean 'eu-west-1'"):
        devices.Device("lamp", region="eu-wset-1")


def test_an_assertion_of_a_handler_fails_the_test(account: Account, lamp: devices.Device) -> None:
    account.job("update", "lamp")

    def install(execution: devices.Execution) -> None:
        assert execution.document == {"firmware": "1.0"}

    with pytest.raises(AssertionError, match=r"1\.0"):
        lamp.run_next(install)
    assert account.ended("lamp", "update")[0] == "IN_PROGRESS"


def test_a_coroutine_is_no_handler(in_process: Account) -> None:
    in_process.job("update", "lamp")

    async def install(_execution: devices.Execution) -> None:
        raise NotImplementedError

    handler: Any = install
    with pytest.raises(devices.HandlerError, match="install is a coroutine function; a handler is"):
        devices.Device("lamp", region=in_process.region).run_next(handler)


def test_a_configured_endpoint_leads_no_device_past_the_mock(
    in_process: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    # Another region, in which no test before has made clients.
    with pytest.raises(devices.UnknownThingError):
        devices.Device("lamp", region="ap-southeast-2").run_next()
