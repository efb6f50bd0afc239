"""S3 objects as job documents and requests name them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.record import Record

SOURCE_INVALID = "Job document source {url} is invalid."
_S3_URL = (
    r"(?s)s3://(?P<bucket>[^/]*)/?(?P<key>.*)"
    r"|https?://(?:(?P<host>[^/?#]+)\.)?s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?(?::[0-9]+)?"
    r"(?:/(?P<path>[^?#]*))?(?:[?#].*)?"
)
# As loose as the S3 client of AWS's SDK for Python (botocore, VALID_BUCKET).
_BUCKET = r"[a-zA-Z0-9._-]{1,255}"

# Amazon S3 user guide, bucketnamingrules; in the words of the S3 client of AWS's SDK for Java.
_RULES = (
    (r"^.{0,2}\Z|.{64}", "Bucket name should be between 3 and 63 characters long"),
    (r"[A-Z]", "Bucket name should not contain uppercase characters"),
    (r"\s", "Bucket name should not contain white space"),
    (r"[^a-z0-9.-]", "Bucket name should not contain special characters"),
    (r"\.\.", "Bucket name should not contain two adjacent periods"),
    (r"^[.-]|[.-]\Z", "Bucket name should begin and end with a letter or a digit"),
    (r"^\d+(\.\d+){3}\Z", "Bucket name must not be formatted as an IP Address"),
)


class S3Location(Record):
    """An S3 object as a URL names it.

    Region and version only where the URL has them.
    """

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
        """Return the object that a path-style, virtual-hosted or `s3://` URL names.

        Only http(s) URLs are percent-decoded.

        Args:
            url: the URL as written.
            invalid: message for a text that is no S3 URL, with `{url}` in it.
            versioned: true where `%3FversionId%3D<version>` names a version, as in presigned URL
                placeholders v2.
            complete: true where a URL has to have bucket and key.

        Raises:
            InvalidRequest: not an S3 URL, or no key in it; the texts are those that ministack
                reports of AWS.
        """
        # Half a surrogate pair is no character that a response can hold.
        shown = url.encode(errors="backslashreplace").decode()
        match = re.fullmatch(_S3_URL, url)
        location = cls._of(match) if match else cls("", "")
        if match is None or (complete and not location.bucket):
            raise InvalidRequest(invalid.format(url=shown))
        if versioned:
            key, _, version = location.key.partition("?versionId=")
            location = location._replace(key=key, version_id=version or None)
        if complete and not location.key:
            raise InvalidRequest(
                f"Provided S3 url is not valid: {shown}. Error: Key cannot be null"
            )
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

    def check_bucket(self) -> None:
        """Check the bucket's name by the rules of S3.

        Raises:
            InvalidRequest: the sentence is that of the AWS IoT developer guide,
                software-package-catalog-troubleshooting; the reason in it is ours.
        """
        problem = next((reason for rule, reason in _RULES if re.search(rule, self.bucket)), None)
        if problem is not None:
            shown = self.bucket.encode(errors="backslashreplace").decode()
            raise InvalidRequest(f"Provided S3 bucket is not valid: {shown}. Error: {problem}")

    @property
    def can_be_signed(self) -> bool:
        """True when a URL can be made: a possible bucket name, and text for key and version."""
        text = f"{self.key}{self.version_id or ''}"
        return bool(re.fullmatch(_BUCKET, self.bucket)) and not re.search("[\ud800-\udfff]", text)
