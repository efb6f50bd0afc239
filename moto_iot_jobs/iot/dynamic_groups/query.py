"""Queries of fleet indexing, parsed once and evaluated for one thing at a time.

Dynamic groups and SearchIndex share it: terms, phrases, wildcards, ranges and comparisons on
registry, shadow and connectivity fields, grouping, and AND, OR, NOT. Not searchable are Device
Defender's data and geographical distances.

Source: AWS IoT developer guide, query-syntax and example-queries. The precedence is that of Lucene,
whose language it is: AND before OR, and clauses that only stand side by side are combined last,
with AND.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from moto_iot_jobs.wire import WireError

# AWS general reference, IoT Device Management quotas.
MOST_TERMS = 12
MOST_TERMS_OF_A_GROUP = 5
LONGEST_QUERY = 1000
# Developer guide, query-syntax: wildcards of a term, and queries with a term that begins with one.
MOST_STARS, MOST_QUESTION_MARKS = 2, 5
LONGEST_WITH_LEADING_WILDCARD = 100
# Ours: more than queries have, and little enough to follow.
DEEPEST_GROUP = 50

GROUP_NAMES = "thingGroupNames"
SHADOW = "shadow."
CONNECTIVITY = "connectivity."

Values: TypeAlias = Callable[[str | None], Iterable[object]]
"""Gives the values that a thing has in a field.

Of None, those in all fields.
"""

_Test: TypeAlias = Callable[[Values], bool]
_ValueTest: TypeAlias = Callable[[object], bool]

_FIELD = re.compile(
    r"thingName|thingId|thingTypeName|thingGroupNames|attributes\..+"
    r"|shadow\.(?:name\.[^.]+\.)?(?:hasDelta|(?:desired|reported|delta|metadata)(?:\..+)?)"
)
_GROUP_FIELD = re.compile(
    r"thingGroupName|thingGroupId|thingGroupDescription|parentGroupNames|attributes\..+"
)
_CONNECTIVITY_FIELD = re.compile(
    r"connectivity\.(?:connected|timestamp|version|clientId|disconnectReason|keepAliveDuration"
    r"|cleanSession|sessionExpiry)"
)
_PLAIN = r'(?:[^\s()\[\]{}"\\]|\\.)+'
_NAME = r'(?:[^\s()\[\]{}"\\:<>=]|\\.)+'
_TOKEN = re.compile(
    rf"\s*(?:(?P<end>\Z)|(?P<bracket>[()])|(?P<word>(?:AND|OR|NOT|&&|\|\||!)(?=[\s(]|\Z))|(?P<minus>[-+!](?=[^\s]))"
    rf"|(?P<field>{_NAME})\s*:\s*(?P<group>\()"
    rf"|(?:(?P<name>{_NAME})\s*(?::\s*)?(?P<operator>[<>]=?|=|(?<=:))\s*)?"
    r"(?:(?P<lower>[\[{])\s*(?P<low>\S+)\s+TO\s+(?P<high>[^\s\]}]+)\s*(?P<upper>[\]}])"
    rf'|"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<plain>{_PLAIN})))',
    re.DOTALL,
)
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WILDCARDS = re.compile(r"\\(.)|([*?])|(.)", re.DOTALL)
_AND, _OR, _NOT = ("AND", "&&"), ("OR", "||"), ("NOT", "!", "-")
_SIGNS = (*_NOT, "+")


@dataclass(frozen=True, slots=True)
class ThingQuery:
    """A query of things.

    Attributes:
        text: as it was given.
        fields: the fields that it looks at; None among them means every field.
    """

    text: str
    fields: frozenset[str | None]
    _test: _Test = field(repr=False, compare=False)

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        of_groups: bool = False,
        connectivity: bool = False,
        most_terms: int = MOST_TERMS,
    ) -> ThingQuery:
        """Read a query.

        Args:
            text: the query.
            of_groups: whether it looks for thing groups.
            connectivity: whether connectivity is indexed.
            most_terms: how many terms it may have.

        Raises:
            WireError: InvalidQueryException, as fleet indexing refuses what it cannot read. The
                sentence for unknown fields is AWS's (seen by a user); the others are ours.
        """
        if len(text) > LONGEST_QUERY:
            raise _unreadable(f"longer than {LONGEST_QUERY} characters", text)
        parser = _Parser(text, most_terms, _GROUP_FIELD if of_groups else _FIELD)
        parser.connectivity = connectivity and not of_groups
        test = parser.read()
        return cls(text, frozenset(parser.fields), test)

    def matches(self, values: Values) -> bool:
        """Tell whether a thing with these values is one that the query looks for."""
        return self._test(values)

    @property
    def looks_at_groups(self) -> bool:
        """Tell whether the query looks at a thing's groups."""
        return bool(self.fields & {None, GROUP_NAMES})

    @property
    def looks_at_connectivity(self) -> bool:
        """Tell whether the query looks at the connection of a thing."""
        return any(name is None or name.startswith(CONNECTIVITY) for name in self.fields)

    @property
    def looks_at_shadows(self) -> bool:
        """Tell whether the query looks at a thing's shadows."""
        return any(name is None or name.startswith(SHADOW) for name in self.fields)


