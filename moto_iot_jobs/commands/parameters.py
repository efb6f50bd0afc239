"""Parameters of dynamic commands: their values, types and conditions.

Source: AWS IoT developer guide, iot-remote-command-create-manage (dynamic commands), and the
botocore model. The sentences of errors are ours.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from moto_iot_jobs.service.errors import InvalidInput


@dataclass(frozen=True)
class ParameterValue:
    """A value, which is exactly one of these."""

    s: str | None = field(default=None, metadata={"member": "S"})
    b: bool | None = field(default=None, metadata={"member": "B"})
    i: int | None = field(default=None, metadata={"member": "I"})
    l: int | None = field(default=None, metadata={"member": "L"})  # noqa: E741 - AWS's name
    d: float | None = field(default=None, metadata={"member": "D"})
    bin: bytes | None = field(default=None, metadata={"member": "BIN"})
    ul: str | None = field(default=None, metadata={"member": "UL"})

    def given(self) -> list[str]:
        """Return the types of which it has a value."""
        return [_TYPES[name] for name in _TYPES if getattr(self, name) is not None]

    @property
    def type(self) -> str:
        """The type of the one value that it has."""
        return self.given()[0]

    @property
    def plain(self) -> str | bool | int | float | bytes:
        """The value, as Python has it."""
        if self.ul is not None:
            return int(self.ul)
        found = (getattr(self, name) for name in _TYPES)
        value: str | bool | int | float | bytes = next(each for each in found if each is not None)
        return value

    @property
    def text(self) -> str:
        """The value as it stands inside of other text."""
        value = self.plain
        if isinstance(value, bool):
            return str(value).lower()
        return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


_TYPES = {
    "s": "STRING",
    "b": "BOOLEAN",
    "i": "INTEGER",
    "l": "LONG",
    "d": "DOUBLE",
    "bin": "BINARY",
    "ul": "UNSIGNEDLONG",
}
_NUMERIC = frozenset({"INTEGER", "LONG", "DOUBLE", "UNSIGNEDLONG"})
_LARGEST_UNSIGNED = (1 << 64) - 1


class NumberRange(NamedTuple):
    """A range of numbers, its ends included. Numbers are text in the API."""

    min: str
    max: str


class Operand(NamedTuple):
    """The operand of a condition: exactly one of these."""

    number: str | None = None
    numbers: tuple[str, ...] | None = None
    string: str | None = None
    strings: tuple[str, ...] | None = None
    number_range: NumberRange | None = None

    def given(self) -> list[str]:
        """Return the names of the members that it has."""
        return [name for name in self._fields if getattr(self, name) is not None]


class Condition(NamedTuple):
    """A condition that a value has to satisfy."""

    comparison_operator: str
    operand: Operand


class Parameter(NamedTuple):
    """A parameter of a command.

    Attributes:
        value: the value unless a request has one, before the default value.
    """

    name: str
    type: str | None = None
    value: ParameterValue | None = None
    default_value: ParameterValue | None = None
    value_conditions: tuple[Condition, ...] | None = None
    description: str | None = None


_Test = Callable[[Any, Any], bool]

_ONE: dict[str, _Test] = {
    "EQUALS": lambda value, other: bool(value == other),
    "NOT_EQUALS": lambda value, other: bool(value != other),
    "LESS_THAN": lambda value, other: bool(value < other),
    "LESS_THAN_EQUALS": lambda value, other: bool(value <= other),
    "GREATER_THAN": lambda value, other: bool(value > other),
    "GREATER_THAN_EQUALS": lambda value, other: bool(value >= other),
}
_SET: dict[str, _Test] = {
    "IN_SET": lambda value, others: value in others,
    "NOT_IN_SET": lambda value, others: value not in others,
}
_RANGE: dict[str, _Test] = {
    "IN_RANGE": lambda value, ends: bool(ends[0] <= value <= ends[1]),
    "NOT_IN_RANGE": lambda value, ends: not ends[0] <= value <= ends[1],
}
# The operands of each operator; text has no order, and truth values and bytes have no conditions.
_OPERANDS_OF_NUMBERS = (
    dict.fromkeys(_ONE, "number")
    | dict.fromkeys(_SET, "numbers")
    | dict.fromkeys(_RANGE, "number_range")
)
_OPERANDS_OF_TEXT = {
    "EQUALS": "string",
    "NOT_EQUALS": "string",
    "IN_SET": "strings",
    "NOT_IN_SET": "strings",
}
_TESTS = _ONE | _SET | _RANGE


def check_parameters(parameters: tuple[Parameter, ...]) -> None:
    """Check the parameters of a new command.

    Raises:
        InvalidInput: a name that is given twice; a value of another type, or of none or several; a
            condition that its type does not have.
    """
    seen: set[str] = set()
    for parameter in parameters:
        if parameter.name in seen:
            raise InvalidInput(f"Parameter {parameter.name} is defined more than once.")
        seen.add(parameter.name)
        for value in (parameter.value, parameter.default_value):
            if value is not None:
                check_value(parameter.name, parameter.type, value)
        kind = _type_of(parameter)
        for condition in parameter.value_conditions or ():
            _check_condition(parameter.name, kind, condition)


def check_value(name: str, kind: str | None, value: ParameterValue) -> None:
    """Check that a value is one, and of its parameter's type.

    Args:
        name: the parameter's.
        kind: its type; None is any.

    Raises:
        InvalidInput: it is not.
    """
    given = value.given()
    if len(given) != 1:
        raise InvalidInput(f"The value of parameter {name} must have exactly one member.")
    if kind is not None and given != [kind]:
        raise InvalidInput(f"The value of parameter {name} must be of type {kind}, not {given[0]}.")
    if value.ul is not None and int(value.ul or 0) > _LARGEST_UNSIGNED:
        raise InvalidInput(f"The value of parameter {name} is no unsigned long of 64 bits.")


def _type_of(parameter: Parameter) -> str | None:
    value = parameter.value or parameter.default_value
    return parameter.type or (value.type if value is not None else None)


def _check_condition(name: str, kind: str | None, condition: Condition) -> None:
    operator, given = condition.comparison_operator, condition.operand.given()
    if len(given) != 1:
        raise InvalidInput(f"An operand of parameter {name} must have exactly one member.")
    kinds = [each for each in _operand_tables(kind) if each.get(operator) == given[0]]
    if not kinds:
        of = f" of type {kind}" if kind is not None else ""
        raise InvalidInput(
            f"Operator {operator} with operand {_camel(given[0])} does not apply to parameter"
            f" {name}{of}."
        )
    try:
        operand = _operand(condition)
    except InvalidOperation:
        raise InvalidInput(f"An operand of parameter {name} is not a number.") from None
    if condition.operand.number_range is not None and operand[0] > operand[1]:
        raise InvalidInput(f"A range of parameter {name} ends before it begins.")


def _operand_tables(kind: str | None) -> list[dict[str, str]]:
    if kind is None:
        return [_OPERANDS_OF_NUMBERS, _OPERANDS_OF_TEXT]
    if kind in _NUMERIC:
        return [_OPERANDS_OF_NUMBERS]
    return [_OPERANDS_OF_TEXT] if kind == "STRING" else []


def _operand(condition: Condition) -> Any:
    operand = condition.operand
    if operand.number is not None:
        return _number(operand.number)
    if operand.numbers is not None:
        return tuple(map(_number, operand.numbers))
    if operand.number_range is not None:
        return _number(operand.number_range.min), _number(operand.number_range.max)
    return operand.string if operand.string is not None else operand.strings


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise InvalidOperation
    return number


def final_values(
    parameters: tuple[Parameter, ...], given: Mapping[str, ParameterValue], names: frozenset[str]
) -> dict[str, ParameterValue]:
    """Return the values of an execution: those of the request, else the command's own.

    Args:
        parameters: the command's.
        given: the request's.
        names: the names that the template has, of which the request may give values too.

    Raises:
        InvalidInput: a parameter without value or with one of another type; one that the command
            does not have; a condition that is not met.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values = {}
    for name in (*known, *sorted(names - known.keys())):
        parameter = known.get(name) or Parameter(name)
        value = given.get(name) or parameter.value or parameter.default_value
        if value is None:
            raise InvalidInput(f"Parameter {name} has no value.")
        check_value(name, parameter.type, value)
        for condition in parameter.value_conditions or ():
            _check_holds(name, value, condition)
        values[name] = value
    for name in given:
        if name not in values:
            raise InvalidInput(f"The command has no parameter {name}.")
    return values


def _check_holds(name: str, value: ParameterValue, condition: Condition) -> None:
    # A parameter without type may get a value of one that has no such condition.
    _check_condition(name, value.type, condition)
    plain: Any = value.plain
    compared = Decimal(str(plain)) if value.type in _NUMERIC else plain
    if not _TESTS[condition.comparison_operator](compared, _operand(condition)):
        raise InvalidInput(
            f"The value of parameter {name} does not satisfy the condition"
            f" {condition.comparison_operator}."
        )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
