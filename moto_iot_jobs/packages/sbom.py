"""Software bills of materials: zip archives in S3 of SPDX or CycloneDX files in JSON.

AWS validates in the background; here it is done when the archive is associated.

Source: AWS IoT developer guide, software-package-catalog-troubleshooting, which has the sentences
too.
"""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO

from moto_iot_jobs.service.documents.document import ObjectStore
from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.errors import InvalidInput

from .package import S3Object, Sbom, SbomResult

# S3 user guide: bucket names, object keys and version ids.
_LONGEST = {"bucket name": 63, "key name": 1024, "object version": 1024}
# Ours: AWS says that there is a limit, not which.
LARGEST_BYTES = 10 * 1024 * 1024
# Ours: all files of an archive are read in one request.
MOST_FILES = 1_000

# What reading an archive raises whose bytes are damaged, by the method of compression.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)


def check_reference(sbom: Sbom | None) -> S3Object:
    """Return the object that a request names.

    Raises:
        InvalidInput: it names none, or not all of it.
    """
    where = sbom.s3_location if sbom else None
    if where is None:
        raise InvalidInput("Associate request needs to include SBOM reference")
    for part, value in zip(_LONGEST, where, strict=True):
        if not value:
            raise InvalidInput(f"S3 {part} for SBOM cannot be null")
        if len(value) > _LONGEST[part]:
            raise InvalidInput(f"S3 {part} is illegal. String length exceeds limit")
    return where


def read(where: S3Object, objects: ObjectStore, region: str, bucket_region: str | None) -> bytes:
    """Return the archive.

    Args:
        where: the object.
        objects: where it is kept.
        region: the catalog's.
        bucket_region: the bucket's, or None when there is no such bucket.

    Raises:
        InvalidInput: it is not there, in another region, or too large.
    """
    problem = "SBOM not accessible by the service. Please make sure the {} exists and S3 permission"
    problem += " is granted."
    if bucket_region is None:
        raise InvalidInput(problem.format("bucket"))
    if bucket_region != region:
        raise InvalidInput(f"Cross-region S3 bucket for {where.bucket} is not supported.")
    content = objects.read(where.location())
    if content is None:
        latest = objects.read(S3Location(where.bucket or "", where.key or ""))
        raise InvalidInput(problem.format("key" if latest is None else "bucket/key/version"))
    if len(content) > LARGEST_BYTES:
        raise InvalidInput("S3 object file size exceeds limit")
    return content


def validate(name: str, archive: bytes) -> tuple[SbomResult, ...]:
    """Return what the validation of each file finds.

    `name` is the archive's.
    """
    try:
        with zipfile.ZipFile(BytesIO(archive)) as opened:
            files = [each for each in opened.infolist() if not each.is_dir()]
            if len(files) > MOST_FILES:
                return (_too_large(name, f"The archive has more than {MOST_FILES} files."),)
            return tuple(_validate_files(opened, files)) or (
                _incompatible(name, "The archive is empty."),
            )
    except (*_DAMAGED, NotImplementedError, RuntimeError, ValueError):
        return (_incompatible(name, "The object is not a zip archive."),)


def _validate_files(
    archive: zipfile.ZipFile, files: Sequence[zipfile.ZipInfo]
) -> Iterator[SbomResult]:
    left = LARGEST_BYTES
    for file in files:
        if file.file_size > LARGEST_BYTES:
            yield _too_large(file.filename, "The file is too large.")
        elif file.file_size > left:
            yield _too_large(file.filename, "The files of the archive are too large together.")
        else:
            left -= file.file_size
            yield _validate_file(archive, file)


def _validate_file(archive: zipfile.ZipFile, file: zipfile.ZipInfo) -> SbomResult:
    try:
        found = json.loads(archive.read(file))
    except _DAMAGED:
        return _incompatible(file.filename, "The file cannot be read from the archive.")
    except (ValueError, RecursionError):
        return _incompatible(file.filename, "The file is not JSON.")
    if isinstance(found, dict) and (
        "spdxVersion" in found or found.get("bomFormat") == "CycloneDX"
    ):
        return SbomResult(file.filename)
    return _incompatible(file.filename, "The file is neither SPDX nor CycloneDX.")


def _too_large(name: str, message: str) -> SbomResult:
    return SbomResult(name, "FILE_SIZE_LIMIT_EXCEEDED", message)


def _incompatible(name: str, message: str) -> SbomResult:
    return SbomResult(name, "INCOMPATIBLE_FORMAT", message)
