"""Versions, deletion, and what comes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.shadows.errors import ShadowError

if TYPE_CHECKING:
    from tests.shadows.conftest import Lamp


def test_every_accepted_update_makes_a_version_and_nothing_else_does(lamp: Lamp) -> None:
    versions = [lamp.desire(a=1).current.version for _ in range(3)]
    assert versions == [1, 2, 3]
    lamp.rejection({"state": {"foo": 1}})
    assert lamp.get()["version"] == 3


def test_an_update_with_the_current_version_is_accepted_and_another_one_is_not(
    lamp: Lamp,
) -> None:
    lamp.desire(a=1)
    assert lamp.update({"state": {}, "version": 1}).current.version == 2
    for version in (0, 1, 3):
        assert lamp.rejection({"state": {}, "version": version}) == (409, "Version conflict")


@pytest.mark.parametrize("version", [0, 1])
def test_a_first_update_may_expect_version_0_or_1(lamp: Lamp, version: int) -> None:
    assert lamp.update({"state": {}, "version": version}).current.version == 1


def test_a_deletion_responds_with_the_version_that_it_deleted_and_the_next_is_two_more(
    lamp: Lamp,
) -> None:
    for number in range(3):
        lamp.desire(a=number)
    assert lamp.delete(payload=b'{"clientToken":"c"}') == {
        "version": 3,
        "timestamp": lamp.now,
        "clientToken": "c",
    }
    assert lamp.desire(a=1).current.version == 5
    assert lamp.get()["state"]["desired"] == {"a": 1}


@pytest.mark.parametrize(("hours", "version"), [(48, 3), (49, 1)])
def test_versions_start_again_when_the_deletion_is_older_than_48_hours(
    lamp: Lamp, hours: int, version: int
) -> None:
    lamp.desire(a=1)
    lamp.delete()
    lamp.now += hours * 3600
    assert lamp.desire(a=1).current.version == version


def test_the_update_after_a_deletion_has_nothing_before_it(lamp: Lamp) -> None:
    lamp.desire(a=1)
    lamp.delete()
    assert lamp.desire(b=1).previous is None


@pytest.mark.parametrize(
    ("name", "named"), [(None, "lamp"), ("config", "config"), ("$package", "$package")]
)
def test_what_does_not_exist_cannot_be_read_or_deleted(
    lamp: Lamp, name: str | None, named: str
) -> None:
    def fails(act: Any) -> None:
        with pytest.raises(ShadowError) as raised:
            act(name, b'{"clientToken":"t"}')
        error = raised.value
        assert (error.code, error.message, error.client_token) == (
            404,
            f"No shadow exists with name: '{named}'",
            "t",
        )

    fails(lamp.get)
    fails(lamp.delete)
    lamp.update({"state": None}, name)
    lamp.delete(name)
    fails(lamp.get)
    fails(lamp.delete)


def test_a_deletion_may_expect_a_version(lamp: Lamp) -> None:
    lamp.desire(a=1)
    with pytest.raises(ShadowError) as raised:
        lamp.delete(payload=b'{"version":2}')
    assert (raised.value.code, raised.value.message) == (409, "Version conflict")
    assert lamp.delete(payload=b'{"version":1}')["version"] == 1


def test_shadows_of_a_thing_are_apart(lamp: Lamp) -> None:
    lamp.update({"state": {"desired": {"a": 1}}})
    lamp.update({"state": {"desired": {"a": 2}}}, "config")
    lamp.update({"state": {"desired": {"a": 3}}}, "config")
    assert (lamp.get()["version"], lamp.get("config")["version"]) == (1, 2)
    lamp.delete()
    assert lamp.get("config")["state"]["desired"] == {"a": 3}


def test_named_shadows_are_listed_by_name_without_the_classic_one(lamp: Lamp) -> None:
    for name in ("b", "$package", "a", None, "gone"):
        lamp.update({"state": None}, name)
    lamp.delete("gone")
    assert lamp.service.named_shadows("lamp") == ["$package", "a", "b"]
    assert lamp.service.named_shadows("nothing") == []
