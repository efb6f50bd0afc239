"""What becomes of values that are not quite, or not at all, of the model's type."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.wire import BadRequest, Call, ServiceApi

CREATE = Call("CreateJob", {"jobId": "j"})
UPDATE = Call("UpdateJob", {"jobId": "j"})
REPORT = Call("UpdateJobExecution", {"thingName": "t", "jobId": "j"})
DESCRIBE = Call("DescribeJobExecution", {"thingName": "t", "jobId": "j"})


def read(api: ServiceApi, call: Call, **members: Any) -> dict[str, Any]:
    return api.read(call, "", json.dumps(members).encode())


def malformed(api: ServiceApi, call: Call, body: bytes | str = b"", query: str = "") -> str:
    with pytest.raises(BadRequest) as caught:
        api.read(call, query, body.encode() if isinstance(body, str) else body)
    assert caught.value.code == "SerializationException"
    return caught.value.message


def test_members_come_from_path_query_and_body(control_plane: ServiceApi) -> None:
    call = control_plane.match("PUT", "/things/a%3Ab/jobs/j/cancel")
    assert call is not None

    assert control_plane.read(
        call, "force=true", b'{"expectedVersion": 3, "statusDetails": {"why": "late"}}'
    ) == {
        "thingName": "a:b",
        "jobId": "j",
        "force": True,
        "expectedVersion": 3,
        "statusDetails": {"why": "late"},
    }


def test_a_member_counts_only_where_the_model_puts_it(control_plane: ServiceApi) -> None:
    call = Call("CancelJobExecution", {"thingName": "t", "jobId": "j"})

    members = control_plane.read(
        call, "expectedVersion=3&jobId=x", b'{"force": true, "jobId": "y"}'
    )

    assert members == {"thingName": "t", "jobId": "j"}


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"comment": null}', b'{"unheardOf": [{}]}', b' {"Comment": "x"} ']
)
def test_what_is_null_unknown_or_missing_is_absent(control_plane: ServiceApi, body: bytes) -> None:
    assert control_plane.read(Call("CancelJob", {"jobId": "j"}), "", body) == {"jobId": "j"}


def test_a_body_that_no_member_needs_is_ignored(control_plane: ServiceApi) -> None:
    assert control_plane.read(Call("DescribeJob", {"jobId": "j"}), "", b"no JSON \xff") == {
        "jobId": "j"
    }


def test_the_last_of_several_values_wins(control_plane: ServiceApi) -> None:
    assert control_plane.read(
        Call("ListJobs", {}), "maxResults=1&maxResults=2&unheardOf=1", b""
    ) == {"maxResults": 2}
    assert (
        control_plane.read(UPDATE, "", b'{"description": "a", "description": "b"}')["description"]
        == "b"
    )


def test_a_query_is_decoded(control_plane: ServiceApi) -> None:
    assert control_plane.read(
        Call("ListTagsForResource", {}), "resourceArn=arn%3Aaws%3Aiot&nextToken=a+b%2Bc", b""
    ) == {
        "resourceArn": "arn:aws:iot",
        "nextToken": "a b+c",
    }


@pytest.mark.parametrize(
    "text, value", [("true", True), ("false", False), ("True", True), ("FALSE", False), ("", None)]
)
def test_a_flag_in_the_query(control_plane: ServiceApi, text: str, value: bool | None) -> None:
    members = control_plane.read(Call("DeleteJob", {"jobId": "j"}), f"force={text}", b"")

    assert members == {"jobId": "j"} | ({} if value is None else {"force": value})


@pytest.mark.parametrize("text", ["1", "yes", "truth", "null"])
def test_a_flag_in_the_query_is_true_or_false(control_plane: ServiceApi, text: str) -> None:
    call = Call("DeleteJob", {"jobId": "j"})
    assert (
        malformed(control_plane, call, query=f"force={text}")
        == f"'{text}' can not be converted to Boolean"
    )


@pytest.mark.parametrize(
    "text", ["one", "1.0", "1e3", "0x1", "1_000", "\u0661", " 1", "9223372036854775808", "9" * 5000]
)
def test_a_number_in_the_path_is_a_long(control_plane: ServiceApi, text: str) -> None:
    call = Call("DeleteJobExecution", {"thingName": "t", "jobId": "j", "executionNumber": text})
    assert malformed(control_plane, call) == f"'{text}' can not be converted to Long"


@pytest.mark.parametrize(
    "text, number",
    [("1", 1), ("-5", -5), ("+7", 7), ("007", 7), ("9223372036854775807", 2**63 - 1)],
)
def test_a_number_in_the_path_is_read(control_plane: ServiceApi, text: str, number: int) -> None:
    call = Call("DeleteJobExecution", {"thingName": "t", "jobId": "j", "executionNumber": text})
    assert control_plane.read(call, "", b"")["executionNumber"] == number


def test_a_number_in_the_query_is_of_its_own_size(
    control_plane: ServiceApi, data_plane: ServiceApi
) -> None:
    assert malformed(control_plane, Call("ListJobs", {}), query="maxResults=2147483648") == (
        "'2147483648' can not be converted to Integer"
    )
    assert (
        data_plane.read(DESCRIBE, "executionNumber=2147483648", b"")["executionNumber"]
        == 2147483648
    )
    assert control_plane.read(Call("ListJobs", {}), "maxResults=", b"") == {}


@pytest.mark.parametrize("value", [2, "2", 2.0, "+2", "02"])
def test_a_whole_number_may_be_sent_as_decimal_string_or_float(
    data_plane: ServiceApi, value: Any
) -> None:
    members = read(data_plane, REPORT, status="FAILED", expectedVersion=value)

    assert members["expectedVersion"] == 2
    assert type(members["expectedVersion"]) is int


def test_numbers_are_coerced_at_any_depth(control_plane: ServiceApi) -> None:
    abort = {
        "failureType": "ALL",
        "action": "CANCEL",
        "thresholdPercentage": "20",
        "minNumberOfExecutedThings": "3",
    }
    members = read(
        control_plane,
        UPDATE,
        jobExecutionsRolloutConfig={"maximumPerMinute": "50"},
        abortConfig={"criteriaList": [abort]},
    )

    assert members["jobExecutionsRolloutConfig"] == {"maximumPerMinute": 50}
    criterion = members["abortConfig"]["criteriaList"][0]
    assert criterion == {**abort, "thresholdPercentage": 20.0, "minNumberOfExecutedThings": 3}
    assert type(criterion["thresholdPercentage"]) is float


@pytest.mark.parametrize(
    "sent, found",
    [
        ("1.5", "NUMBER_VALUE"),
        ("9223372036854775808", "NUMBER_VALUE"),
        ("-9223372036854775809", "NUMBER_VALUE"),
        ("1e300", "NUMBER_VALUE"),
        ("1e999", "NUMBER_VALUE"),
        ('"two"', "STRING_VALUE"),
        ('""', "STRING_VALUE"),
        ('"2.0"', "STRING_VALUE"),
        ("true", "TRUE_VALUE"),
        ("false", "FALSE_VALUE"),
    ],
)
def test_what_is_no_long(data_plane: ServiceApi, sent: str, found: str) -> None:
    body = f'{{"status": "FAILED", "expectedVersion": {sent}}}'
    assert malformed(data_plane, REPORT, body) == f"{found} can not be converted to a Long"


@pytest.mark.parametrize(
    "sent", ["true", '"half"', '"1e999"', '"nan"', '"infinity"', '"1_0"', "1e999", "1" + "0" * 400]
)
def test_what_is_no_double(control_plane: ServiceApi, sent: str) -> None:
    body = f'{{"jobExecutionsRolloutConfig": {{"exponentialRate": {{"incrementFactor": {sent}}}}}}}'
    assert "_VALUE can not be converted to a Double" in malformed(control_plane, UPDATE, body)


@pytest.mark.parametrize(
    "body, message",
    [
        ('{"description": 1}', "NUMBER_VALUE can not be converted to a String"),
        ('{"description": true}', "TRUE_VALUE can not be converted to a String"),
        ('{"description": []}', "Start of list found where not expected"),
        ('{"description": {}}', "Start of structure or map found where not expected."),
        ('{"presignedUrlConfig": "x"}', "Expected null"),
        ('{"presignedUrlConfig": []}', "Start of list found where not expected"),
        ('{"abortConfig": {"criteriaList": "x"}}', "Expected list or null"),
        (
            '{"abortConfig": {"criteriaList": {}}}',
            "Start of structure or map found where not expected.",
        ),
        ('{"abortConfig": {"criteriaList": [null]}}', "Expected null"),
        ('{"presignedUrlConfig": {"expiresInSec": []}}', "Start of list found where not expected"),
        (
            '{"jobExecutionsRolloutConfig": {"maximumPerMinute": true}}',
            "TRUE_VALUE can not be converted to an Integer",
        ),
    ],
)
def test_a_value_of_another_json_type(control_plane: ServiceApi, body: str, message: str) -> None:
    assert malformed(control_plane, UPDATE, body) == message


def test_strings_are_no_flags_and_null_is_no_string(
    control_plane: ServiceApi, data_plane: ServiceApi
) -> None:
    flag = '{"status": "FAILED", "includeJobDocument": "true"}'
    assert malformed(data_plane, REPORT, flag) == "STRING_VALUE can not be converted to a Boolean"
    assert (
        malformed(control_plane, CREATE, '{"targets": [null]}')
        == "NULL_VALUE can not be converted to a String"
    )


def test_status_details_of_another_type_are_malformed_on_the_control_plane(
    control_plane: ServiceApi,
) -> None:
    call = Call("CancelJobExecution", {"thingName": "t", "jobId": "j"})
    assert malformed(control_plane, call, '{"statusDetails": "x"}') == "Expected null"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b" ",
        b"{]",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"description": "a\nb"}',
        b'{"description": NaN}',
        b'{"unheardOf": Infinity}',
        b'{"unheardOf": -Infinity}',
        b'{"description": "\xff"}',
        b'\xef\xbb\xbf{"description": "a"}',
        '{"description": "a"}'.encode("utf-16"),
        b'{"unheardOf": ' + b"1" * 5000 + b"}",
        b"[" * 100_000,
        b'{"unheardOf": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_body_that_is_no_json(control_plane: ServiceApi, body: bytes) -> None:
    assert malformed(control_plane, UPDATE, body).startswith("The request body is not valid JSON: ")


@pytest.mark.parametrize("body", ["null", "1", '"text"', "true", "[]", '[{"description": "a"}]'])
def test_a_body_that_is_no_object(control_plane: ServiceApi, body: str) -> None:
    malformed(control_plane, UPDATE, body)


def test_half_a_character_cannot_be_stored(control_plane: ServiceApi) -> None:
    assert "not valid Unicode" in malformed(
        control_plane, CREATE, r'{"targets": ["t"], "document": "\ud83d"}'
    )
    assert read(control_plane, CREATE, targets=["t"], document="😀")["document"] == "😀"


def test_bytes_are_sent_in_base64(data_plane: ServiceApi) -> None:
    call = Call("StartCommandExecution", {})
    names = {"targetArn": "t", "commandArn": "c"}

    assert read(data_plane, call, **names, parameters={"p": {"BIN": "YWI="}})["parameters"] == {
        "p": {"BIN": b"ab"}
    }
    body = json.dumps({**names, "parameters": {"p": {"BIN": "?"}}})
    assert malformed(data_plane, call, body) == "STRING_VALUE can not be converted to a Blob"


def test_malformed_comes_before_invalid(control_plane: ServiceApi) -> None:
    assert malformed(control_plane, Call("UpdateJob", {"jobId": "!"}), '{"description": 1}')


def test_a_tag_without_value_is_no_error_here(control_plane: ServiceApi) -> None:
    """AWS has another text for it, which is not the model's."""
    assert read(control_plane, CREATE, targets=["t"], tags=[{"Key": "k"}])["tags"] == [{"Key": "k"}]


def test_empty_tags_are_no_error_here(control_plane: ServiceApi) -> None:
    call = Call("TagResource", {})
    assert read(control_plane, call, resourceArn="arn", tags=[]) == {
        "resourceArn": "arn",
        "tags": [],
    }


MEMBERS = [
    "targets",
    "description",
    "tags",
    "abortConfig",
    "criteriaList",
    "documentParameters",
    "Key",
    "expiresInSec",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None, database=None)
@given(JSON, st.sampled_from(MEMBERS))
def test_any_other_json_is_read_or_invalid(value: Any, member: str) -> None:
    body = json.dumps({"targets": ["t"], member: value}).encode()
    with suppress(BadRequest):
        assert ServiceApi.of("iot").read(CREATE, "", body)["jobId"] == "j"
