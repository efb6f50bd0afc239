"""Sessions made while IoT Jobs are in moto share the models that botocore reads.

Nobody can tell, but by the time it takes.
"""

from __future__ import annotations

import inspect
import json
import os
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import boto3
import botocore
import botocore.session
import pytest
from botocore import loaders
from botocore.exceptions import ClientError, DataNotFoundError, UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader
from moto import mock_aws

from moto_iot_jobs import activate, deactivate, mock_iot
from moto_iot_jobs.plugin import shared_models
from moto_iot_jobs.plugin.shared_models import SharingLoader

SERVICES = ("iot", "iot-jobs-data")
NOT_SHARED: Any = {"iot_jobs": {"share_models": False}}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients be made as users make them."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    # awscli sets it when it is imported, as other tests in this process do.
    monkeypatch.delenv("AWS_DATA_PATH", raising=False)


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what was loaded, for one test."""
    monkeypatch.setattr(shared_models, "_loaded", {})
    monkeypatch.setattr(shared_models, "_loaders", {})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the files that loaders read."""
    counts: Counter[str] = Counter()
    load = JSONFileLoader._load_file

    def counted(self: Any, path: str, open_method: Any) -> Any:
        if Path(path).is_file():
            counts[path] += 1
        return load(self, path, open_method)

    monkeypatch.setattr(JSONFileLoader, "_load_file", counted)
    return counts


def a_test(mock: Callable[..., Any] = mock_iot, **kwargs: Any) -> None:
    """Do what a test of a user does."""
    with mock(**kwargs):
        iot, _ = (boto3.client(name) for name in SERVICES)
        iot.create_thing(thingName="t1")


def is_shared(session: boto3.session.Session) -> bool:
    return isinstance(session._session.get_component("data_loader"), SharingLoader)


# It is shared


def test_from_the_second_test_on_no_file_is_read(read: Counter[str]) -> None:
    a_test()
    read.clear()
    a_test()
    assert read == {}


def test_a_new_service_is_read_once(nothing_loaded: None, read: Counter[str]) -> None:
    for _ in range(3):
        with mock_iot():
            boto3.client("sqs")
    assert set(read.values()) == {1}


def test_every_session_of_a_mock_shares(read: Counter[str]) -> None:
    a_test()
    read.clear()
    with mock_iot():
        boto3.session.Session(region_name="us-east-1").client("iot")
        botocore.session.get_session().create_client("iot", region_name="us-east-1")
        boto3.session.Session().resource("s3")
        before = sum(read.values())
        boto3.session.Session().resource("s3")
    assert sum(read.values()) == before


def test_threads_read_each_model_once(nothing_loaded: None, read: Counter[str]) -> None:
    def make(number: int) -> str:
        session = boto3.session.Session(region_name="eu-west-1")
        return str(session.client(SERVICES[number % 2]).meta.service_model.service_name)

    with mock_iot(), ThreadPoolExecutor(8) as threads:
        made = list(threads.map(make, range(16)))
    assert made == [*SERVICES] * 8
    assert set(read.values()) == {1}


# It is not shared where it must not be


def test_plain_mock_aws_reads_as_before(read: Counter[str]) -> None:
    a_test(mock_aws)
    read.clear()
    a_test(mock_aws)
    before = Counter(read)
    a_test()
    read.clear()
    a_test(mock_aws)
    assert len(before) > 3
    assert read == before


@pytest.mark.parametrize("config", [NOT_SHARED, None], ids=["configuration", "default"])
def test_it_can_be_switched_off(
    config: Any, read: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_models.sharing, "by_default", config is not None)
    a_test(config=config)
    read.clear()
    a_test(config=config)
    assert len(read) > 3


def test_nothing_is_left_in_botocore_when_the_mock_ends() -> None:
    before = list(botocore._INITIALIZERS)
    with mock_iot():
        with mock_iot():
            assert len(botocore._INITIALIZERS) == len(before) + 1
        session = boto3.session.Session()
        assert is_shared(session)
    assert before == botocore._INITIALIZERS
    assert not is_shared(boto3.session.Session())


def test_a_session_that_outlives_the_mock_reads_for_itself(read: Counter[str]) -> None:
    with mock_iot():
        session = boto3.session.Session(region_name="eu-west-1")
        session.client("iot")
        read.clear()
        ours = session.client("iot").meta.service_model
    assert read == {}
    later = session.client("iot").meta.service_model
    assert any(path.endswith("service-2.json.gz") for path in read)
    assert later.operation_names == ours.operation_names
    assert later._service_description is not ours._service_description


def test_activation_shares_until_it_ends(read: Counter[str]) -> None:
    activate()
    a_test(mock_aws)
    read.clear()
    a_test(mock_aws)
    assert read == {}
    deactivate()
    a_test(mock_aws)
    assert len(read) > 3


# Loaders and folders of the user


def own_model(folder: Path, *operations: str) -> None:
    position = folder / "lamps" / "2026-01-01"
    position.mkdir(parents=True, exist_ok=True)
    model = {
        "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "lamps", "protocol": "json",
                     "serviceFullName": "Lamps", "serviceId": "Lamps", "signatureVersion": "v4",
                     "jsonVersion": "1.1", "targetPrefix": "Lamps"},
        "operations": {name: {"name": name, "http": {"method": "POST", "requestUri": "/"}}
                       for name in operations},
        "shapes": {},
    }  # fmt: skip
    (position / "service-2.json").write_text(json.dumps(model), encoding="utf-8")


def operations_of(service: str) -> list[str]:
    return list(boto3.session.Session().client(service).meta.service_model.operation_names)


