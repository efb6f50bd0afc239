"""However much a device announces or sends, however slowly, and whatever it says: the endpoint
stays small and goes on.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs.broker.packets import Connect, Disconnect, Publish, Version
from moto_iot_jobs.broker.reason_codes import Reason
from moto_iot_jobs.iotjobsdata import mqtt
from tests.aws.conftest import Aws
from tests.measuring import least_real_seconds, real_seconds
from tests.mqtt.client_codec import encode
from tests.mqtt.conftest import Device, Wire
from tests.waiting import PATIENCE

from .bad_requests import ACCOUNT, REGION
from .conftest import Account
from .test_listeners import process_that_listens_on

Address = tuple[str, int]
ENDLESS = b"\xff\xff\xff\x7f"  # 268,435,455 bytes, the most that MQTT can announce
MOST_MEMORY = 32 << 20
"""What the server may grow by, in bytes; what is announced and sent is far more."""
FUZZ = settings(
    deadline=None,
    max_examples=int(os.environ.get("ROBUSTNESS_EXAMPLES", "80")),
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SERVER = pytest.mark.parametrize("aws", ["server"], indirect=True)
IN_PROCESS = pytest.mark.parametrize("aws", ["in_process"], indirect=True)


def resident(process: Path) -> int:
    return int((process / "statm").read_text(encoding="ascii").split()[1]) * os.sysconf(
        "SC_PAGE_SIZE"
    )


def pour(connection: socket.socket, data: bytes, size: int) -> None:
    """Send data over and over until so many bytes are sent or the other side has had enough."""
    with suppress(OSError):
        for _ in range(size // max(1, len(data)) + 1):
            connection.sendall(data)


HANDSHAKE = (
    b"GET /mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b"
    b" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection:"
    b" Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
CONNECTED = encode(Connect(Version.V5, "t1"), Version.V5)
# What is sent first, and what is sent without end.
FLOODS: dict[str, tuple[bytes, bytes]] = {
    "a CONNECT of 256 MB": (b"\x10" + ENDLESS, b"x" * 65_536),
    "a PUBLISH of 256 MB": (CONNECTED + b"\x30" + ENDLESS, b"x" * 65_536),
    "a length without end": (CONNECTED, b"\xff" * 65_536),
    "packets of nothing": (CONNECTED, b"\xc0\x00" * 32_768),
    "header fields of a WebSocket": (HANDSHAKE, b"X-Field: x\r\n" * 1_000),
    "a header field of a WebSocket": (HANDSHAKE + b"X: ", b"x" * 65_536),
    "a frame of 2^62 bytes": (
        HANDSHAKE + b"\r\n\x82\xff" + (1 << 62).to_bytes(8, "big"),
        b"x" * 65_536,
    ),
    "fragments": (HANDSHAKE + b"\r\n\x02\x80\0\0\0\0", b"\x00\x80\0\0\0\0" * 9_000),
    "pings of a WebSocket": (HANDSHAKE + b"\r\n", b"\x89\xfd\0\0\0\0" + b"p" * 125),
}


@SERVER
def test_a_flood_is_cut_off_or_swallowed_and_fills_no_memory(
    aws: Aws, mqtt_address: Address
) -> None:
    process = process_that_listens_on(mqtt_address[1])
    before = resident(process)
    for first, rest in FLOODS.values():
        with socket.create_connection(mqtt_address, timeout=PATIENCE) as connection:
            connection.sendall(first)
            # The endpoint reads no more from who does not read: a flood that is answered is not
            # poured in whole.
            connection.settimeout(0.2)
            pour(connection, rest * max(1, 65_536 // len(rest)), 8 << 20)
        with Device(mqtt_address) as device:
            device.connect("after-the-flood")
    assert resident(process) - before < MOST_MEMORY


@IN_PROCESS
def test_many_slow_clients_do_not_delay_others(account: Account, mqtt_address: Address) -> None:
    """Slow loris: two hundred connections that send a byte now and then, at each stage of a
    connection.
    """
    stages = [
        b"",
        b"\x10",
        CONNECTED[:-3],
        CONNECTED + b"\x30\x20",
        HANDSHAKE[:90],
        HANDSHAKE + b"\r\n\x82",
    ]
    dawdlers = []
    try:
        for number in range(200):
            dawdlers.append(socket.create_connection(mqtt_address, timeout=PATIENCE))
            dawdlers[-1].sendall(stages[number % len(stages)])
        for dawdler in dawdlers[::7]:
            dawdler.sendall(b"\0")
        with Device(mqtt_address) as device:
            device.connect("t1").subscribe("$aws/things/t1/jobs/#", qos=0)

            def request() -> None:
                device.send(Publish("$aws/things/t1/jobs/get", b"{}"))
                assert device.message().topic.endswith("/accepted")

            assert least_real_seconds(partial(real_seconds, request), 5) < 5
    finally:
        for dawdler in dawdlers:
            dawdler.close()


@IN_PROCESS
def test_a_topic_longer_than_aws_takes_gets_the_reason(
    account: Account, mqtt_address: Address
) -> None:
    with Device(mqtt_address, Version.V5) as device:
        device.connect("t1").send(Publish("$aws/things/t1/jobs/" + "j" * 60_000 + "/get", b"{}"))
        told = device.receive()
        assert isinstance(told, Disconnect)
        assert told.reason in (
            Reason.TOPIC_NAME_INVALID,
            Reason.QUOTA_EXCEEDED,
            Reason.PACKET_TOO_LARGE,
        )


# Payloads and packets drawn at random

CODES = {
    "InvalidTopic",
    "InvalidJson",
    "InvalidRequest",
    "ResourceNotFound",
    "VersionMismatch",
    "TerminalStateReached",
}
CODES |= {"InvalidStateTransition"}
NUMBERS = st.integers() | st.floats()
VALUES = st.recursive(
    st.text(max_size=9)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.none()
    | st.sampled_from(["SUCCEEDED", "QUEUED", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
MEMBERS = [
    "status",
    "statusDetails",
    "expectedVersion",
    "executionNumber",
    "stepTimeoutInMinutes",
    "includeJobDocument",
]
MEMBERS += ["includeJobExecutionState", "clientToken", "thingName", "jobId"]
OBJECTS = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=5)
PAYLOADS = st.binary(max_size=40) | OBJECTS.map(lambda each: json.dumps(each).encode())
LEVELS = st.sampled_from(
    [
        "get",
        "update",
        "start-next",
        "running",
        "$next",
        "jobs",
        "namespace-a",
        "",
        "notify",
        "é",
        "a" * 200,
    ]
)
TOPICS = st.builds(
    lambda thing, levels: "/".join(["$aws", "things", thing, "jobs", *levels]),
    st.sampled_from(["t1", "t2", "nobody", ""]) | st.text(max_size=5),
    st.lists(LEVELS, min_size=1, max_size=4),
)


def glimpse(account: Account) -> list[Any]:
    paths = ["/things/t1/jobs", "/things/t2/jobs", "/jobs/running", "/things/t1/jobs/running"]
    return [account.transport.json("iot", path) for path in paths]


@IN_PROCESS
@FUZZ
@given(
    TOPICS
    | st.sampled_from(["$aws/things/t1/jobs/running/update", "$aws/things/t2/jobs/start-next"]),
    PAYLOADS,
)
def test_every_payload_is_accepted_or_rejected_by_a_documented_code(
    account: Account, topic: str, payload: bytes
) -> None:
    before = glimpse(account)
    answer = mqtt.respond(ACCOUNT, REGION, topic, payload)
    if answer is not None and answer.topic.endswith("/rejected"):
        assert json.loads(answer.payload)["code"] in CODES
        assert glimpse(account) == before
    else:
        assert answer is None or answer.topic == f"{topic}/accepted"


@settings(FUZZ, max_examples=100)
@given(
    st.lists(st.binary(max_size=60), max_size=4),
    st.booleans(),
    st.sampled_from([Version.V3_1_1, Version.V5]),
)
def test_whatever_one_client_says_the_others_go_on(
    pieces: list[bytes], connected: bool, version: Version
) -> None:
    wire = Wire()
    neighbour = wire.connect("neighbour", Version.V5)
    neighbour.subscribe("still/there", qos=0)
    client = wire.connect("client", version) if connected else wire.open(version)
    for piece in pieces:
        client.say(piece)
    client.hang_up()
    wire.publish("still/there", b"?", qos=0)
    assert [message.payload for message in neighbour.messages()] == [b"?"]
