"""A catalog of packages, S3 buckets and the placeholders that ask for them, for the tests of job
documents.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from moto_iot_jobs.service.documents.s3_location import S3Location

ROLE = "arn:aws:iam::123456789012:role/presign"
PACKAGE = "arn:aws:iot:us-west-2:123456789012:package/firmware/version/1.0"
DEFAULT = "arn:aws:iot:us-west-2:123456789012:package/firmware/version/$default"
OTHER = "arn:aws:iot:us-west-2:123456789012:package/driver/version/2.0"
URL = "https://s3.us-west-2.amazonaws.com/b/k"
DOWNLOAD = "${aws:iot:s3-presigned-url:https://s3.us-west-2.amazonaws.com/b/k}"
DOWNLOAD_V2 = "${aws:iot:s3-presigned-url-v2:https://s3.us-west-2.amazonaws.com/b/k}"


def upload(path: str) -> str:
    return "${aws:iot:s3-presigned-url-upload:https://s3.us-west-2.amazonaws.com/b" + path + "}"


def of(value: object) -> str:
    return json.dumps({"step": value})


CATALOG = {
    ("firmware", "1.0"): {"url": URL, "note": 'say "hi"'},
    ("firmware", "$default"): {"url": "https://b.s3.amazonaws.com/default"},
    ("driver", "2.0"): {},
}


class Host:
    """S3 with the buckets `b` (us-west-2) and `far`, and the catalog; the package `driver` has no
    artifact.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent

    def presigned_get(self, location: S3Location) -> str | None:
        version = f" in version {location.version_id}" if location.version_id else ""
        return None if self.silent else f"GET {location.bucket}/{location.key}{version}"

    def presigned_put(self, location: S3Location) -> str | None:
        return None if self.silent else f"PUT {location.bucket}/{location.key}"

    def code_signature(self, location: S3Location) -> str | None:
        return None if self.silent else f"signed {location}"

    def bucket_region(self, bucket: str) -> str | None:
        return {"b": "us-west-2", "far": "eu-west-1"}.get(bucket)

    def is_versioned(self, bucket: str) -> bool:
        return False

    def can_upload(self, role_arn: str, bucket: str) -> bool:
        return (role_arn, bucket) == (ROLE, "b")

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        return CATALOG[package, version]

    def artifact(self, package: str, version: str) -> S3Location | None:
        known = package == "firmware" and (package, version) in CATALOG
        return S3Location("artifacts", f"{package}.bin", version_id="v7") if known else None
