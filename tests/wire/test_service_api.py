"""When the model is loaded, and what happens if it is an old one."""

from copy import deepcopy
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from moto_iot_jobs.wire import ServiceApi, service_api


def test_there_is_one_service_api_for_each_service() -> None:
    assert ServiceApi.of("iot") is ServiceApi.of("iot")
    assert ServiceApi.of("iot") is not ServiceApi.of("iot-jobs-data")


def test_the_model_is_loaded_once_and_not_before_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = []

    def load(service: str) -> ServiceModel:
        loaded.append(service)
        return ServiceModel(Loader().load_service_model(service, "service-2"), service)

    monkeypatch.setattr(service_api, "load", load)
    api = ServiceApi("iot-jobs-data")
    assert loaded == []

    api.match("GET", "/things/t/jobs")
    api.write("UpdateJobExecution", {})
    assert loaded == ["iot-jobs-data"]


@pytest.fixture
def old_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that lack an operation, members and shapes that ours speak of."""
    load_newest = Loader.load_service_model

    def load_older(loader: Loader, service: str, kind: str) -> dict[str, Any]:
        # What a loader has read is kept for others.
        model: dict[str, Any] = deepcopy(load_newest(loader, service, kind))
        shapes, operations = model["shapes"], model["operations"]
        if service == "iot":
            del operations["DescribeManagedJobTemplate"]
            for config in ("jobExecutionsRetryConfig", "jobExecutionsRolloutConfig"):
                del shapes["CreateJobRequest"]["members"][config]
                del shapes["DescribeJobTemplateResponse"]["members"][config]
            del shapes["MaxJobExecutionsPerMin"]
            shapes["JobExecutionsRolloutConfig"]["members"] = {}
        else:
            del operations["StartCommandExecution"]
            del shapes["StartNextPendingJobExecutionRequest"]["members"]["statusDetails"]
        return model

    monkeypatch.setattr(Loader, "load_service_model", load_older)


@pytest.mark.usefixtures("old_models")
def test_an_older_model_does_less_but_does_it() -> None:
    control_plane, data_plane = ServiceApi("iot"), ServiceApi("iot-jobs-data")

    assert "DescribeManagedJobTemplate" not in control_plane.operations
    assert control_plane.match("GET", "/managed-job-templates/t") is None
    assert "StartCommandExecution" not in data_plane.operations

    call = control_plane.match("PUT", "/jobs/j")
    assert call is not None
    body = b'{"targets": ["t"], "jobExecutionsRetryConfig": {}, "description": "d"}'
    assert control_plane.read(call, "", body) == {
        "jobId": "j",
        "targets": ["t"],
        "description": "d",
    }
    assert b"jobExecutionsRetryConfig" not in control_plane.write("DescribeJobTemplate", {})

    call = data_plane.match("PUT", "/things/t/jobs/$next")
    assert call is not None
    assert data_plane.read(call, "", b'{"statusDetails": 1}') == {"thingName": "t"}
