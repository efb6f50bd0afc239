"""Job documents: which are accepted, what devices receive, and where documents are read from."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.documents.document import JobDocument, check_document, read_document
from moto_iot_jobs.service.documents.json_text import compact, escape_supplementary
from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.errors import DocumentTooLarge, InvalidRequest

DEEPEST = "[" * 1000 + "]" * 1000

# Which documents are accepted


@pytest.mark.parametrize(
    "document",
    [
        pytest.param('{"operation":"update"}', id="object"),
        pytest.param("[1,2]", id="array"),
        pytest.param("1", id="number"),
        pytest.param('"text"', id="string"),
        pytest.param("null", id="null"),
        pytest.param("true", id="boolean"),
        pytest.param(" \t\r\n{ } ", id="blanks around"),
        pytest.param(DEEPEST, id="1000 deep"),
        pytest.param('{"a":' * 1000 + "1" + "}" * 1000, id="1000 objects deep"),
        pytest.param("[" + "[]," * 2000 + "[]]", id="2000 arrays beside each other"),
        pytest.param('"' + "[{" * 2000 + '"', id="4000 brackets in a string"),
    ],
)
def test_any_json_value_is_a_job_document(document: str) -> None:
    check_document(document)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("", id="empty"),
        pytest.param("  ", id="blank"),
        pytest.param("NaN", id="NaN"),
        pytest.param('{"a":Infinity}', id="Infinity"),
        pytest.param("[-Infinity]", id="-Infinity"),
        pytest.param(f"[{DEEPEST}]", id="1001 deep"),
        pytest.param("[" * 200_000, id="200000 arrays never closed"),
        pytest.param('{"a":' * 200_000, id="200000 objects never closed"),
        pytest.param("{'a':1}", id="single quotes"),
        pytest.param('{"a":1,}', id="comma before brace"),
        pytest.param("[1,]", id="comma before bracket"),
        pytest.param("[,1]", id="comma first"),
        pytest.param("[1 2]", id="comma missing"),
        pytest.param('{"a" 1}', id="colon missing"),
        pytest.param("{1:2}", id="number as key"),
        pytest.param('{"a":}', id="value missing"),
        pytest.param("{]", id="wrong end"),
        pytest.param("[1}", id="other wrong end"),
        pytest.param("]", id="end without beginning"),
        pytest.param("[}]", id="brace for a value"),
        pytest.param("[,]", id="comma for a value"),
        pytest.param("[:]", id="colon for a value"),
        pytest.param('{"a":]}', id="bracket for a member's value"),
        pytest.param("1 2", id="two values"),
        pytest.param("01", id="leading zero"),
        pytest.param("1.", id="no digit after point"),
        pytest.param("+1", id="plus sign"),
        pytest.param("0x1", id="hexadecimal"),
        pytest.param("True", id="Python's true"),
        pytest.param('"a', id="string never closed"),
        pytest.param('"' + "a" * 30_000, id="long string never closed"),
        pytest.param('"a\nb"', id="line break in a string"),
        pytest.param(r'"\x41"', id="unknown escape"),
        pytest.param(r'"\u12g4"', id="bad code point"),
        pytest.param("\ufeff{}", id="byte order mark"),
        pytest.param("{}\u00a0", id="blank that is none in JSON"),
    ],
)
def test_what_is_not_json_is_an_error(document: str) -> None:
    with pytest.raises(
        InvalidRequest,
        match=r"^Job document located at request input is an invalid JSON document\.$",
    ):
        check_document(document)


def test_a_deep_document_is_read_by_threads_that_stand_deep_themselves() -> None:
    before = sys.getrecursionlimit()

    def read_at(depth: int) -> str:
        return read_at(depth - 1) if depth else compact(DEEPEST)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(read_at, [before // 2] * 8)) == {DEEPEST}
    assert sys.getrecursionlimit() == before


def test_the_error_names_the_source() -> None:
    with pytest.raises(
        InvalidRequest, match=r"^Job document located at s3://b/k is an invalid JSON document\.$"
    ):
        check_document("{", located_at="s3://b/k")


# What devices receive


@pytest.mark.parametrize(
    "document, received",
    [
        pytest.param('{ "a" : [ 1 , 2 ],\n "b" : { } }', '{"a":[1,2],"b":{}}', id="no blanks"),
        pytest.param("[ ]", "[]", id="an empty array"),
        pytest.param('{"a":null,"b":1,"c":null}', '{"b":1}', id="null members dropped"),
        pytest.param('{"a":[null,1,null]}', '{"a":[null,1,null]}', id="nulls in arrays stay"),
        pytest.param(
            '{"a":[{"b":null}]}', '{"a":[{}]}', id="null members in arrays of objects dropped"
        ),
        pytest.param('{"a":"null"}', '{"a":"null"}', id="the string null is no null"),
        pytest.param("null", "null", id="a document that is null"),
        pytest.param(
            '{"a":1,"b":2,"a":3}', '{"a":3,"b":2}', id="repeated key: first place, last value"
        ),
        pytest.param(
            r'{"a":1,"b":2,"\u0061":3}', '{"a":3,"b":2}', id="repeated key in another spelling"
        ),
        pytest.param('{"a":1,"a":null}', "{}", id="repeated key: last value null"),
        pytest.param(
            '{"a":null,"b":1,"a":2}', '{"a":2,"b":1}', id="repeated key: first value null"
        ),
        pytest.param("2.50", "2.5", id="trailing zero"),
        pytest.param("1E2", "100.0", id="exponent without point"),
        pytest.param("1e-7", "1.0E-7", id="small"),
        pytest.param("12345678.9", "1.23456789E7", id="large"),
        pytest.param("-12345678.9", "-1.23456789E7", id="large and negative"),
        pytest.param("9999999.5", "9999999.5", id="just below the upper bound"),
        pytest.param("1e7", "1.0E7", id="upper bound"),
        pytest.param("0.001", "0.001", id="lower bound"),
        pytest.param("0.00099", "9.9E-4", id="just below the lower bound"),
        pytest.param("1.5E300", "1.5E300", id="very large"),
        pytest.param("-0", "0", id="negative zero, an integer"),
        pytest.param("-0.0", "-0.0", id="negative zero, a double"),
        pytest.param("0E10", "0.0", id="zero with exponent"),
        pytest.param("1E400", '"Infinity"', id="beyond doubles"),
        pytest.param("-1E400", '"-Infinity"', id="below doubles"),
        pytest.param("1e-400", "0.0", id="between zero and the smallest"),
        pytest.param(
            "123456789012345678901234567890", "123456789012345678901234567890", id="big integer"
        ),
        pytest.param("9" * 20_000, "9" * 20_000, id="integer too long for int()"),
        pytest.param(r'"\u00e9"', '"é"', id="escaped letter"),
        pytest.param(r'"\/"', '"/"', id="escaped slash"),
        pytest.param(r'"\u001f"', r'"\u001F"', id="control character in upper-case hex"),
        pytest.param(r'"\u000a\t\u0022\\"', r'"\n\t\"\\"', id="short escapes"),
        pytest.param(r'"\ud83d\ude00"', '"\U0001f600"', id="surrogate pair becomes its character"),
        pytest.param(r'"\ud83d"', r'"\uD83D"', id="lone high surrogate"),
        pytest.param(r'"\ude00\ud83d"', r'"\uDE00\uD83D"', id="surrogates in the wrong order"),
        pytest.param('"\ud83d"', r'"\uD83D"', id="lone surrogate that was not escaped"),
        pytest.param('"\ud83d\\ude00"', '"\U0001f600"', id="pair half escaped"),
        pytest.param(
            '"\U0001f600 \u2028 \x7f"', '"\U0001f600 \u2028 \x7f"', id="no other character escaped"
        ),
        pytest.param(r'{"\u00e9\/":1}', '{"é/":1}', id="escapes in keys"),
        pytest.param(DEEPEST, DEEPEST, id="1000 deep"),
    ],
)
def test_devices_receive_the_document_written_anew(document: str, received: str) -> None:
    assert compact(document) == received


def test_the_stored_text_stays_as_it_was_given() -> None:
    text = '{ "a": 2.50,\t"b": null }'
    document = JobDocument.of(text)
    assert (document.text, document.rendered) == (text, '{"a":2.5}')


def test_mqtt_escapes_characters_outside_the_bmp_where_it_does() -> None:
    assert (
        escape_supplementary('{"a":"é\U0001f600\U0010ffff"}')
        == r'{"a":"é\uD83D\uDE00\uDBFF\uDFFF"}'
    )
    assert json.loads(escape_supplementary('"\U0001f600"')) == "\U0001f600"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda values: st.lists(values, max_size=5) | st.dictionaries(st.text(), values, max_size=5),
)
SPELLINGS = st.fixed_dictionaries(
    {"ensure_ascii": st.booleans(), "indent": st.sampled_from([None, 0, 3])}
)


def without_null_members(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: without_null_members(member) for key, member in value.items() if member is not None
        }
    return [without_null_members(item) for item in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(JSON_VALUES, SPELLINGS)
def test_the_rewritten_document_says_the_same_but_for_null_members(
    value: Any, spelling: dict[str, Any]
) -> None:
    text = json.dumps(value, **spelling)
    said = without_null_members(json.loads(text))
    # Compared as ASCII: two halves of a surrogate pair side by side have become one character.
    assert json.dumps(json.loads(compact(text))) == json.dumps(said)


@settings(deadline=None)
@given(JSON_VALUES, SPELLINGS)
def test_rewriting_twice_is_rewriting_once(value: Any, spelling: dict[str, Any]) -> None:
    once = compact(json.dumps(value, **spelling))
    assert compact(once) == once
    once.encode()  # no lone surrogate is left


@settings(deadline=None)
@given(st.text(st.sampled_from('{}[]:,"\\ntrue0.1eE-+/u '), max_size=60))
def test_exactly_what_python_reads_is_accepted(text: str) -> None:
    try:
        json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(InvalidRequest):
            check_document(text)
    else:
        check_document(text)


# What differs from device to device


def test_a_document_without_placeholders_is_the_same_for_every_device() -> None:
    document = JobDocument.of('{"a": "${HOME}"}')
    assert not document.needs_device_values
    assert document.for_device(lambda string: pytest.fail(string)) is document.rendered


def test_only_strings_with_placeholders_are_handed_out() -> None:
    document = JobDocument.of(r'{"a": "x", "${aws:iot:k}": ["\u0024{aws:iot:v}\n", 2.50]}')
    assert document.needs_device_values
    handed_out: list[str] = []

    def substitute(string: str) -> str:
        handed_out.append(string)
        return string.replace("${aws:iot:", '"')

    assert document.for_device(substitute) == r'{"a":"x","\"k}":["\"v}\n",2.5]}'
    assert handed_out == ["${aws:iot:k}", "${aws:iot:v}\n"]


# Documents in S3


@pytest.mark.parametrize(
    "url, location",
    [
        (
            "https://s3.us-west-2.amazonaws.com/b/folder/k.json",
            S3Location("b", "folder/k.json", "us-west-2"),
        ),
        ("https://s3-us-west-2.amazonaws.com/b/k", S3Location("b", "k", "us-west-2")),
        ("https://s3.amazonaws.com/b/k", S3Location("b", "k")),
        ("https://b.s3.amazonaws.com/k", S3Location("b", "k")),
        ("https://b.s3.us-west-2.amazonaws.com/k", S3Location("b", "k", "us-west-2")),
        ("https://a.b.s3-us-west-2.amazonaws.com/k/l", S3Location("a.b", "k/l", "us-west-2")),
        ("https://s3.cn-north-1.amazonaws.com.cn/b/k", S3Location("b", "k", "cn-north-1")),
        ("http://s3.amazonaws.com/b/k", S3Location("b", "k")),
        ("s3://b/folder/k", S3Location("b", "folder/k")),
        ("https://s3.amazonaws.com/b/a%20b%2Fc", S3Location("b", "a b/c")),
        ("https://b.s3.amazonaws.com/a%20b", S3Location("b", "a b")),
        ("s3://b/a%20b", S3Location("b", "a%20b")),
        ("https://s3.amazonaws.com:443/b/k?x=1#y", S3Location("b", "k")),
        ("https://s3.amazonaws.com/b/k%3FversionId%3Dv", S3Location("b", "k?versionId=v")),
    ],
)
def test_a_source_names_a_bucket_and_a_key(url: str, location: S3Location) -> None:
    assert S3Location.parse(url) == location


def test_a_versioned_url_names_a_version() -> None:
    url = "https://b.s3.us-west-2.amazonaws.com/k%3FversionId%3Dv1"
    assert S3Location.parse(url, versioned=True) == S3Location("b", "k", "us-west-2", "v1")
    assert S3Location.parse("s3://b/k", versioned=True).version_id is None


NOT_S3 = [
    "https://example.com/b/k",
    "ftp://s3.amazonaws.com/b/k",
    "https://s3.amazonaws.com",
    "https://s3.amazonaws.com/",
    "https://s3.amazonaws.com.example.com/b/k",
    "https://my-s3.us-west-2.amazonaws.com/k",
    "s3://",
    "s3:///k",
    "b/k",
]
NO_KEY = [
    "https://s3.amazonaws.com/b",
    "https://s3.amazonaws.com/b/",
    "https://b.s3.amazonaws.com",
    "https://b.s3.amazonaws.com/",
    "s3://b",
    "s3://b/",
]


class Store:
    """One bucket `b` with the objects given."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = objects

    def has_bucket(self, bucket: str) -> bool:
        return bucket == "b"

    def read(self, location: S3Location) -> bytes | None:
        return self.objects.get(location.key)


