"""`moto-iot-jobs server` as a program starts it: ports, names, certificates, logs, seeds, and its end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from moto_iot_jobs.cli.server import _publish_addresses
from moto_iot_jobs.cli.server_options import public_host
from tests.measuring import least_real_seconds, real_seconds
from tests.ports import closed_port
from tests.server.running import (
    ARN,
    Running,
    device,
    failure,
    identity_of_a_thing,
    server,
)
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
ALL_PORTS = ("--mqtt-port", "0", "--mqtts-port", "0", "--https-port", "0", "--tls-port", "0")
DOCUMENT = '{"secret-of-a-document": true}'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with every port, and a thing with a job."""
    folder = tmp_path_factory.mktemp("server")
    with server(folder, *ALL_PORTS, python=[sys.executable]) as found:
        iot = found.client("iot")
        iot.create_thing(thingName="lamp")
        iot.create_job(jobId="update", targets=[ARN], document=DOCUMENT)
        yield found


def upgrade(running: Running, kind: str, path: str, **headers: str) -> int:
    """The status of a request for a WebSocket."""
    port = running.ports[kind]
    connection = http.client.HTTPConnection("127.0.0.1", port["port"], timeout=PATIENCE)
    if "ca_file" in port:
        context = ssl.create_default_context(cafile=port["ca_file"])
        connection = http.client.HTTPSConnection("127.0.0.1", port["port"], context=context)
    wanted = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "mqtt",
    }
    with closing(connection):
        connection.request("GET", path, headers={**wanted, **headers})
        return connection.getresponse().status


@pytest.fixture(scope="module")
def identity(running: Running) -> tuple[Path, Path]:
    """The certificate and key of a thing."""
    return identity_of_a_thing(running)


# Started by programs


def test_every_port_is_in_the_file_and_printed(running: Running) -> None:
    assert set(running.ports) == {"pid", "http", "mqtt", "mqtts", "https", "tls"}
    assert running.ports["pid"] == running.process.pid
    first, page, *others = running.printed.splitlines()
    assert first == f"moto with AWS IoT Jobs on {running.url}"
    assert page == f"dashboard at {running.url.partition('://')[2]}/moto-api/iot-jobs/"
    for kind in ("mqtt", "mqtts", "https", "tls"):
        assert any(running.ports[kind]["url"] in line for line in others)
        with socket.create_connection(("127.0.0.1", running.ports[kind]["port"]), timeout=PATIENCE):
            pass


