"""What a test sets needs a mock, and what makes no sense is an error: nothing is lost in silence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from moto import mock_aws

from moto_iot_jobs import clock, faults, messages, mock_iot, mqtt, quotas

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


def test_what_was_refused_does_not_hit_the_next_mock() -> None:
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
        ({"iot_jobs": {"speed": 2}}, "has no setting 'speed'. It is one of: delete_queued_needs"),
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
def test_a_fault_for_an_operation_that_moto_answers_says_so(operation: str) -> None:
    words = f"'{operation}' is not an operation of IoT Jobs: moto itself answers it"
    with mock_iot(), pytest.raises(ValueError, match=words):
        inject(operation, "ThrottlingException")


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"days": 4_000_000}, "beyond the year 9999"),
    ({"days": float("inf")}, "cannot be moved that far"),
    ({"days": float("nan")}, "cannot be moved that far"),
    ({"seconds": -1}, "only moves forward; 1.0 seconds back"),
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
