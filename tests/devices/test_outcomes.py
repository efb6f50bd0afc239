"""Scripts do what real devices do to their executions, and recover as AWS's manual says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

import paho.mqtt.client as paho
import pytest
from moto import mock_aws

from moto_iot_jobs import clock, devices, faults
from moto_iot_jobs.devices.outcomes import NAMES
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.calls import HandledCall

if TYPE_CHECKING:
    from tests.devices.conftest import Account

Address = tuple[str, int] | None


@pytest.fixture
def lamp(account: Account, address: Address) -> Iterator[devices.Device]:
    with devices.Device("lamp", region=account.region, address=address) as device:
        yield device


@pytest.fixture
def impatient_lamp(account: Account, address: Address) -> Iterator[devices.Device]:
    """One that soon takes a response for lost. It may do so with any other; that changes nothing."""
    with devices.Device("lamp", region=account.region, address=address, timeout=0.3) as device:
        yield device


@pytest.fixture
def calls(in_process: Account) -> Iterator[list[tuple[str, str | None]]]:
    """The requests of devices in this process, with the code of the error or None."""

    seen: list[tuple[str, str | None]] = []

    def observe(call: HandledCall) -> None:
        if call.service == "iot-jobs-data":
            seen.append((call.operation, call.code))

    runtime.call_handled.connect(observe)
    yield seen
    runtime.call_handled.disconnect(observe)


@pytest.mark.parametrize(
    ("outcome", "ended"),
    [
        ("succeed", ("SUCCEEDED", {})),
        (devices.succeed({"took": 3}), ("SUCCEEDED", {"took": "3"})),
        ("fail", ("FAILED", {"reason": "failed as scripted"})),
        (devices.fail("no space", {"free": 0}), ("FAILED", {"reason": "no space", "free": "0"})),
        (devices.reject, ("REJECTED", {"reason": "rejected as scripted"})),
        (devices.progress([10, 99]), ("SUCCEEDED", {"percent": "99"})),
        (devices.progress(then="fail"), ("FAILED", {"reason": "failed as scripted"})),
        ("lose_connection", ("SUCCEEDED", {"step": "after the loss"})),
        (
            devices.lose_connection(then=devices.reject("rolled back")),
            ("REJECTED", {"reason": "rolled back"}),
        ),
        ("stale_version", ("SUCCEEDED", {"step": "with a stale version"})),
    ],
)
def test_a_script_ends_as_it_says(
    account: Account, lamp: devices.Device, outcome: Any, ended: Any
) -> None:
    account.job("update", "lamp")
    run = lamp.run_next(outcome)
    assert account.ended("lamp", "update") == ended
    assert run is not None
    assert (run.status, run.details, run.error) == (*ended, None)


def test_a_device_that_hangs_is_past_the_timeout_and_learns_it(
    account: Account, lamp: devices.Device
) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 20})
    before = clock.now()
    run = lamp.run_next("hang")
    assert run is not None
    assert isinstance(run.error, devices.ExecutionOverError)
    assert account.ended("lamp", "update")[0] == "TIMED_OUT"
    assert (clock.now() - before).total_seconds() >= 21 * 60 - 1


def test_a_device_that_hangs_without_a_timer_leaves_the_execution_open(
    account: Account, lamp: devices.Device
) -> None:
    account.job("update", "lamp")
    (run,) = lamp.run_all("hang")
    assert run.is_open
    assert account.ended("lamp", "update")[0] == "IN_PROGRESS"


def test_a_device_that_hangs_for_a_while_may_still_be_in_time(
    account: Account, lamp: devices.Device
) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 20})
    run = lamp.run_next(devices.hang(minutes=15))
    assert run is not None
    assert run.error is None


def test_a_device_that_comes_back_too_late_stops(account: Account, lamp: devices.Device) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 20})
    run = lamp.run_next(devices.lose_connection(minutes=30))
    assert run is not None
    assert isinstance(run.error, devices.ExecutionOverError)
    assert account.ended("lamp", "update") == ("TIMED_OUT", {"step": "before the loss"})


def test_over_https_a_stale_version_is_found_out_by_a_request(
    in_process: Account, calls: list[tuple[str, str | None]]
) -> None:
    in_process.job("update", "lamp")
    devices.Device("lamp", region=in_process.region).run_next("stale_version")
    assert calls == [
        ("StartNextPendingJobExecution", None),
        ("UpdateJobExecution", None),
        ("UpdateJobExecution", "InvalidRequestException"),
        ("DescribeJobExecution", None),
        ("UpdateJobExecution", None),
        ("UpdateJobExecution", None),
    ]


def test_over_mqtt_the_rejection_itself_has_the_version(
    in_process: Account, calls: list[tuple[str, str | None]]
) -> None:
    in_process.job("update", "lamp")
    with devices.Device("lamp", address=in_process.mqtt) as lamp:
        lamp.run_next("stale_version")
    assert [operation for operation, code in calls if code] == ["UpdateJobExecution"]
    assert "DescribeJobExecution" not in [operation for operation, _ in calls]


def test_a_device_that_comes_back_gets_its_execution_before_it_reports(
    in_process: Account, calls: list[tuple[str, str | None]]
) -> None:
    in_process.job("update", "lamp")
    with devices.Device("lamp", address=in_process.mqtt) as lamp:
        lamp.run_next("lose_connection")
    assert calls == [
        ("StartNextPendingJobExecution", None),
        ("UpdateJobExecution", None),
        ("DescribeJobExecution", None),
        ("UpdateJobExecution", None),
        ("UpdateJobExecution", None),
    ]


def test_the_connection_is_really_lost(
    in_process: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_process.job("update", "lamp")
    made = []
    connect: Any = paho.Client.connect

    def counting(*arguments: Any, **options: Any) -> Any:
        made.append(arguments)
        return connect(*arguments, **options)

    monkeypatch.setattr(paho.Client, "connect", counting)
    with devices.Device("lamp", address=in_process.mqtt) as lamp:
        lamp.run_next("succeed")
        assert len(made) == 1
        in_process.job("again", "lamp")
        lamp.run_next("lose_connection")
        assert len(made) == 2


@pytest.mark.parametrize("lose", [faults.lose_response, faults.lose_request])
@pytest.mark.parametrize("outcome", ["fail", devices.progress([50])])
def test_after_a_lost_response_a_report_is_neither_repeated_nor_forgotten(
    account: Account, impatient_lamp: devices.Device, lose: Any, outcome: Any
) -> None:
    account.job("update", "lamp")
    lose("UpdateJobExecution", times=1, service="iot-jobs-data")
    run = impatient_lamp.run_next(outcome)
    assert run is not None
    assert run.error is None
    shown = account.execution("lamp", "update")
    assert (run.status, run.details) == account.ended("lamp", "update")
    assert shown["versionNumber"] == (3 if outcome == "fail" else 4)


def test_a_start_whose_response_is_lost_is_requested_again(
    account: Account, impatient_lamp: devices.Device
) -> None:
    account.job("update", "lamp")
    faults.lose_response("StartNextPendingJobExecution", times=2)
    run = impatient_lamp.run_next()
    assert run is not None
    assert account.execution("lamp", "update")["versionNumber"] == 3


def test_a_device_catches_up_with_a_version_that_another_client_changed(
    account: Account, lamp: devices.Device
) -> None:
    account.job("update", "lamp")

    def install(execution: devices.Execution) -> None:
        devices.Device("lamp", region=account.region).run_next(
            lambda other: other.progress(by="another program") or "IN_PROGRESS"
        )
        execution.progress(by="the device")

    run = lamp.run_next(install)
    assert run is not None
    assert run.error is None
    assert account.ended("lamp", "update") == ("SUCCEEDED", {"by": "the device"})


def test_a_misspelt_outcome_is_corrected(in_process: Account) -> None:
    misspelt: Any = "suceed"
    unknown: Any = "explode"
    lamp = devices.Device("lamp", region=in_process.region)
    with pytest.raises(
        ValueError,
        match=r"no outcome 'suceed'\. Did you mean 'succeed'\? There are: succeed, fail, reject",
    ):
        lamp.run_next(misspelt)
    with pytest.raises(ValueError, match="no outcome 'explode'"):
        devices.progress(then=unknown)


def test_the_type_of_names_has_every_name() -> None:
    assert get_args(devices.OutcomeName) == NAMES


def test_without_a_mock_nothing_is_sent() -> None:
    with pytest.raises(RuntimeError, match=r"A simulated device needs a mock.*mock_iot"):
        devices.Device("lamp").run_next()
    with pytest.raises(RuntimeError, match="A simulated device needs a mock"):
        devices.Fleet(1)


def test_a_mock_without_jobs_is_an_error_that_says_what_to_write() -> None:
    with mock_aws(), pytest.raises(RuntimeError, match=r"plain `mock_aws`\. Use `mock_iot`"):
        devices.Fleet(1)