def test_its_health_can_be_requested(running: Running) -> None:
    response = running.get("health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "option", ["--port", "--mqtt-port", "--mqtts-port", "--https-port", "--tls-port"]
)
def test_a_port_that_is_taken_is_named_with_its_option(option: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        options = [option, port] if option == "--port" else ["--port", "0", option, port]
        code, message = failure(*options)
    assert code == 1
    assert option in message
    assert port in message


def test_a_bridge_to_a_closed_port_says_so_at_once() -> None:
    def fail() -> None:
        with closed_port() as port:
            code, message = failure("--port", "0", "--bridge", f"mqtt://127.0.0.1:{port}")
        assert (code, "--bridge" in message) == (1, True)
        assert "refused" in message

    assert least_real_seconds(lambda: real_seconds(fail), 9) < 9, "it waited for an answer"


@pytest.mark.parametrize(
    "options",
    [
        ("--region", "eu-wset-1"),
        ("--account", "12"),
        ("--public-host", "no/host"),
        ("--public-host", "mqtt://host"),
        ("--log-level", "loud"),
    ],
)
def test_options_that_make_no_sense_are_an_error(options: tuple[str, str]) -> None:
    code, message = failure("--port", "0", *options)
    assert code == 2
    assert options[0] in message


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_ends_it_and_leaves_no_key_behind(tmp_path: Path, name: str) -> None:
    def measure() -> float:
        ended: list[int] = []
        with server(tmp_path, *ALL_PORTS) as started:
            folder = Path(started.ports["tls"]["ca_file"]).parent
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert not list(folder.glob("*.key")), "every port has read it"
            taken = real_seconds(lambda: ended.append(started.end(getattr(signal, name))))
            assert ended == [0]
            assert not folder.exists()
            assert "Traceback" not in started.log
        return taken

    assert least_real_seconds(measure, 5) < 5  # a second where nothing else runs


# One front door


def test_mqtt_comes_by_websocket_on_the_http_port(running: Running) -> None:
    assert device(running, "http", path="/mqtt") == ["update"]


def test_a_foreign_page_opens_no_websocket_on_the_http_port(running: Running) -> None:
    assert upgrade(running, "http", "/mqtt", Origin="http://localhost:3000") == 101
    assert upgrade(running, "http", "/mqtt", Origin="https://stranger.example") == 403
    assert upgrade(running, "http", SIGNED, Origin="https://stranger.example") == 403


SIGNED = (
    "/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0&X-Amz-Credential="
    "AKIDEXAMPLE%2F20260101%2Fus-east-1%2Fiotdevicegateway%2Faws4_request"
)


def test_everything_comes_by_the_tls_port(running: Running, identity: tuple[Path, Path]) -> None:
    whole = {"tls": True, "identity": identity}
    assert device(running, "tls", alpn="x-amzn-mqtt-ca", **whole) == ["update"]
    assert device(running, "tls", **whole) == ["update"]
    assert device(running, "tls", path="/mqtt", **whole) == ["update"]
    assert device(running, "tls", path=SIGNED, tls=True) == ["update"]
    assert upgrade(running, "tls", "/mqtt") == 403
    assert device(running, "tls", alpn="mqtt", tls=True) == "Not authorized"
    tls = {"endpoint_url": running.ports["tls"]["url"], "verify": running.ports["tls"]["ca_file"]}
    assert running.client("iot", **tls).describe_job(jobId="update")["job"]["jobId"] == "update"
    assert running.client("sts", **tls).get_caller_identity()["Account"] == "123456789012"
    address = f"{tls['endpoint_url']}/things/lamp/jobs"
    certified = requests.get(
        address, cert=(str(identity[0]), str(identity[1])), verify=tls["verify"], timeout=30
    )
    assert [each["jobId"] for each in certified.json()["queuedJobs"]] == ["update"]
    unsigned = requests.get(address, verify=tls["verify"], timeout=30)
    assert unsigned.status_code == 403
    assert unsigned.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    "host, path, status",
    [
        ("abc.jobs.iot.us-east-1.mock.test", "/things/lamp/jobs", 200),
        ("abc123-ats.iot.us-east-1.amazonaws.com", "/things/lamp/jobs", 200),
        ("iot-jobs-data.us-east-1.mock.test:5000", "/things/lamp/jobs", 200),
        ("iot.us-east-1.amazonaws.com", "/jobs/update", 200),
        ("iot.eu-west-1.amazonaws.com", "/jobs/update", 404),
        ("127.0.0.1", "/jobs/update", 403),
    ],
)
def test_the_host_of_an_unsigned_request_names_its_service(
    running: Running, host: str, path: str, status: int
) -> None:
    response = requests.get(running.url + path, headers={"Host": host}, timeout=30)
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (
        status,
        "application/json",
    )


@pytest.mark.parametrize(
    "line",
    [
        "GET /things",
        "POST /things/lamp",
        "GET /things/lamp/jobs/%24next",
        "GET /things/lamp/shadow",
        "POST /topics/a",
        "GET /policies",
        "GET /retainedMessage",
        "POST /keys-and-certificate",
        "GET /jobs/update",
        "PUT /packages/p",
        "GET /rules",
    ],
)
def test_an_unsigned_request_for_a_path_of_iot_gets_an_error_of_aws(
    running: Running, line: str
) -> None:
    method, path = line.split()
    response = requests.request(method, running.url + path, timeout=30)
    assert (response.status_code, response.headers["x-amzn-ErrorType"], response.json()) == (
        403,
        "MissingAuthenticationTokenException",
        {"message": "Missing Authentication Token"},
    )


def test_a_bucket_named_like_a_path_of_iot_is_read_without_a_signature(running: Running) -> None:
    s3 = running.client("s3")
    s3.create_bucket(Bucket="rules")
    s3.put_object(Bucket="rules", Key="first", Body=b"a rule", ACL="public-read")
    assert requests.get(f"{running.url}/rules/first", timeout=30).content == b"a rule"


# Beside a browser

