"""A moto that is not built as it must be is told at activation, by its version and by what is not true any more."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import moto
import pytest
from moto import backend_index, backends, mock_aws
from moto.core import base_backend, botocore_stubber, config, models, responses
from moto.iot import models as iot_models
from moto.iotdata import models as iotdata_models
from moto.moto_api._internal.urls import url_paths

from moto_iot_jobs import activate, deactivate, registration
from moto_iot_jobs.iot import assumptions, control
from moto_iot_jobs.wire import Plane

Break = Callable[[pytest.MonkeyPatch], None]


class Nothing:
    """Has none of what is looked for."""

    def __init__(self, *_: Any) -> None:
        self.nothing = None


def replaced(target: object, name: str, value: object) -> Break:
    return lambda monkeypatch: monkeypatch.setattr(target, name, value)


def without(target: Any, name: str) -> Break:
    return lambda monkeypatch: monkeypatch.delattr(target, name)


def other_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(iot_models.iot_backends), "__getitem__", lambda *_: {"us-east-1": Nothing()})


def other_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "_publish_to_devices", lambda: None)


def a_publish_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iotdata_models.IoTDataPlaneBackend, "publish", lambda self, message: message)


def another_order_of_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: Any = lambda self, thing_arn, thing_name, thing_group_arn, thing_group_name: None  # noqa: E731
    monkeypatch.setattr(iot_models.IoTBackend, "add_thing_to_thing_group", changed)


def other_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "moto_api_paths", {})
    for path in control.PATHS:
        monkeypatch.delitem(url_paths, path, raising=False)


def other_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plane, "operations", ("ListThings",))


def renamed_members(kind: type, *names: str) -> Break:
    """Let a constructor set everything but these."""

    def break_it(monkeypatch: pytest.MonkeyPatch) -> None:
        code = kind.__init__.__code__  # type: ignore[misc]
        others = tuple("_gone" if name in names else name for name in code.co_names)
        made: Any = type(lambda: None)(code.replace(co_names=others), {}, closure=kind.__init__.__closure__)  # type: ignore[misc]
        monkeypatch.setattr(kind, "__init__", made)

    return break_it


class MockWithoutMethod:
    """Decorates otherwise."""


BROKEN: dict[str, Break] = {
    "iot backends are made of the registered class": other_backends,
    "iot-data backends are made of the registered class": other_publishing,
    "iot-data publishes by a method that takes topic and payload": a_publish_of_messages,
    "backends take their handlers from the module beside their class's": replaced(
        base_backend.BaseBackend, "urls", property(lambda _: url_paths)
    ),
    "requests find their service in the list of hosts": replaced(botocore_stubber, "BotocoreStubber", Nothing),
    "one object, given event and request, answers what clients of botocore are about to send": replaced(
        assumptions, "BUILTIN_HANDLERS", []
    ),
    "the paths below /moto-api are looked up in one table": other_paths,
    "the state manager keeps transitions by name": replaced(assumptions, "DELETION_MODEL", "iot::another_model"),
    "the lock of the backends may be taken again by whoever holds it": replaced(base_backend, "backend_lock", threading.Lock()),
    "the configuration of a mock is one dictionary": replaced(config, "default_user_config", None),
    "things, groups and policies are changed by the methods that we stand in front of": another_order_of_parameters,
    "the iot backend keeps things, groups and certificates": replaced(assumptions, "_KEPT", ("things", "thing_cupboard")),
    "a thing group has name, id, parent and members": renamed_members(iot_models.FakeThingGroup, "parent_group_name"),
    "a thing has name and attributes": renamed_members(iot_models.FakeThing, "attributes"),
    "a certificate has ARN, status and PEM": renamed_members(iot_models.FakeCertificate, "status"),
    "the account of a request is found by moto's base of responses": without(responses.BaseResponse, "get_current_account"),
    "a decorator of functions is made by one method of the mock": replaced(models, "MockAWS", MockWithoutMethod),
    "hosts can be added to a mock that is running": replaced(models, "responses_mock", object()),
    "botocore's models have the Jobs operations": other_operations,
}


@pytest.fixture
def deactivated() -> Iterator[None]:
    deactivate()
    yield
    deactivate()
    activate()


def refusal() -> str:
    with pytest.raises(RuntimeError) as refused:
        activate_and_check()
    return str(refused.value)


def activate_and_check() -> None:
    activate()
    registration.check_in_use()


def test_each_assumption_is_broken_below() -> None:
    assert BROKEN.keys() == {*assumptions.AT_ONCE, *assumptions.WITH_THE_FIRST_REQUEST}


def test_with_this_moto_nothing_is_broken() -> None:
    activate()
    assert assumptions.broken(assumptions.AT_ONCE) == []
    assert assumptions.broken(assumptions.WITH_THE_FIRST_REQUEST) == []


@pytest.mark.parametrize("sentence", BROKEN)
def test_what_is_not_true_any_more_is_named_with_motos_version(
    deactivated: None, monkeypatch: pytest.MonkeyPatch, sentence: str
) -> None:
    with monkeypatch.context() as patched:
        BROKEN[sentence](patched)
        said = refusal()
    assert f"moto {moto.__version__}: not true any more: " in said
    assert sentence in re.split(r"; |any more: ", said.removesuffix("."))


def test_what_costs_something_is_asked_with_the_first_request(deactivated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        activate()
        device = boto3.client("iot-jobs-data", region_name="eu-west-1")
        with monkeypatch.context() as patched:
            patched.setattr(assumptions, "IoTJobsMixin", Nothing)
            with pytest.raises(RuntimeError, match="true any more: iot backends are made of the registered class"):
                device.get_pending_job_executions(thingName="lamp")


def test_a_service_that_moto_does_not_find_is_named(deactivated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(backends, "get_backend", lambda _name: None)
        said = refusal()
    assert said.endswith("services are found in sys.modules.")


def test_a_list_of_hosts_that_begins_with_others_is_named(deactivated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    added = registration._register_hosts

    def add_at_the_end() -> None:
        added()
        backend_index.backend_url_patterns.insert(0, backend_index.backend_url_patterns.pop())

    with monkeypatch.context() as patched:
        patched.setattr(registration, "_register_hosts", add_at_the_end)
        said = refusal()
    assert said.endswith("the list of hosts is looked through from its beginning.")


def test_after_a_refusal_moto_is_as_it_was(deactivated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(assumptions, "_KEPT", ("nothing of this name",))
        refusal()
        assert not registration.is_active()
        refusal()
    activate()
    assert registration.is_active()