@pytest.mark.parametrize("source", NOT_S3)
def test_a_source_that_is_no_s3_url_is_an_error(source: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_document(source, Store())
    assert caught.value.message == f"Job document source {source} is invalid."


@pytest.mark.parametrize("source", NO_KEY)
def test_a_source_without_a_key_is_an_error(source: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_document(source, Store())
    assert (
        caught.value.message == f"Provided S3 url is not valid: {source}. Error: Key cannot be null"
    )


@pytest.mark.parametrize(
    "source, message",
    [
        pytest.param(
            "s3://c/k", "Bucket specified by url: s3://c/k is not found.", id="bucket missing"
        ),
        pytest.param(
            "s3://b/k", "Job document located at s3://b/k is not found.", id="object missing"
        ),
        pytest.param(
            "s3://b/text",
            "Job document located at s3://b/text is an invalid JSON document.",
            id="not JSON",
        ),
        pytest.param(
            "s3://b/void",
            "Job document located at s3://b/void is an invalid JSON document.",
            id="empty",
        ),
        pytest.param(
            "s3://b/latin",
            "Job document located at s3://b/latin is an invalid JSON document.",
            id="not UTF-8",
        ),
    ],
)
def test_a_source_that_cannot_be_read_is_an_error(source: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_document(source, Store(text=b"hello", void=b"", latin=b'"\xe9"'))
    assert caught.value.message == message


def test_a_source_larger_than_32768_bytes_is_an_error() -> None:
    largest = ('"' + "é" * 16383 + '"').encode()
    assert len(read_document("s3://b/k", Store(k=largest)).encode()) == 32768
    with pytest.raises(DocumentTooLarge) as caught:
        read_document("s3://b/k", Store(k=largest + b" "))
    assert caught.value.message == "Job document from s3://b/k exceeds size limit 32768 bytes."


def test_a_source_is_read_as_it_is() -> None:
    assert (
        read_document("https://s3.amazonaws.com/b/k", Store(k='{ "a": "é" }'.encode()))
        == '{ "a": "é" }'
    )
