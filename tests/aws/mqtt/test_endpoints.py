"""The endpoints themselves: what starting, stopping and refusing them leaves behind, and the
server's options for them.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from moto import settings
from moto.iotdata.models import IoTDataPlaneBackend, iotdata_backends

from moto_iot_jobs import activate, deactivate, mock_iot, mqtt
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.server.device_mqtt import DeviceEndpoint
from tests.waiting import PATIENCE, wait_until
from tests.warm_python import warm_python

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect

OURS = {"moto-iot-jobs-mqtt", "iot-jobs-ticker"}


@pytest.fixture(autouse=True)
def nobody_serves() -> None:
    """A server that another test ran in this process lets time go on by itself."""
    runtime.delivery.stop_serving()


def our_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()} & OURS


def wait_until_all_are_gone() -> None:
    """Wait until none of our threads is left; the ticker ends within a tick."""
    wait_until(lambda: not our_threads(), our_threads)


def test_an_endpoint_leaves_no_thread_and_no_file_behind() -> None:
    with mock_iot(), mqtt.Endpoint(), mqtt.Endpoint(tls=True) as served:
        authority = served.ca_file
        assert authority is not None
        assert our_threads() == OURS
        assert authority.exists()
    wait_until_all_are_gone()
    assert not authority.parent.exists()


@pytest.mark.parametrize("tls", [False, True])
def test_a_port_that_is_in_use_is_an_error_and_leaves_nothing_behind(tls: bool) -> None:
    with (
        mock_iot(),
        closing(socket.create_server(("127.0.0.1", 0))) as taken,
        pytest.raises(OSError, match=r"in use"),
    ):
        mqtt.Endpoint(tls=tls, port=taken.getsockname()[1])
    wait_until_all_are_gone()


def test_without_a_mock_there_is_no_endpoint() -> None:
    with pytest.raises(RuntimeError, match=r"mqtt\.Endpoint\(\) needs a mock"):
        mqtt.Endpoint()


def test_the_region_is_that_of_the_environment_unless_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert DeviceEndpoint().region == "us-east-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert DeviceEndpoint().region == "eu-north-1"
    assert DeviceEndpoint(region="eu-west-1").region == "eu-west-1"


def test_a_port_that_is_not_served_has_no_address() -> None:
    with DeviceEndpoint() as endpoint:
        assert endpoint.mqtt_address[1] > 0
        for absent in ("mqtts_address", "authority_file"):
            with pytest.raises(LookupError):
                getattr(endpoint, absent)


def test_in_motos_server_mode_the_server_has_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    with pytest.raises(RuntimeError, match=r"--mqtt-port"):
        mqtt.Endpoint()


def test_two_endpoints_serve_two_accounts_apart(in_process: Aws, connect_to: Connect) -> None:
    in_process.job("j1", "t1")
    with (
        mqtt.Endpoint(region=in_process.region) as here,
        mqtt.Endpoint(region=in_process.region, account="999999999999") as there,
        connect_to(here.address, "t1") as ours,
        connect_to(there.address, "t1") as theirs,
    ):
        theirs.subscribe("notify")
        assert [each["jobId"] for each in ours.ask("get")[1]["queuedJobs"]] == ["j1"]
        assert theirs.ask("get")[1]["code"] == "ResourceNotFound"
        in_process.job("j2", "t1")
        assert theirs.hears_nothing()


def test_without_us_iot_data_is_motos_own() -> None:
    activate()
    ours: object = iotdata_backends.backend
    assert ours is not IoTDataPlaneBackend
    deactivate()
    assert iotdata_backends.backend is IoTDataPlaneBackend


# The server's options


def server(*options: str, log: Path) -> subprocess.Popen[bytes]:
    command = [*warm_python(), "-m", "moto_iot_jobs", "server", "--port", "0", *options]
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)


def test_the_server_says_where_it_listens_for_devices(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    here = r"://127\.0\.0\.1:\d+"
    with server("--mqtt-port", "0", "--mqtts-port", "0", "--https-port", "0", log=log) as process:
        try:
            pattern = (
                rf"on http{here}\n.*/moto-api/iot-jobs/\nmqtt{here}\nmqtts{here} certified by (.+)\nhttps{here} certified"
                r" by \1\n"
            )

            def has_said_all() -> bool:
                assert process.poll() is None, log.read_text(encoding="utf-8")
                return re.search(pattern, log.read_text(encoding="utf-8")) is not None

            wait_until(has_said_all, lambda: log.read_text(encoding="utf-8"))
            found = re.search(pattern, log.read_text(encoding="utf-8"))
            assert found is not None
            authority = Path(found[1])
            assert authority.read_text(encoding="ascii").startswith("-----BEGIN CERTIFICATE-----")
        finally:
            process.terminate()
        assert process.wait(PATIENCE) == 0
    assert not authority.exists()
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--mqtt-port", "--mqtts-port", "--https-port"])
def test_a_port_for_devices_that_is_in_use_is_an_error_without_a_traceback(
    tmp_path: Path, option: str
) -> None:
    log = tmp_path / "server.log"
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        with server(option, port, log=log) as process:
            assert process.wait(timeout=60) == 1
    said = log.read_text(encoding="utf-8")
    assert port in said
    assert "Traceback" not in said
