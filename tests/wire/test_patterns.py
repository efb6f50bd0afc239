"""Java's regular expressions on Python's strings."""

import re
import unicodedata
from functools import partial

import pytest
from botocore.model import Shape
from hypothesis import given
from hypothesis import strategies as st

from moto_iot_jobs.wire import ServiceApi
from moto_iot_jobs.wire.model import load
from moto_iot_jobs.wire.patterns import matcher
from tests.measuring import least_processor_seconds


@pytest.mark.parametrize("value", ["a", "ABC 123", "héllo 世界", "😀", " ", "\u2028", "a" * 2028])
def test_a_description_takes_all_but_control_characters(value: str) -> None:
    assert matcher(r"[^\p{C}]+")(value)


@pytest.mark.parametrize(
    "value",
    ["", "\n", "a\tb", "a\x7f", "é\x00", "a\u200b", "\ue000", "\ud800", "\U0010ffff", "世\u0600"],
)
def test_a_description_takes_no_control_characters(value: str) -> None:
    assert not matcher(r"[^\p{C}]+")(value)


def test_java_means_ascii_by_its_posix_classes() -> None:
    reason = matcher(r"[\p{Upper}\p{Digit}_]+")

    assert reason("REASON_1")
    assert not reason("reason")
    assert not reason("GRÜNDE")
    assert not reason("\u0661")


def test_tag_keys_take_letters_spaces_and_digits_of_any_script() -> None:
    key = matcher(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$")

    assert key("Größe_1 @ home:/=+-.")
    assert key("名前\u00a0\u0661Ⅷ")
    assert key("")
    assert not key("a\u0301")
    assert not key("a<b")
    assert not key("€")


def test_a_pattern_must_match_the_whole_value() -> None:
    assert not matcher(r"[a-z]+")("abc\n")
    assert not matcher(r"^arn:[!-~]+$")("arn:x\n")
    assert not matcher(r"[a-zA-Z0-9_-]+|^\$next")("$nextjob")
    assert matcher(r"[a-zA-Z0-9_-]+|^\$next")("$next")


def test_digits_and_words_are_ascii() -> None:
    assert not matcher(r"\d+")("\u0661")
    assert not matcher(r"\w+")("é")


@pytest.mark.parametrize("name", ["C", "L", "N", "Z", "Lu", "Cn"])
def test_a_property_holds_for_exactly_the_characters_of_its_category(name: str) -> None:
    matches = matcher(rf"[\p{{{name}}}]")
    sample = map(chr, [*range(0x3000), *range(0x3000, 0x110000, 997)])

    assert [
        char
        for char in sample
        if bool(matches(char)) != unicodedata.category(char).startswith(name)
    ] == []


def test_an_unknown_property_is_an_error() -> None:
    with pytest.raises(re.error, match="IsAlphabetic"):
        matcher(r"[\p{IsAlphabetic}]")


def test_every_pattern_of_both_models_is_understood() -> None:
    patterns = {
        pattern
        for service, model in [("iot", load("iot")), ("iot-jobs-data", load("iot-jobs-data"))]
        for operation in ServiceApi.of(service).operations
        for pattern in patterns_of(model.operation_model(operation).input_shape)
    }

    assert len(patterns) > 10
    for pattern in patterns:
        matcher(pattern)
        # The characters of a property are put between the brackets of a class, so they have to be
        # in one.
        assert pattern.count(r"\p") == sum(
            inside.count(r"\p") for inside in re.findall(r"\[[^\]]*\]", pattern)
        )


def patterns_of(shape: Shape | None) -> set[str]:
    if shape is None:
        return set()
    parts: list[Shape] = []
    if shape.type_name == "structure":
        parts = list(shape.members.values())
    elif shape.type_name == "list":
        parts = [shape.member]
    elif shape.type_name == "map":
        parts = [shape.key, shape.value]
    own = {shape.metadata["pattern"]} if "pattern" in shape.metadata else set()
    return own.union(*map(patterns_of, parts))


def all_patterns() -> list[str]:
    return sorted(
        {
            pattern
            for service, model in [("iot", load("iot")), ("iot-jobs-data", load("iot-jobs-data"))]
            for operation in ServiceApi.of(service).operations
            for pattern in patterns_of(model.operation_model(operation).input_shape)
        }
    )


LETTERS = ("a", "1", "a1", "-", "a:", "/", "arn:", "1.", "ä", "é1", "arn:aws:iot:a:")


@pytest.mark.parametrize("pattern", all_patterns())
def test_a_text_of_a_megabyte_is_matched_in_no_time(pattern: str) -> None:
    matches = matcher(pattern)
    for letters in LETTERS:
        for end in ("", "\x07", "\n"):
            text = (letters * (200_000 // len(letters))) + end
            assert least_processor_seconds(partial(partial, matches, text), 0.25) < 0.25, (
                letters,
                end,
            )


@given(st.text("0129.x\n", max_size=7))
def test_a_version_of_a_managed_template_is_matched_as_its_pattern_says(text: str) -> None:
    pattern = r"^[1-9]+.[0-9]+"
    assert bool(matcher(pattern)(text)) == bool(re.fullmatch(pattern, text))
