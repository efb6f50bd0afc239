"""What the plugin takes for granted of moto holds, each check can fail, and a missing name is one
clear sentence.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType
from typing import Any

import moto
import pytest
from moto import backend_index, backends
from moto.cloudformation import parsing
from moto.core import base_backend, botocore_stubber, config, models, responses
from moto.iot import models as iot_models
from moto.iotdata import models as iotdata_models
from moto.moto_api._internal.urls import url_paths

from moto_iot_jobs import activate, deactivate
from moto_iot_jobs.iot import moto_tags
from moto_iot_jobs.moto_api import handlers
from moto_iot_jobs.plugin import registration
from moto_iot_jobs.plugin.compatibility import check_moto
from moto_iot_jobs.wire import ServiceApi
from tests.aws.plugin import assumptions

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
    monkeypatch.setattr(
        type(iot_models.iot_backends), "__getitem__", lambda *_: {"us-east-1": Nothing()}
    )


def other_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "_extend_iot_data", lambda: None)


def a_publish_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        iotdata_models.IoTDataPlaneBackend, "publish", lambda self, message: message
    )


def shadows_of_another_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        iotdata_models.IoTDataPlaneBackend, "get_thing_shadow", lambda self, thing: thing
    )


def another_order_of_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: Any = lambda self, thing_arn, thing_name, thing_group_arn, thing_group_name: None  # noqa: E731
    monkeypatch.setattr(iot_models.IoTBackend, "add_thing_to_thing_group", changed)


def other_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "moto_api_paths", {})
    for path in handlers.PATHS:
        monkeypatch.delitem(url_paths, path, raising=False)


def other_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServiceApi, "operations", ("ListThings",))


def renamed_members(kind: type, *names: str) -> Break:
    """Let a constructor set everything but these."""

    def break_it(monkeypatch: pytest.MonkeyPatch) -> None:
        code = kind.__init__.__code__  # type: ignore[misc]
        others = tuple("_gone" if name in names else name for name in code.co_names)
        closure = kind.__init__.__closure__  # type: ignore[misc]
        made: Any = FunctionType(code.replace(co_names=others), {}, closure=closure)
        monkeypatch.setattr(kind, "__init__", made)

    return break_it


class MockWithoutMethod:
    """Decorates otherwise."""


def other_hosts_first(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = backend_index.backend_url_patterns
    added = registration._register_hosts

    def add_at_the_end() -> None:
        added()
        patterns.insert(0, patterns.pop())

    monkeypatch.setattr(registration, "_register_hosts", add_at_the_end)


BROKEN: dict[str, Break] = {
    "a stack ends with its events, status, resources and outputs": without(parsing, "OutputMap"),
    "CloudFormation finds types among direct subclasses, and remembers them in three caches": (
        replaced(parsing, "get_model_map", cache(lambda: {"AWS::IoT::Job": object}))
    ),
    "thing groups, thing types and billing groups have ARNs and no tags": replaced(
        moto_tags, "_KINDS", {"thinggroup": "groups_of_things"}
    ),
    "services are found in sys.modules": replaced(backends, "get_backend", lambda _name: None),
    "the list of hosts is looked through from its beginning": other_hosts_first,
    "iot backends are made of the registered class": other_backends,
    "iot-data backends are made of the registered class": other_publishing,
    "iot-data publishes by a method that takes topic and payload": a_publish_of_messages,
    "a thing has its shadows in a dictionary, which iot-data writes by four methods": (
        shadows_of_another_signature
    ),
    "backends take their handlers from the module beside their class's": replaced(
        base_backend.BaseBackend, "urls", property(lambda _: url_paths)
    ),
    "requests find their service in the list of hosts": replaced(
        botocore_stubber, "BotocoreStubber", Nothing
    ),
    "one object, given event and request, answers what clients of botocore are about to send": (
        replaced(assumptions, "BUILTIN_HANDLERS", [])
    ),
    "the paths below /moto-api are looked up in one table": other_paths,
    "the state manager keeps transitions by name": replaced(
        assumptions, "DELETION_MODEL", "iot::another_model"
    ),
    "the lock of the backends may be taken again by whoever holds it": replaced(
        base_backend, "backend_lock", threading.Lock()
    ),
    "the configuration of a mock is one dictionary": replaced(config, "default_user_config", None),
    "things, groups and policies are changed by the methods that we stand in front of": (
        another_order_of_parameters
    ),
    "the iot backend keeps things, groups and certificates": replaced(
        assumptions, "_KEPT", ("things", "thing_cupboard")
    ),
    "a thing group has name, id, parent and members": renamed_members(
        iot_models.FakeThingGroup, "parent_group_name"
    ),
    "a thing has name and attributes": renamed_members(iot_models.FakeThing, "attributes"),
    "a certificate has ARN, status and PEM": renamed_members(iot_models.FakeCertificate, "status"),
    "the account of a request is found by moto's base of responses": without(
        responses.BaseResponse, "get_current_account"
    ),
    "a decorator of functions is made by one method of the mock": replaced(
        models, "MockAWS", MockWithoutMethod
    ),
    "hosts can be added to a mock that is running": replaced(models, "responses_mock", object()),
    "botocore's models have the Jobs operations": other_operations,
}


@pytest.fixture
def deactivated() -> Iterator[None]:
    deactivate()
    yield
    deactivate()


def test_each_assumption_is_broken_below() -> None:
    assert BROKEN.keys() == assumptions.ASSUMPTIONS.keys()


def test_with_this_moto_every_assumption_holds(deactivated: None) -> None:
    activate()
    assert assumptions.broken() == []


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_moto_that_is_built_otherwise_is_found_out(
    deactivated: None, monkeypatch: pytest.MonkeyPatch, sentence: str
) -> None:
    with monkeypatch.context() as patched:
        BROKEN[sentence](patched)
        activate()
        assert sentence in assumptions.broken()


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (backend_index, "backend_url_patterns"),
        (models.MockAWS, "_decorate_callable"),
        (responses.BaseResponse, "access_key_regex"),
    ],
)
def test_a_missing_name_is_one_sentence_with_motos_version(
    monkeypatch: pytest.MonkeyPatch, target: Any, name: str
) -> None:
    check_moto()
    with monkeypatch.context() as patched:
        patched.delattr(target, name)
        with pytest.raises(
            RuntimeError, match=rf"cannot work with moto {re.escape(moto.__version__)}.*\.{name}\. "
        ):
            check_moto()
