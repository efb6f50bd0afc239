"""Job documents: their sources, the texts accepted, and the parsed form.

The content of a document means nothing here; only strings with placeholders are handed out to be
replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING, Protocol

from moto_iot_jobs.service.errors import DocumentTooLarge, InvalidRequest
from moto_iot_jobs.service.record import Record

from .json_text import compact, json_string, strings

if TYPE_CHECKING:
    from .s3_location import S3Location

MAXIMUM_BYTES = 32768
PLACEHOLDER_MARK = "${aws:iot:"


def check_document(text: str, located_at: str = "request input") -> None:
    """Check that a job document is JSON: any value, 1000 arrays and objects deep at most.

    Args:
        text: the document.
        located_at: its origin, for the message: the documentSource if there was one.

    Raises:
        InvalidRequest: not JSON; the text is what ministack reports of AWS.
    """
    try:
        compact(text)
    except ValueError:
        raise InvalidRequest(
            f"Job document located at {located_at} is an invalid JSON document."
        ) from None


def may_have_placeholders(text: str) -> bool:
    """Return whether there can be a placeholder in a document, one spelled in escapes included."""
    return "${" in text or "\\u" in text


class JobDocument(Record):
    """A job's document, parsed once for all the devices that will request it.

    Attributes:
        text: the document that GetJobDocument returns, byte for byte as it was given where no
            parameter or package was put in.
        before_substitution: the same before packages were put in.
        rendered: the document that devices receive, with placeholders of presigned URLs and code
            signatures still in it.
        pieces: `rendered` cut at the strings that hold such placeholders: JSON text and strings by
            turns.
    """

    text: str
    before_substitution: str
    rendered: str
    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str, before_substitution: str | None = None) -> JobDocument:
        """Return the parsed form of a valid document.

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
        """True when devices, or one device at different times, receive different documents."""
        return len(self.pieces) > 1

    def for_device(self, substitute: Callable[[str], str]) -> str:
        """Return the document that one device receives now: compact JSON text.

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


class ObjectStore(Protocol):
    """The S3 objects of a host."""

    def has_bucket(self, bucket: str) -> bool:
        """Return whether the account can see a bucket of that name."""

    def read(self, location: S3Location) -> bytes | None:
        """Return the object's content, or None when there is no such object."""


def read_document(source: str, store: ObjectStore) -> str:
    """Read the job document that a documentSource names.

    It is read once: later changes of the object have no effect on the job.

    Raises:
        InvalidRequest: not an S3 URL, nothing there, or no JSON; the texts are those that ministack
            reports of AWS.
        DocumentTooLarge: more than 32768 bytes.
    """
    from .s3_location import S3Location

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
        text = ""  # no JSON either
    check_document(text, located_at=source)
    return text
