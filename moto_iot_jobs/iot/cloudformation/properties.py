"""Properties of CloudFormation resources, as members of the API.

They are checked as CloudFormation checks them before it calls anything.

A schema is nested: a dictionary of properties, a list with the schema of its items, or the type of
a value. A property whose name ends with ``!`` is required.

The sentences are CloudFormation's, as users report them (for one, issue 28984 of the AWS CDK).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Any

TEXT, WHOLE, NUMBER, TRUTH = "String", "Integer", "Number", "Boolean"
#: An object whose keys are free, of texts.
TEXTS = "Texts"
TAGS: Schema = [{"Key!": TEXT, "Value!": TEXT}]

# How CloudFormation calls what it finds.
_FOUND = {bool: "Boolean", int: "Integer", float: "Double", list: "JSONArray", dict: "JSONObject"}


def check(schema: Schema, value: Any, at: str = "#") -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with properties."""
    if isinstance(schema, dict):
        yield from _check_object(schema, value, at)
    elif isinstance(schema, list):
        if not isinstance(value, list):
            yield _unexpected(at, "JSONArray", value)
            return
        for number, item in enumerate(value):
            yield from check(schema[0], item, f"{at}/{number}")
    elif schema == TEXTS:
        if not isinstance(value, dict):
            yield _unexpected(at, "JSONObject", value)
    elif isinstance(value, dict | list) or (schema != TEXT and _number(schema, value) is None):
        yield _unexpected(at, schema, value)


def _check_object(schema: Mapping[str, Schema], value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _unexpected(at, "JSONObject", value)
        return
    known = {name.rstrip("!"): each for name, each in schema.items()}
    for name in schema:
        if name.endswith("!") and value.get(name[:-1]) is None:
            yield f"{at}: required key [{name[:-1]}] not found"
    for name, each in value.items():
        if name not in known:
            yield f"{at}: extraneous key [{name}] is not permitted"
        elif each is not None:
            yield from check(known[name], each, f"{at}/{name}")


def _unexpected(at: str, expected: str, value: Any) -> str:
    return f"{at}: expected type: {expected}, found: {_FOUND.get(type(value), 'String')}"


def _number(schema: str, value: Any) -> int | float | None:
    """Return a number or truth value, which templates may spell as text.

    None when it is none.
    """
    if schema == TRUTH:
        return {"true": True, "false": False}.get(str(value).lower())
    if isinstance(value, bool):
        return None
    try:
        return int(str(value)) if schema == WHOLE else float(value)
    except ValueError:
        return None


def to_members(schema: Schema, value: Any, renamed: Mapping[str, str]) -> Any:
    """Return properties that were checked as members of the API.

    Args:
        schema: of the properties.
        value: the properties.
        renamed: members whose names are not those of their properties.
    """
    if isinstance(schema, dict):
        known = {name.rstrip("!"): each for name, each in schema.items()}
        return {
            renamed.get(name, name[0].lower() + name[1:]): to_members(known[name], each, renamed)
            for name, each in value.items()
            if each is not None
        }
    if isinstance(schema, list):
        # The API spells the members of tags with capitals, too.
        if schema is TAGS:
            return [{name: str(each[name]) for name in ("Key", "Value")} for each in value]
        return [to_members(schema[0], item, renamed) for item in value]
    if schema == TEXTS:
        return {name: _text(each) for name, each in value.items()}
    return _text(value) if schema == TEXT else _number(schema, value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
