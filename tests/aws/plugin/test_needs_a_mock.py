"""What a test sets needs a mock, and what makes no sense is an error: nothing is lost in silence."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from moto import mock_aws

from moto_iot_jobs import clock, faults, messages, mock_iot, mqtt, quotas
from moto_iot_jobs.pytest_plugin.tracebacks import end_at_misuse

inject: Any = faults.inject
FUNCTIONS: dict[str, Callable[[], object]] = {
    "clock.now()": clock.now,
    "clock.advance()": lambda: clock.advance(days=1),
    "clock.move_to()": lambda: clock.move_to("2040-01-01"),
    "clock.freeze()": clock.freeze,
    "faults.inject()": lambda: faults.inject("DeleteJob", "ThrottlingException"),
    "faults.delay()": lambda: faults.delay("DeleteJob", seconds=1),
    "faults.lose_response()": lambda: faults.lose_response("DeleteJob"),
    "faults.lose_request()": lambda: faults.lose_request("DeleteJob"),
    "faults.lose_message()": lambda: faults.lose_message("a"),
    "faults.repeat_message()": lambda: faults.repeat_message("a"),
    "faults.delay_message()": lambda: faults.delay_message("a", seconds=1),
    "faults.pending()": faults.pending,
    "faults.clear()": faults.clear,
    "quotas.enforce()": quotas.enforce,
    "quotas.enforced()": quotas.enforced,
    "quotas.clear()": quotas.clear,
    "messages.published()": messages.published,
    "messages.clear()": messages.clear,
    "messages.request()": lambda: messages.request("$aws/things/t1/jobs/get"),
    "messages.subscribe()": lambda: messages.subscribe("#", print),
    "mqtt.Endpoint()": mqtt.Endpoint,
    "mqtt.Bridge()": lambda: mqtt.Bridge("127.0.0.1"),
}
each_function = pytest.mark.parametrize("name", FUNCTIONS)


@each_function
def test_without_a_mock_it_is_an_error(name: str) -> None:
    with pytest.raises(RuntimeError) as raised:
        FUNCTIONS[name]()
    assert str(raised.value).startswith(f"{name} needs a mock, and none is active")


@each_function
def test_in_plain_mock_aws_it_is_an_error(name: str) -> None:
    with mock_aws(), pytest.raises(RuntimeError) as raised:
        FUNCTIONS[name]()
    assert str(raised.value).startswith(f"{name} needs a mock with IoT Jobs")
    assert "activate()" in str(raised.value)


MISTAKES: dict[str, tuple[type[Exception], Callable[[Any], object], str]] = {
    "a topic that is no text": (ValueError, lambda _: published(5), "5 is no MQTT topic filter"),
    "a unit that is no number": (TypeError, lambda its: its.clock.advance(days="1"), "not '1'"),
    "time that goes back": (
        ValueError,
        lambda its: its.clock.move_to("2001-01-01"),
        "and 2001-01-01 00:00:00 UTC is before that",
    ),
    "calls that moto answers": (
        ValueError,
        lambda its: its.calls("CreateThing"),
        "'CreateThing' is an operation that moto itself carries out",
    ),
    "calls with an unknown parameter": (
        ValueError,
        lambda its: its.calls("DeleteJob", job_id="update"),
        "DeleteJob has no parameter 'job_id'. Did you mean 'jobId'?",
    ),
    "calls of all with an unknown parameter": (
        ValueError,
        lambda its: its.calls(thing="lamp"),
        "No operation has a parameter 'thing'.",
    ),
    "an unknown choice of the state": (
        TypeError,
        lambda its: its.state(jobb=1),
        "state() has no choice 'jobb'. Did you mean 'job'?",
    ),
    "a document that is no mapping": (
        TypeError,
        lambda its: its.devices.Fleet(2).roll_out("update", document=5),
        "document is a mapping, or JSON as text; not 5.",
    ),
    "a document that is no JSON": (
        TypeError,
        lambda its: its.job("update", "lamp", document={"a": {1}}),
        "document cannot be written as JSON",
    ),
    "a payload that is no JSON": (
        TypeError,
        lambda its: its.messages.request("$aws/things/lamp/jobs/get", {"a": {1}}),
        "payload cannot be written as JSON",
    ),
    "a port that there is not": (ValueError, lambda _: mqtt.Endpoint(port=1 << 16), "65536"),
}
published: Any = messages.published


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_in_a_sentence(name: str, iot_jobs: Any) -> None:
    kind, mistake, sentence = MISTAKES[name]
    with pytest.raises(kind) as raised:
        mistake(iot_jobs)
    assert sentence in str(raised.value)
    end_at_misuse(raised.value)
    assert traceback.extract_tb(raised.value.__traceback__)[-1].filename == __file__


def test_parameters_that_a_call_may_have_find_nothing(iot_jobs: Any) -> None:
    assert iot_jobs.calls("DeleteJob", jobId="update", force=True) == []
    assert iot_jobs.calls(clientToken="a") == []
    assert iot_jobs.calls("UpdateCommandExecution", status="FAILED") == []


def test_a_fault_that_was_an_error_does_not_hit_the_next_mock() -> None:
    with pytest.raises(RuntimeError):
        faults.inject("DeleteJob", "ThrottlingException")
    with mock_iot():
        assert faults.pending() == []


def test_the_table_of_quotas_needs_none() -> None:
    assert "active_jobs" in {quota.name for quota in quotas.table()}


def test_handles_outlive_their_mock_without_harm() -> None:
    with mock_iot():
        handles: list[Any] = [
            faults.inject("DeleteJob", "ThrottlingException"),
            quotas.enforce(active_jobs=1),
            clock.freeze(),
            messages.subscribe("#", print),
        ]
    for handle in handles:
        handle.cancel()
        handle.cancel()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"iot_jobs": {"delete_queued_need_force": True}},
            "has no setting 'delete_queued_need_force'. Did you mean 'delete_queued_needs_force'?",
        ),
        ({"iot_jobs": {"speed": 2}}, "has no setting 'speed'. It is one of: command_subscriptions"),
        ({"iot_jobs": {"delete_queued_needs_force": "yes"}}, "must be True or False; not 'yes'."),
        ({"iot_jobs": True}, "must be a dict of settings; not True."),
        ({"iot-jobs": {}}, "config has 'iot-jobs'. Did you mean 'iot_jobs'?"),
        ({"IotJobs": {}}, "config has 'IotJobs'. Did you mean 'iot_jobs'?"),
    ],
)
def test_a_setting_that_there_is_not_is_an_error(config: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        mock_iot(config=config)


def test_motos_own_settings_are_motos() -> None:
    with mock_iot(config={"core": {"reset_boto3_session": False}, "iot_jobs": {}}):
        assert faults.pending() == []


@pytest.mark.parametrize("topic", ["", "$aws/#/jobs", "a+/b", "\0"])
def test_an_invalid_topic_filter_is_an_error(topic: str) -> None:
    with mock_iot():
        with pytest.raises(ValueError, match="is no MQTT topic filter"):
            messages.published(topic)
        with pytest.raises(ValueError, match="is no MQTT topic filter"):
            messages.subscribe(topic, print)


@pytest.mark.parametrize("operation", ["CreateThing", "ListThings", "CreateKeysAndCertificate"])
def test_a_fault_for_an_operation_of_moto_says_so(operation: str) -> None:
    words = f"'{operation}' is not an operation of IoT Jobs: moto itself carries it out"
    with mock_iot(), pytest.raises(ValueError, match=words):
        inject(operation, "ThrottlingException")


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"days": 4_000_000}, "beyond the year 9999"),
    ({"days": float("inf")}, "cannot be moved that far"),
    ({"days": float("nan")}, "cannot be moved that far"),
    ({"seconds": -1}, "The clock only moves forward: it is"),
    ({"weeks": 1e300}, "cannot be moved that far"),
]


@pytest.mark.parametrize(("step", "words"), STEPS)
def test_a_step_that_makes_no_sense_changes_nothing(step: dict[str, Any], words: str) -> None:
    with mock_iot(), clock.freeze():
        before = clock.now()
        with pytest.raises(ValueError, match=words):
            clock.advance(**step)
        assert clock.now() == before
        assert (clock.advance(weeks=1) - before).days == 7


@pytest.mark.parametrize("when", ["yesterday", "2040-13-01", ""])
def test_a_text_that_is_no_time_changes_nothing(when: str) -> None:
    with mock_iot(), clock.freeze():
        before = clock.now()
        with pytest.raises(ValueError, match="is no time in ISO 8601"):
            clock.move_to(when)
        assert clock.now() == before


def test_real_time_goes_on_at_the_end_of_time() -> None:
    with mock_iot():
        with pytest.raises(ValueError, match="beyond the year 9999"):
            clock.move_to("9999-12-31T23:59:59.999Z")
        clock.move_to("9999-12-30T23:59:59.990Z")
        time.sleep(0.02)
        assert clock.now().year == 9999
