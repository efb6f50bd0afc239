"""What operations on shadows cost: as many steps with many things and shadows as with few.

Steps are lines of this package and of moto's iot, so that the numbers are the same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import moto.iot
import pytest

import moto_iot_jobs
from moto_iot_jobs import messages
from moto_iot_jobs.shadows.shadows import find_shadows
from tests.steps import Trace, folder_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws.conftest import Aws

FOLDERS = (folder_of(moto_iot_jobs), folder_of(moto.iot))
FEW, MANY = 10, 2_000
UPDATE = b'{"state":{"desired":{"color":"red"},"reported":{"color":"green"}}}'


def steps(call: Callable[[], object]) -> int:
    """Count the lines that a call carries out."""
    return Trace(call, *FOLDERS).steps


@pytest.mark.parametrize("registered", [True, False], ids=["registered", "unregistered"])
def test_operations_cost_the_same_however_many_shadows_there_are(
    in_process: Aws, registered: bool
) -> None:
    client = in_process.client("iot-data")
    shadows = find_shadows(in_process.account, in_process.region)
    named = {"thingName": "lamp-5"}

    def fill(begin: int, end: int) -> None:
        for number in range(begin, end):
            if registered:
                in_process.iot.create_thing(thingName=f"lamp-{number}")
            shadows.update(f"lamp-{number}", None, UPDATE)
            shadows.update("lamp-5", f"s{number}", UPDATE)

    def costs() -> dict[str, int]:
        topic = "$aws/things/lamp-5/shadow/update"
        acts: dict[str, Callable[[], object]] = {
            "update": lambda: client.update_thing_shadow(**named, payload=UPDATE),
            "get": lambda: client.get_thing_shadow(**named),
            "update over MQTT": lambda: messages.request(topic, UPDATE, region=in_process.region),
            "delete": lambda: client.delete_thing_shadow(**named),
            "first update": lambda: client.update_thing_shadow(**named, payload=UPDATE),
        }
        return {name: steps(act) for name, act in acts.items()}

    fill(0, FEW)
    costs()  # what is imported and made once
    few = costs()
    fill(FEW, MANY)
    many = costs()
    assert few.keys() == many.keys()
    for name in few:
        assert abs(many[name] - few[name]) <= 10, (name, few[name], many[name])
        assert few[name] > 50, "something was counted"
