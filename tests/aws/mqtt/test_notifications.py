"""What devices on the wire hear of what owners, other devices and the time do; in process and from
the server process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect


def test_a_job_that_boto3_creates_reaches_the_device_that_subscribed(
    aws: Aws, connect: Connect
) -> None:
    aws.thing("t1")
    with connect("t1") as device:
        device.subscribe("notify", "notify-next")
        aws.job("j1", "t1", document='{"do": ["it", "now"]}')
        topic, members = device.hear()
        assert (topic, [each["jobId"] for each in members["jobs"]["QUEUED"]]) == ("notify", ["j1"])
        topic, members = device.hear()
        assert (topic, members["execution"]["jobDocument"]) == (
            "notify-next",
            {"do": ["it", "now"]},
        )
        aws.job("j2", "t1")
        assert device.hear()[0] == "notify"
        aws.iot.cancel_job(jobId="j1")
        assert [device.hear()[0] for _ in range(2)] == ["notify", "notify-next"]
        assert device.hears_nothing()


def test_accepted_comes_before_notify_and_that_before_notify_next(
    aws: Aws, connect: Connect
) -> None:
    for job in ("j1", "j2", "j3"):
        aws.job(job, "t1")
    with connect("t1") as device:
        device.subscribe("#")
        for job in aws.pending("t1")[1]:
            device.publish(f"{job}/update", {"status": "SUCCEEDED"})
            heard = [device.hear()[0] for _ in range(3)]
            assert heard == [f"{job}/update/accepted", "notify", "notify-next"]
        assert device.hears_nothing()


def test_a_response_reaches_the_connection_of_the_request_and_no_other(
    aws: Aws, connect: Connect
) -> None:
    aws.job("j1", "t1")
    with connect("t1") as device, connect("somebody") as other:
        other.subscribe("$aws/things/t1/jobs/#", "$aws/things/+/jobs/+/update/accepted")
        assert device.ask("get")[0] == "get/accepted"
        assert device.ask("$next/get")[1]["execution"]["jobId"] == "j1"
        assert device.ask("nothing/update", {"status": "FAILED"})[1]["code"] == "ResourceNotFound"
        assert other.hears_nothing()
        assert device.ask("j1/update", {"status": "SUCCEEDED"})[0] == "j1/update/accepted"
        assert [other.hear()[0].rpartition("/")[2] for _ in range(2)] == ["notify", "notify-next"]
        assert other.hears_nothing()


def test_a_report_over_https_is_notified_as_well(aws: Aws, connect: Connect) -> None:
    aws.job("j1", "t1")
    with connect("t1") as device:
        device.subscribe("notify-next")
        aws.report("t1", "j1", "SUCCEEDED")
        topic, members = device.hear()
        assert (topic, "execution" in members) == ("notify-next", False)


def test_a_timeout_is_published_without_any_call(aws: Aws, connect: Connect) -> None:
    aws.job("j1", "t1", timeoutConfig={"inProgressTimeoutInMinutes": 1})
    with connect("t1") as device:
        device.subscribe("notify")
        assert device.ask("start-next")[1]["execution"]["approximateSecondsBeforeTimedOut"] in (
            59,
            60,
        )
        aws.advance(seconds=59.7)
        topic, members = device.hear()
        assert (topic, members["jobs"]) == ("notify", {})


def test_events_reach_their_subscribers(aws: Aws, connect: Connect) -> None:
    aws.iot.update_event_configurations(
        eventConfigurations={"JOB": {"Enabled": True}, "JOB_EXECUTION": {"Enabled": True}}
    )
    aws.job("j1", "t1")
    with connect("operator") as operator:
        operator.subscribe("$aws/events/job/#", "$aws/events/jobExecution/#")
        aws.report("t1", "j1", "SUCCEEDED")
        assert operator.hear()[0] == "$aws/events/jobExecution/j1/succeeded"
        topic, members = operator.hear()
        assert (topic, members["jobProcessDetails"]["numberOfSucceededThings"]) == (
            "$aws/events/job/j1/completed",
            1,
        )


def test_what_another_region_does_is_not_heard(aws: Aws, connect: Connect) -> None:
    elsewhere = aws.client("iot", region="us-west-2")
    arn = elsewhere.create_thing(thingName="t1")["thingArn"]
    with connect("t1") as device:
        device.subscribe("notify")
        elsewhere.create_job(jobId="far", targets=[arn], document="{}")
        aws.job("near", "t1")
        assert [each["jobId"] for each in device.hear()[1]["jobs"]["QUEUED"]] == ["near"]


def test_ordinary_messages_go_from_device_to_device(aws: Aws, connect: Connect) -> None:
    with connect("t1", version=5) as one, connect("t2") as two:
        two.subscribe("/lights/+")
        one.publish("/lights/hall", "on")
        assert two.hear() == ("/lights/hall", b"on")


def test_what_iot_data_publishes_reaches_devices(aws: Aws, connect: Connect) -> None:
    with connect("t1") as device:
        device.subscribe("/lights/+", "get/accepted")
        aws.client("iot-data", region="us-west-2").publish(topic="/lights/far", payload=b"off")
        publish = aws.client("iot-data").publish
        aws.raises(
            "InvalidRequestException", 400, publish, topic="$aws/things/t1/jobs/get/accepted"
        )
        aws.client("iot-data").publish(topic="/lights/+", payload=b"nobody can hear this")
        aws.client("iot-data").publish(topic="/lights/hall", payload=b"on")
        assert device.hear() == ("/lights/hall", b"on")


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("$aws/things/t1/jobs/get", "Invalid publish to restricted topic using HTTP"),
        ("$aws/things/t1/jobs/notify", "Invalid publish to restricted topic using HTTP"),
        ("$aws/things/t1/defender/metrics/json", "Invalid publish to restricted topic using HTTP"),
        (
            "$aws/commands/things/t1/executions/1/response/json",
            "Invalid publish to restricted topic using HTTP",
        ),
        ("$aws/events/job/j1/canceled", "Topic can't start with $"),
        ("$mine", "Topic can't start with $"),
    ],
)
def test_iot_data_publishes_neither_for_the_service_nor_on_what_is_for_mqtt_alone(
    aws: Aws, topic: str, text: str
) -> None:
    publish = aws.client("iot-data").publish
    refusal = aws.raises("InvalidRequestException", 400, publish, topic=topic, payload=b"{}")
    assert refusal.message == text


def test_a_reset_leaves_connections_and_forgets_what_was_retained(
    aws: Aws, connect: Connect
) -> None:
    with connect("t1") as device:
        device.subscribe("notify", "/mark")
        device.client.publish("/kept", "on", qos=1, retain=True).wait_for_publish(10)
        if aws.url is None:
            from moto.iot.models import iot_backends

            iot_backends.reset()
        else:
            requests.post(f"{aws.url}/moto-api/reset", timeout=30)
        device.subscribe("/kept")
        assert device.hears_nothing()
        arn = aws.iot.create_thing(thingName="t1")["thingArn"]
        aws.iot.create_job(jobId="j1", targets=[arn], document="{}")
        assert device.hear()[0] == "notify"
