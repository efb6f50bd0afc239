"""Job documents: where they are read from, which are accepted, and how they are rewritten for
devices.

What a document says is nobody's business here; only strings with placeholders are handed out to be
replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import cycle
from math import isinf
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from moto_iot_jobs.service.errors import DocumentTooLarge, InvalidRequest

MAXIMUM_BYTES = 32768
MAXIMUM_DEPTH = 1000


def check_document(text: str, located_at: str = "request input") -> None:
    """Refuse a job document that is not JSON.

    Any JSON value will do, 1000 arrays and objects deep at most.

    Args:
        text: the document.
        located_at: where it came from, for the message: the documentSource if there was one.

    Raises:
        InvalidRequest: not JSON; the text is what ministack reports of AWS.
    """
    try:
        compact(text)
    except ValueError:
        raise InvalidRequest(
            f"Job document located at {located_at} is an invalid JSON document."
        ) from None


# Strings

PLACEHOLDER_MARK = "${aws:iot:"
# Patterns here are compiled when they are first used, and then kept by `re`: many a test never gets
# to most of them.
_STRING = r'(?s)("[^"\\]*(?:\\.[^"\\]*)*")([ \t\n\r]*:)?'
_ESCAPED = '[\x00-\x1f"\\\\\ud800-\udfff]'
_SHORT_ESCAPES = {
    "\b": r"\b",
    "\t": r"\t",
    "\n": r"\n",
    "\f": r"\f",
    "\r": r"\r",
    '"': r"\"",
    "\\": r"\\",
}
_SUPPLEMENTARY = "[\U00010000-\U0010ffff]"


class DocumentString(NamedTuple):
    """A string of a document: what it says, whether it names a member, and where it stands, quotes
    included.
    """

    value: str
    is_key: bool
    start: int
    end: int


def strings(text: str) -> list[DocumentString]:
    """The strings of a valid document, in order."""
    matches = re.finditer(_STRING, text)
    return [
        DocumentString(_value(match[1]), match[2] is not None, *match.span(1)) for match in matches
    ]


def may_have_placeholders(text: str) -> bool:
    """Whether there can be a placeholder in a document.

    Most have none, not even one that is spelled in escapes.
    """
    return "${" in text or "\\u" in text


def replace_strings(
    text: str, substitute: Callable[[DocumentString], str | Mapping[str, str] | None]
) -> str:
    """The document with strings replaced by strings or whole objects; None from `substitute`
    leaves one as it is.
    """
    pieces, position = [], 0
    for string in strings(text):
        replacement = substitute(string)
        if replacement is None:
            continue
        pieces += [text[position : string.start], _json(replacement)]
        position = string.end
    return "".join(pieces) + text[position:]


def json_string(value: str) -> str:
    """The JSON string as AWS writes it for devices: control characters and lone surrogates
    escaped, nothing else.
    """
    return f'"{re.sub(_ESCAPED, _escape, value)}"'


def escape_supplementary(text: str) -> str:
    """JSON text with characters outside the BMP as escaped surrogate pairs.

    So MQTT carries statusDetails and update responses; documents in describe, start-next and
    notify-next carry such characters unescaped (reported of AWS by ministack).
    """
    return re.sub(_SUPPLEMENTARY, _surrogate_pair, text)


def _json(value: str | Mapping[str, str]) -> str:
    if isinstance(value, str):
        return json_string(value)
    return (
        "{"
        + ",".join(f"{json_string(key)}:{json_string(member)}" for key, member in value.items())
        + "}"
    )


def _value(token: str) -> str:
    value: str = json.loads(token) if "\\" in token else token[1:-1]
    if value.isascii():
        return value
    # A pair may be written half as a character, half as an escape; both halves together are one
    # character.
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


def _surrogate_pair(match: re.Match[str]) -> str:
    offset = ord(match.group()) - 0x10000
    return f"\\u{0xD800 + (offset >> 10):04X}\\u{0xDC00 + (offset & 0x3FF):04X}"


# What devices receive


def compact(text: str) -> str:
    """The document written anew as devices receive it: as a string over HTTPS, as a JSON value
    over MQTT.

    Without blanks; members that are null left out; of a repeated key the first place and the last
    value; numbers and escapes as Java writes them.

    Raises:
        ValueError: not JSON, or deeper than AWS accepts.

    Source: what ministack reports of AWS.
    """
    tokens = _Tokens(text)
    outer: list[_Container] = []
    while True:
        value = tokens.take()
        if value in ("{", "["):
            if len(outer) == MAXIMUM_DEPTH:
                raise ValueError(f"nested deeper than {MAXIMUM_DEPTH}")
            outer.append(_Object() if value == "{" else _Array())
            if not outer[-1].opened(tokens):
                continue
            value = outer.pop().written()
        elif value in ("", "}", "]", ",", ":"):
            raise ValueError(f"value expected before position {tokens.position}")
        while outer:
            outer[-1].add(value)
            if not outer[-1].ended(tokens):
                break
            value = outer.pop().written()
        else:
            tokens.expect("")
            return value


_TOKEN = (
    r"[ \t\n\r]*(?:(?P<punctuation>[\[\]{},:]|\Z)"
    r'|(?P<string>"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?P<double>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?))"
    r"|(?P<word>true|false|null))"
)


class _Tokens:
    """The tokens of JSON text, scalars already written as devices receive them; the last one is
    empty.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._match = re.compile(_TOKEN).match

    def take(self) -> str:
        match = self._match(self.text, self.position)
        if match is None:
            raise ValueError(f"no JSON at position {self.position}")
        self.position = match.end()
        token = match[match.lastgroup or 0]
        if match.lastgroup == "string":
            return token if token.isascii() and "\\" not in token else json_string(_value(token))
        if match.lastgroup == "number":
            return _double(token) if match["double"] else _integer(token)
        return token

    def next_is(self, token: str) -> bool:
        position = self.position
        if self.take() == token:
            return True
        self.position = position
        return False

    def comma_or(self, end: str) -> bool:
        """Whether the end follows; a comma otherwise."""
        token = self.take()
        if token not in (",", end):
            raise ValueError(f"comma or {end} expected before position {self.position}")
        return token == end

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise ValueError(f"{token or 'end'} expected before position {self.position}")


