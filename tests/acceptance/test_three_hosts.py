"""A server, a device's program and its owner's, each on a host of its own, as in a compose file.

The hosts are addresses of this machine with names of their own, in a namespace.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from tests.acceptance.namespaces import needs_namespaces, run

pytestmark = needs_namespaces

SERVER = """
echo '127.0.0.2 mock' >> /etc/hosts
moto-iot-jobs server --host 0.0.0.0 --port 5000 --tls-port 8443 --mqtts-port 8883 --public-host mock:8443 \\
  --tls-name mock --tls-dir tls --ports-file ports.json &
until test -e ports.json; do sleep 0.1; done
export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1
"""
CONTROL_PLANE = """
    import os, time
    from pathlib import Path
    import boto3

    os.environ["AWS_ENDPOINT_URL"] = "https://mock:8443"
    os.environ["AWS_CA_BUNDLE"] = "tls/ca.pem"
    iot, s3 = boto3.client("iot"), boto3.client("s3")
    lamp = iot.create_thing(thingName="lamp")["thingArn"]
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_thing_principal(thingName="lamp", principal=made["certificateArn"])
    Path("lamp.key").write_text(made["keyPair"]["PrivateKey"])
    Path("lamp.pem.new").write_text(made["certificatePem"])
    Path("lamp.pem.new").rename("lamp.pem")
    s3.create_bucket(Bucket="firmware")
    s3.put_object(Bucket="firmware", Key="2.0", Body=b"the firmware")
    iot.create_job(
        jobId="update",
        targets=[lamp],
        document='{"url": "${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/firmware/2.0}"}',
        presignedUrlConfig={"roleArn": "arn:aws:iam::123456789012:role/jobs"},
    )
    # The data client from DescribeEndpoint stays here.
    endpoint = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    assert endpoint == "mock:8443", endpoint
    data = boto3.client("iot-jobs-data", endpoint_url=f"https://{endpoint}")
    until = time.monotonic() + 60
    while iot.describe_job(jobId="update")["job"]["status"] != "COMPLETED":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert data.get_pending_job_executions(thingName="lamp")["queuedJobs"] == []
    details = iot.describe_job_execution(jobId="update", thingName="lamp")["execution"]["statusDetails"]
    assert details["detailsMap"] == {"read": "the firmware"}, details
"""
DEVICE = """
    import json, queue, time
    from pathlib import Path
    import paho.mqtt.client as paho
    import requests

    while not Path("lamp.pem").exists():
        time.sleep(0.05)
    requests.get("https://mock:8443/moto-api/iot-jobs/health", verify="tls/ca.pem").raise_for_status()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="lamp")
    client.tls_set("tls/ca.pem", "lamp.pem", "lamp.key")
    documents = queue.Queue()

    def hear(client, _, message):
        execution = json.loads(message.payload).get("execution")
        if execution:
            documents.put(json.loads(json.dumps(execution["jobDocument"])))

    client.on_message = hear
    client.on_connect = lambda *_: client.subscribe([("$aws/things/lamp/jobs/notify-next", 1)])
    client.on_subscribe = lambda *_: client.publish("$aws/things/lamp/jobs/$next/get", "{}", qos=1)
    client.connect("mock", 8883, bind_address="127.0.0.3")
    client.loop_start()
    url = documents.get(timeout=60)["url"]
    assert url.startswith("https://mock:8443/firmware/2.0?"), url
    read = requests.get(url, verify="tls/ca.pem").text
    report = {"status": "SUCCEEDED", "statusDetails": {"read": read}}
    client.publish("$aws/things/lamp/jobs/update/update", json.dumps(report), qos=1).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
"""


def test_a_job_is_done_by_a_device_on_another_host(tmp_path: Path) -> None:
    (tmp_path / "control_plane.py").write_text(dedent(CONTROL_PLANE))
    (tmp_path / "device.py").write_text(dedent(DEVICE))
    run(tmp_path, [SERVER, "python device.py & device=$!\npython control_plane.py\nwait $device\n"])
