"""Checks of the placeholders in a job document when a job or template is created."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from moto_iot_jobs.service.errors import InvalidJobDocument, InvalidRequest, InvalidRole
from moto_iot_jobs.service.settings import PresignedUrlConfig

from .json_text import DocumentString, strings
from .placeholders import (
    PRESIGNED_KINDS,
    S3_KINDS,
    Kind,
    PackageReference,
    Placeholder,
    Resolver,
    package_version,
    s3_location,
    scan,
)

LOCAL_LIMIT = 2
_NO_ROLE = "Role must be provided for pre-sign S3 urls in job document of job {}."
_OUTSIDE_UPLOAD = "Local placeholder, {}, is only valid inside of presign url upload"
_NOT_ALONE = (
    "The package version attribute placeholder for all attributes has to be a json value by itself "
    "and not appended with other strings or nested with other placeholders."
)


def check_placeholders(
    document: str,
    *,
    job_id: str,
    role_arn: str | None = None,
    destination_package_versions: Sequence[str] = (),
    region: str | None = None,
    resolver: Resolver | None = None,
) -> None:
    """Check that the placeholders of a document can be resolved.

    In order: form, role, URLs, packages, upload buckets.

    A URL that contains a package or parameter placeholder is not looked at: check again when those
    are replaced.

    Args:
        document: JSON text.
        job_id: the job's id, for the message.
        role_arn: the role of presignedUrlConfig.
        destination_package_versions: ARNs.
        region: the region the job is in.
        resolver: who knows the buckets that devices upload into; without one they are not looked
            at.

    Raises:
        InvalidJobDocument, InvalidRequest, InvalidRole: with the texts of the AWS IoT developer
            guide, software-package-catalog-troubleshooting; those of classic presigned URLs and bad
            URLs: ministack. Ours: a package that destinationPackageVersions lacks, empty names
            without any, and bad code signing URLs.
    """
    placeholders = [
        placeholder for string in strings(document) for placeholder in _well_formed(string)
    ]
    _check_role(placeholders, job_id, role_arn)
    for placeholder in placeholders:
        _check_url(placeholder)
    for placeholder in placeholders:
        for reference in filter(None, (each.package for each in (placeholder, *placeholder.inner))):
            _check_package(reference, destination_package_versions)
    if resolver is not None and role_arn:
        _check_upload_buckets(placeholders, role_arn, region, resolver)


def _well_formed(string: DocumentString) -> list[Placeholder]:
    placeholders = scan(string.value)
    for placeholder in placeholders:
        alone = placeholder.text == string.value and not string.is_key
        if placeholder.package and placeholder.package.all_attributes and not alone:
            raise InvalidJobDocument(_NOT_ALONE)
        if placeholder.kind is Kind.LOCAL:
            raise InvalidJobDocument(_OUTSIDE_UPLOAD.format(placeholder.text))
        for inner in placeholder.inner:
            _check_nested(placeholder, inner)
        _check_local_limit(placeholder)
    return placeholders


def _check_nested(outer: Placeholder, inner: Placeholder) -> None:
    if inner.kind in S3_KINDS:
        raise InvalidJobDocument(
            f"${{aws:iot:{inner.kind.value}[...]}} should not be the second layer pattern."
        )
    if inner.package and inner.package.artifact:
        pattern = "${aws:iot:package:[...]:artifact:s3-presigned-url}"
        raise InvalidJobDocument(f"{pattern} cannot be nested inside another placeholder.")
    if inner.package and inner.package.all_attributes:
        raise InvalidJobDocument(_NOT_ALONE)
    if inner.kind is Kind.LOCAL and outer.kind is not Kind.PRESIGNED_UPLOAD:
        raise InvalidJobDocument(_OUTSIDE_UPLOAD.format(inner.text))
    if inner.kind is Kind.UNKNOWN:
        raise InvalidJobDocument(
            f"Undefined placeholder, {inner.text}, inside of presign url upload parameter"
        )


def _check_local_limit(upload: Placeholder) -> None:
    numbers = Counter(inner.text for inner in upload.inner if inner.kind is Kind.LOCAL)
    for text, number in numbers.items():
        if number > LOCAL_LIMIT:
            raise InvalidJobDocument(
                f"The occurrence of local placeholder {text} within S3 presigned url upload"
                f" placeholder exceeds limit of {LOCAL_LIMIT}."
            )


def check_signing_role(document: str, template_id: str, config: PresignedUrlConfig | None) -> None:
    """Check that a job template with presigned URLs has the role that signs them.

    Args:
        document: JSON text; placeholders that are not well formed are left to the jobs made of it.

    Raises:
        InvalidRequest: there is none; reported of AWS by ministack.
    """
    if config is not None and config.role_arn:
        return
    try:
        placeholders = [each for string in strings(document) for each in scan(string.value)]
    except InvalidJobDocument:
        return
    if any(each.kind is Kind.PRESIGNED_URL for each in placeholders):
        raise InvalidRequest(_NO_ROLE.format(template_id))


def _check_role(placeholders: Iterable[Placeholder], job_id: str, role_arn: str | None) -> None:
    if role_arn:
        return
    kinds = {placeholder.kind for placeholder in placeholders}
    if Kind.PRESIGNED_URL in kinds:
        raise InvalidRequest(_NO_ROLE.format(job_id))
    required = (
        "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document"
    )
    if kinds & PRESIGNED_KINDS:
        raise InvalidRequest(f"{required}.")
    for reference in filter(None, (placeholder.package for placeholder in placeholders)):
        if reference.artifact:
            raise InvalidRequest(
                f"{required} for package {reference.package} version {reference.version} artifact."
            )


def _check_url(placeholder: Placeholder) -> None:
    if placeholder.kind is Kind.PRESIGNED_UPLOAD:
        if not placeholder.awaits_url:
            s3_location(placeholder)
    elif placeholder.kind in S3_KINDS and not placeholder.inner:
        s3_location(placeholder)


def _check_package(reference: PackageReference, destinations: Sequence[str]) -> None:
    only = package_version(destinations[0])[1] if len(destinations) == 1 else None
    if reference.version == "$null" or (
        only == "$null" and not reference.package and not reference.version
    ):
        raise InvalidJobDocument(
            "$null is not allowed to be referenced as a package version in job documents."
        )
    if bool(reference.package) != bool(reference.version):
        raise InvalidJobDocument("Empty package name and version name have to be used in pair.")
    if not reference.package and len(destinations) != 1:
        given = (
            f"given {'multiple' if destinations else 'no'} elements in destination package"
            " versions."
        )
        raise InvalidJobDocument(f"Cannot resolve empty package name and version name {given}")
    if reference.package and (reference.package, reference.version) not in map(
        package_version, destinations
    ):
        lack = "does not match any element in destination package versions."
        raise InvalidJobDocument(f"Package {reference.package} version {reference.version} {lack}")


# Amazon S3 user guide, bucketnamingrules.
_LONGEST_BUCKET_NAME = 63


def _check_upload_buckets(
    placeholders: Iterable[Placeholder], role: str, region: str | None, resolver: Resolver
) -> None:
    uploads = [
        each for each in placeholders if each.kind is Kind.PRESIGNED_UPLOAD and not each.awaits_url
    ]
    for bucket in filter(None, (s3_location(upload).bucket for upload in uploads)):
        if len(bucket) > _LONGEST_BUCKET_NAME:
            raise InvalidRequest("Given S3 bucket name is invalid.")
        home = resolver.bucket_region(bucket)
        if home is None:
            raise InvalidRequest(
                "S3 bucket in job document presigned url upload placeholder not found"
            )
        if home != region:
            raise InvalidRequest(
                "Cross region S3 bucket is not supported for presigned url upload placeholder"
            )
        if not resolver.can_upload(role, bucket):
            raise InvalidRole(
                f"Permission denied when attempting to use role {role} to access bucket {bucket}."
            )
