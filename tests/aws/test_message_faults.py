"""Messages that are lost, come twice, or come late: notifications of jobs and those of shadows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs import clock, faults, messages
from tests.aws.shadows import Http, Shadow

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

NOTIFY_NEXT = "$aws/things/t1/jobs/notify-next"
DELTA = "$aws/things/t/shadow/update/delta"


@pytest.fixture(autouse=True)
def recording(public_modules_reach_it: None) -> None:
    messages.published()
    messages.clear()


def published(topic: str) -> list[Any]:
    return [message.json for message in messages.published(topic)]


def test_a_notification_is_lost_once(aws: Aws) -> None:
    faults.lose_message(NOTIFY_NEXT)
    aws.job("j1", "t1")
    assert published(NOTIFY_NEXT) == []
    assert len(published("$aws/things/t1/jobs/notify")) == 1
    aws.report("t1", "j1", "SUCCEEDED")
    assert len(published(NOTIFY_NEXT)) == 1
    assert faults.pending() == []


def test_a_notification_comes_twice(aws: Aws) -> None:
    faults.repeat_message("$aws/things/+/jobs/notify-next")
    aws.job("j1", "t1")
    first, second = published(NOTIFY_NEXT)
    assert first == second
    assert first["execution"]["jobId"] == "j1"


def test_a_delta_comes_late_and_a_newer_one_overtakes_it(aws: Aws) -> None:
    shadow = Shadow(Http(aws))
    faults.delay_message(DELTA, seconds=60)
    shadow.desire(a=1)
    shadow.desire(a=2)
    assert [each["version"] for each in published(DELTA)] == [2]
    clock.advance(seconds=59)
    assert [each["version"] for each in published(DELTA)] == [2]
    clock.advance(seconds=2)
    assert [each["version"] for each in published(DELTA)] == [2, 1]


def test_what_is_late_is_forgotten_with_the_mock_and_not_before(aws: Aws) -> None:
    faults.delay_message("#", seconds=60, times=None)
    Shadow(Http(aws)).desire(a=1)
    messages.clear()
    clock.advance(seconds=61)
    assert len(published("$aws/things/t/shadow/#")) == 3


def test_conditions_are_those_of_other_faults(aws: Aws) -> None:
    fault = faults.lose_message(DELTA, times=2, after=1)
    shadow = Shadow(Http(aws))
    for number in range(4):
        shadow.desire(a=number)
    assert [each["version"] for each in published(DELTA)] == [1, 4]
    assert faults.pending() == []
    fault.cancel()
    faults.repeat_message("a/b")
    (pending,) = faults.pending()
    assert str(pending) == "a repeated message from a/b: never met"
    faults.clear()


def test_calls_do_not_meet_faults_of_messages(aws: Aws) -> None:
    faults.lose_message("#", times=None)
    assert Shadow(Http(aws)).desire(a=1)["version"] == 1
    aws.job("j1", "t1")
    assert aws.status("j1") == "IN_PROGRESS"
    assert published("#") == []


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"topic": "a/#/b", "lose": True}, "topic must be an MQTT topic filter; not 'a/#/b'."),
        ({"topic": 7, "lose": True}, "topic must be a text; not 7."),
        ({"topic": "a"}, "A fault is one of: lose, repeat, delay; not none."),
        ({"topic": "a", "lose": True, "delay": 1}, "not lose and delay."),
        ({"topic": "a", "delay": 0}, "A delay must be a number of seconds more than 0, and at"),
        ({"topic": "a", "delay": 10**400}, "at most a hundred years; not 1000"),
        ({"topic": "a", "repeat": 3}, "repeat must be True; not 3."),
        ({"topic": "a", "lose": True, "thing": "t"}, "There is no member 'thing'."),
        ({"topic": "a", "lose": True, "times": 0}, "times must be at least 1"),
        ({"topic": "a", "lose": True, "seed": 1}, "seed is of use with probability only."),
    ],
)
def test_a_mistake_is_an_error(aws: Aws, members: dict[str, Any], sentence: str) -> None:
    from moto_iot_jobs.moto_api.client import mock

    with pytest.raises(ValueError, match=re.escape(sentence)):
        mock().inject_fault(members)
