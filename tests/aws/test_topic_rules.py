"""Topic rules on what Jobs publishes are not run, and creating one says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from moto_iot_jobs import mock_iot
from moto_iot_jobs.iot.topic_rules import TopicRuleWarning, overlap


@pytest.fixture
def iot() -> Iterator[Any]:
    """The control plane of a mock."""
    with mock_iot():
        yield boto3.client(
            "iot",
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


OURS = [
    "$aws/events/job/#",
    "$aws/events/job/update/completed",
    "$aws/events/#",
    "$aws/events/jobExecution/+/failed",
    "$aws/things/+/jobs/notify-next",
    "$aws/things/lamp/jobs/#",
    "$aws/#",
    # Those of the neighbours.
    "$aws/things/+/shadow/update/accepted",
    "$aws/things/lamp/shadow/name/+/update/documents",
    "$aws/commands/things/+/executions/+/response/json",
    "$aws/events/commandExecution/+/SUCCEEDED",
]
OTHERS = [
    "sensors/#",
    "#",
    "+/events/job",
    "$aws/things/+/streams/firmware/data/json",
    "$aws/events/presence/connected/+",
    "$aws/events/jobs/#",
]


def payload(topic: str) -> dict[str, Any]:
    """Make the definition of a rule."""
    return {"sql": f"SELECT * FROM '{topic}' WHERE status = 'FAILED'", "actions": []}


@pytest.mark.parametrize("topic", OURS)
def test_a_rule_on_topics_of_jobs_is_warned_of_by_name(iot: Any, topic: str) -> None:
    with pytest.warns(TopicRuleWarning, match="Topic rule 'alarm' selects from") as caught:
        iot.create_topic_rule(ruleName="alarm", topicRulePayload=payload(topic))
    assert repr(topic) in str(caught[0].message)
    assert iot.get_topic_rule(ruleName="alarm")["rule"]["sql"] == payload(topic)["sql"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'comes FROM here' AS text FROM '$aws/events/job/#'",
        'SELECT "comes FROM here" AS text FROM "$aws/events/job/#"',
        "SELECT (SELECT VALUE n FROM items) AS n FROM '$aws/events/job/#'",
        "select *\nfrom\n'$aws/events/job/#' where a = 'from b'",
    ],
)
def test_what_a_rule_selects_from_is_found(iot: Any, sql: str) -> None:
    with pytest.warns(TopicRuleWarning, match="selects from '\\$aws/events/job/#'"):
        iot.create_topic_rule(ruleName="alarm", topicRulePayload={"sql": sql, "actions": []})


def test_a_text_is_nothing_to_select_from(iot: Any) -> None:
    sql = "SELECT 'FROM $aws/events/job/#' FROM 'sensors/#' WHERE a = \"FROM $aws/events/job/#\""
    iot.create_topic_rule(ruleName="alarm", topicRulePayload={"sql": sql, "actions": []})


def test_replacing_a_rule_warns_once(iot: Any) -> None:
    iot.create_topic_rule(ruleName="alarm", topicRulePayload=payload("sensors/#"))
    with pytest.warns(TopicRuleWarning) as caught:
        iot.replace_topic_rule(ruleName="alarm", topicRulePayload=payload("$aws/events/job/#"))
    assert len(caught) == 1
    with pytest.warns(TopicRuleWarning):
        iot.create_topic_rule(ruleName="other", topicRulePayload=payload("$aws/events/job/#"))


@pytest.mark.parametrize("topic", OTHERS)
def test_a_rule_on_other_topics_is_not(iot: Any, topic: str) -> None:
    iot.create_topic_rule(ruleName="alarm", topicRulePayload=payload(topic))
    iot.replace_topic_rule(ruleName="alarm", topicRulePayload=payload(topic))


@pytest.mark.filterwarnings("error::moto_iot_jobs.iot.topic_rules.TopicRuleWarning")
def test_where_the_warning_is_an_error_nothing_is_replaced(iot: Any) -> None:
    iot.create_topic_rule(ruleName="alarm", topicRulePayload=payload("sensors/#"))
    with pytest.raises(TopicRuleWarning):
        iot.replace_topic_rule(ruleName="alarm", topicRulePayload=payload("$aws/events/job/#"))
    assert "sensors" in iot.get_topic_rule(ruleName="alarm")["rule"]["sql"]


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("a/+", "+/b", True),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a", "a/b", False),
        ("a/b/#", "a/+", True),
    ],
)
def test_filters_overlap_where_a_topic_matches_both(one: str, other: str, do: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is do
