"""Dynamic commands: values, conditions, templates, and the payloads made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cbor2
import pytest

from moto_iot_jobs.commands.parameters import (
    Condition,
    NumberRange,
    Operand,
    Parameter,
    ParameterValue,
)
from moto_iot_jobs.service.errors import InvalidInput

if TYPE_CHECKING:
    from tests.commands.conftest import World

SPACE = "aws:iot:commandexecution::"
X = f"${{{SPACE}parameter:x}}"
TIMEOUT = f"${{{SPACE}executionTimeoutSec}}"
TEMPLATE = json.dumps({"x": X})

Value = ParameterValue


def sent(world: World, **members: Any) -> Any:
    return json.loads(world.start("dynamic", **members).message.payload)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Value(s="on"), "on"),
        (Value(b=False), False),
        (Value(i=-3), -3),
        (Value(l=1 << 40), 1 << 40),
        (Value(d=0.5), 0.5),
        (Value(ul="18446744073709551615"), 18446744073709551615),
        (Value(bin=b"\x00\xff"), "AP8="),
    ],
)
def test_a_placeholder_alone_becomes_a_value_of_its_type(
    world: World, value: ParameterValue, written: object
) -> None:
    world.create_dynamic(TEMPLATE, Parameter("x", value.type))
    assert sent(world, parameters={"x": value}) == {"x": written}


def test_a_placeholder_within_text_becomes_text(world: World) -> None:
    template = json.dumps([{"a": f"<{X}> in {TIMEOUT} s", "b": TIMEOUT, "c": [X]}, 1, None, "d"])
    world.create_dynamic(template, Parameter("x", "BOOLEAN"))
    found = sent(world, parameters={"x": Value(b=True)}, execution_timeout_seconds=30)
    assert found == [{"a": "<true> in 30 s", "b": 30, "c": [True]}, 1, None, "d"]


def test_placeholders_are_case_sensitive(world: World) -> None:
    with pytest.raises(InvalidInput, match="placeholder"):
        world.create_dynamic(TEMPLATE.replace("parameter", "Parameter"), Parameter("x"))


def test_a_value_cannot_bring_in_a_placeholder(world: World) -> None:
    world.create_dynamic(TEMPLATE, Parameter("x"))
    assert sent(world, parameters={"x": Value(s=TIMEOUT)}) == {"x": TIMEOUT}


def test_the_output_can_be_cbor(world: World) -> None:
    world.create_dynamic(
        json.dumps({"x": X, "text": f"-{X}-"}), Parameter("x", "BINARY"), output_format="CBOR"
    )
    message = world.start("dynamic", parameters={"x": Value(bin=b"\xff")}).message
    assert message.content_type == "application/cbor"
    assert cbor2.loads(message.payload) == {"x": b"\xff", "text": "-/w==-"}


def test_the_request_goes_before_the_command_and_its_value_before_the_default(
    world: World,
) -> None:
    one, two, three = Value(i=1), Value(i=2), Value(i=3)
    world.create_dynamic(TEMPLATE, Parameter("x", default_value=one), command="a")
    world.create_dynamic(TEMPLATE, Parameter("x", value=two, default_value=one), command="b")
    execution = world.start("a")
    assert execution.parameters == {"x": one}
    assert world.start("b").parameters == {"x": two}
    assert world.start("b", parameters={"x": three}).parameters == {"x": three}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "Parameter x has no value."),
        ({"x": Value(s="1")}, "must be of type INTEGER, not STRING"),
        ({"x": Value(s="1", i=1)}, "exactly one"),
        ({"x": Value()}, "exactly one"),
        ({"x": Value(i=1), "y": Value(i=1)}, "no parameter y"),
    ],
)
def test_values_that_are_missing_or_wrong_are_an_error_before_anything_is_started(
    world: World, given: Any, sentence: str
) -> None:
    world.create_dynamic(TEMPLATE, Parameter("x", "INTEGER"))
    with pytest.raises(InvalidInput, match=sentence):
        world.start("dynamic", parameters=given)
    assert not world.service.store.executions


def test_a_template_may_have_names_that_only_requests_give(world: World) -> None:
    template = json.dumps({"x": X, "y": X.replace(":x}", ":y.1}")})
    world.create_dynamic(template, Parameter("x", default_value=Value(i=1)))
    with pytest.raises(InvalidInput, match=r"Parameter y\.1 has no value"):
        world.start("dynamic")
    assert sent(world, parameters={"y.1": Value(s="z")}) == {"x": 1, "y": "z"}


def test_a_static_command_has_no_parameters(world: World) -> None:
    world.create()
    with pytest.raises(InvalidInput, match="no parameters"):
        world.start(parameters={"x": Value(i=1)})


def test_an_unsigned_long_has_64_bits(world: World) -> None:
    world.create_dynamic(TEMPLATE, Parameter("x", "UNSIGNEDLONG"))
    with pytest.raises(InvalidInput, match="64 bits"):
        world.start("dynamic", parameters={"x": Value(ul="18446744073709551616")})


# Conditions

NUMBER = {"number": "5"}
TEXT = {"string": "b"}
CONDITIONS = [
    ("EQUALS", NUMBER, [5], [4, 6]),
    ("NOT_EQUALS", NUMBER, [4, 6], [5]),
    ("LESS_THAN", NUMBER, [4], [5, 6]),
    ("LESS_THAN_EQUALS", NUMBER, [4, 5], [6]),
    ("GREATER_THAN", NUMBER, [6], [5, 4]),
    ("GREATER_THAN_EQUALS", NUMBER, [6, 5], [4]),
    ("IN_SET", {"numbers": ("5", "7")}, [5, 7], [6]),
    ("NOT_IN_SET", {"numbers": ("5", "7")}, [6], [5, 7]),
    ("IN_RANGE", {"number_range": NumberRange("5", "7")}, [5, 6, 7], [4, 8]),
    ("NOT_IN_RANGE", {"number_range": NumberRange("5", "7")}, [4, 8], [5, 6, 7]),
    ("EQUALS", TEXT, ["b"], ["a", "B"]),
    ("NOT_EQUALS", TEXT, ["a"], ["b"]),
    ("IN_SET", {"strings": ("a", "b")}, ["a", "b"], ["c"]),
    ("NOT_IN_SET", {"strings": ("a", "b")}, ["c"], ["a", "b"]),
]


def as_value(kind: str, plain: Any) -> ParameterValue:
    name = {"STRING": "s", "INTEGER": "i", "LONG": "l", "DOUBLE": "d", "UNSIGNEDLONG": "ul"}[kind]
    given: dict[str, Any] = {name: str(plain) if name in ("s", "ul") else plain}
    return Value(**given)


@pytest.mark.parametrize(("operator", "operand", "fine", "wrong"), CONDITIONS)
def test_each_operator(
    world: World, operator: str, operand: Any, fine: list[Any], wrong: list[Any]
) -> None:
    numeric = isinstance(fine[0], int)
    for kind in ("INTEGER", "LONG", "DOUBLE", "UNSIGNEDLONG") if numeric else ("STRING",):
        condition = Condition(operator, Operand(**operand))
        world.create_dynamic(
            TEMPLATE, Parameter("x", kind, value_conditions=(condition,)), command=kind
        )
        for plain in fine:
            world.start(kind, parameters={"x": as_value(kind, plain)})
        for plain in wrong:
            with pytest.raises(InvalidInput, match=f"condition {operator}"):
                world.start(kind, parameters={"x": as_value(kind, plain)})


def test_conditions_hold_for_the_default_too(world: World) -> None:
    condition = Condition("LESS_THAN", Operand(number="5"))
    world.create_dynamic(
        TEMPLATE, Parameter("x", default_value=Value(i=7), value_conditions=(condition,))
    )
    with pytest.raises(InvalidInput):
        world.start("dynamic")
    world.start("dynamic", parameters={"x": Value(d=4.5)})


@pytest.mark.parametrize(
    ("kind", "operator", "operand"),
    [
        *(
            ("STRING", operator, {"string": "a"})
            for operator in ("LESS_THAN", "GREATER_THAN_EQUALS", "IN_RANGE", "IN_SET")
        ),
        ("STRING", "EQUALS", NUMBER),
        ("INTEGER", "EQUALS", TEXT),
        ("INTEGER", "IN_SET", NUMBER),
        ("INTEGER", "IN_RANGE", {"numbers": ("1", "2")}),
        ("INTEGER", "EQUALS", {}),
        ("INTEGER", "EQUALS", {**NUMBER, **TEXT}),
        ("INTEGER", "EQUALS", {"number": "five"}),
        ("INTEGER", "EQUALS", {"number": "NaN"}),
        ("INTEGER", "IN_RANGE", {"number_range": NumberRange("7", "5")}),
        ("BOOLEAN", "EQUALS", TEXT),
        ("BINARY", "EQUALS", TEXT),
    ],
)
def test_a_condition_that_its_type_does_not_have_is_an_error(
    world: World, kind: str, operator: str, operand: Any
) -> None:
    condition = Condition(operator, Operand(**operand))
    with pytest.raises(InvalidInput):
        world.create_dynamic(TEMPLATE, Parameter("x", kind, value_conditions=(condition,)))


@pytest.mark.parametrize("value", [Value(s="a"), Value(), Value(i=1, b=True)])
def test_values_of_the_command_are_of_its_type(world: World, value: ParameterValue) -> None:
    for member in ("value", "default_value"):
        given: dict[str, Any] = {member: value}
        with pytest.raises(InvalidInput):
            world.create_dynamic(TEMPLATE, Parameter("x", "INTEGER", **given))


def test_a_condition_needs_no_type_until_there_is_a_value(world: World) -> None:
    condition = Condition("EQUALS", Operand(string="on"))
    world.create_dynamic(TEMPLATE, Parameter("x", value_conditions=(condition,)))
    world.start("dynamic", parameters={"x": Value(s="on")})
    with pytest.raises(InvalidInput, match="does not apply"):
        world.start("dynamic", parameters={"x": Value(i=1)})