def _unreadable(problem: str, text: str) -> WireError:
    return WireError(
        "InvalidQueryException", f"Unable to parse query, {problem}, query string: {text}"
    )


class _Parser:
    """Reads a query by recursive descent.

    Every method returns the test for what it read.
    """

    def __init__(self, text: str, most_terms: int, known: re.Pattern[str]) -> None:
        self.text = text
        self.fields: set[str | None] = set()
        self.connectivity = False
        self._most_terms = most_terms
        self._known = known
        self._terms = 0
        self._leading_wildcards = 0
        self._depth = 0
        self._position = 0
        self._next = self._match()

    def read(self) -> _Test:
        """Read all of it."""
        test = self._clauses(None)
        if self._next["end"] is None:
            raise self._refusal("mismatched parentheses")
        return test

    def _refusal(self, problem: str) -> WireError:
        return _unreadable(problem, self.text)

    def _match(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self._position)
        if found is None:
            raise self._refusal(f"at position {self._position}")
        return found

    def _take(self) -> re.Match[str]:
        taken = self._next
        self._position = taken.end()
        self._next = self._match()
        return taken

    def _next_is(self, words: tuple[str, ...]) -> bool:
        return (self._next["word"] or self._next["minus"]) in words

    def _clauses(self, name: str | None) -> _Test:
        tests = [self._either(name)]
        while self._next["end"] is None and self._next["bracket"] != ")":
            tests.append(self._either(name))
        return _all(tests)

    def _either(self, name: str | None) -> _Test:
        tests = [self._both(name)]
        while self._next_is(_OR):
            self._take()
            tests.append(self._both(name))
        return _any(tests)

    def _both(self, name: str | None) -> _Test:
        tests = [self._clause(name)]
        while self._next_is(_AND):
            self._take()
            tests.append(self._clause(name))
        return _all(tests)

    def _clause(self, name: str | None) -> _Test:
        negated = False
        while self._next_is(_SIGNS):
            negated ^= self._take_sign() in _NOT
        token = self._take()
        if token["bracket"] == "(" or token["group"]:
            test = self._group(self._field(token["field"]) if token["group"] else name)
        elif token["end"] is not None or token["word"] or token["bracket"]:
            raise self._refusal("a term is missing")
        else:
            test = self._term(token, name)
        return (lambda values: not test(values)) if negated else test

    def _take_sign(self) -> str | None:
        token = self._take()
        return token["word"] or token["minus"]

    def _group(self, name: str | None) -> _Test:
        self._depth += 1
        if self._depth > DEEPEST_GROUP:
            raise self._refusal(f"more than {DEEPEST_GROUP} groups in each other")
        test = self._clauses(name)
        if self._next["bracket"] != ")":
            raise self._refusal("mismatched parentheses")
        self._take()
        self._depth -= 1
        return test

    def _term(self, token: re.Match[str], name: str | None) -> _Test:
        self._terms += 1
        if self._terms > self._most_terms:
            raise self._refusal(f"more than {self._most_terms} terms")
        if token["name"] is not None:
            name = self._field(token["name"])
        elif ":" in (token["plain"] or ""):
            raise self._refusal("a term is missing")
        self._count_wildcards(token["plain"] or "")
        test = _value_test(token)
        if name is None and token["plain"] == "*":
            return lambda _values: True
        self.fields.add(name)
        return lambda values: any(map(test, values(name)))

    def _count_wildcards(self, plain: str) -> None:
        if plain == "*":  # asks whether there is a value
            return
        unescaped = _ESCAPED.sub(".", plain)
        if unescaped.count("*") > MOST_STARS or unescaped.count("?") > MOST_QUESTION_MARKS:
            raise self._refusal(f"a term has more than {MOST_STARS} * or {MOST_QUESTION_MARKS} ?")
        self._leading_wildcards += unescaped.startswith(("*", "?"))
        if self._leading_wildcards > 1:
            raise self._refusal("more than one term begins with a wildcard")
        if self._leading_wildcards and len(self.text) > LONGEST_WITH_LEADING_WILDCARD:
            raise self._refusal(
                "a term begins with a wildcard, and the query is longer than"
                f" {LONGEST_WITH_LEADING_WILDCARD} characters"
            )

    def _field(self, given: str) -> str:
        name = _ESCAPED.sub(r"\1", given)
        if self.connectivity and _CONNECTIVITY_FIELD.fullmatch(name):
            return name
        if name.startswith("deviceDefender."):
            raise self._refusal(f"field not modelled here, field name: {name}")
        if not self._known.fullmatch(name):
            raise self._refusal(f"invalid field name, field name: {name}")
        return name


