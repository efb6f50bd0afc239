"""SearchIndex, DescribeIndex and ListIndices: one query language, values and configuration with
dynamic thing groups.

Source: AWS IoT developer guide, managing-index, query-syntax and example-queries.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs import clock, faults, mock_iot, mqtt, quotas
from tests.paho_clients import connected, paho_client
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

ALL: dict[str, Any] = {
    "thingIndexingMode": "REGISTRY_AND_SHADOW",
    "thingConnectivityIndexingMode": "STATUS",
    "namedShadowIndexingMode": "ON",
    "filter": {"namedShadowNames": ["s", "$package"]},
}


def configure(aws: Aws, groups: str | None = None, **things: Any) -> None:
    request: dict[str, Any] = {}
    if things:
        request["thingIndexingConfiguration"] = things
    if groups is not None:
        request["thingGroupIndexingConfiguration"] = {"thingGroupIndexingMode": groups}
    aws.iot.update_indexing_configuration(**request)


@pytest.fixture
def fleet(aws: Aws) -> Aws:
    """Four things of two countries, one with shadows, and a group with a child group."""
    configure(aws, "ON", **ALL)
    for name, attributes in {
        "B1": {"fw": "1", "country": "US"},
        "a1": {"fw": "2", "country": "DE"},
        "a2": {"fw": "3", "note": "x"},
        "demo-thing": {},
    }.items():
        aws.iot.create_thing(thingName=name, attributePayload={"attributes": attributes})
    shadows = aws.client("iot-data")
    classic = {"desired": {"lit": True}, "reported": {"lit": False, "battery": 80}}
    shadows.update_thing_shadow(thingName="a1", payload=json.dumps({"state": classic}))
    for name, battery in (("s", 80), ("other", 5)):
        state = {"reported": {"battery": battery, "one.two": "v", "mixed": [{"deep": 1}]}}
        shadows.update_thing_shadow(
            thingName="a2", shadowName=name, payload=json.dumps({"state": state})
        )
    aws.iot.create_thing_group(
        thingGroupName="floor", thingGroupProperties={"thingGroupDescription": "Ground floor"}
    )
    aws.iot.create_thing_group(thingGroupName="kitchen", parentGroupName="floor")
    aws.iot.add_thing_to_thing_group(thingGroupName="kitchen", thingName="a1")
    return aws


def search(aws: Aws, query: str, **members: Any) -> list[str]:
    found = aws.iot.search_index(queryString=query, **members)["things"]
    return [thing["thingName"] for thing in found]


QUERIES = [
    ("thingName:b1", ["B1"]),
    ("demo*", ["demo-thing"]),
    ("attributes.country:(US OR DE)", ["B1", "a1"]),
    ("attributes.fw:[1 TO 3]", ["B1", "a1", "a2"]),
    ("attributes.fw:{1 TO 3}", ["a1"]),
    ("attributes.fw>1", ["a1", "a2"]),
    ("attributes.fw<=2", ["B1", "a1"]),
    ("shadow.reported.battery:80", ["a1"]),
    ("shadow.hasDelta:true", ["a1"]),
    ("shadow.name.s.reported.battery:80", ["a2"]),
    ("shadow.name.s.reported.one.two:v", ["a2"]),
    ("shadow.name.s.reported.mixed:*", []),
    ("shadow.name.other.reported.battery:5", []),
    ("thingName:(a1 OR a2)", ["a1", "a2"]),
    ("thingName:a1 NOT thingName:a2", ["a1"]),
    ("x", ["a2"]),
    ("a", []),
    ("thingGroupNames:kitchen", ["a1"]),
    ("connectivity.connected:true", []),
    ("connectivity.connected:false", ["B1", "a1", "a2", "demo-thing"]),
    ("NOT attributes.fw:*", ["demo-thing"]),
    ("*", ["B1", "a1", "a2", "demo-thing"]),
]


@pytest.mark.parametrize("query, things", QUERIES, ids=[query for query, _ in QUERIES])
def test_a_search_and_a_group_find_the_same(fleet: Aws, query: str, things: list[str]) -> None:
    assert search(fleet, query) == things
    fleet.iot.create_dynamic_thing_group(thingGroupName="found", queryString=query)
    listed = fleet.iot.list_things_in_thing_group(thingGroupName="found")["things"]
    assert sorted(listed) == things


def test_a_server_finds_nothing_before_an_index_is_switched_on(through_server: Aws) -> None:
    aws = through_server
    aws.iot.create_thing(thingName="lamp")
    error = aws.raises(
        "ResourceNotFoundException", 404, aws.iot.search_index, queryString="thingName:lamp"
    )
    assert error.message == "Index 'AWS_Things' does not exist"
    configure(aws, thingIndexingMode="REGISTRY")
    assert search(aws, "thingName:lamp") == ["lamp"]


@pytest.mark.parametrize("setting, is_found", [(None, True), ("moto", True), ("error", False)])
def test_a_mock_finds_things_without_an_index_unless_it_is_set(
    setting: str | None, is_found: bool
) -> None:
    settings = {} if setting is None else {"search_without_index": setting}
    config: Any = {"iot_jobs": settings}
    with mock_iot(config=config):
        iot = boto3.client("iot", region_name="eu-west-1")
        iot.create_thing(thingName="lamp")
        if is_found:
            (thing,) = iot.search_index(queryString="thingName:lamp")["things"]
            assert thing["thingName"] == "lamp"
        else:
            with pytest.raises(iot.exceptions.ResourceNotFoundException):
                iot.search_index(queryString="thingName:lamp")


def test_a_result_shows_what_is_indexed(fleet: Aws) -> None:
    (thing,) = fleet.iot.search_index(queryString="thingName:a1")["things"]
    described = fleet.iot.describe_thing(thingName="a1")
    assert thing["thingId"] == described["thingId"]
    assert (thing["thingGroupNames"], thing["attributes"]) == (
        ["kitchen"],
        {"fw": "2", "country": "DE"},
    )
    assert thing["connectivity"] == {"connected": False}
    shadow = json.loads(thing["shadow"])
    assert shadow["desired"] == {"lit": True}
    assert shadow["reported"] == {"lit": False, "battery": 80}
    assert (shadow["version"], shadow["hasDelta"], "name" in shadow) == (1, True, False)
    assert set(shadow["metadata"]) == {"desired", "reported"}

    (thing,) = fleet.iot.search_index(queryString="thingName:a2")["things"]
    shadow = json.loads(thing["shadow"])
    assert list(shadow) == ["name"]
    assert list(shadow["name"]) == ["s"]
    assert shadow["name"]["s"]["reported"]["battery"] == 80


def test_a_result_has_no_shadow_and_no_connection_where_none_is_indexed(fleet: Aws) -> None:
    configure(fleet, thingIndexingMode="REGISTRY")
    (thing,) = fleet.iot.search_index(queryString="thingName:a1")["things"]
    assert thing.keys() == {"thingName", "thingId", "thingGroupNames", "attributes"}
    assert search(fleet, "shadow.reported.battery:80") == []


@pytest.mark.parametrize(
    "query",
    [
        "nonsense.x:1",
        "(thingName:a1",
        "deviceDefender.violationCount>1",
        " ".join(f"thingName:a{number}" for number in range(13)),
        "thingName:" + "a" * 1000,
    ],
)
def test_a_query_that_cannot_be_read_is_an_error(fleet: Aws, query: str) -> None:
    fleet.raises("InvalidQueryException", 400, fleet.iot.search_index, queryString=query)


def test_a_group_may_have_five_terms_and_a_search_twelve(fleet: Aws) -> None:
    def terms(number: int) -> str:
        return " OR ".join(["thingName:a1"] * number)

    assert search(fleet, terms(12)) == ["a1"]
    create = fleet.iot.create_dynamic_thing_group
    create(thingGroupName="five", queryString=terms(5))
    fleet.raises("InvalidQueryException", 400, create, thingGroupName="six", queryString=terms(6))


def test_connectivity_is_searched_only_where_it_is_indexed(fleet: Aws) -> None:
    configure(fleet, thingIndexingMode="REGISTRY")
    query = "connectivity.connected:false"
    fleet.raises("InvalidQueryException", 400, fleet.iot.search_index, queryString=query)


# Pages


def test_pages_show_each_thing_once(aws: Aws) -> None:
    configure(aws, thingIndexingMode="REGISTRY")
    names = [f"t{number:02}" for number in range(25)]
    for name in names:
        aws.iot.create_thing(thingName=name)
    seen: list[str] = []
    request: dict[str, Any] = {"queryString": "t*", "maxResults": 10}
    while True:
        response = aws.iot.search_index(**request)
        seen += [thing["thingName"] for thing in response["things"]]
        if "nextToken" not in response:
            break
        assert len(response["things"]) == 10
        request["nextToken"] = response["nextToken"]
    assert seen == names
    aws.iot.delete_thing(thingName="t12")
    response = aws.iot.search_index(queryString="t*", maxResults=20)
    for problem in ({"queryString": "thingName:t*"}, {"queryString": "t*", "maxResults": 501}):
        aws.raises(
            "InvalidRequestException",
            400,
            aws.iot.search_index,
            **problem,
            nextToken=response["nextToken"],
        )


# Indices


def test_there_are_the_indices_that_were_switched_on(aws: Aws) -> None:
    assert aws.iot.list_indices()["indexNames"] == []
    configure(aws, "ON", thingIndexingMode="REGISTRY")
    assert aws.iot.list_indices()["indexNames"] == ["AWS_Things", "AWS_ThingGroups"]
    page = aws.iot.list_indices(maxResults=1)
    assert page["indexNames"] == ["AWS_Things"]
    rest = aws.iot.list_indices(nextToken=page["nextToken"])
    assert rest["indexNames"] == ["AWS_ThingGroups"]
    assert "nextToken" not in rest


@pytest.mark.parametrize(
    "things, schema",
    [
        ({"thingIndexingMode": "REGISTRY"}, "REGISTRY"),
        (
            {"thingIndexingMode": "REGISTRY", "thingConnectivityIndexingMode": "STATUS"},
            "REGISTRY_AND_CONNECTIVITY_STATUS",
        ),
        ({"thingIndexingMode": "REGISTRY_AND_SHADOW"}, "REGISTRY_AND_SHADOW"),
        (
            {"thingIndexingMode": "REGISTRY_AND_SHADOW", "thingConnectivityIndexingMode": "STATUS"},
            "REGISTRY_AND_SHADOW_AND_CONNECTIVITY_STATUS",
        ),
        (ALL, "MULTI_INDEXING_MODE"),
        (
            {"thingIndexingMode": "REGISTRY", "deviceDefenderIndexingMode": "VIOLATIONS"},
            "MULTI_INDEXING_MODE",
        ),
    ],
)
def test_an_index_is_described(aws: Aws, things: dict[str, Any], schema: str) -> None:
    configure(aws, **things)
    index = aws.iot.describe_index(indexName="AWS_Things")
    assert (index["indexStatus"], index["schema"]) == ("ACTIVE", schema)


@pytest.mark.parametrize("index", ["AWS_Things", "AWS_ThingGroups", "Nope"])
def test_an_index_that_is_not_there_is_not_found(aws: Aws, index: str) -> None:
    error = aws.raises("ResourceNotFoundException", 404, aws.iot.describe_index, indexName=index)
    assert error.message == f"Index '{index}' does not exist"
    # Without an index of things, moto's own search goes on.
    if index != "AWS_Things":
        aws.raises(
            "ResourceNotFoundException",
            404,
            aws.iot.search_index,
            indexName=index,
            queryString="*",
        )


def test_a_search_of_motos_users_goes_on_while_nothing_is_indexed(in_process: Aws) -> None:
    aws = in_process
    aws.iot.create_thing(thingName="abc")
    aws.iot.create_thing(thingName="abcdef")
    assert search(aws, "abc") == ["abc", "abcdef"]


def test_groups_are_searched_too(fleet: Aws) -> None:
    found = fleet.iot.search_index(
        indexName="AWS_ThingGroups", queryString="parentGroupNames:floor"
    )
    assert found["things"] == []
    (group,) = found["thingGroups"]
    assert (group["thingGroupName"], group["parentGroupNames"]) == ("kitchen", ["floor"])
    found = fleet.iot.search_index(indexName="AWS_ThingGroups", queryString="ground")
    assert found["thingGroups"][0]["thingGroupDescription"] == "Ground floor"
    fleet.raises(
        "InvalidQueryException",
        400,
        fleet.iot.search_index,
        indexName="AWS_ThingGroups",
        queryString="thingName:a1",
    )


# Configuration


def test_each_configuration_replaces_the_one_before(aws: Aws) -> None:
    configure(aws, "ON", **ALL)
    configure(aws, thingIndexingMode="REGISTRY")
    config = aws.iot.get_indexing_configuration()
    things = config["thingIndexingConfiguration"]
    assert things["thingIndexingMode"] == "REGISTRY"
    assert things["thingConnectivityIndexingMode"] == "OFF"
    assert things["filter"].get("namedShadowNames", []) == []
    assert config["thingGroupIndexingConfiguration"]["thingGroupIndexingMode"] == "ON"


def test_managed_fields_are_those_of_the_modes(aws: Aws) -> None:
    def managed() -> set[str]:
        config = aws.iot.get_indexing_configuration()["thingIndexingConfiguration"]
        return {field["name"] for field in config["managedFields"]}

    assert managed() == set()
    configure(aws, thingIndexingMode="REGISTRY")
    assert {"thingName", "thingId", "registry.version"} <= managed()
    assert not any(name.startswith(("shadow", "connectivity")) for name in managed())
    configure(aws, **ALL)
    assert {"shadow.hasDelta", "shadow.name.*.version", "connectivity.connected"} <= managed()


@pytest.mark.parametrize(
    "things",
    [
        {"thingIndexingMode": "OFF", "thingConnectivityIndexingMode": "STATUS"},
        {"thingIndexingMode": "OFF", "namedShadowIndexingMode": "ON"},
        {
            "thingIndexingMode": "REGISTRY_AND_SHADOW",
            "namedShadowIndexingMode": "ON",
            "filter": {"namedShadowNames": [f"s{number}" for number in range(11)]},
        },
    ],
)
def test_modes_that_do_not_go_together_are_an_error(aws: Aws, things: dict[str, Any]) -> None:
    call = aws.iot.update_indexing_configuration
    aws.raises("InvalidRequestException", 400, call, thingIndexingConfiguration=things)
    assert aws.iot.list_indices()["indexNames"] == []


def test_a_group_follows_what_is_indexed(fleet: Aws) -> None:
    fleet.iot.create_dynamic_thing_group(
        thingGroupName="found", queryString="shadow.reported.battery:80"
    )
    listed = fleet.iot.list_things_in_thing_group
    assert listed(thingGroupName="found")["things"] == ["a1"]
    configure(fleet, thingIndexingMode="REGISTRY")
    assert listed(thingGroupName="found")["things"] == []


# Random queries

TERMS = st.sampled_from(
    [query for query, _ in QUERIES if " " not in query] + ["attributes.note:*", "thingName:a?"]
)
RANDOM_QUERIES = st.lists(
    st.tuples(st.sampled_from(["AND ", "OR ", "AND NOT ", ""]), TERMS), min_size=1, max_size=5
)


@given(parts=RANDOM_QUERIES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_group_holds_what_any_search_finds(
    fleet_in_process: Aws, parts: list[tuple[str, str]]
) -> None:
    aws = fleet_in_process
    query = " ".join([parts[0][1], *(f"{operator}{term}" for operator, term in parts[1:])])
    aws.iot.create_dynamic_thing_group(thingGroupName="found", queryString=query)
    try:
        listed = aws.iot.list_things_in_thing_group(thingGroupName="found")["things"]
        assert sorted(listed) == search(aws, query)
    finally:
        aws.iot.delete_dynamic_thing_group(thingGroupName="found")


@pytest.fixture
def fleet_in_process(in_process: Aws) -> Aws:
    """The same fleet, in process."""
    made: Aws = fleet.__wrapped__(in_process)  # type: ignore[attr-defined]
    return made


# Connectivity


def test_the_index_and_groups_follow_connections(in_process: Aws) -> None:
    aws = in_process
    configure(aws, **ALL)
    aws.iot.create_thing(thingName="lamp")
    query = "connectivity.connected:true"
    aws.iot.create_dynamic_thing_group(thingGroupName="here", queryString=query)

    def members() -> list[str]:
        listed: list[str] = aws.iot.list_things_in_thing_group(thingGroupName="here")["things"]
        return listed

    def connectivity() -> dict[str, Any]:
        (thing,) = aws.iot.search_index(queryString="thingName:lamp")["things"]
        found: dict[str, Any] = thing["connectivity"]
        return found

    assert (connectivity(), members()) == ({"connected": False}, [])
    with mqtt.Endpoint(region=aws.region) as endpoint:
        with connected(paho_client("lamp"), endpoint.address, keepalive=30):
            wait_until(lambda: members() == ["lamp"])
            shown = connectivity()
            assert abs(shown.pop("timestamp") / 1000 - aws.now().timestamp()) < 60
            assert shown == {
                "connected": True,
                "clientId": "lamp",
                "keepAliveDuration": 30,
                "cleanSession": True,
            }
            assert search(aws, query) == ["lamp"]
        wait_until(lambda: members() == [])
        assert connectivity()["disconnectReason"] == "CLIENT_INITIATED_DISCONNECT"
        assert search(aws, query) == []

        device = paho_client("lamp")
        with connected(device, endpoint.address, keepalive=30):
            wait_until(lambda: members() == ["lamp"])
            device.socket().shutdown(socket.SHUT_RDWR)
            wait_until(lambda: members() == [])
        assert connectivity()["disconnectReason"] == "CONNECTION_LOST"


def test_a_thing_without_an_indexed_shadow_shows_none(fleet: Aws) -> None:
    (found,) = fleet.iot.search_index(queryString="thingName:B1")["things"]
    assert "shadow" not in found


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("thingName:a*b*c*", "a term has more than 2 * or 5 ?"),
        ("thingName:a??????", "a term has more than 2 * or 5 ?"),
        ("thingName:*a OR thingName:?b", "more than one term begins with a wildcard"),
        (
            "thingName:*a" + " OR thingName:b" * 10,
            "a term begins with a wildcard, and the query is longer than 100 characters",
        ),
    ],
)
def test_wildcards_are_limited(fleet: Aws, query: str, problem: str) -> None:
    refusal = fleet.raises("InvalidQueryException", 400, fleet.iot.search_index, queryString=query)
    assert refusal.message == f"Unable to parse query, {problem}, query string: {query}"


@pytest.mark.parametrize(
    "query",
    [
        "thingName:*a*",
        "thingName:?????",
        "thingName:a\\*\\*\\*",
        "thingName:* AND NOT attributes.fw:* AND NOT attributes.country:*",
        "attributes.fw:*" + " OR attributes.country:*" * 10,
    ],
)
def test_what_asks_for_any_value_is_no_leading_wildcard(fleet: Aws, query: str) -> None:
    fleet.iot.search_index(queryString=query)


@pytest.mark.parametrize(
    ("things", "problem"),
    [
        ({"thingIndexingMode": "ALL"}, "Value 'ALL' at 'thingIndexingConfiguration"),
        ({"namedShadowIndexingMode": "OFF"}, "thingIndexingConfiguration.thingIndexingMode"),
        (
            {"thingIndexingMode": "REGISTRY", "thingConnectivityIndexingMode": "ON"},
            "satisfy enum value set: [OFF, STATUS]",
        ),
        (
            {
                "thingIndexingMode": "REGISTRY",
                "customFields": [{"name": "attributes.x", "type": "Date"}],
            },
            "customFields.1.member.type",
        ),
        (
            {
                "thingIndexingMode": "REGISTRY",
                "customFields": [{"name": "shadow.reported.x", "type": "Number"}],
            },
            "Custom field shadow.reported.x is of shadows, which are not indexed.",
        ),
        (
            {
                "thingIndexingMode": "REGISTRY",
                "customFields": [{"name": "thingName", "type": "String"}],
            },
            "Custom field thingName is a managed field.",
        ),
        (
            {**ALL, "customFields": [{"name": "shadow.hasDelta", "type": "Boolean"}]},
            "Custom field shadow.hasDelta is a managed field.",
        ),
    ],
)
def test_a_configuration_that_cannot_be_changes_nothing(
    aws: Aws, things: dict[str, Any], problem: str
) -> None:
    before = aws.iot.get_indexing_configuration()["thingIndexingConfiguration"]
    unchecked = aws.client("iot", config=Config(parameter_validation=False))
    refusal = aws.raises(
        "InvalidRequestException",
        400,
        unchecked.update_indexing_configuration,
        thingIndexingConfiguration=things,
    )
    assert problem in refusal.message
    assert aws.iot.get_indexing_configuration()["thingIndexingConfiguration"] == before


def test_custom_fields_are_kept_as_a_list(aws: Aws) -> None:
    for fields in (
        [{"name": "attributes.fw", "type": "Number"}],
        [{"name": "shadow.reported.x", "type": "String"}],
    ):
        configure(aws, **ALL, customFields=fields)
        shown = aws.iot.get_indexing_configuration()["thingIndexingConfiguration"]
        assert shown["customFields"] == fields


def test_changes_of_the_configuration_meet_faults_and_quotas(aws: Aws) -> None:
    if aws.url is not None:
        pytest.skip("faults and quotas of a server have tests of their own")
    update = aws.iot.update_indexing_configuration
    things = {"thingIndexingConfiguration": {"thingIndexingMode": "REGISTRY"}}
    faults.inject("UpdateIndexingConfiguration", "InternalFailureException")
    aws.raises("InternalFailureException", 500, update, **things)
    assert aws.iot.list_indices()["indexNames"] == []
    with clock.freeze(), quotas.enforce(UpdateIndexingConfiguration=True):
        update(**things)
        aws.raises("ThrottlingException", 429, update, **things)
