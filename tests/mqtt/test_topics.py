"""Names, filters, matching, and the topics of AWS IoT Jobs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.broker import topics as broker_topics
from moto_iot_jobs.iotjobsdata import topics
from moto_iot_jobs.iotjobsdata.topics import NEXT, Operation, RequestTopic
from tests.mqtt.jobs_topics import NotificationTopic, ResponseTopic, parse


@pytest.mark.parametrize(
    "topic", ["a", "/", "a/", "/finance", "a b", "$aws/things/t/jobs/get", "é" * 100, "x" * 65_535]
)
def test_these_are_topic_names(topic: str) -> None:
    assert broker_topics.is_valid_name(topic)


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a\0b", "x" * 65_536, "é" * 32_768])
def test_these_are_not_topic_names(topic: str) -> None:
    assert not broker_topics.is_valid_name(topic)


@pytest.mark.parametrize(
    "topic_filter",
    [
        "#",
        "+",
        "/",
        "sport/tennis/#",
        "+/tennis/#",
        "sport/+/player1",
        "/+",
        "a//b",
        "$share/group/a/+/#",
        "$share/g/#",
    ],
)
def test_these_are_topic_filters(topic_filter: str) -> None:
    assert broker_topics.is_valid_filter(topic_filter)


@pytest.mark.parametrize(
    "topic_filter",
    [
        "",
        "sport/tennis#",
        "sport/tennis/#/ranking",
        "sport+",
        "#/",
        "a\0",
        "$share/g",
        "$share//a",
        "$share/+/a",
        "$share/g/",
    ],
)
def test_these_are_not_topic_filters(topic_filter: str) -> None:
    assert not broker_topics.is_valid_filter(topic_filter)


@pytest.mark.parametrize(
    "topic_filter, topic, matched",
    [
        # The examples of sections 4.7.1 and 4.7.2 of the MQTT 5 specification.
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("#", "sport", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/monitor/Clients", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/monitor/Clients", True),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", True),
        ("ACCOUNTS", "Accounts", False),
        ("$aws/things/+/jobs/#", "$aws/things/t/jobs/notify", True),
        ("a/b/c", "a/b", False),
    ],
)
def test_a_filter_matches_what_the_specification_says(
    topic_filter: str, topic: str, matched: bool
) -> None:
    assert broker_topics.matches(topic_filter, topic) is matched


REQUESTS = {
    "$aws/things/t/jobs/get": RequestTopic("t", Operation.GET_PENDING),
    "$aws/things/t/jobs/start-next": RequestTopic("t", Operation.START_NEXT),
    "$aws/things/t/jobs/job-1/get": RequestTopic("t", Operation.DESCRIBE, "job-1"),
    "$aws/things/t/jobs/$next/get": RequestTopic("t", Operation.DESCRIBE, NEXT),
    "$aws/things/t/jobs/job-1/update": RequestTopic("t", Operation.UPDATE, "job-1"),
    "$aws/things/t/jobs/get/get": RequestTopic("t", Operation.DESCRIBE, "get"),
    "$aws/things/t/jobs/notify/update": RequestTopic("t", Operation.UPDATE, "notify"),
    "$aws/things/t/jobs/$next/namespace-aws-gg-deployment/get": RequestTopic(
        "t", Operation.DESCRIBE, NEXT, "aws-gg-deployment"
    ),
    "$aws/things/t/jobs/j/namespace-aws-gg-deployment/update": RequestTopic(
        "t", Operation.UPDATE, "j", "aws-gg-deployment"
    ),
}
NOTIFICATIONS = {
    "$aws/things/t/jobs/notify": NotificationTopic("t", next=False),
    "$aws/things/t/jobs/notify-next": NotificationTopic("t", next=True),
    "$aws/things/t/jobs/notify-namespace-aws-gg-deployment": NotificationTopic(
        "t", False, "aws-gg-deployment"
    ),
    "$aws/things/t/jobs/notify-next-namespace-aws-gg-deployment": NotificationTopic(
        "t", True, "aws-gg-deployment"
    ),
}


@pytest.mark.parametrize("topic, request_", REQUESTS.items(), ids=list(REQUESTS))
def test_a_request_topic_reads_both_ways(topic: str, request_: RequestTopic) -> None:
    assert topics.parse_request(topic) == request_
    assert request_.topic == topic
    assert parse(topic) == request_


@pytest.mark.parametrize("topic, request_", REQUESTS.items(), ids=list(REQUESTS))
def test_a_response_topic_reads_both_ways(topic: str, request_: RequestTopic) -> None:
    assert request_.accepted == f"{topic}/accepted"
    assert request_.rejected == f"{topic}/rejected"
    for word, accepted in (("accepted", True), ("rejected", False)):
        assert parse(f"{topic}/{word}") == ResponseTopic(request_, accepted)
        assert ResponseTopic(request_, accepted).topic == f"{topic}/{word}"


@pytest.mark.parametrize("topic, notification", NOTIFICATIONS.items(), ids=list(NOTIFICATIONS))
def test_a_notification_topic_reads_both_ways(topic: str, notification: NotificationTopic) -> None:
    assert parse(topic) == notification
    assert notification.topic == topic


def test_the_short_names_of_notifications_are_the_same_topics() -> None:
    assert topics.notify("t") == "$aws/things/t/jobs/notify"
    assert topics.notify_next("t", "ns") == "$aws/things/t/jobs/notify-next-namespace-ns"


@pytest.mark.parametrize(
    "topic",
    [
        "$aws/things/t/jobs",
        "$aws/things/t/jobs/",
        "$aws/things/t/jobs/got",
        "$aws/things/t/jobs//get",
        "$aws/things/t/jobs/j/notify",
        "$aws/things/t/jobs/$next/update",
        "$aws/things/t/jobs/j/namespace-/get",
        "$aws/things/t/jobs/j/space-x/get",
        "$aws/things/t/jobs/j/namespace-x/get/more",
        "$aws/things/t/jobs/notify/accepted",
        "$aws/things/t/jobs/notify-namespace-",
        "$aws/things/t/jobs/j/namespace-x/notify",
        "$aws/things//jobs/get",
        "$aws/things/t/shadow/get",
        "$aws/things/t/jobsearch/get",
        "things/t/jobs/get",
        "",
    ],
)
def test_these_topics_map_to_no_operation(topic: str) -> None:
    assert parse(topic) is None
    assert topics.parse_request(topic) is None


@pytest.mark.parametrize(
    "topic, thing",
    [
        ("$aws/things/t/jobs/anything/at/all", "t"),
        ("$aws/things/t/jobs", "t"),
        ("$aws/things/t/jobsearch", None),
        ("$aws/things/t/shadow/update", None),
        ("$aws/things//jobs/get", None),
        ("$aws/things/t", None),
        ("$aws/events/job/j/completed", None),
    ],
)
def test_the_namespace_of_jobs_differs_from_other_topics(topic: str, thing: str | None) -> None:
    assert topics.thing_of(topic) == thing


@pytest.mark.parametrize(
    "topic, reserved",
    [
        *((topic, False) for topic in REQUESTS),
        *((f"{topic}/accepted", True) for topic in REQUESTS),
        *((f"{topic}/rejected", True) for topic in REQUESTS),
        *((topic, True) for topic in NOTIFICATIONS),
        ("$aws/events/job/j/completed", True),
        ("$aws/events", True),
        ("$aws/things/t/shadow/update", False),
        ("$aws/things/t/shadow/get/accepted", False),
        ("$aws/things/t/jobs", False),
        ("$aws/rules/r/accepted/x", False),
        ("app/accepted", False),
        ("things/t/jobs/notify", False),
    ],
)
def test_topics_that_only_the_service_writes_are_known(topic: str, reserved: bool) -> None:
    assert topics.is_written_by_service(topic) is reserved


def test_events_have_their_topics() -> None:
    assert topics.job_event("j", "completed") == "$aws/events/job/j/completed"
    assert topics.job_execution_event("j", "timed_out") == "$aws/events/jobExecution/j/timed_out"


LEVELS = st.lists(
    st.sampled_from(["", "a", "b", "$x", "get", "update", "$next", "jobs"]), min_size=1, max_size=5
)


@settings(deadline=None)
@given(LEVELS, st.sets(st.integers(0, 4)), st.integers(0, 5))
def test_a_filter_made_from_a_topic_matches_it(levels: list[str], plus: set[int], cut: int) -> None:
    topic = "/".join(levels)
    wanted = ["+" if index in plus else level for index, level in enumerate(levels)]
    if cut < len(levels):
        wanted = [*wanted[:cut], "#"]
    starts_with_wildcard = wanted[0] in ("+", "#")
    assert broker_topics.matches("/".join(wanted), topic) is not (
        starts_with_wildcard and topic.startswith("$")
    )


@settings(deadline=None)
@given(st.text(alphabet="$/+#abgetnxupdajobs-", max_size=60))
def test_whatever_is_parsed_has_its_topic_back(text: str) -> None:
    for topic in (text, f"$aws/things/{text}", f"$aws/things/t/jobs/{text}"):
        parsed = parse(topic)
        assert parsed is None or parsed.topic == topic
