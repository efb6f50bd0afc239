"""Jobs in namespaces, which AWS made for Greengrass: kept, filtered on, and told of on topics of
their own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

GREENGRASS = "aws-gg-deployment"


def published(aws: Aws) -> list[str]:
    """The last levels of topics on which something was published since the last call."""
    if aws.url is None:
        from moto_iot_jobs import messages

        topics = [message.topic for message in messages.published("#")]
        messages.clear()
    else:
        url = f"{aws.url}/moto-api/iot-jobs/messages"
        topics = [message["topic"] for message in requests.get(url, timeout=30).json()["messages"]]
        requests.delete(url, timeout=30)
    return [topic.rpartition("/")[2] for topic in topics]


def ask(aws: Aws, topic: str, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Publish as a device; return the whole topic of the answer and its payload."""
    if aws.url is None:
        from moto_iot_jobs import messages

        message = messages.request(topic, json.dumps(payload), region=aws.region)
        assert message is not None
        return message.topic, json.loads(message.payload)
    published = {"topic": topic, "payload": json.dumps(payload), "region": aws.region}
    response = requests.post(
        f"{aws.url}/moto-api/iot-jobs/messages", json=published, timeout=30
    ).json()["answer"]
    return response["topic"], json.loads(response["payload"])


def ids(aws: Aws, **filters: Any) -> list[str]:
    return sorted(job["jobId"] for job in aws.iot.list_jobs(**filters)["jobs"])


def test_a_job_keeps_its_namespace_through_its_whole_life(aws: Aws) -> None:
    aws.job("j1", "t1", namespaceId="fleet-1")
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.update_job(jobId="j1", description="d", namespaceId="fleet-1")
    aws.report("t1", "j1", "SUCCEEDED")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["namespaceId"], job["status"], job["description"]) == ("fleet-1", "COMPLETED", "d")


def test_jobs_are_found_by_their_namespace_in_every_status(aws: Aws) -> None:
    for number, status in enumerate(("QUEUED", "SUCCEEDED", "CANCELED")):
        for namespace in ("east", "west"):
            aws.job(f"{namespace}{number}", "t1", namespaceId=namespace)
            if status != "QUEUED":
                aws.in_status("t1", f"{namespace}{number}", status)
    aws.job("plain", "t1")
    assert ids(aws, namespaceId="east") == ["east0", "east1", "east2"]
    assert ids(aws, namespaceId="west", status="IN_PROGRESS") == ["west0"]
    assert ids(aws, namespaceId="nowhere") == []
    assert len(ids(aws)) == 7


def test_pages_of_a_namespace_hold_each_job_once(aws: Aws) -> None:
    for number in range(5):
        aws.job(f"e{number}", "t1", namespaceId="east")
        aws.job(f"w{number}", "t1", namespaceId="west")
    pages = aws.iot.get_paginator("list_jobs").paginate(
        namespaceId="east", PaginationConfig={"PageSize": 2}
    )
    found = [job["jobId"] for page in pages for job in page["jobs"]]
    assert sorted(found) == [f"e{number}" for number in range(5)]


def test_a_things_executions_are_found_by_namespace_and_together_with_other_filters(
    aws: Aws,
) -> None:
    aws.job("east", "t1", namespaceId="east")
    aws.job("west", "t1", namespaceId="west")
    aws.report("t1", "west", "IN_PROGRESS")
    listed = aws.iot.list_job_executions_for_thing

    def found(**filters: Any) -> list[str]:
        return [one["jobId"] for one in listed(thingName="t1", **filters)["executionSummaries"]]

    assert found(namespaceId="east") == ["east"]
    assert found(namespaceId="west", status="IN_PROGRESS") == ["west"]
    assert found(namespaceId="west", status="QUEUED") == []
    assert found(namespaceId="east", jobId="west") == []


def test_devices_see_the_jobs_of_all_namespaces_in_one_queue(aws: Aws) -> None:
    aws.job("plain", "t1")
    aws.advance(seconds=1)
    aws.job("named", "t1", namespaceId="east")
    assert aws.pending("t1") == ([], ["plain", "named"])