STRANGER = "https://stranger.example"


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "stranger.example"}, 403),
        ({"Host": "stranger.example:5000", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "https://stranger.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "["}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/moto-api/iot-jobs/state", "/moto-api/data.json"])
def test_a_foreign_page_cannot_use_the_mock(
    running: Running, path: str, headers: dict[str, str], status: int
) -> None:
    assert requests.get(running.url + path, headers=headers, timeout=30).status_code == status


@pytest.mark.parametrize(("origin", "status"), [("http://localhost:3000", 200), (STRANGER, 403)])
def test_a_foreign_page_cannot_use_the_mock_by_a_whole_url_either(
    running: Running, origin: str, status: int
) -> None:
    # As programs ask that take the server for a proxy.
    connection = http.client.HTTPConnection(running.url.partition("://")[2], timeout=30)
    with closing(connection):
        connection.request(
            "GET", f"{running.url}/moto-api/iot-jobs/state", headers={"Origin": origin}
        )
        assert connection.getresponse().status == status


def test_other_hosts_and_origins_can_be_allowed(tmp_path: Path) -> None:
    options = ("--public-host", "mock.test:8080", "--allow-origin", "https://tool.example")
    with server(tmp_path, *options) as started:
        allowed = started.get("health", Host="mock.test:8080", Origin="https://tool.example")
        assert allowed.status_code == 200
        assert started.get("health", Origin="https://other.example").status_code == 403


# Names, accounts and certificates


@pytest.mark.parametrize("scheme", ["", "https://"])
def test_describe_endpoint_leads_to_the_public_host(tmp_path: Path, scheme: str) -> None:
    with server(tmp_path, "--public-host", f"{scheme}mock.test:8080") as started:
        iot = started.client("iot")
        found = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
        assert found == "mock.test:8080"
        with pytest.raises(iot.exceptions.InvalidRequestException):
            iot.describe_endpoint(endpointType="iot:None")
        # Presigned URLs lead there too.
        s3 = started.client("s3")
        s3.create_bucket(Bucket="firmware")
        s3.put_object(Bucket="firmware", Key="image.bin", Body=b"image")
        url = s3.generate_presigned_url("get_object", {"Bucket": "firmware", "Key": "image.bin"})
        image = requests.get(url, headers={"Host": "mock.test:8080"}, timeout=30)
        assert image.content == b"image"


def test_signed_urls_lead_to_the_address_of_the_devices_own_connection(tmp_path: Path) -> None:
    with server(tmp_path, "--host", "0.0.0.0", *ALL_PORTS) as started:
        port = started.ports
        url = f"http://127.0.0.1:{port['http']['port']}"
        iot, s3 = (started.client(name, endpoint_url=url) for name in ("iot", "s3"))
        s3.create_bucket(Bucket="firmware")
        s3.put_object(Bucket="firmware", Key="2.0", Body=b"the firmware")
        iot.create_thing(thingName="lamp")
        iot.create_job(
            jobId="update",
            targets=[ARN],
            document='{"url": "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/firmware/2.0}"}',
            presignedUrlConfig={"roleArn": "arn:aws:iam::123456789012:role/jobs"},
        )
        started.ports["http"]["url"] = url
        identity = identity_of_a_thing(started)
        wanted: dict[str, Any] = {"request": "$next/get"}
        whole = {**wanted, "tls": True, "identity": identity}
        for kind, path, options, base in (
            ("mqtt", None, wanted, url),
            ("http", "/mqtt", wanted, url),
            ("mqtts", None, whole, f"https://127.0.0.1:{port['tls']['port']}"),
            ("tls", None, whole, f"https://127.0.0.1:{port['tls']['port']}"),
        ):
            found = device(started, kind, path=path, **options)["url"]
            assert found.startswith(f"{base}/firmware/2.0?")
            trusted = port["tls"]["ca_file"]
            assert requests.get(found, verify=trusted, timeout=30).text == "the firmware"


@pytest.mark.parametrize(
    ("public", "url"),
    [
        ("mock.test:8443", "https://mock.test:8443"),
        ("mock.test:8080", "http://mock.test:8080"),
        ("mock.test", "http://mock.test:5000"),
        ("mock.test:443", "https://mock.test:443"),
        # A container's port that is mapped to another one tells nothing.
        ("https://mock.test:9443", "https://mock.test:9443"),
        ("https://mock.test", "https://mock.test"),
        ("http://mock.test:443", "http://mock.test:443"),
        ("https://[::1]:9443", "https://[::1]:9443"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_urls_of_the_public_host_have_the_scheme_of_its_port(public: str, url: str) -> None:
    options = Namespace(allow_origin=[], public_host=public_host(public), tls_port=8443)
    serving: Any = SimpleNamespace(port=5000)
    with ExitStack() as running:
        _publish_addresses(options, serving, running)
        assert serving.public_url == url


def test_strict_endpoints_lead_to_the_public_host_alone(tmp_path: Path) -> None:
    options = ("--strict-endpoints", "--public-host", "localhost")
    with server(tmp_path, *options) as started:
        started.client("iot").create_thing(thingName="lamp")
        scope = "AKIDEXAMPLE/20260101/us-east-1/iot-jobs-data/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        statuses = [
            requests.get(
                f"{started.url}/things/lamp/jobs",
                headers={"Authorization": signature, "Host": host},
                timeout=30,
            ).status_code
            for host in ("localhost", "127.0.0.1")
        ]
        assert statuses == [200, 403]


def test_searches_before_an_index_is_switched_on_are_an_option(tmp_path: Path) -> None:
    with server(tmp_path, "--search-without-index") as started:
        iot = started.client("iot")
        iot.create_thing(thingName="lamp")
        (thing,) = iot.search_index(queryString="thingName:lamp")["things"]
        assert thing["thingName"] == "lamp"


def test_devices_belong_to_the_account_that_is_named(tmp_path: Path) -> None:
    with server(tmp_path, "--account", "210987654321", "--mqtt-port", "0") as started:
        started.client("iot").create_thing(thingName="lamp")
        assert device(started, "mqtt") == "ResourceNotFound"
        assert started.get("export?account=210987654321").json()["things"] == []
        assert len(started.get("export").json()["things"]) == 1


def test_an_authority_can_be_kept_and_only_its_user_may_read_its_key(tmp_path: Path) -> None:
    kept = tmp_path / "tls"
    certificates = []
    for number in range(2):
        options = ("--tls-dir", str(kept), "--tls-name", "mock.test", "--tls-name", "127.0.0.9")
        with server(tmp_path / str(number), "--tls-port", "0", *options) as started:
            certificates.append((kept / "ca.pem").read_bytes())
            context = ssl.create_default_context(cafile=str(kept / "ca.pem"))
            for name in ("mock.test", "127.0.0.9", "localhost"):
                with (
                    socket.create_connection(("127.0.0.1", started.ports["tls"]["port"])) as plain,
                    context.wrap_socket(plain, server_hostname=name) as tls,
                ):
                    assert tls.version() in ("TLSv1.2", "TLSv1.3")
            assert started.end() == 0
    assert certificates[0] == certificates[1]
    assert stat.S_IMODE((kept / "ca.key").stat().st_mode) == 0o600
    assert not (kept / "server.key").exists()
    (kept / "ca.key").write_text("no key")
    code, message = failure("--port", "0", "--tls-port", "0", "--tls-dir", str(kept))
    assert (code, "--tls-dir" in message) == (1, True)


# Seeds


def test_a_state_is_kept_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with server(tmp_path / "before") as started:
        iot, things = started.client("iot"), started.client("iot-jobs-data")
        for thing in ("lamp", "heater"):
            iot.create_thing(thingName=thing, attributePayload={"attributes": {"room": "1"}})
        iot.create_thing_group(thingGroupName="all")
        iot.create_thing_group(thingGroupName="some", parentGroupName="all")
        iot.add_thing_to_thing_group(thingGroupName="some", thingName="lamp")
        iot.create_job_template(jobTemplateId="t", description="d", document="{}")
        group = iot.describe_thing_group(thingGroupName="all")["thingGroupArn"]
        iot.create_job(jobId="one", targets=[group, ARN.replace("lamp", "heater")], document="{}")
        things.update_job_execution(
            jobId="one", thingName="lamp", status="IN_PROGRESS", statusDetails={"step": "2"}
        )
        file.write_text(started.get("export").text)
    with server(tmp_path / "after", "--load", str(file)) as started:
        assert started.get("export").json() == json.loads(file.read_text())
        iot = started.client("iot")
        found = iot.describe_job_execution(jobId="one", thingName="lamp")["execution"]
        assert found["status"] == "IN_PROGRESS"
        assert found["statusDetails"] == {"detailsMap": {"step": "2"}}
        assert iot.describe_thing(thingName="lamp")["attributes"] == {"room": "1"}


def test_ten_thousand_things_in_a_group_are_made_quickly(tmp_path: Path) -> None:
    names = [f"t{number}" for number in range(10_000)]
    group = ARN.replace("thing/lamp", "thinggroup/all")
    state = {
        "things": [{"thingName": name} for name in names],
        "thingGroups": [{"thingGroupName": "all", "things": names}],
        "jobs": [{"jobId": "one", "targets": [group], "document": "{}"}],
    }
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    script = (
        "from pathlib import Path; from moto import mock_aws\n"
        "from moto_iot_jobs import activate; activate()\n"
        "from moto_iot_jobs.moto_api.seed import load_file\n"
        "from tests.measuring import least_processor_seconds\n"
        "@mock_aws\n"
        "def load():\n"
        f"    load_file(Path({str(file)!r}), '123456789012', 'us-east-1')\n"
        "print(least_processor_seconds(lambda: load, 2))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert float(done.stdout) < 2


@pytest.mark.parametrize(
    "text, reason",
    [
        ("[]", "expected an object"),
        ("no JSON", "Expecting value"),
        ('{"jobs": [{"jobId": "j", "targets": ["x"], "document": "{}"}]}', "jobs[0]"),
        ('{"things": [{}]}', "things[0]"),
    ],
)
def test_a_seed_that_cannot_be_made_is_an_error(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    code, message = failure("--port", "0", "--load", str(file))
    assert (code, "--load" in message, reason in message) == (1, True, True), message


def test_the_environment_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        monkeypatch.delenv(name)
    with server(tmp_path) as started:
        assert started.get("health").status_code == 200
