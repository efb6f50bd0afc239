"""The bridge: devices at a real broker, here Mosquitto, work the jobs of this process or of a
server.
"""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from moto import settings

from moto_iot_jobs import clock, messages
from moto_iot_jobs.broker.limits import Limits
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.cli import main
from moto_iot_jobs.server import bridge
from moto_iot_jobs.server.bridge import Bridge
from moto_iot_jobs.server.outbox import WINDOW
from tests.aws.commands import execution_of, start
from tests.mosquitto import Mosquitto, needs_mosquitto
from tests.ports import closed_port
from tests.waiting import PATIENCE, wait_until
from tests.warm_python import warm_python

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect, Device

REGION = "eu-west-1"
PAGE = Path(__file__).parents[3] / "docs" / "mqtt.md"
KEEPING = "allow_anonymous true\npersistence true\nmax_queued_messages 0\n"


@pytest.fixture(autouse=True)
def bridges_come_back_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have bridges in this process pause shortly before they look for a broker again."""
    monkeypatch.setattr(bridge, "_SHORTEST_PAUSE_SECONDS", 0.05)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """One that loses nothing, as the manual configures it."""
    with closing(Mosquitto(tmp_path, KEEPING)) as started:
        yield started


@pytest.fixture
def bridged(in_process: Aws, broker: Mosquitto) -> Iterator[Bridge]:
    with Bridge(*broker.address, region=REGION) as made:
        yield made


def every_request_is_accepted(device: Device) -> None:
    """Make each kind of request about the job `update`, which is done at the end."""
    for request in (
        "get",
        "start-next",
        "$next/get",
        "update/get",
        "update/namespace-plain/get",
    ):
        assert device.ask(request)[0] == f"{request}/accepted"
    update = "update/namespace-plain/update"
    assert device.ask(update, {"status": "SUCCEEDED"})[0] == f"{update}/accepted"


def hears_nothing(device: Device, thing: str = "nobody") -> bool:
    """Tell whether nothing comes before the response to a request that a device now makes.

    Broker and bridge keep order: what they were to send to the device by now comes first.

    Args:
        thing: for whom the device asks; by default one of whose jobs no test hears.
    """
    request = f"$aws/things/{thing}/jobs/none/get"
    device.subscribe(f"{request}/rejected").publish(request)
    return device.inbox.get(timeout=PATIENCE)[0] == f"{request}/rejected"


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_a_device_works_a_job_through_the_broker(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect, version: int
) -> None:
    with connect_to(broker.address, "lamp", version) as lamp:
        lamp.subscribe("#")
        in_process.job("update", "lamp")
        assert [lamp.hear()[0] for _ in range(2)] == ["notify", "notify-next"]
        lamp.publish("start-next", {"clientToken": "a"})
        _, (topic, response) = lamp.hear(), lamp.hear()
        assert (topic, response["clientToken"], response["execution"]["jobId"]) == (
            "start-next/accepted",
            "a",
            "update",
        )
        lamp.publish("update/update", {"status": "SUCCEEDED", "expectedVersion": "2"})
        heard = [lamp.hear() for _ in range(4)]
        assert [topic for topic, _ in heard] == [
            "update/update",
            "update/update/accepted",
            "notify",
            "notify-next",
        ]
        assert heard[2][1]["jobs"] == {}
        lamp.publish("update/update", {"status": "FAILED"})
        _, (topic, response) = lamp.hear(), lamp.hear()
        assert (topic, response["code"]) == ("update/update/rejected", "InvalidStateTransition")
        assert hears_nothing(lamp)
    assert in_process.status("update") == "COMPLETED"


def test_a_broker_that_takes_eight_filters_in_a_packet_hears_of_all(
    in_process: Aws, connect_to: Connect
) -> None:
    with Endpoint() as broker:
        assert broker.mqtt_address is not None
        in_process.job("update", "lamp", namespaceId="plain")
        with (
            Bridge(*broker.mqtt_address, region=REGION),
            connect_to(broker.mqtt_address, "lamp") as lamp,
        ):
            lamp.subscribe("+/accepted", "+/+/accepted", "+/+/+/accepted")
            every_request_is_accepted(lamp)


def test_a_broker_that_refuses_a_filter_of_the_second_packet_is_an_error(
    in_process: Aws,
) -> None:
    with Endpoint(limits=Limits(subscriptions=9)) as broker:
        assert broker.mqtt_address is not None
        with pytest.raises(ConnectionError, match=re.escape(bridge._FILTERS[9])):
            Bridge(*broker.mqtt_address, region=REGION).start()


@needs_mosquitto
def test_every_request_topic_is_served_and_no_other(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    in_process.job("update", "lamp", namespaceId="plain")
    with connect_to(broker.address, "lamp") as lamp:
        lamp.subscribe("+/accepted", "+/+/accepted", "+/+/+/accepted", "+/+/rejected")
        lamp.publish("notify", "{}")
        every_request_is_accepted(lamp)
        topic, response = lamp.ask("$next/update", {"status": "SUCCEEDED"})
        assert (topic, response["code"]) == ("$next/update/rejected", "InvalidTopic")
        assert hears_nothing(lamp)


@needs_mosquitto
def test_two_devices_each_have_their_own_jobs_and_events_reach_subscribers(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    in_process.iot.update_event_configurations(eventConfigurations={"JOB": {"Enabled": True}})
    in_process.job("update", "lamp", "door")
    with (
        connect_to(broker.address, "lamp") as lamp,
        connect_to(broker.address, "door") as door,
        connect_to(broker.address, "back-end") as back_end,
    ):
        back_end.subscribe("$aws/events/#")
        for device, status in ((lamp, "SUCCEEDED"), (door, "FAILED")):
            device.subscribe("update/update/+")
            assert device.ask("update/update", {"status": status})[0] == "update/update/accepted"
            assert hears_nothing(device)
        topic, event = back_end.hear()
    assert topic == "$aws/events/job/update/completed"
    assert event["jobProcessDetails"]["numberOfFailedThings"] == 1
    assert in_process.counters("update") == {"Succeeded": 1, "Failed": 1}


@needs_mosquitto
def test_a_broker_that_restarts_in_the_middle_of_a_job_loses_nothing_and_repeats_nothing(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    with connect_to(broker.address, "lamp", lasting=True) as lamp:
        lamp.subscribe("notify", "+/update/+")
        in_process.job("long", "lamp")
        assert lamp.hear()[0] == "notify"
        assert (
            lamp.ask("long/update", {"status": "IN_PROGRESS", "clientToken": "0"})[0]
            == "long/update/accepted"
        )
        messages.clear()
        # Once it responds, the broker has read that the lamp has what it heard.
        lamp.subscribe("notify")
        broker.stop()
        wait_until(lambda: not bridged.is_connected and not lamp.client.is_connected())
        for number in range(1, 4):
            lamp.publish(
                "long/update",
                {
                    "status": "IN_PROGRESS",
                    "expectedVersion": number + 1,
                    "clientToken": str(number),
                },
            )
        for number in range(WINDOW):
            in_process.job(f"short-{number}", "lamp")
            in_process.iot.cancel_job(jobId=f"short-{number}")
        notifications = [
            message.json for message in messages.published("$aws/things/lamp/jobs/notify")
        ]
        assert len(notifications) == 2 * WINDOW, "more than go over the wire at once"
        broker.start()
        heard = [lamp.hear() for _ in range(2 * WINDOW + 3)]
        assert [payload for topic, payload in heard if topic == "notify"] == notifications
        responses = [
            (topic, payload["clientToken"]) for topic, payload in heard if topic != "notify"
        ]
        assert responses == [("long/update/accepted", token) for token in "123"]
        assert hears_nothing(lamp)
    assert in_process.execution("lamp", "long")["versionNumber"] == 5


@needs_mosquitto
def test_a_bridge_that_comes_and_goes_is_logged_with_the_reason(
    in_process: Aws, broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", bridge.__name__)
    at = "{}, port {}".format(*broker.address)

    def logged() -> list[str]:
        return [message for message in caplog.messages if at in message]

    with Bridge(*broker.address, region=REGION):
        broker.stop()
        wait_until(lambda: len(logged()) > 1)
        broker.start()
        wait_until(lambda: len(logged()) > 2)
    up, down, up_again, closed = logged()
    assert up == up_again == f"bridge up: {at}"
    assert re.fullmatch(rf"bridge down, tried again: {at}: [A-Z].+", down)
    assert closed == f"bridge down, closed: {at}"


@needs_mosquitto
def test_requests_sent_while_no_bridge_was_there_get_their_responses_from_the_next(
    in_process: Aws, broker: Mosquitto, connect_to: Connect
) -> None:
    with Bridge(*broker.address, region=REGION):
        in_process.job("update", "lamp")
    with connect_to(broker.address, "lamp", lasting=True) as lamp:
        lamp.subscribe("update/update/+")
        lamp.publish("update/update", {"status": "SUCCEEDED"})
        assert lamp.hears_nothing()
        with Bridge(*broker.address, region=REGION):
            assert lamp.hear()[0] == "update/update/accepted"
        assert lamp.hears_nothing()


@needs_mosquitto
def test_what_is_on_its_way_when_the_bridge_stops_still_arrives(
    in_process: Aws, broker: Mosquitto, connect_to: Connect
) -> None:
    with connect_to(broker.address, "lamp") as lamp:
        lamp.subscribe("notify")
        with Bridge(*broker.address, region=REGION):
            for number in range(2 * WINDOW):
                in_process.job(f"job-{number}", "lamp")
                in_process.iot.cancel_job(jobId=f"job-{number}")
        heard = [lamp.hear()[0] for _ in range(4 * WINDOW)]
    assert set(heard) == {"notify"}


@needs_mosquitto
def test_a_request_that_was_left_at_the_broker_is_not_carried_out_again(
    in_process: Aws, broker: Mosquitto, connect_to: Connect
) -> None:
    in_process.job("update", "lamp")
    with connect_to(broker.address, "lamp", lasting=True) as lamp:
        lamp.subscribe("start-next/+")
        lamp.client.publish(lamp.topic("start-next"), "{}", qos=1, retain=True).wait_for_publish(
            PATIENCE
        )
        with Bridge(*broker.address, region=REGION):
            assert hears_nothing(lamp)
    assert in_process.execution("lamp", "update")["status"] == "QUEUED"


@needs_mosquitto
def test_timers_that_become_due_reach_the_device_without_any_call(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    with connect_to(broker.address, "lamp") as lamp:
        # Before the job: what the bridge publishes of it may reach the broker later than that.
        lamp.subscribe("notify")
        in_process.job("update", "lamp")
        assert "QUEUED" in lamp.hear()[1]["jobs"]
        in_process.report("lamp", "update", "IN_PROGRESS", stepTimeoutInMinutes=1)
        clock.advance(seconds=59.7)
        topic, payload = lamp.hear()
    assert (topic, payload["jobs"]) == ("notify", {})


SHADOW = "$aws/things/lamp/shadow"


@needs_mosquitto
@pytest.mark.parametrize("below", [SHADOW, f"{SHADOW}/name/config"])
def test_a_shadow_is_served_through_the_broker(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect, below: str
) -> None:
    named = {} if below == SHADOW else {"shadowName": "config"}
    data = in_process.client("iot-data")
    with connect_to(broker.address, "lamp") as lamp:
        lamp.subscribe(f"{below}/+/+")
        topic, response = lamp.ask(f"{below}/get", {"clientToken": "a"})
        assert (topic, response["code"], response["clientToken"]) == (
            f"{below}/get/rejected",
            404,
            "a",
        )
        lamp.publish(f"{below}/update", {"state": {"reported": {"on": True}}})
        assert [lamp.hear()[0] for _ in range(2)] == [
            f"{below}/update/accepted",
            f"{below}/update/documents",
        ]
        data.update_thing_shadow(
            thingName="lamp", payload='{"state": {"desired": {"on": false}}}', **named
        )
        heard = [lamp.hear() for _ in range(3)]
        assert [topic.rpartition("/")[2] for topic, _ in heard] == [
            "accepted",
            "delta",
            "documents",
        ]
        assert (heard[1][1]["version"], heard[1][1]["state"]) == (2, {"on": False})
        topic, response = lamp.ask(f"{below}/delete")
        assert (topic, response["version"]) == (f"{below}/delete/accepted", 2)
        assert hears_nothing(lamp)


@needs_mosquitto
def test_a_command_is_run_through_the_broker(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    below = "$aws/commands/things/lamp/executions"
    in_process.thing("lamp")
    with connect_to(broker.address, "lamp") as lamp:
        lamp.subscribe(f"{below}/+/request/json", f"{below}/+/response/+/json")
        execution = start(in_process, "lamp")
        assert lamp.hear() == (f"{below}/{execution}/request/json", {"lock": True})
        response = lamp.ask(f"{below}/{execution}/response/json", {"status": "SUCCEEDED"})
        accepted = f"{below}/{execution}/response/accepted/json"
        assert response == (accepted, {"executionId": execution})
    assert execution_of(in_process, execution, "lamp")["status"] == "SUCCEEDED"


def test_an_update_that_comes_again_since_its_acknowledgement_was_lost_is_carried_out_once(
    in_process: Aws,
) -> None:
    topic = f"{SHADOW}/update".encode()
    rest = len(topic).to_bytes(2, "big") + topic + b"\0\7" + b'{"state":{}}'
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        ThreadPoolExecutor(1) as threads,
    ):
        first = threads.submit(accept, listening, False)
        with Bridge(*listening.getsockname(), region=REGION) as made:
            connection, stream, _ = first.result()
            for first_byte in (0x32, 0x3A):
                connection.sendall(bytes([first_byte, len(rest)]) + rest)
                while packet(stream) != (0x40, b"\0\7"):
                    pass
                stream.close()
                connection.close()
                connection, stream, _ = accept(listening, True)
            shadow = in_process.client("iot-data").get_thing_shadow(thingName="lamp")
            assert b'"version":1' in shadow["payload"].read()
            stream.close()
            connection.close()
            wait_until(lambda: not made.is_connected)  # else it waits for acknowledgements


# The manual's configuration


def configured(folder: Path) -> Mosquitto:
    """Mosquitto as the manual sets it up, but for its port and its paths."""
    shown = {
        found[1]: found[2]
        for found in re.finditer(
            r"```ini\n# (mosquitto\.conf|mosquitto\.acl)\n(.*?)```", PAGE.read_text(), re.DOTALL
        )
    }
    passwords = folder / "passwords"
    for user in ("jobs", "lamp", "door"):
        flags = ["-b"] if passwords.exists() else ["-c", "-b"]
        subprocess.run(
            [str(shutil.which("mosquitto_passwd")), *flags, str(passwords), user, f"{user}'s"],
            check=True,
        )
    (folder / "mosquitto.acl").write_text(shown["mosquitto.acl"], encoding="utf-8")
    lines = [
        line
        for line in shown["mosquitto.conf"].splitlines()
        if not line.startswith(("listener", "persistence_location"))
    ]
    return Mosquitto(folder, "\n".join(lines).replace("/etc/mosquitto/", f"{folder}/") + "\n")


@needs_mosquitto
@pytest.mark.skipif(
    shutil.which("mosquitto_passwd") is None, reason="mosquitto_passwd is not installed"
)
def test_with_the_manuals_configuration_no_device_plays_or_hears_another(
    in_process: Aws, tmp_path: Path, connect_to: Connect
) -> None:
    in_process.job("update", "lamp", "door")
    with closing(configured(tmp_path)) as broker:

        def forge(topic: str, payload: str) -> None:
            with connect_to(broker.address, "door", password="door's") as door:
                sent = door.client.publish(topic, payload, qos=1)
                # Some releases hang up on it.
                wait_until(lambda: sent.is_published() or not door.client.is_connected())

        with pytest.raises(ConnectionError, match=r"Not authorized"):
            Bridge(*broker.address, region=REGION).start()
        with (
            Bridge(*broker.address, username="jobs", password="jobs's", region=REGION),
            connect_to(broker.address, "lamp", password="lamp's") as lamp,
        ):
            lamp.subscribe("start-next/+", "notify", "notify-next", f"{SHADOW}/update/accepted")
            forge("$aws/things/lamp/jobs/start-next", "{}")
            forge("$aws/things/lamp/jobs/notify-next", "{}")
            forge(f"{SHADOW}/update", '{"state": {"reported": {"on": false}}}')
            assert hears_nothing(lamp, "lamp")
            with connect_to(broker.address, "door", password="door's") as door:
                door.subscribe("$aws/#", "$aws/things/lamp/jobs/#", f"{SHADOW}/#")
                assert lamp.ask("start-next")[0] == "start-next/accepted"
                in_process.job("further", "lamp")
                assert lamp.hear()[0] == "notify"
                report = {"state": {"reported": {"on": True}}}
                assert lamp.ask(f"{SHADOW}/update", report)[1]["version"] == 1
                # Its own is all that it hears.
                assert door.ask("none/get")[0] == "none/get"
                assert door.hear()[0] == "none/get/rejected"
    assert in_process.execution("door", "update")["status"] == "QUEUED"


@needs_mosquitto
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
# paho leaves the socket of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_broker_behind_tls_is_checked(in_process: Aws, tmp_path: Path) -> None:
    names = ["-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "broker.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, *files],
        check=True,
        capture_output=True,
    )
    secure = f"allow_anonymous true\ncertfile {tmp_path}/broker.pem\nkeyfile {tmp_path}/key.pem\n"
    with closing(Mosquitto(tmp_path, secure)) as broker:
        with Bridge(
            *broker.address, tls=ssl.create_default_context(cafile=str(tmp_path / "broker.pem"))
        ) as made:
            assert made.is_connected
        with pytest.raises(ConnectionError, match=r"CERTIFICATE_VERIFY_FAILED"):
            Bridge(*broker.address, tls=ssl.create_default_context()).start()


# Without Mosquitto


def packet(stream: Any) -> tuple[int, bytes]:
    """The next packet of less than 16 KiB: its first byte and what follows its length."""
    first, length = stream.read(1)[0], stream.read(1)[0]
    if length & 0x80:
        length = length & 0x7F | stream.read(1)[0] << 7
    return first, stream.read(length)


def accept(listening: socket.socket, session_present: bool) -> tuple[socket.socket, Any, bytes]:
    """Let a client in and confirm its subscriptions; return those too, as they stand in its
    packets.
    """
    connection = listening.accept()[0]
    connection.settimeout(PATIENCE)
    stream = connection.makefile("rb")
    assert packet(stream)[0] == 0x10
    connection.sendall(bytes([0x20, 2, session_present, 0]))
    subscriptions, left = b"", len(bridge._FILTERS)
    while left:
        while (each := packet(stream))[0] != 0x82:
            assert each[0] & 0xF8 == 0x38, (
                "before its subscription it sends again what was not acknowledged"
            )
        number = min(left, 8)
        connection.sendall(bytes([0x90, 2 + number]) + each[1][:2] + bytes([1] * number))
        subscriptions += each[1][2:]
        left -= number
    return connection, stream, subscriptions


def test_a_request_that_comes_again_since_its_acknowledgement_was_lost_is_carried_out_once(
    in_process: Aws,
) -> None:
    in_process.job("update", "lamp")
    topic = b"$aws/things/lamp/jobs/update/update"
    rest = len(topic).to_bytes(2, "big") + topic + b"\0\7" + b'{"status":"IN_PROGRESS"}'
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        ThreadPoolExecutor(1) as threads,
    ):
        first = threads.submit(accept, listening, False)
        with Bridge(*listening.getsockname(), region=REGION) as made:
            connection, stream, _ = first.result()
            connection.sendall(bytes([0x32, len(rest)]) + rest)
            first_byte, response = packet(stream)
            assert (first_byte, b"update/update/accepted" in response) == (0x32, True)
            while packet(stream) != (0x40, b"\0\7"):
                pass
            stream.close()
            connection.close()
            connection, stream, _ = accept(listening, True)
            connection.sendall(bytes([0x3A, len(rest)]) + rest)
            while packet(stream) != (0x40, b"\0\7"):
                pass
            assert in_process.execution("lamp", "update")["versionNumber"] == 2
            stream.close()
            connection.close()
            wait_until(lambda: not made.is_connected)  # else it waits for acknowledgements


@pytest.mark.usefixtures("in_process")
def test_a_member_of_a_shared_group_subscribes_as_such() -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        ThreadPoolExecutor(1) as threads,
    ):
        accepted = threads.submit(accept, listening, False)
        with Bridge(*listening.getsockname(), region=REGION, shared_group="jobs"):
            connection, stream, filters = accepted.result()
            stream.close()
            connection.close()
    assert filters.count(b"$share/jobs/$aws/things/+/jobs/") == 6
    assert filters.count(b"$share/jobs/$aws/things/+/shadow/") == 6


@pytest.mark.usefixtures("in_process")
def test_a_broker_that_is_not_there_is_reported_at_once_and_leaves_no_thread_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bridge, "_STARTING_SECONDS", 3_600)
    before = set(threading.enumerate())
    with (
        closed_port() as port,
        pytest.raises(ConnectionError, match=f"port {port}: Connection refused"),
    ):
        Bridge("127.0.0.1", port).start()
    wait_until(lambda: set(threading.enumerate()) <= before)


@pytest.mark.usefixtures("in_process")
@needs_mosquitto
def test_it_leaves_no_thread_behind_even_if_the_broker_is_away(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    before = set(threading.enumerate())
    with Bridge(*broker.address) as made:
        broker.stop()
        wait_until(lambda: not made.is_connected)
        made.close()
        made.close()
    wait_until(lambda: set(threading.enumerate()) <= before)
    broker.start()


@pytest.mark.usefixtures("in_process")
def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt", None)
    with pytest.raises(ImportError, match=r"pip install 'moto-iot-jobs\[mqtt\]'"):
        Bridge("127.0.0.1")


def test_in_motos_server_mode_the_bridge_is_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    with pytest.raises(RuntimeError, match=r"--bridge"):
        Bridge("127.0.0.1")


# At a server


@needs_mosquitto
def test_a_server_with_a_bridge(
    broker: Mosquitto, tmp_path: Path, connect_to: Connect, boto_session: Any
) -> None:
    output = tmp_path / "server.log"
    at = f"mqtt://us%40er:pass@{broker.address[0]}:{broker.address[1]}"
    command = [
        *warm_python(),
        "-u",
        "-m",
        "moto_iot_jobs",
        "server",
        "--port",
        "0",
        "--bridge",
        at,
        "--region",
        REGION,
    ]
    with (
        output.open("wb") as written,
        subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT) as process,
    ):
        try:
            wait_until(
                lambda: (
                    "bridge to" in output.read_text(encoding="utf-8") or process.poll() is not None
                )
            )
            url = re.findall(r"http://\S+", output.read_text(encoding="utf-8"))[0]
            iot = boto_session.client("iot", endpoint_url=url)
            lamp_arn = iot.create_thing(thingName="lamp")["thingArn"]
            iot.create_job(jobId="update", targets=[lamp_arn], document="{}")
            with connect_to(broker.address, "lamp") as lamp:
                lamp.subscribe("+/accepted")
                assert lamp.ask("start-next")[1]["execution"]["jobId"] == "update"
        finally:
            process.terminate()
    assert f"bridge to {broker.address[0]}:{broker.address[1]}" in output.read_text(
        encoding="utf-8"
    )
    assert "pass" not in output.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "url", ["http://broker", "mqtt://", "mqtt://broker:x", "broker:1883", "mqtt://broker/path"]
)
def test_a_url_that_leads_to_no_broker_is_an_error(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["server", "--port", "0", "--bridge", url])
    assert "expected mqtt://host:port" in capsys.readouterr().err


def test_a_server_whose_broker_is_not_there_says_so_and_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOTO_PORT", "0")  # the command sets it for moto in its process
    with closed_port() as port:
        assert main(["server", "--port", "0", "--bridge", f"mqtt://127.0.0.1:{port}"]) == 1
    assert f"no bridge to the broker at 127.0.0.1, port {port}" in capsys.readouterr().err
