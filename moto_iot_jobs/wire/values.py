"""From a request's members to the core's records, and back.

A record is a named tuple or a dataclass.

A field's name is its member's in snake case, unless its metadata say otherwise:
``field(metadata={"member": "Key"})``. How a value is turned follows from the field's type hint:
records, enums, tuples and mappings are understood at any depth, all else is passed as it is. Each
class is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from moto_iot_jobs.service.record import Record

T = TypeVar("T")


def typed(cls: type[T], members: Mapping[str, Any]) -> T:
    """Make a record from members by their model names. Absent ones take the fields' defaults.

    Raises:
        TypeError: a member has no field, or a field without default has no member.
        ValueError: a value is not one of its enum's.
    """
    known = _members_of(cls)
    if not members.keys() <= known.keys():
        raise TypeError(f"{cls.__name__} has no fields for {sorted(members.keys() - known.keys())}")
    given = [(known[name], value) for name, value in members.items() if value is not None]
    return cls(**{member.field: member.turn.typed(value) for member, value in given})


def members(instance: Any) -> dict[str, Any]:
    """Return what a record holds, by the members' model names.

    Fields that are None are left out.
    """
    given = [
        (name, of, getattr(instance, of.field)) for name, of in _members_of(type(instance)).items()
    ]
    return {name: of.turn.plain(value) for name, of, value in given if value is not None}


class _Turn(Record):
    """The conversion of values of one type, either way."""

    typed: Callable[[Any], Any]
    plain: Callable[[Any], Any]


class _Member(Record):
    field: str
    turn: _Turn


_seen: dict[type, dict[str, _Member]] = {}


def _members_of(cls: type) -> dict[str, _Member]:
    """By their members' names, the fields that a class is made from."""
    if cls not in _seen:
        hints = get_type_hints(cls)
        _seen[cls] = {member: _Member(field, _turn(hints[field])) for member, field in _names(cls)}
    return _seen[cls]


def _names(cls: Any) -> list[tuple[str, str]]:
    """Return the fields that a class is made from, each behind its member's name."""
    if not is_dataclass(cls):
        return [(_in_camel_case(field), field) for field in cls._fields]
    given = [field for field in fields(cls) if field.init]
    return [
        (field.metadata.get("member", _in_camel_case(field.name)), field.name) for field in given
    ]


def _in_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _turn(hint: Any) -> _Turn:
    """Understand a type hint."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _optional(hint)
    if origin is tuple:
        item = _turn(arguments[0])
        return _Turn(
            typed=lambda values: tuple(item.typed(value) for value in values),
            plain=lambda values: [item.plain(value) for value in values],
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        item = _turn(arguments[1])
        return _Turn(
            typed=lambda values: {key: item.typed(value) for key, value in values.items()},
            plain=lambda values: {key: item.plain(value) for key, value in values.items()},
        )
    if isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "_fields")):
        return _Turn(typed=partial(typed, hint), plain=members)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _Turn(typed=hint, plain=lambda value: value.value)
    return _Turn(typed=_as_is, plain=_as_is)


def _optional(hint: Any) -> _Turn:
    some = [argument for argument in get_args(hint) if argument is not NoneType]
    if len(some) > 1:
        raise TypeError(f"no member can be turned into any of {hint}")
    return _turn(some[0])


def _as_is(value: Any) -> Any:
    return value
