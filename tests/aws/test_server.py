"""The server as a server: connections, answers that are never HTML, resets, control endpoints, and
other ways to run it.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import moto
import pytest
import requests
from botocore.config import Config

from tests.measuring import least_real_seconds, real_seconds
from tests.ports import free_port
from tests.waiting import wait_until
from tests.warm_python import warm_python

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

SCOPE = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/{service}/aws4_request,"
    " SignedHeaders=host, Signature=0"
)
KEYS = {
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
    "region_name": "eu-west-1",
}
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def server(through_server: Aws) -> Aws:
    return through_server


def url_of(server: Aws) -> str:
    assert server.url is not None
    return server.url


@contextmanager
def connection_to(url: str) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)) as connection:
        yield connection


def run_a_job(url: str, **client: Any) -> str:
    """Walk a job from its creation to its end through an endpoint; tell the job's status."""
    iot = boto3.client("iot", endpoint_url=url, config=ONE_ATTEMPT, **KEYS, **client)
    device = boto3.client("iot-jobs-data", endpoint_url=url, config=ONE_ATTEMPT, **KEYS, **client)
    arn = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[arn], document="{}")
    assert (
        device.describe_job_execution(thingName="t1", jobId="$next")["execution"]["jobId"] == "j1"
    )
    device.start_next_pending_job_execution(thingName="t1")
    device.update_job_execution(thingName="t1", jobId="j1", status="SUCCEEDED")
    status: str = iot.describe_job(jobId="j1")["job"]["status"]
    return status


# Connections


def test_a_connection_is_kept_over_responses_of_every_kind(server: Aws) -> None:
    server.job("j1", "t1")
    requests_to_make = [
        ("GET", "/jobs/j1", "iot", None, 200),
        ("GET", "/jobs/ghost", "iot", None, 404),
        ("PATCH", "/jobs/j1", "iot", '{"description": "d"}', 200),
        ("PUT", "/jobs/j2", "iot", "{broken", 400),
        ("GET", "/things/t1/jobs", "iot-jobs-data", None, 200),
        ("PUT", "/things/t1/jobs/$next", "iot-jobs-data", "{}", 200),
        ("DELETE", "/jobs/j1?force=true", "iot", None, 200),
        ("GET", "/things/t1", "iot", None, 200),
    ]
    with connection_to(url_of(server)) as connection:
        connection.connect()
        first = connection.sock
        for method, path, service, body, status in requests_to_make:
            headers = {
                "Authorization": SCOPE.format(service=service),
                "Content-Type": "application/json",
            }
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status, path
            assert not answer.will_close, path
            assert connection.sock is first, path


def test_a_response_comes_at_once_over_a_kept_connection(server: Aws) -> None:
    """Forty milliseconds an answer would mean that small packets wait for each other."""
    server.job("j1", "t1")
    headers = {"Authorization": SCOPE.format(service="iot")}
    with connection_to(url_of(server)) as connection:

        def request() -> None:
            connection.request("GET", "/jobs/j1", headers=headers)
            connection.getresponse().read()

        # The first acknowledgements of a connection are not delayed.
        for _ in range(20):
            request()
        least = least_real_seconds(lambda: min(real_seconds(request) for _ in range(20)), 0.035)
    assert least < 0.035


# Answers are never HTML, and never a Python error's


@pytest.mark.parametrize("service", ["iot", "iot-jobs-data"])
@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/no-such-thing"),
        ("POST", "/jobs/j1"),
        ("DELETE", "/jobs"),
        ("PUT", "/things/t1/jobs/j1/no-such-part"),
        ("DELETE", "/things/t1/jobs/j1"),
        ("DELETE", "/things/t1/jobs/j1/executionNumber/one"),
        ("GET", "/jobs/%FF"),
        ("PATCH", "/things/t1/jobs/$next"),
    ],
)
def test_a_request_that_means_nothing_is_an_error_in_json(
    server: Aws, method: str, path: str, service: str
) -> None:
    answer = server.http(method, path, service=service, data="{}")
    assert 400 <= answer.status_code < 500, answer.text
    assert "html" not in answer.headers["Content-Type"]
    assert "Traceback" not in answer.text
    assert answer.headers["x-amzn-ErrorType"]
    assert isinstance(answer.json(), dict)


