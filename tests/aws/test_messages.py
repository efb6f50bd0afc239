"""What devices and rules receive, and a device that asks over MQTT topics, without any network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

UPDATE = "$aws/things/t1/jobs/j1/update"


def published(aws: Aws, topic: str = "#") -> list[tuple[str, Any]]:
    """What was published since the last call, as (topic, payload)."""
    if aws.url is None:
        from moto_iot_jobs import messages

        found = [(message.topic, message.json) for message in messages.published(topic)]
        messages.clear()
        return found
    url = f"{aws.url}/moto-api/iot-jobs/messages"
    response = requests.get(url, params={"topic": topic}, timeout=30).json()
    requests.delete(url, timeout=30)
    return [(message["topic"], json.loads(message["payload"])) for message in response["messages"]]


def ask(aws: Aws, topic: str, payload: dict[str, Any] | str = "") -> tuple[str, Any, str]:
    """Publish as a device; the last level of the answer's topic, its payload read, and as it was
    written.
    """
    text = json.dumps(payload) if isinstance(payload, dict) else payload
    if aws.url is None:
        from moto_iot_jobs import messages

        message = messages.request(topic, text, region=aws.region)
        assert message is not None
        written = message.payload.decode()
        response_topic = message.topic
    else:
        url = f"{aws.url}/moto-api/iot-jobs/messages"
        request = {"topic": topic, "payload": text, "region": aws.region}
        response = requests.post(url, json=request, timeout=30).json()["answer"]
        written, response_topic = response["payload"], response["topic"]
    stem, _, last = response_topic.rpartition("/")
    assert stem == topic
    return last, json.loads(written), written


@pytest.fixture(autouse=True)
def recording(aws: Aws) -> None:
    """Messages are recorded from the first look at them."""
    published(aws)


# The triggers of notify and notify-next (developer guide, Jobs notifications)


def topics(aws: Aws, thing: str = "t1") -> list[str]:
    """The last levels of what the thing was notified of."""
    return [topic.rpartition("/")[2] for topic, _ in published(aws, f"$aws/things/{thing}/jobs/+")]


def test_the_first_job_of_an_idle_thing_is_announced_on_both_topics(aws: Aws) -> None:
    aws.job("j1", "t1")
    (_, listed), (_, front) = published(aws, "$aws/things/t1/jobs/+")
    assert list(listed) == ["timestamp", "jobs"]
    assert list(listed["jobs"]) == ["QUEUED"]
    assert listed["jobs"]["QUEUED"][0]["jobId"] == "j1"
    assert front["execution"]["jobDocument"] == {"op": "x"}
    assert front["execution"]["status"] == "QUEUED"
    assert "thingName" not in front["execution"]


def test_a_job_behind_another_changes_only_the_list(aws: Aws) -> None:
    aws.job("j1", "t1")
    topics(aws)
    aws.job("j2", "t1")
    assert topics(aws) == ["notify"]


def test_starting_the_first_job_is_silent(aws: Aws) -> None:
    aws.job("j1", "t1")
    topics(aws)
    aws.device.start_next_pending_job_execution(thingName="t1")
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"step": "1"})
    assert topics(aws) == []


def test_starting_a_later_job_makes_it_the_first(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.advance(seconds=1)
    aws.job("j2", "t1")
    topics(aws)
    aws.report("t1", "j2", "IN_PROGRESS")
    assert topics(aws) == ["notify-next"]


def test_finishing_the_last_job_leaves_an_empty_list(aws: Aws) -> None:
    aws.job("j1", "t1")
    published(aws)
    aws.report("t1", "j1", "SUCCEEDED")
    (_, listed), (_, front) = published(aws, "$aws/things/t1/jobs/+")
    assert listed["jobs"] == {}
    assert list(front) == ["timestamp"]


def test_finishing_a_job_that_is_not_first_changes_only_the_list(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.advance(seconds=1)
    aws.job("j2", "t1")
    topics(aws)
    aws.report("t1", "j2", "REJECTED")
    assert topics(aws) == ["notify"]


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_deleting_a_pending_execution_is_announced(aws: Aws, status: str) -> None:
    aws.job("j1", "t1")
    aws.in_status("t1", "j1", status)
    topics(aws)
    aws.iot.delete_job_execution(jobId="j1", thingName="t1", executionNumber=1, force=True)
    assert topics(aws) == ["notify", "notify-next"]


def test_deleting_a_finished_execution_is_silent(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t1", "j1", "SUCCEEDED")
    topics(aws)
    aws.iot.delete_job_execution(jobId="j1", thingName="t1", executionNumber=1)
    assert topics(aws) == []


@pytest.mark.parametrize("call", ["cancel_job", "delete_job"])
def test_canceling_or_deleting_a_job_by_force_is_announced(aws: Aws, call: str) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    topics(aws)
    getattr(aws.iot, call)(jobId="j1", force=True)
    assert topics(aws) == ["notify", "notify-next"]


def test_what_a_deleted_thing_had_queued_is_removed_in_silence(aws: Aws) -> None:
    switches = {kind: {"Enabled": True} for kind in ("JOB", "JOB_EXECUTION")}
    aws.iot.update_event_configurations(eventConfigurations=switches)
    aws.job("j1", "t1")
    published(aws)
    aws.iot.delete_thing(thingName="t1")
    assert aws.execution("t1", "j1")["status"] == "REMOVED"
    assert [topic for topic, _ in published(aws)] == ["$aws/events/job/j1/completed"]


def test_a_job_with_a_namespace_is_announced_on_topics_of_its_own(aws: Aws) -> None:
    aws.job("j1", "t1", namespaceId="fleet")
    assert topics(aws) == ["notify-namespace-fleet", "notify-next-namespace-fleet"]
    aws.job("j2", "t1")
    assert topics(aws) == ["notify"]


# Events


def test_no_event_is_published_before_it_is_switched_on(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "SUCCEEDED")
    assert published(aws, "$aws/events/#") == []


@pytest.fixture
def events(aws: Aws) -> None:
    """Both kinds of events are on."""
    kinds = {"JOB": {"Enabled": True}, "JOB_EXECUTION": {"Enabled": True}}
    aws.iot.update_event_configurations(eventConfigurations=kinds)


def event_names(aws: Aws) -> list[str]:
    """What was published on event topics, without the common beginning."""
    return [topic.removeprefix("$aws/events/") for topic, _ in published(aws, "$aws/events/#")]


@pytest.mark.usefixtures("events")
class TestEvents:
    def test_the_last_report_completes_the_job(self, aws: Aws) -> None:
        aws.job("j1", "t1", description="d")
        aws.report("t1", "j1", "SUCCEEDED", statusDetails={"a": "b"})
        (first, execution), (second, job) = published(aws, "$aws/events/#")
        assert first == "$aws/events/jobExecution/j1/succeeded"
        assert list(execution) == [
            "eventType",
            "eventId",
            "timestamp",
            "operation",
            "jobId",
            "thingArn",
            "status",
            "executionNumber",
            "statusDetails",
        ]
        assert second == "$aws/events/job/j1/completed"
        assert job["jobProcessDetails"]["numberOfSucceededThings"] == 1
        assert job["completedAt"] // 1000 == job["timestamp"]
        assert job["description"] == "d"
        assert "forceCanceled" not in job

    def test_canceling_a_job_notifies_the_device_and_publishes_an_event(self, aws: Aws) -> None:
        aws.job("j1", "t1", "t2")
        aws.report("t2", "j1", "IN_PROGRESS")
        aws.iot.cancel_job(jobId="j1", comment="c", reasonCode="R1")
        found = published(aws, "$aws/events/#")
        assert [topic.removeprefix("$aws/events/") for topic, _ in found] == [
            "job/j1/cancellation_in_progress",
            "jobExecution/j1/canceled",
            "job/j1/canceled",
        ]
        assert found[0][1]["status"] == "CANCELLATION_IN_PROGRESS"
        assert found[1][1]["forceCanceled"] is False
        assert found[2][1]["jobProcessDetails"]["numberOfCanceledThings"] == 1
        assert (found[2][1]["comment"], found[2][1]["reasonCode"]) == ("c", "R1")

    def test_deleting_a_job_notifies_the_device_and_publishes_an_event(self, aws: Aws) -> None:
        aws.deletion("time", seconds=60)
        aws.job("j1", "t1", "t2")
        aws.iot.delete_job(jobId="j1", force=True)
        assert event_names(aws) == ["job/j1/deletion_in_progress"]
        aws.advance(seconds=60)
        assert event_names(aws) == [
            "jobExecution/j1/deleted",
            "jobExecution/j1/deleted",
            "job/j1/deleted",
        ]

    def test_deleting_the_last_open_execution_completes_the_job(self, aws: Aws) -> None:
        aws.job("j1", "t1")
        aws.iot.delete_job_execution(jobId="j1", thingName="t1", executionNumber=1)
        (_, deleted), _ = found = published(aws, "$aws/events/#")
        assert [topic.removeprefix("$aws/events/") for topic, _ in found] == [
            "jobExecution/j1/deleted",
            "job/j1/completed",
        ]
        assert (deleted["status"], deleted["operation"]) == ("DELETED", "deleted")

    def test_a_timeout_is_published_with_its_own_time(self, aws: Aws) -> None:
        aws.job("j1", "t1", timeoutConfig={"inProgressTimeoutInMinutes": 5})
        aws.report("t1", "j1", "IN_PROGRESS")
        aws.advance(hours=3)
        (topic, event), (_, job) = published(aws, "$aws/events/#")
        assert topic == "$aws/events/jobExecution/j1/timed_out"
        assert aws.now().timestamp() - event["timestamp"] == pytest.approx(3 * 3600 - 300, abs=5)
        assert job["timestamp"] == event["timestamp"]


# The device API (developer guide, Jobs device MQTT API)


def test_an_idle_thing_is_notified_at_once(aws: Aws) -> None:
    aws.thing("t1")
    assert ask(aws, "$aws/things/t1/jobs/get")[2].endswith('"inProgressJobs":[],"queuedJobs":[]}')
    for topic in ("$aws/things/t1/jobs/start-next", "$aws/things/t1/jobs/$next/get"):
        last, members, _ = ask(aws, topic, {"clientToken": "c"})
        assert (last, list(members)) == ("accepted", ["clientToken", "timestamp"])


def test_a_job_is_worked_over_topics(aws: Aws) -> None:
    aws.job("j1", "t1")
    _, started, _ = ask(aws, "$aws/things/t1/jobs/start-next", {"statusDetails": {"step": "1"}})
    assert list(started["execution"]) == [
        "jobId",
        "status",
        "statusDetails",
        "queuedAt",
        "startedAt",
        "lastUpdatedAt",
        "versionNumber",
        "executionNumber",
        "jobDocument",
    ]
    update = {
        "status": "SUCCEEDED",
        "expectedVersion": "2",
        "executionNumber": "1",
        "includeJobExecutionState": True,
    }
    last, updated, _ = ask(aws, UPDATE, update)
    assert (last, updated["executionState"]["status"]) == ("accepted", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"


REJECTIONS = [
    ("InvalidJson", UPDATE, "{", False),
    ("InvalidJson", UPDATE, "[]", False),
    ("InvalidRequest", UPDATE, {}, False),
    ("InvalidRequest", UPDATE, {"status": "ASLEEP"}, False),
    ("InvalidRequest", UPDATE, {"status": "FAILED", "statusDetails": {"a": {"b": 1}}}, False),
    ("InvalidRequest", UPDATE, {"status": "IN_PROGRESS", "stepTimeoutInMinutes": 0}, False),
    ("InvalidStateTransition", UPDATE, {"status": "CANCELED"}, False),
    ("InvalidStateTransition", "$aws/things/t1/jobs/done/update", {"status": "FAILED"}, True),
    ("VersionMismatch", UPDATE, {"status": "FAILED", "expectedVersion": 7}, True),
    ("ResourceNotFound", "$aws/things/t1/jobs/none/update", {"status": "FAILED"}, False),
    ("ResourceNotFound", "$aws/things/nobody/jobs/get", {}, False),
    ("TerminalStateReached", "$aws/things/t1/jobs/done/get", {}, False),
    ("InvalidTopic", "$aws/things/t1/jobs/j1/dance", {}, False),
]


@pytest.mark.parametrize("code, topic, payload, has_state", REJECTIONS)
def test_a_rejection_says_why(
    aws: Aws, code: str, topic: str, payload: dict[str, Any] | str, has_state: bool
) -> None:
    aws.job("done", "t1")
    aws.report("t1", "done", "SUCCEEDED")
    aws.job("j1", "t1")
    if isinstance(payload, dict):
        payload = {"clientToken": "c", **payload}
    last, members, _ = ask(aws, topic, payload)
    assert last == "rejected"
    assert members["code"] == code
    assert isinstance(members["message"], str)
    assert ("executionState" in members) is has_state


@pytest.mark.parametrize(
    "error, code",
    [("ThrottlingException", "RequestThrottled"), ("ServiceUnavailableException", "InternalError")],
)
def test_injected_faults_reach_devices_on_topics_too(aws: Aws, error: str, code: str) -> None:
    aws.job("j1", "t1")
    aws.fault("UpdateJobExecution", error, service="iot-jobs-data")
    assert ask(aws, UPDATE, {"status": "FAILED"})[1]["code"] == code
    assert ask(aws, UPDATE, {"status": "FAILED"})[0] == "accepted"


def api(aws: Aws) -> str:
    return f"{aws.url or 'http://motoapi.amazonaws.com'}/moto-api/iot-jobs/messages"


def test_a_device_is_played_over_http_with_an_object_as_its_payload(aws: Aws) -> None:
    aws.job("j1", "t1")
    told: dict[str, Any] = {
        "topic": "$aws/things/t1/jobs/j1/update",
        "payload": {"status": "SUCCEEDED"},
        "region": aws.region,
    }
    answer = requests.post(api(aws), json=told, timeout=30).json()["answer"]
    assert answer["topic"] == "$aws/things/t1/jobs/j1/update/accepted"


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "The member 'topic' is missing."),
        ({"topic": None}, "The member 'topic' is missing."),
        ({"topic": 7}, "topic must be a text; not 7."),
        ({"topic": "a", "region": 7}, "region must be a text; not 7."),
        ({"topic": "a", "account": 7}, "account must be a text; not 7."),
        ({"topic": "a", "payload": 7}, "payload is a mapping, or JSON as text; not 7."),
        ({"topic": "a", "payloadBase64": "="}, "padding"),
    ],
)
def test_a_device_that_is_played_wrongly_is_400(
    aws: Aws, members: dict[str, Any], sentence: str
) -> None:
    answer = requests.post(api(aws), json=members, timeout=30)
    assert answer.status_code == 400
    assert sentence in answer.json()["message"]
