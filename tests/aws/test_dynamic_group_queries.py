"""The language of dynamic groups' queries (developer guide, Query syntax and Example thing
queries).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import moto
import pytest
from moto.iot.responses import IoTResponse

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

MOTO = tuple(int(part) for part in moto.__version__.split(".")[:3])

BEDROOM = {"model": "lamp-7", "temperature": "61", "serial": "abce"}
KITCHEN = {"model": "legacy", "temperature": "75", "floor": "2"}
SHADOW = {
    "desired": {"lit": True, "color": "red"},
    "reported": {"lit": False, "stats": {"battery": 80.0}, "values": [1, 2], "note": "Hello World"},
}


@pytest.fixture
def house(aws: Aws) -> Aws:
    """Three things: `bedroom` with shadows, `kitchen` of a type and in a group, and `ab`, of which
    nothing is known.
    """
    aws.iot.update_indexing_configuration(
        thingIndexingConfiguration={"thingIndexingMode": "REGISTRY_AND_SHADOW"}
    )
    aws.iot.create_thing_type(thingTypeName="Room")
    aws.iot.create_thing(thingName="bedroom", attributePayload={"attributes": BEDROOM})
    aws.iot.create_thing(
        thingName="kitchen", thingTypeName="Room", attributePayload={"attributes": KITCHEN}
    )
    aws.iot.create_thing(thingName="ab")
    aws.iot.create_thing_group(thingGroupName="ground:floor")
    aws.iot.add_thing_to_thing_group(thingGroupName="ground:floor", thingName="kitchen")
    shadows = aws.client("iot-data")
    shadows.update_thing_shadow(thingName="bedroom", payload=json.dumps({"state": SHADOW}))
    named = {"state": {"reported": {"level": 3}}}
    shadows.update_thing_shadow(thingName="bedroom", shadowName="blind", payload=json.dumps(named))
    return aws


def found(aws: Aws, query: str) -> set[str]:
    aws.iot.create_dynamic_thing_group(thingGroupName="found", queryString=query)
    return set(aws.iot.list_things_in_thing_group(thingGroupName="found")["things"])


EVERYTHING = {"bedroom", "kitchen", "ab"}


@pytest.mark.parametrize(
    "query, things",
    [
        ("*", EVERYTHING),
        ("thingName:bedroom", {"bedroom"}),
        ("thingName:Bed*", {"bedroom"}),
        ("thingName:*room", {"bedroom"}),
        ("thingName:a?", {"ab"}),
        ("thingName:a", set()),
        ("thingTypeName:room", {"kitchen"}),
        ("thingGroupNames:ground\\:floor", {"kitchen"}),
        ("thingGroupNames:ground:floor", {"kitchen"}),
        ("attributes.model:lamp-7", {"bedroom"}),
        ("attributes.model:l*", {"bedroom", "kitchen"}),
        ("attributes.model:*", {"bedroom", "kitchen"}),
        ('attributes.model:"l*"', set()),
        ("attributes.temperature:61", {"bedroom"}),
        ("attributes.temperature:[61 TO 75]", {"bedroom", "kitchen"}),
        ("attributes.temperature:{61 TO 75]", {"kitchen"}),
        ("attributes.temperature:[61 TO 75}", {"bedroom"}),
        ("attributes.temperature:[70 TO *]", {"kitchen"}),
        ('attributes.serial:["abcd" TO "abcf"]', {"bedroom"}),
        ("attributes.temperature>61", {"kitchen"}),
        ("attributes.temperature >= 61", {"bedroom", "kitchen"}),
        ("attributes.temperature<7e1", {"bedroom"}),
        ("attributes.temperature=75", {"kitchen"}),
        ("attributes.model>60", set()),
        ("lamp-7", {"bedroom"}),
        ("red", {"bedroom"}),
        ("kitchen", {"kitchen"}),
        ("NOT attributes.model:legacy", {"bedroom", "ab"}),
        ("-attributes.model:legacy", {"bedroom", "ab"}),
        ("attributes.model:legacy thingTypeName:Room", {"kitchen"}),
        ("attributes.model:legacy && thingName:bedroom", set()),
        ("thingName:ab OR attributes.floor:2", {"ab", "kitchen"}),
        ("thingName:ab || attributes.floor:2", {"ab", "kitchen"}),
        ("thingName:bedroom OR thingName:kitchen AND attributes.floor:3", {"bedroom"}),
        ("thingName:(bed* OR kit* NOT kitchen)", {"bedroom"}),
        (
            "(thingName:bedroom OR thingName:kitchen) AND NOT (attributes.temperature>70)",
            {"bedroom"},
        ),
        (
            "attributes.model:lamp-7 AND attributes.temperature<65 NOT attributes.temperature>62",
            {"bedroom"},
        ),
        ("shadow.hasDelta:true", {"bedroom"}),
        ("shadow.reported.stats.battery:{70 TO 100}", {"bedroom"}),
        ("shadow.reported.stats.battery:80", {"bedroom"}),
        ("shadow.reported.stats.battery>80", set()),
        ("shadow.reported.values:2", {"bedroom"}),
        ("shadow.reported.stats:*", {"bedroom"}),
        ("shadow.desired.lit:true", {"bedroom"}),
        ("shadow.reported.lit:true", set()),
        ("shadow.delta.lit:true", {"bedroom"}),
        ("shadow.reported.note:hello", {"bedroom"}),
        ('shadow.reported.note:"hello world"', {"bedroom"}),
        ("shadow.name.blind.reported.level:3", {"bedroom"}),
        ("shadow.name.door.reported.level:3", set()),
        ("shadow.reported.stats.battery:* NOT shadow.desired.stats.battery:*", {"bedroom"}),
    ],
)
def test_a_query_finds(house: Aws, query: str, things: set[str]) -> None:
    assert found(house, query) == things


@pytest.mark.skipif(MOTO < (5, 1, 22), reason="moto's search knew fewer of these then")
@pytest.mark.parametrize(
    "query",
    [
        "*",
        "thingName:bedroom",
        "thingName:bed*",
        "thingName:a?",
        "thingTypeName:Room",
        "thingGroupNames:ground:floor",
        "attributes.model:legacy",
        "attributes.model:nothing",
        "NOT attributes.model:legacy",
        "-attributes.model:legacy",
        "thingName:bedroom OR thingName:kitchen",
        "attributes.model:legacy AND thingTypeName:Room",
        "attributes.model:legacy thingTypeName:Room",
        "(thingName:bedroom OR thingName:ab) AND NOT thingName:ab",
    ],
)
def test_a_group_holds_what_a_search_finds(house: Aws, query: str) -> None:
    searched = {thing["thingName"] for thing in house.iot.search_index(queryString=query)["things"]}
    assert found(house, query) == searched


@pytest.mark.skipif(
    not hasattr(IoTResponse, "create_billing_group"),
    reason="this version of moto has no billing groups",
)
def test_a_billing_group_counts_as_a_group_as_in_motos_search(house: Aws) -> None:
    house.iot.create_billing_group(billingGroupName="payer")
    assert found(house, "thingGroupNames:payer") == set()
    house.iot.add_thing_to_billing_group(billingGroupName="payer", thingName="ab")
    listed = house.iot.list_things_in_thing_group
    assert listed(thingGroupName="found")["things"] == ["ab"]
    house.iot.remove_thing_from_billing_group(billingGroupName="payer", thingName="ab")
    assert listed(thingGroupName="found")["things"] == []