def test_an_sdk_understands_the_error_of_an_operation_that_is_not_there(server: Aws) -> None:
    code, status = "", 0
    try:
        server.iot.list_audit_findings()
    except server.iot.exceptions.ClientError as error:
        code, status = (
            error.response["Error"]["Code"],
            error.response["ResponseMetadata"]["HTTPStatusCode"],
        )
    assert code not in {"500", ""}
    assert status in range(400, 600)


def test_every_response_has_a_request_id_and_a_type(server: Aws) -> None:
    server.job("j1", "t1")
    for path in ("/jobs/j1", "/jobs/ghost", "/jobs"):
        answer = server.http("GET", path)
        assert answer.headers["x-amzn-RequestId"]
        assert answer.headers["Content-Type"] == "application/json"


# Resets and control endpoints


def test_a_reset_forgets_everything_of_every_account_and_region(server: Aws) -> None:
    server.job("j1", "t1")
    server.iot.create_job_template(jobTemplateId="m1", description="d", document="{}")
    server.client("iot", region="us-east-1").create_thing(thingName="t1")
    assert requests.post(f"{server.url}/moto-api/reset", timeout=30).status_code == 200
    assert server.iot.list_jobs()["jobs"] == []
    assert server.iot.list_things()["things"] == []
    assert server.iot.list_job_templates()["jobTemplates"] == []
    assert server.client("iot", region="us-east-1").list_things()["things"] == []


def test_a_reset_ends_faults_and_brings_the_clock_back(server: Aws) -> None:
    clock = f"{server.url}/moto-api/iot-jobs/clock"
    before = requests.get(clock, timeout=30).json()["milliseconds"]
    server.advance(days=2)
    server.fault("ListJobs", "ThrottlingException", times=None)
    after = requests.get(clock, timeout=30).json()["milliseconds"]
    assert after - before >= 2 * 86_400_000
    requests.post(f"{server.url}/moto-api/reset", timeout=30)
    assert requests.get(clock, timeout=30).json()["milliseconds"] - before < 600_000
    assert server.iot.list_jobs()["jobs"] == []


@pytest.mark.parametrize(
    "path, body",
    [
        ("clock/advance", {"seconds": -1}),
        ("clock/advance", {"seconds": "soon"}),
        ("clock/advance", {}),
        ("clock/advance", None),
        ("clock/advance", [1]),
        ("faults", {"operation": "NoSuchOperation", "error": "ThrottlingException"}),
        ("faults", {"operation": "DeleteJob", "error": "NoSuchException"}),
        ("faults", {"operation": "DeleteJob", "error": "ThrottlingException", "times": 0}),
        ("faults", {"operation": "DeleteJob", "error": "ThrottlingException", "service": "s3"}),
        ("faults", {"error": "ThrottlingException"}),
        ("faults", None),
    ],
)
def test_a_mistake_at_a_control_endpoint_is_an_error_in_json(
    server: Aws, path: str, body: Any
) -> None:
    data = b"" if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    answer = requests.post(
        f"{server.url}/moto-api/iot-jobs/{path}", data=data, headers=headers, timeout=30
    )
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_control_endpoints_need_no_content_type(server: Aws) -> None:
    answer = requests.post(
        f"{server.url}/moto-api/iot-jobs/clock/advance", data='{"seconds": 60}', timeout=30
    )
    assert answer.status_code == 200


def test_motos_own_control_endpoints_still_work(server: Aws) -> None:
    server.job("j1", "t1")
    assert requests.get(f"{server.url}/moto-api/data.json", timeout=30).status_code == 200
    transition = {"model_name": "iot::job_deletion"}
    shown = requests.get(
        f"{server.url}/moto-api/state-manager/get-transition", params=transition, timeout=30
    )
    assert shown.json()["progression"] == "immediate"


def test_other_services_of_moto_are_served_too(server: Aws) -> None:
    server.client("sns").create_topic(Name="alarms")
    assert len(server.client("sns").list_topics()["Topics"]) == 1


# The process