class _Array:
    def __init__(self) -> None:
        self.items: list[str] = []

    def opened(self, tokens: _Tokens) -> bool:
        """Whether it ends at once."""
        return tokens.next_is("]")

    def add(self, value: str) -> None:
        self.items.append(value)

    def ended(self, tokens: _Tokens) -> bool:
        return tokens.comma_or("]")

    def written(self) -> str:
        return f"[{','.join(self.items)}]"


class _Object:
    def __init__(self) -> None:
        self.key = ""
        self.members: dict[str, str] = {}

    def opened(self, tokens: _Tokens) -> bool:
        """Whether it ends at once."""
        return tokens.next_is("}") or self._named(tokens)

    def add(self, value: str) -> None:
        self.members[self.key] = value

    def ended(self, tokens: _Tokens) -> bool:
        return tokens.comma_or("}") or self._named(tokens)

    def written(self) -> str:
        return (
            "{"
            + ",".join(f"{key}:{value}" for key, value in self.members.items() if value != "null")
            + "}"
        )

    def _named(self, tokens: _Tokens) -> bool:
        self.key = tokens.take()
        if not self.key.startswith('"'):
            raise ValueError(f"key expected before position {tokens.position}")
        tokens.expect(":")
        return False


_Container = _Array | _Object


def _integer(lexeme: str) -> str:
    return "0" if lexeme == "-0" else lexeme


def _double(lexeme: str) -> str:
    # Java's Double.toString, and a string where JSON has no number for it.
    value = float(lexeme)
    if isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)  # only infinities and NaN have letters there
    first, rest = str(digits[0]), "".join(map(str, digits[1:]))
    return f"{'-' * sign}{first}.{rest or '0'}E{exponent + len(rest)}"


