"""Placeholders in job documents: the grammar of `${aws:iot:...}`.

Placeholders stand inside JSON strings. Any other `${...}` is plain text, even when it is never
closed. Values are put in by `substitution`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from moto_iot_jobs.service.errors import InvalidJobDocument, InvalidRequest

from .document import PLACEHOLDER_MARK
from .s3_location import S3Location

# The grammar


class Kind(enum.Enum):
    """Kinds of `${...}`.

    The value is the name after `${aws:iot:`.
    """

    PRESIGNED_URL = "s3-presigned-url"
    PRESIGNED_URL_V2 = "s3-presigned-url-v2"
    PRESIGNED_UPLOAD = "s3-presigned-url-upload"
    CODE_SIGNATURE = "code-sign-signature"
    PARAMETER = "parameter"
    PACKAGE = "package"
    LOCAL = "local"
    UNKNOWN = "unknown"


PRESIGNED_KINDS = frozenset({Kind.PRESIGNED_URL, Kind.PRESIGNED_URL_V2, Kind.PRESIGNED_UPLOAD})
S3_KINDS = PRESIGNED_KINDS | {Kind.CODE_SIGNATURE}
_KINDS = {kind.value: kind for kind in Kind if kind not in (Kind.LOCAL, Kind.UNKNOWN)}
# So the guide calls the first version where it compares the two; its examples have no number.
_KINDS["s3-presigned-url-v1"] = Kind.PRESIGNED_URL
_BRACE = re.compile(r"\$\{|\}")
_OPENING = re.compile(r"\$\{aws:iot:([a-z0-9-]+)(?::|(?=\}))")
LOCAL = re.compile(r"\$\{(thingName|jobId|executionNumber)\}")
_PACKAGE = re.compile(
    r"(?P<package>[^:$]*):version:(?P<version>[^:{]*):"
    # One page of the guide has "artifact-location", another "artifact".
    r"(?:attributes(?::(?P<attribute>[^$]+))?|(?P<artifact>artifact(?:-location)?:s3-presigned-url))",
    re.DOTALL,
)
_CODE_FILE = re.compile(
    r"s3://(?P<region>[a-z0-9-]+)\.(?P<bucket>[^/]+)/(?P<key>.+)@(?P<version>[^@]+)", re.DOTALL
)
# Reported of AWS by ministack: what a v2 URL, which has to be encoded, may not contain.
_UNENCODED = re.compile(r'[\s"<>\\^`{|}]')


class PackageReference(NamedTuple):
    """The content of a package placeholder.

    It stands for one attribute, all of them (none named), or the artifact's presigned URL.
    """

    package: str
    version: str
    attribute: str | None
    artifact: bool

    @property
    def all_attributes(self) -> bool:
        """True for an object of all attributes."""
        return self.attribute is None and not self.artifact


class Placeholder(NamedTuple):
    """One placeholder in a string.

    Attributes:
        kind: what it stands for.
        text: all of it, `${` and `}` included.
        body: what follows its name, such as the S3 URL.
        start: where it begins in the string.
        inner: the placeholders inside it, whatever their depth.
        package: the reference, if the kind is PACKAGE.
    """

    kind: Kind
    text: str
    body: str
    start: int
    inner: tuple[Placeholder, ...] = ()
    package: PackageReference | None = None

    @property
    def awaits_url(self) -> bool:
        """True while its URL is itself a placeholder."""
        return self.body.startswith(PLACEHOLDER_MARK)


class _Open:
    def __init__(self, kind: Kind, start: int, body: int) -> None:
        self.kind = kind
        self.start = start
        self.body = body
        self.inner: list[Placeholder] = []

    def close(self, string: str, end: int) -> Placeholder:
        text, body, inner = (
            string[self.start : end + 1],
            string[self.body : end],
            tuple(_flat(self.inner)),
        )
        if self.kind is Kind.PACKAGE and (match := _PACKAGE.fullmatch(body)):
            package = PackageReference(
                match["package"], match["version"], match["attribute"], bool(match["artifact"])
            )
            return Placeholder(Kind.PACKAGE, text, body, self.start, inner, package)
        kind = (
            Kind.LOCAL
            if LOCAL.fullmatch(text)
            else Kind.UNKNOWN
            if self.kind is Kind.PACKAGE
            else self.kind
        )
        # What is plain text does not stand between a placeholder and those inside it.
        return Placeholder(
            kind, text, body, self.start, tuple(self.inner) if kind is Kind.UNKNOWN else inner
        )


def _flat(placeholders: Iterable[Placeholder]) -> Iterator[Placeholder]:
    for placeholder in placeholders:
        yield placeholder._replace(inner=())
        yield from placeholder.inner


def scan(string: str) -> list[Placeholder]:
    """Return the placeholders of a string in order, nested ones inside theirs.

    Any other `${...}` is plain text, but what stands in it counts; inside an upload placeholder it
    is kept, as UNKNOWN.

    Raises:
        InvalidJobDocument: a `${aws:iot:` is not closed.
    """
    found: list[Placeholder] = []
    stack: list[_Open] = []
    for brace in _BRACE.finditer(string):
        if brace.group() == "${":
            opening = _OPENING.match(string, brace.start())
            kind = _KINDS.get(opening[1], Kind.UNKNOWN) if opening else Kind.UNKNOWN
            stack.append(_Open(kind, brace.start(), opening.end() if opening else brace.end()))
        elif stack:
            placeholder = stack.pop().close(string, brace.start())
            around = stack[-1].inner if stack else found
            if placeholder.kind is not Kind.UNKNOWN:
                around.append(placeholder)
                continue
            if stack and stack[-1].kind is Kind.PRESIGNED_UPLOAD:
                around.append(placeholder._replace(inner=()))
            around += placeholder.inner
    for unclosed in stack:
        if string.startswith(PLACEHOLDER_MARK, unclosed.start):
            raise InvalidJobDocument("One or more parameters or placeholders are not terminated.")
        found += unclosed.inner
    return found


class Resolver(Protocol):
    """A host's knowledge of S3, IAM and packages, in the job's account and region."""

    def presigned_get(self, location: S3Location) -> str | None:
        """Return a URL to download the object, or None to leave the placeholder.

        It is valid for expiresInSec of presignedUrlConfig.
        """

    def presigned_put(self, location: S3Location) -> str | None:
        """Return the same to upload the object.

        The bucket is empty where the placeholder names none.
        """

    def code_signature(self, location: S3Location) -> str | None:
        """Return the signature of the code file, or None to leave the placeholder."""

    def bucket_region(self, bucket: str) -> str | None:
        """Return the region of a bucket, or None when there is no such bucket."""

    def is_versioned(self, bucket: str) -> bool:
        """Return whether a bucket keeps versions of its objects."""

    def can_upload(self, role_arn: str, bucket: str) -> bool:
        """Return whether the role may use the bucket."""

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        """Return the attributes of the package version."""

    def artifact(self, package: str, version: str) -> S3Location | None:
        """Return the artifact of the package version, or None."""


PLACEHOLDER_INVALID = "Given S3 url {url} is invalid."


def package_version(arn: str) -> tuple[str, str]:
    """Return the names of package and version in the ARN of a package version."""
    package, _, version = arn.partition(":package/")[2].partition("/version/")
    return package, version


def s3_location(placeholder: Placeholder) -> S3Location:
    """Return the object of a placeholder of one of S3_KINDS.

    An upload that does not say bucket or key gets empty ones.

    Raises:
        InvalidRequest: no URL of an object, or of one that no URL can be signed for.
        InvalidJobDocument: a placeholder for the bucket of an upload.
    """
    url, kind = placeholder.body, placeholder.kind
    location: S3Location | None = None
    if kind is Kind.CODE_SIGNATURE:
        if match := _CODE_FILE.fullmatch(url):
            location = S3Location(match["bucket"], match["key"], match["region"], match["version"])
    elif kind is Kind.PRESIGNED_UPLOAD:
        if not url:
            return S3Location("", "")
        location = S3Location.parse(url, PLACEHOLDER_INVALID, complete=False)
        if not location.bucket:
            return location
        if "${" in location.bucket:
            prefix = "S3 bucket name in presigned url upload"
            raise InvalidJobDocument(f"{prefix} is not allowed to contain any placeholders")
    elif kind is Kind.PRESIGNED_URL or not _UNENCODED.search(url):
        location = S3Location.parse(
            url, PLACEHOLDER_INVALID, versioned=kind is Kind.PRESIGNED_URL_V2
        )
    if location is None or not location.can_be_signed:
        # Half a surrogate pair is no character that a response can hold.
        shown = url.encode(errors="backslashreplace").decode()
        raise InvalidRequest(PLACEHOLDER_INVALID.format(url=shown))
    return location