@contextmanager
def started(*command: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of this interpreter, its output in a file, until the end of the block."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*warm_python(), *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def wait_for(is_so: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    def is_so_meanwhile() -> bool:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        return is_so()

    wait_until(is_so_meanwhile, lambda: log.read_text(encoding="utf-8"))


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.mark.parametrize(
    "ending", [signal.SIGINT, signal.SIGTERM], ids=["interrupted", "terminated"]
)
def test_the_server_says_where_it_listens_and_ends_quietly(
    tmp_path: Path, ending: signal.Signals
) -> None:
    log = tmp_path / "server.log"
    with started("-m", "moto_iot_jobs", "server", "--port", "0", log=log) as process:
        wait_for(lambda: b"http://127.0.0.1:" in log.read_bytes(), process, log)
        port = int(
            log.read_text(encoding="utf-8").partition("http://127.0.0.1:")[2].split()[0].rstrip("/")
        )
        assert listens(port)
        process.send_signal(ending)
        assert process.wait(timeout=30) in {0, 130}
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_a_port_that_is_in_use_is_an_error_without_a_traceback(server: Aws, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    port = str(urlsplit(url_of(server)).port)
    with started("-m", "moto_iot_jobs", "server", "--port", port, log=log) as process:
        assert process.wait(timeout=60) != 0
    said = log.read_text(encoding="utf-8")
    assert port in said
    assert "Traceback" not in said


# Other ways to run it


def test_motos_threaded_server_has_jobs_once_the_package_is_imported() -> None:
    from moto.server import ThreadedMotoServer

    import moto_iot_jobs

    moto_iot_jobs.activate()
    threaded = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    threaded.start()
    try:
        url = "http://{}:{}".format(*threaded.get_host_and_port())
        requests.post(f"{url}/moto-api/reset", timeout=30)
        assert run_a_job(url) == "COMPLETED"
        answer = requests.get(
            f"{url}/jobs/ghost", headers={"Authorization": SCOPE.format(service="iot")}, timeout=30
        )
        assert answer.json()["message"] == "Job ghost cannot be found."
        requests.post(f"{url}/moto-api/reset", timeout=30)
    finally:
        threaded.stop()
        moto_iot_jobs.deactivate()


REMOTE = """
import boto3
from moto_iot_jobs import clock, faults, mock_iot

KEYS = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")

@mock_iot
def test():
    iot, device = boto3.client("iot", **KEYS), boto3.client("iot-jobs-data", **KEYS)
    arn = iot.create_thing(thingName="t1")["thingArn"]
    timeout = {"inProgressTimeoutInMinutes": 5}
    iot.create_job(jobId="j1", targets=[arn], document="{}", timeoutConfig=timeout)
    device.start_next_pending_job_execution(thingName="t1")
    before = clock.now()
    clock.advance(minutes=6)
    assert (clock.now() - before).total_seconds() >= 360
    shown = iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]["status"]
    with faults.inject("DeleteJob", "LimitExceededException", times=None):
        try:
            iot.delete_job(jobId="j1")
        except iot.exceptions.LimitExceededException:
            print(shown, iot.meta.endpoint_url)
    iot.delete_job(jobId="j1")

test()
"""


def test_in_motos_server_mode_the_same_names_reach_the_server(server: Aws) -> None:
    environment = {
        **os.environ,
        "TEST_SERVER_MODE": "true",
        "TEST_SERVER_MODE_ENDPOINT": url_of(server),
        "AWS_MAX_ATTEMPTS": "1",
    }
    done = subprocess.run(
        [*warm_python(), "-c", REMOTE],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["TIMED_OUT", server.url]), done.stderr


@pytest.mark.skipif(
    shutil.which("openssl") is None,
    reason="moto's proxy makes its certificates with the program openssl",
)
def test_motos_proxy_has_jobs_once_activated(tmp_path: Path) -> None:
    log, port = tmp_path / "proxy.log", free_port()
    code = (
        "import sys; from moto_iot_jobs import activate; activate(); from moto.proxy import main;"
        " main(sys.argv[1:])"
    )
    authority = Path(moto.__file__).parent / "moto_proxy" / "ca.crt"
    with started("-c", code, "--port", str(port), log=log) as process:
        wait_for(lambda: listens(port), process, log)
        # With retries: moto's proxy, with or without us, drops a kept connection now and then.
        through = Config(
            retries={"total_max_attempts": 5}, proxies={"https": f"http://127.0.0.1:{port}"}
        )
        iot, device = (
            boto3.client(name, config=through, verify=str(authority), **KEYS)
            for name in ("iot", "iot-jobs-data")
        )
        arn = iot.create_thing(thingName="t1")["thingArn"]
        iot.create_job(jobId="j1", targets=[arn], document="{}")
        device.start_next_pending_job_execution(thingName="t1")
        device.update_job_execution(thingName="t1", jobId="j1", status="SUCCEEDED")
        assert iot.describe_job(jobId="j1")["job"]["status"] == "COMPLETED"
