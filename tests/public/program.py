"""A program of a user, which type checkers have to accept: it uses every public name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import TestCase

from typing_extensions import assert_type

from moto_iot_jobs import (
    activate,
    clock,
    deactivate,
    devices,
    faults,
    messages,
    mock_iot,
    mqtt,
    quotas,
)
from moto_iot_jobs.clock import Clock, FrozenClock
from moto_iot_jobs.faults import (
    Conditions,
    Fault,
    Faults,
    MessageConditions,
    PendingFault,
    StaleConditions,
)
from moto_iot_jobs.messages import Message, Messages, Subscription
from moto_iot_jobs.mock import Mock
from moto_iot_jobs.pytest_plugin import IotJobs, ServerUrl
from moto_iot_jobs.quotas import EnforcedQuotas, Enforcement, Quota, Quotas


@mock_iot
def decorated(number: int) -> str:
    """Keep its signature."""
    return str(number)


@mock_iot()
async def coroutine(number: int) -> str:
    """Keep its signature."""
    return str(number)


@mock_iot(config={"iot_jobs": {"delete_queued_needs_force": True}})
def generator() -> Iterator[int]:
    """Keep its signature."""
    yield 1


@mock_iot
async def asynchronous_generator() -> AsyncIterator[int]:
    """Keep its signature."""
    yield 1


@mock_iot
class Case(TestCase):
    """Keep its type."""

    number = 1


def uses_mocks() -> None:
    """Use `mock_iot`, `activate` and `deactivate`."""
    assert_type(decorated(1), str)
    assert_type(list(generator()), list[int])
    assert_type(Case.number, int)
    with mock_iot() as mock:
        assert_type(mock, Mock)
    mock.start()
    mock.stop()
    activate()
    deactivate()


def uses_clock(its: Clock) -> None:
    """Use `clock`."""
    assert_type(clock.now(), datetime)
    assert_type(clock.advance(timedelta(days=1), weeks=1, hours=2.5), datetime)
    assert_type(clock.move_to("2040-01-01"), datetime)
    assert_type(its.move_to(datetime(2040, 1, 1)), datetime)  # noqa: DTZ001 - UTC is meant
    with its.freeze() as frozen:
        assert_type(frozen, FrozenClock)
    frozen.cancel()


def uses_faults(its: Faults) -> None:
    """Use `faults`."""
    conditions: Conditions = {"thing": "lamp", "job_id": "update", "times": None}
    fault = faults.inject("DeleteJob", "ThrottlingException", times=2, job_id="update")
    assert_type(fault, Fault)
    with its.inject("List*", "ServiceUnavailableException", probability=0.5, seed=7, after=1):
        faults.delay("UpdateJobExecution", seconds=1.5, sleep=False, **conditions)
    its.lose_response("UpdateJobExecution", thing="lamp")
    its.lose_request("DescribeJobExecution", service="iot-jobs-data")
    of_messages: MessageConditions = {"times": 2, "after": 1}
    its.lose_message("$aws/things/+/jobs/notify-next", **of_messages)
    its.delay_message("#", seconds=1.5, probability=0.5, seed=7)
    faults.repeat_message("#").cancel()
    stale: StaleConditions = {"thing": "lamp"}
    faults.stale_next(**stale)
    pending = faults.pending()
    assert_type(pending, list[PendingFault])
    assert_type(pending[0].description, str)
    fault.cancel()
    faults.clear()


def uses_quotas(its: Quotas) -> None:
    """Use `quotas`."""
    with quotas.enforce(active_jobs=2, CreateJob=0.5, ListJobs=True) as enforced:
        assert_type(enforced, EnforcedQuotas)
        assert_type(its.enforced(), dict[str, float])
    enforced.cancel()
    table = quotas.table()
    assert_type(table, tuple[Quota, ...])
    assert_type(table[0].enforcement, Enforcement)
    quotas.clear()


def uses_messages(its: Messages) -> None:
    """Use `messages`."""
    published = messages.published("$aws/things/+/jobs/notify", region="eu-west-1")
    assert_type(published, list[Message])
    assert_type(published[0].at, datetime)
    assert_type(published[0].payload, bytes)
    response = its.request(
        "$aws/things/lamp/jobs/get", {"clientToken": "a"}, account="111122223333"
    )
    assert_type(response, Message | None)
    with messages.subscribe("#", published.append) as subscription:
        assert_type(subscription, Subscription)
    subscription.cancel()
    messages.clear()


def uses_mqtt() -> None:
    """Use `mqtt`."""
    with mqtt.Endpoint(tls=True, region="eu-west-1", host="127.0.0.1", port=0) as endpoint:
        assert_type(endpoint, mqtt.Endpoint)
        assert_type(endpoint.address, tuple[str, int])
        assert_type(endpoint.ca_file, Path | None)
    endpoint.close()
    with mqtt.Bridge("127.0.0.1", 1883, username="jobs") as bridge:
        bridge.close()


def installs(execution: devices.Execution) -> devices.Steps[str]:
    """Handle an execution, in two steps."""
    yield timedelta(minutes=1)
    execution.progress(percent=50, step_timeout_in_minutes=5)
    assert_type(execution.queued_at, datetime | None)
    assert_type(execution.time_left, timedelta | None)
    assert_type(execution.execution_number, int)
    yield from execution.report("IN_PROGRESS", {"percent": 90})
    yield 30
    return "SUCCEEDED"


def blinks(command: devices.Command) -> devices.CommandReport | None:
    """Run a command: a handler."""
    assert_type(command.payload, bytes)
    assert_type(command.content_type, str | None)
    command.progress("HALF_WAY", result={"level": "1", "on": True, "raw": b"x"})
    return devices.CommandReport("FAILED", "JAMMED", "stuck") if command.thing else None


def uses_commands() -> None:
    """Use `devices` for commands."""
    handler: devices.CommandHandler = blinks
    with devices.Device("lamp") as lamp:
        lamp.listen_for_commands()
        (run,) = lamp.run_commands(handler)
        assert_type(run, devices.CommandRun)
        assert_type(run.report, devices.CommandReport)
        assert_type(run.error, devices.RequestRejectedError | None)
    fleet = devices.Fleet(2, commands=lambda _command: "REJECTED")
    assert_type(fleet.run_commands(), list[devices.CommandRun])
    faults.inject("UpdateCommandExecution", "DataConflict")


def uses_devices() -> None:
    """Use `devices`."""
    with devices.Device("lamp", region="eu-west-1", account="111122223333", timeout=5) as lamp:
        assert_type(lamp.pending(), devices.Pending)
        assert_type(lamp.shadow("config"), devices.Shadow)
        assert_type(lamp.shadow().get(), devices.ShadowState | None)
        assert_type(lamp.shadow().report({"on": True}, version=1), int)
        run = lamp.run_next("succeed", seconds=timedelta(seconds=3))
        assert_type(run, devices.Run | None)
        assert_type(lamp.run_all(installs), list[devices.Run])
        lamp.run_next(lambda execution: ("FAILED", {"on": execution.thing}))
        lamp.run_next(devices.progress([10, 90], then=devices.fail("no space")))
        if run is not None and run.error is not None:
            assert_type(run.error, devices.RequestRejectedError)
            assert_type(run.error.code, str)
    outcomes = {devices.hang: 1, devices.reject("old"): 2.5, "stale_version": 1, installs: 1}
    fleet = devices.Fleet(3, outcomes=outcomes, works_for=(1, timedelta(minutes=2)), seed="a")
    rollout = fleet.roll_out("update", document={"firmware": "2.0"}, days=2, timeoutConfig={})
    assert_type(rollout, devices.Rollout)
    assert_type(rollout.created_at, datetime)
    assert_type(rollout.duration, timedelta)
    assert_type(rollout.executions_of("thing-1"), list[devices.ExecutionEnd])
    assert_type(rollout.timeline[0], devices.TimelinePoint)
    assert_type(rollout.to_dict(), dict[str, Any])
    rollout.save_chart("rollout.svg")
    handler: devices.Handler = installs
    name: devices.OutcomeName = "lose_connection"
    devices.Fleet(["lamp"], outcomes=handler).run("update")
    devices.Fleet(["lamp"], outcomes=name).run("update", on_progress=print)
    script: devices.Outcome = devices.stale_version(then=devices.lose_connection(minutes=2))
    try:
        devices.Device("lamp").run_all(script)
        devices.Device("lamp").run_all(devices.succeed())
    except (devices.ServiceBusyError, devices.VersionMismatchError, devices.ExecutionOverError):
        pass
    except (devices.UnknownThingError, devices.ResponseLostError, devices.HandlerError) as error:
        assert_type(error.args, tuple[Any, ...])
    except devices.DeviceError:
        raise


def uses_fixtures(iot_jobs: IotJobs, iot_jobs_server: ServerUrl) -> None:
    """Use the fixtures."""
    assert_type(iot_jobs.clock, Clock)
    assert_type(iot_jobs.faults, Faults)
    assert_type(iot_jobs.quotas, Quotas)
    assert_type(iot_jobs.messages, Messages)
    assert_type(iot_jobs.devices.Device("lamp").run_next("succeed"), devices.Run | None)
    fleet = iot_jobs.devices.Fleet(3, outcomes=iot_jobs.devices.fail("no space"))
    assert_type(fleet.roll_out("update"), devices.Rollout)
    try:
        iot_jobs.devices.Device("lamp").pending()
    except iot_jobs.devices.DeviceError as error:
        assert_type(error, devices.DeviceError)
    iot_jobs.assert_job("update", "COMPLETED", succeeded=1)
    iot_jobs.assert_execution("update", "lamp", "SUCCEEDED")
    client: Any = iot_jobs.client("s3")
    client.list_buckets()
    assert iot_jobs_server.startswith("http")
