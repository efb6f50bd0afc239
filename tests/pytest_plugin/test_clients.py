"""The fixture's own clients are those of an earlier test, as long as nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from moto_iot_jobs.pytest_plugin import IotJobs
from moto_iot_jobs.pytest_plugin.clients import kept_client
from moto_iot_jobs.pytest_plugin.fixture import account
from moto_iot_jobs.pytest_plugin.options import Settings

REGION = "eu-west-1"


def a_client() -> Any:
    return kept_client("iot", REGION, None)


def use(jobs: IotJobs) -> Any:
    thing = jobs.iot.create_thing(thingName="lamp")["thingArn"]
    jobs.iot.create_job(jobId="update", targets=[thing], document="{}")
    list(jobs.iot.get_paginator("list_jobs").paginate())
    with pytest.raises(jobs.iot.exceptions.ResourceNotFoundException):
        jobs.iot.describe_job(jobId="there-is-none")
    jobs.device.update_job_execution(jobId="update", thingName="lamp", status="SUCCEEDED")
    return jobs.iot, jobs.device


def test_clients_that_were_only_used_are_kept() -> None:
    with account(Settings()) as jobs:
        first = use(jobs)
    with account(Settings()) as jobs:
        assert use(jobs) == first


def test_each_request_for_a_client_makes_a_new_one(iot_jobs: IotJobs) -> None:
    assert iot_jobs.client("iot") is not iot_jobs.client("iot")
    assert iot_jobs.client("iot") is not iot_jobs.iot


def register(client: Any) -> None:
    client.meta.events.register("before-call.iot.ListJobs", lambda **_: None)


def unregister(client: Any) -> None:
    handlers = client.meta.events._emitter._handlers.prefix_search("before-send.iot.ListJobs")
    for handler in handlers:
        client.meta.events.unregister("before-send", handler)


def stub(client: Any) -> None:
    Stubber(client).activate()


def patch(client: Any) -> None:
    client.list_jobs = lambda: {"jobs": []}


def patch_the_class(client: Any) -> None:
    type(client).list_jobs = lambda self: {"jobs": []}


def configure(client: Any) -> None:
    client.meta.config.retries["total_max_attempts"] = 1


@pytest.mark.parametrize(
    "change", [register, unregister, stub, patch, patch_the_class, configure], ids=lambda each: ""
)
def test_a_client_that_was_changed_is_not_kept(change: Callable[[Any], None]) -> None:
    before = a_client()
    assert a_client() is before
    change(before)
    after = a_client()
    assert after is not before
    assert a_client() is after
    assert "jobs" not in vars(after)


@pytest.mark.parametrize("name", ["AWS_MAX_ATTEMPTS", "https_proxy"])
def test_another_environment_has_other_clients(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = a_client()
    with monkeypatch.context() as other:
        other.setenv(name, "7")
        assert a_client() is not before
    assert a_client() is before


def test_regions_and_endpoints_have_clients_of_their_own() -> None:
    clients = [
        kept_client("iot", region, url)
        for region in (REGION, "us-east-1")
        for url in (None, "http://127.0.0.1:9")
    ]
    assert len({id(each) for each in clients}) == 4
    assert clients[3].meta.endpoint_url == "http://127.0.0.1:9"


def test_a_botocore_that_is_built_otherwise_gets_new_clients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from botocore.hooks import EventAliaser

    monkeypatch.setattr(EventAliaser, "_emitter", None, raising=False)
    made = a_client()
    vars(made.meta.events).pop("_emitter")
    assert a_client() is not made