def _all(tests: list[_Test]) -> _Test:
    return tests[0] if len(tests) == 1 else lambda values: all(test(values) for test in tests)


def _any(tests: list[_Test]) -> _Test:
    return tests[0] if len(tests) == 1 else lambda values: any(test(values) for test in tests)


def _value_test(token: re.Match[str]) -> _ValueTest:
    if token["lower"]:
        return _range(
            token["low"],
            token["high"],
            with_low=token["lower"] == "[",
            with_high=token["upper"] == "]",
        )
    if token["phrase"] is not None:
        phrase = _ESCAPED.sub(r"\1", token["phrase"]).lower()
        return lambda value: phrase in (text := _text(value).lower(), *text.split())
    plain = token["plain"]
    match token["operator"]:
        case "<" | "<=" as operator:
            return _range("*", plain, with_low=True, with_high=operator == "<=")
        case ">" | ">=" as operator:
            return _range(plain, "*", with_low=operator == ">=", with_high=True)
        case _:
            return word_test(plain)


def word_test(plain: str) -> _ValueTest:
    """Read a word with wildcards.

    Search is case-insensitive, and finds a value's words too (developer guide, query-syntax).
    """
    matches = _wildcards(plain)
    number = _number(plain)

    def test(value: object) -> bool:
        if number is not None and isinstance(value, int | float) and not isinstance(value, bool):
            return value == number
        text = _text(value)
        return any(map(matches, (text, *text.split())))

    return test


def _wildcards(plain: str) -> Callable[[str], bool]:
    """Return the test of a whole text for a word with wildcards.

    `*` is any text and `?` any character. Each part between two stars is looked for where it comes
    first, and never again: no text takes longer than its length times that of the word.
    """
    parts: list[list[str]] = [[]]
    for escaped, wildcard, character in _WILDCARDS.findall(plain):
        if wildcard == "*":
            parts.append([])
        else:
            parts[-1].append("." if wildcard else re.escape(escaped or character))
    first, *others = [re.compile("".join(part), re.IGNORECASE | re.DOTALL) for part in parts]
    if not others:
        return lambda text: first.fullmatch(text) is not None
    *middle, last = others

    def matches(text: str) -> bool:
        found = first.match(text)
        for part in middle:
            found = found and part.search(text, found.end())
        start = len(text) - len(parts[-1])
        return bool(found and found.end() <= start and last.match(text, start))

    return matches


def _range(low: str, high: str, *, with_low: bool, with_high: bool) -> _ValueTest:
    """Bounds that are numbers compare with numbers, others as text.

    `*` is no bound.
    """
    tests: list[_ValueTest] = []
    for bound, signs, inclusive in ((low, (1,), with_low), (high, (-1,), with_high)):
        if bound != "*":
            tests.append(_beyond(bound.strip('"'), (*signs, 0) if inclusive else signs))
    return lambda value: all(test(value) for test in tests)


def _beyond(bound: str, signs: tuple[int, ...]) -> _ValueTest:
    number, text = _number(bound), bound.lower()

    def test(value: object) -> bool:
        if number is None:
            found = _text(value).lower()
            return (found > text) - (found < text) in signs
        other = None if isinstance(value, bool) else _number(_text(value))
        return other is not None and (other > number) - (other < number) in signs

    return test


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