@pytest.mark.parametrize("namespace", ["a b", "a/b", "a.b", ""])
def test_a_namespace_has_letters_digits_and_two_signs(aws: Aws, namespace: str) -> None:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "document": "{}",
        "namespaceId": namespace,
    }
    message = aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request).message
    assert message.endswith(
        "at 'namespaceId' failed to satisfy constraint: " + message.partition("constraint: ")[2]
    )
    assert "[a-zA-Z0-9_-]+" in message


def test_a_job_is_published_on_the_topics_of_its_namespace(aws: Aws) -> None:
    published(aws)
    aws.job("j1", "t1", namespaceId=GREENGRASS)
    assert published(aws) == [
        f"notify-namespace-{GREENGRASS}",
        f"notify-next-namespace-{GREENGRASS}",
    ]
    aws.report("t1", "j1", "SUCCEEDED")
    assert published(aws) == [
        f"notify-namespace-{GREENGRASS}",
        f"notify-next-namespace-{GREENGRASS}",
    ]


def test_behind_a_job_of_the_default_namespace_another_namespace_is_not_notified(
    aws: Aws,
) -> None:
    """Seen by the makers of Greengrass (aws-greengrass-lite, issue 1151)."""
    aws.job("plain", "t1")
    aws.advance(seconds=1)
    published(aws)
    aws.job("named", "t1", namespaceId="east")
    assert published(aws) == ["notify-namespace-east"]


def test_a_thing_that_leaves_is_notified_in_the_namespace(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.job("j1", group, targetSelection="CONTINUOUS", namespaceId="east")
    published(aws)
    aws.leave("g1", "t1")
    assert sorted(published(aws)) == ["notify-namespace-east", "notify-next-namespace-east"]


def test_a_greengrass_core_works_a_job_on_topics_with_the_namespace(aws: Aws) -> None:
    aws.job("j1", "t1", namespaceId=GREENGRASS)
    stem = f"$aws/things/t1/jobs/j1/namespace-{GREENGRASS}"
    topic, response = ask(aws, f"{stem}/get", {})
    assert (topic, response["execution"]["status"]) == (f"{stem}/get/accepted", "QUEUED")
    topic, response = ask(aws, f"{stem}/update", {"status": "SUCCEEDED", "clientToken": "c"})
    assert (topic, response["clientToken"]) == (f"{stem}/update/accepted", "c")
    assert aws.status("j1") == "COMPLETED"
    topic, response = ask(aws, f"$aws/things/t1/jobs/$next/namespace-{GREENGRASS}/get", {})
    assert topic == f"$aws/things/t1/jobs/$next/namespace-{GREENGRASS}/get/accepted"
    assert "execution" not in response


def test_next_in_a_namespace_is_the_first_execution_of_that_namespace(aws: Aws) -> None:
    aws.job("rotate-key", "t1")
    aws.advance(seconds=1)
    aws.job("deployment", "t1", namespaceId=GREENGRASS)
    stem = "$aws/things/t1/jobs"
    _, response = ask(aws, f"{stem}/$next/namespace-{GREENGRASS}/get", {})
    assert response["execution"]["jobId"] == "deployment"
    _, response = ask(aws, f"{stem}/$next/get", {})
    assert response["execution"]["jobId"] == "rotate-key"


@pytest.mark.parametrize("job_id", ["rotate-key", "elsewhere"])
def test_a_job_of_another_namespace_is_not_found(aws: Aws, job_id: str) -> None:
    aws.job("rotate-key", "t1")
    aws.job("elsewhere", "t1", namespaceId="east")
    stem = f"$aws/things/t1/jobs/{job_id}/namespace-{GREENGRASS}"
    for word, payload in (("get", {}), ("update", {"status": "SUCCEEDED"})):
        topic, response = ask(aws, f"{stem}/{word}", payload)
        assert (topic, response["code"]) == (f"{stem}/{word}/rejected", "ResourceNotFound")
        assert response["message"] == f"Job {job_id} not found for t1"
    assert aws.status(job_id) == "IN_PROGRESS"


def test_topics_without_a_namespace_reach_the_jobs_of_all(aws: Aws) -> None:
    aws.job("named", "t1", namespaceId="east")
    topic, _ = ask(aws, "$aws/things/t1/jobs/named/update", {"status": "SUCCEEDED"})
    assert topic.endswith("/accepted")
    assert aws.status("named") == "COMPLETED"
