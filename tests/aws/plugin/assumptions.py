"""What the plugin takes for granted of moto and botocore beyond what they document, each with a
way to check it.

tox runs these checks against each version of moto that is supported.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from moto import backend_index, backends
from moto.cloudformation import models as cloudformation
from moto.cloudformation import parsing
from moto.core import base_backend, botocore_stubber, config, models, responses
from moto.core.common_models import CloudFormationModel
from moto.iam import models as iam_models
from moto.iot import models as iot_models
from moto.iot.models import iot_backends
from moto.iotdata.models import iotdata_backends
from moto.moto_api import state_manager
from moto.moto_api._internal.models import moto_api_backend

from moto_iot_jobs.iot import moto_tags
from moto_iot_jobs.iot.cloudformation import resources
from moto_iot_jobs.iot.models import DELETION_MODEL, IoTJobsMixin
from moto_iot_jobs.iotdata.models import IoTDataMixin
from moto_iot_jobs.iotjobsdata.models import iotjobsdata_backends
from moto_iot_jobs.moto_api import handlers, paths
from moto_iot_jobs.plugin import registration
from moto_iot_jobs.wire import ServiceApi

_ACCOUNT, _REGION = "123456789012", "us-east-1"

# What the mixin calls on to, by the names of the parameters that it passes on by position.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "create_thing": ("thing_name",),
    "update_thing": ("thing_name",),
    "delete_thing": ("thing_name",),
    "add_thing_to_thing_group": ("thing_group_name", "thing_group_arn", "thing_name", "thing_arn"),
    "remove_thing_from_thing_group": (
        "thing_group_name",
        "thing_group_arn",
        "thing_name",
        "thing_arn",
    ),
    "create_thing_group": ("thing_group_name", "parent_group_name"),
    "update_thing_group": ("thing_group_name", "thing_group_properties", "expected_version"),
    "delete_thing_group": ("thing_group_name",),
    "attach_policy": ("policy_name", "target"),
    "_identify_thing_group": ("thing_group_name", "thing_group_arn"),
    "_identify_thing": ("thing_name", "thing_arn"),
}
_KEPT = ("things", "thing_groups", "certificates", "principal_things")
_OF_A_GROUP = ("thing_group_id", "thing_group_name", "parent_group_name", "things", "arn")
_OF_A_THING = ("thing_name", "attributes")
_OF_A_CERTIFICATE = ("arn", "status", "certificate_pem")


def _backend() -> Any:
    return iot_backends[_ACCOUNT][_REGION]


def _handlers_of_ours() -> bool:
    return any(handler.__name__ == "control_plane" for handler in _backend().urls.values())


def _calls_on() -> bool:
    # Below the mixin: moto's own methods, or those of a plugin between us and moto.
    below = [
        each
        for each in iot_backends.backend.__mro__
        if not each.__module__.startswith("moto_iot_jobs.")
    ]
    found = {
        name: next((vars(each)[name] for each in below if name in vars(each)), None)
        for name in _CALLED
    }
    return all(
        method is not None and has_parameters(method, _CALLED[name])
        for name, method in found.items()
    )


def has_parameters(method: Any, names: tuple[str, ...]) -> bool:
    parameters = list(inspect.signature(method).parameters.values())[1:]
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return True
    return tuple(each.name for each in parameters[: len(names)]) == names


def sets_attributes(kind: Any, names: Iterable[str]) -> bool:
    """Whether instances of a class have attributes of these names, as far as its constructor
    tells.
    """
    constructors = [vars(each).get("__init__") for each in kind.__mro__]
    set_by = {
        name for each in constructors if inspect.isfunction(each) for name in each.__code__.co_names
    }
    return all(hasattr(kind, name) or name in set_by for name in names)


def uses_name(kind: type, name: str) -> bool:
    return any(
        name in each.__code__.co_names for each in vars(kind).values() if inspect.isfunction(each)
    )


def _knows_its_caller() -> bool:
    """Whether the account of a request is found by what it was found by in the moto that
    `dispatch.auth` follows.
    """
    mixin: Any = responses.ActionAuthenticatorMixin  # type: ignore[attr-defined]
    finds_account = uses_name(responses.BaseResponse, "get_account_id_from")
    finds_key = hasattr(responses.BaseResponse, "access_key_regex")
    has_keys = sets_attributes(iam_models.IAMBackend, ["access_keys"])
    return isinstance(mixin.request_count, int) and finds_account and finds_key and has_keys


def _reaches_a_running_mock() -> bool:
    stubber: Any = models.botocore_stubber
    can_be_asked = hasattr(stubber, "process_prepared_request") or hasattr(
        stubber, "process_request"
    )
    can_be_added_to = callable(getattr(models.responses_mock, "add", None)) and bool(
        models.RESPONSES_METHODS
    )
    return isinstance(stubber.enabled, bool) and can_be_asked and can_be_added_to


def _is_asked_by_botocore() -> bool:
    stubber: Any = models.botocore_stubber
    return ("before-send", stubber) in BUILTIN_HANDLERS and has_parameters(
        type(stubber).__call__, ("event_name", "request")
    )


def _keeps_transitions() -> bool:
    is_known = DELETION_MODEL in state_manager.get_registered_models()
    return is_known and "progression" in state_manager.get_transition(DELETION_MODEL)


def _publishes() -> bool:
    return _iot_data_has({"publish": ("topic", "payload")})


def _has_shadows() -> bool:
    return sets_attributes(iot_models.FakeThing, ("thing_shadows",)) and _iot_data_has(
        {
            "update_thing_shadow": ("thing_name", "payload", "shadow_name"),
            "get_thing_shadow": ("thing_name", "shadow_name"),
            "delete_thing_shadow": ("thing_name", "shadow_name"),
            "list_named_shadows_for_thing": ("thing_name",),
        }
    )


_OF_AN_EVENT = (
    *("stack_id", "stack_name", "logical_resource_id", "physical_resource_id"),
    *("resource_type", "resource_status", "resource_status_reason", "resource_properties"),
)


def _stacks_are_as_we_end_them() -> bool:
    # Older versions of moto have another name for it.
    stack: Any = getattr(cloudformation, "Stack", None) or vars(cloudformation)["FakeStack"]
    return (
        sets_attributes(stack, ("events", "status", "name", "resource_map", "output_map"))
        and has_parameters(stack._add_stack_event, ("resource_status", "resource_status_reason"))
        and sets_attributes(parsing.ResourceMap, ("_parsed_resources", "_resource_json_map"))
        and sets_attributes(parsing.OutputMap, ("_output_json_map",))
        and has_parameters(resources._Event.__init__, _OF_AN_EVENT)
    )


def _types_of_resources_are_cached() -> bool:
    cached = (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map)
    return all(callable(each.cache_clear) for each in cached) and (
        parsing.get_model_map()["AWS::IoT::Job"] in CloudFormationModel.__subclasses__()
    )


def _keeps_what_is_tagged() -> bool:
    # Older versions of moto have no billing groups.
    kinds = {"thinggroup": iot_models.FakeThingGroup, "thingtype": iot_models.FakeThingType}
    return moto_tags.tagged_resources(_backend()).keys() >= kinds.keys() and all(
        sets_attributes(kind, ("arn",)) for kind in kinds.values()
    )


def _iot_data_has(methods: Mapping[str, tuple[str, ...]]) -> bool:
    kinds: Any = iotdata_backends.backend.__mro__
    below = [each for each in kinds if not each.__module__.startswith("moto_iot_jobs.")]
    found = {
        name: next((vars(each)[name] for each in below if name in vars(each)), None)
        for name in methods
    }
    return all(
        method is not None and has_parameters(method, methods[name])
        for name, method in found.items()
    )


ASSUMPTIONS: Mapping[str, Callable[[], bool]] = {
    "iot-data publishes by a method that takes topic and payload": _publishes,
    "a thing has its shadows in a dictionary, which iot-data writes by four methods": _has_shadows,
    "a stack ends with its events, status, resources and outputs": _stacks_are_as_we_end_them,
    "CloudFormation finds types among direct subclasses, and remembers them in three caches": (
        _types_of_resources_are_cached
    ),
    "thing groups, thing types and billing groups have ARNs and no tags": _keeps_what_is_tagged,
    "requests find their service in the list of hosts": lambda: uses_name(
        botocore_stubber.BotocoreStubber, "backend_url_patterns"
    ),
    "one object, given event and request, answers what clients of botocore are about to send": (
        _is_asked_by_botocore
    ),
    "the paths below /moto-api are looked up in one table": lambda: (
        set(paths.PATHS.values()) <= set(moto_api_backend.urls.values())
        and paths.PATHS.keys() == handlers.PATHS.keys()
    ),
    "the state manager keeps transitions by name": _keeps_transitions,
    "the lock of the backends may be taken again by whoever holds it": lambda: isinstance(
        base_backend.backend_lock, type(threading.RLock())
    ),
    "the configuration of a mock is one dictionary": lambda: isinstance(
        config.default_user_config, dict
    ),
    "things, groups and policies are changed by the methods that we stand in front of": _calls_on,
    "the iot backend keeps things, groups and certificates": lambda: sets_attributes(
        iot_backends.backend, _KEPT
    ),
    "a thing group has name, id, parent and members": lambda: sets_attributes(
        iot_models.FakeThingGroup, _OF_A_GROUP
    ),
    "a thing has name and attributes": lambda: sets_attributes(iot_models.FakeThing, _OF_A_THING),
    "a certificate has ARN, status and PEM": lambda: sets_attributes(
        iot_models.FakeCertificate, _OF_A_CERTIFICATE
    ),
    "the account of a request is found by moto's base of responses": _knows_its_caller,
    "a decorator of functions is made by one method of the mock": lambda: callable(
        models.MockAWS._decorate_callable
    ),
    "hosts can be added to a mock that is running": _reaches_a_running_mock,
    "services are found in sys.modules": lambda: (
        backends.get_backend("iotjobsdata") is iotjobsdata_backends  # type: ignore[call-overload]
    ),
    "the list of hosts is looked through from its beginning": lambda: (
        backend_index.backend_url_patterns[: len(registration._patterns)] == registration._patterns
    ),
    "iot backends are made of the registered class": lambda: isinstance(_backend(), IoTJobsMixin),
    "iot-data backends are made of the registered class": lambda: isinstance(
        iotdata_backends[_ACCOUNT][_REGION], IoTDataMixin
    ),
    "backends take their handlers from the module beside their class's": _handlers_of_ours,
    "botocore's models have the Jobs operations": lambda: (
        "DeleteJobExecution" in ServiceApi.of("iot").operations
        and "UpdateJobExecution" in ServiceApi.of("iot-jobs-data").operations
    ),
}


def broken() -> list[str]:
    """Return the assumptions that do not hold, in words.

    What cannot even be asked does not hold.
    """
    return [sentence for sentence, holds in ASSUMPTIONS.items() if not passes(holds)]


def passes(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except Exception:
        return False