def test_a_folder_of_the_user_is_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    own_model(tmp_path, "Dim")
    with mock_iot():
        assert operations_of("lamps") == ["Dim"]
    own_model(tmp_path, "Dim", "Light")
    with mock_iot():
        assert operations_of("lamps") == ["Dim", "Light"]
        monkeypatch.delenv("AWS_DATA_PATH")
        with pytest.raises(UnknownServiceError):
            operations_of("lamps")


def test_a_folder_that_comes_later_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    monkeypatch.setenv("AWS_DATA_PATH", str(folder))
    with mock_iot():
        operations_of("iot")
        own_model(folder, "Dim")
        assert operations_of("lamps") == ["Dim"]


def test_a_loader_of_the_user_stays() -> None:
    class OwnLoader(Loader):  # type: ignore[misc]
        pass

    with mock_iot():
        session = botocore.session.get_session()
        own = OwnLoader()
        session.register_component("data_loader", own)
        assert boto3.session.Session(botocore_session=session)._loader is own


@pytest.mark.parametrize("is_lazy", [True, False])
def test_a_loader_of_another_initializer_stays(is_lazy: bool) -> None:
    class OwnLoader(Loader):  # type: ignore[misc]
        pass

    own = OwnLoader()

    def initialize(session: Any) -> None:
        if is_lazy:
            session.lazy_register_component("data_loader", lambda: own)
        else:
            session.register_component("data_loader", own)

    botocore.register_initializer(initialize)
    try:
        with mock_iot():
            assert boto3.session.Session()._loader is own
    finally:
        botocore.unregister_initializer(initialize)


def test_a_replaced_file_system_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    a_test()
    nothing = SimpleNamespace(
        **{**vars(os), "path": SimpleNamespace(isdir=lambda _: False, join=os.path.join)}
    )
    with mock_iot():
        with monkeypatch.context() as replaced:
            replaced.setattr(loaders, "os", nothing)
            with pytest.raises(DataNotFoundError):
                operations_of("iot")
        assert "CreateJob" in operations_of("iot")


# Models stay as they are


class FrozenDict(OrderedDict[Any, Any]):
    """A dictionary that cannot be changed once it is made."""

    def __init__(self, pairs: Any) -> None:
        super().__init__()
        for key, value in pairs:
            OrderedDict.__setitem__(self, key, value)

    def _fail(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("a model was changed")

    def copy(self) -> Any:
        return OrderedDict(self)

    __setitem__ = __delitem__ = _fail
    clear = pop = popitem = setdefault = update = move_to_end = _fail


class FrozenList(list[Any]):
    """A list that cannot be changed."""

    def _fail(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("a model was changed")

    __setitem__ = __delitem__ = __iadd__ = _fail
    append = extend = insert = pop = remove = clear = sort = reverse = _fail


def frozen(data: Any) -> Any:
    if isinstance(data, dict):
        return FrozenDict((key, frozen(value)) for key, value in data.items())
    if isinstance(data, list):
        return FrozenList(frozen(each) for each in data)
    return tuple(frozen(each) for each in data) if isinstance(data, tuple) else data


def use_much_of_botocore() -> None:
    """Make clients of many kinds, and have every operation of the two planes build its request."""
    for name in (*SERVICES, "iot-data", "s3", "dynamodb", "sqs", "sts"):
        client = boto3.client(name)
        for operation in client.meta.service_model.operation_names:
            model = client.meta.service_model.operation_model(operation)
            for shape in (model.input_shape, model.output_shape):
                _ = shape and (shape.members, shape.metadata, model.documentation)
        _ = client.waiter_names
    iot, device = (boto3.client(name) for name in SERVICES)
    arn = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[arn], document="{}")
    assert list(iot.get_paginator("list_jobs").paginate())
    device.start_next_pending_job_execution(thingName="t1")
    device.update_job_execution(thingName="t1", jobId="j1", status="SUCCEEDED")
    with pytest.raises(ClientError):
        iot.describe_job(jobId="j2")
    bucket = boto3.resource("s3").create_bucket(
        Bucket="bucket-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    bucket.wait_until_exists()
    assert bucket.meta.client.generate_presigned_url(
        "get_object", {"Bucket": "bucket-1", "Key": "k"}
    )
    assert "create_job" in dir(iot)
    assert inspect.getdoc(device.update_job_execution)


def digest() -> dict[tuple[Any, ...], str]:
    return {
        key: sha256(json.dumps(value).encode()).hexdigest()
        for key, value in shared_models._loaded.items()
    }


def test_clients_leave_the_models_as_they_were(nothing_loaded: None) -> None:
    with mock_iot():
        use_much_of_botocore()
    before = digest()
    with mock_iot():
        use_much_of_botocore()
    assert digest() == before
    assert len(before) > 20


def test_clients_work_with_models_that_cannot_be_changed(nothing_loaded: None) -> None:
    with mock_iot():
        use_much_of_botocore()
    for key, value in shared_models._loaded.items():
        shared_models._loaded[key] = frozen(value)
    with mock_iot():
        use_much_of_botocore()


def test_endpoints_are_completed_for_one_session_only(nothing_loaded: None) -> None:
    with mock_iot():
        one, other = (boto3.session.Session() for _ in range(2))
        one.client("iot", region_name="eu-west-1")
        assert {"hostname", "partition"} <= set(endpoint_of_iot(one))
        assert endpoint_of_iot(other) == {}
        assert one._loader.load_data("endpoints") is one._loader.load_data("endpoints")


def endpoint_of_iot(session: boto3.session.Session) -> Any:
    partition = session._loader.load_data("endpoints")["partitions"][0]
    return partition["services"]["iot"]["endpoints"]["eu-west-1"]


def test_what_a_session_lists_may_be_changed() -> None:
    with mock_iot():
        boto3.session.Session().get_available_services().clear()
        assert "iot" in boto3.session.Session().get_available_services()