class JobDocument(NamedTuple):
    """A job's document, parsed once for all the devices that will ask for it.

    Attributes:
        text: what GetJobDocument returns, byte for byte as it was given where no parameter or
            package was put in.
        before_substitution: the same before packages were put in.
        rendered: what devices receive, with placeholders of presigned URLs and code signatures
            still in it.
        pieces: `rendered` cut at the strings that hold such placeholders: JSON text and strings by
            turns.
    """

    text: str
    before_substitution: str
    rendered: str
    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str, before_substitution: str | None = None) -> JobDocument:
        """The parsed form of a valid document.

        Raises:
            ValueError: it is not valid; see `check_document`.
        """
        rendered = compact(text)
        pieces, position = [], 0
        for string in strings(rendered) if PLACEHOLDER_MARK in rendered else ():
            if PLACEHOLDER_MARK in string.value:
                pieces += [rendered[position : string.start], string.value]
                position = string.end
        before = text if before_substitution is None else before_substitution
        return cls(text, before, rendered, (*pieces, rendered[position:]))

    @property
    def needs_device_values(self) -> bool:
        """Whether devices, or one device at different times, receive different documents."""
        return len(self.pieces) > 1

    def for_device(self, substitute: Callable[[str], str]) -> str:
        """What one device receives now: compact JSON text.

        Args:
            substitute: gives a string of the document with its placeholders replaced; see
                `substitution.fill`.
        """
        if not self.needs_device_values:
            return self.rendered
        holes = cycle((False, True))
        return "".join(
            json_string(substitute(piece)) if next(holes) else piece for piece in self.pieces
        )


# Documents in S3

SOURCE_INVALID = "Job document source {url} is invalid."
_S3_URL = (
    r"(?s)s3://(?P<bucket>[^/]*)/?(?P<key>.*)"
    r"|https?://(?:(?P<host>[^/?#]+)\.)?s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?(?::[0-9]+)?"
    r"(?:/(?P<path>[^?#]*))?(?:[?#].*)?"
)


class S3Location(NamedTuple):
    """An S3 object as a URL names it; region and version only where the URL has them."""

    bucket: str
    key: str
    region: str | None = None
    version_id: str | None = None

    @classmethod
    def parse(
        cls,
        url: str,
        invalid: str = SOURCE_INVALID,
        *,
        versioned: bool = False,
        complete: bool = True,
    ) -> S3Location:
        """The object that a path-style, virtual-hosted or `s3://` URL names.

        Only http(s) URLs are percent-decoded.

        Args:
            url: the URL as written.
            invalid: the refusal of what is no S3 URL, with `{url}` in it.
            versioned: whether `%3FversionId%3D<version>` names a version, as in presigned URL
                placeholders v2.
            complete: whether a URL without bucket or key is refused.

        Raises:
            InvalidRequest: not an S3 URL, or no key in it; the texts are those ministack reports of
                AWS.
        """
        match = re.fullmatch(_S3_URL, url)
        location = cls._of(match) if match else cls("", "")
        if match is None or (complete and not location.bucket):
            raise InvalidRequest(invalid.format(url=url))
        if versioned:
            key, _, version = location.key.partition("?versionId=")
            location = location._replace(key=key, version_id=version or None)
        if complete and not location.key:
            raise InvalidRequest(f"Provided S3 url is not valid: {url}. Error: Key cannot be null")
        return location

    @classmethod
    def _of(cls, match: re.Match[str]) -> S3Location:
        if match["bucket"] is not None:
            return cls(match["bucket"], match["key"])
        path = match["path"] or ""
        if match["host"]:
            return cls(match["host"], unquote(path), match["region"])
        bucket, _, key = path.partition("/")
        return cls(bucket, unquote(key), match["region"])


class ObjectStore(Protocol):
    """Where a host keeps S3 objects."""

    def has_bucket(self, bucket: str) -> bool:
        """Whether the account can see a bucket of that name."""

    def read(self, location: S3Location) -> bytes | None:
        """The object's content, or None when there is no such object."""


def read_document(source: str, store: ObjectStore) -> str:
    """The job document that a documentSource names, read once: later changes of the object have no
    effect on the job.

    Raises:
        InvalidRequest: not an S3 URL, nothing there, or no JSON; the texts are those ministack
            reports of AWS.
        DocumentTooLarge: more than 32768 bytes.
    """
    location = S3Location.parse(source)
    if not store.has_bucket(location.bucket):
        raise InvalidRequest(f"Bucket specified by url: {source} is not found.")
    content = store.read(location)
    if content is None:
        raise InvalidRequest(f"Job document located at {source} is not found.")
    if len(content) > MAXIMUM_BYTES:
        raise DocumentTooLarge(source, MAXIMUM_BYTES)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""  # as little JSON as what is not UTF-8
    check_document(text, located_at=source)
    return text
