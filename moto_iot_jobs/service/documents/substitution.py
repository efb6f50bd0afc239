"""Values in place of placeholders in job documents.

Parameters of managed templates and attributes of package versions are put in once, when the job is
created; presigned URLs and code signatures whenever a device requests the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from moto_iot_jobs.service.errors import InvalidJobDocument, InvalidRequest

from .document import PLACEHOLDER_MARK, JobDocument
from .json_text import DocumentString, replace_strings
from .placeholder_checks import check_placeholders
from .placeholders import (
    LOCAL,
    S3_KINDS,
    Kind,
    PackageReference,
    Placeholder,
    Resolver,
    package_version,
    s3_location,
    scan,
)

_PARAMETER = re.compile(r"\$\{aws:iot:parameter:([a-zA-Z0-9_-]{1,128})\}")
# Ours: the guide says that a key is generated from these three, not in which form.
_GENERATED_KEY = "${thingName}/${jobId}/${executionNumber}"

# Package and version, by those that the request names.
_Versions: TypeAlias = Mapping[tuple[str, str], tuple[str, str]]


def job_document(
    text: str,
    *,
    job_id: str,
    role_arn: str | None = None,
    destination_package_versions: Sequence[str] = (),
    resolve: Callable[[Sequence[str]], Sequence[str]] = tuple,
    region: str | None = None,
    resolver: Resolver | None = None,
) -> JobDocument:
    """Return a new job's document, checked and parsed once for all devices.

    Attributes of packages are put in if there is a resolver.

    Takes and raises what `check_placeholders` and `substitute_packages` do; the text has to be JSON
    (`check_document`). `resolve` gives ARNs with a version in place of `$default`.
    """

    def check(document: str, destinations: Sequence[str]) -> None:
        check_placeholders(
            document,
            job_id=job_id,
            role_arn=role_arn,
            destination_package_versions=destinations,
            region=region,
            resolver=resolver,
        )

    check(text, destination_package_versions)
    substituted = text
    if resolver is not None:
        resolved = resolve(destination_package_versions)
        substituted = substitute_packages(text, destination_package_versions, resolver, resolved)
        if substituted != text:
            check(substituted, resolved)
    return JobDocument.of(substituted, text)


def substitute_parameters(document: str, parameters: Mapping[str, str]) -> str:
    """Return a managed template's document with the parameters put in.

    One that is not given leaves an empty string in its place (ours: what AWS leaves there is not
    documented).
    """

    def substituted(string: DocumentString) -> str | None:
        if PLACEHOLDER_MARK not in string.value:
            return None
        return _PARAMETER.sub(lambda match: parameters.get(match[1], ""), string.value)

    return replace_strings(document, substituted)


def substitute_packages(
    document: str,
    destination_package_versions: Sequence[str],
    resolver: Resolver,
    resolved_package_versions: Sequence[str] = (),
) -> str:
    """Return a document with the attributes of package versions put in.

    The rest keeps its spelling.

    An artifact's placeholder stays, for presigned URLs are made for each request of a device; empty
    names in it are filled in, and `$default` is replaced.

    Args:
        document: JSON text.
        destination_package_versions: ARNs, as the request has them.
        resolver: who knows the versions.
        resolved_package_versions: the same ARNs with a version in place of `$default`.

    Raises:
        InvalidJobDocument: no artifact (AWS IoT developer guide,
            software-package-catalog-troubleshooting), or no such attribute (the text is ours).
        InvalidRequest: no URL can be made for the artifact (same page).
    """
    given = map(package_version, destination_package_versions)
    named = map(package_version, resolved_package_versions or destination_package_versions)
    versions = dict(zip(given, named, strict=True))

    def substituted(string: DocumentString) -> str | Mapping[str, str] | None:
        placeholders = [
            each for outer in scan(string.value) for each in (outer, *outer.inner) if each.package
        ]
        for reference in (placeholder.package for placeholder in placeholders):
            if reference and reference.all_attributes:
                return resolver.attributes(*_names(reference, versions))
        return _put_in(string.value, placeholders, value) if placeholders else None

    def value(placeholder: Placeholder) -> str | None:
        return _package_value(placeholder, versions, resolver)

    return replace_strings(document, substituted)


def fill(
    document: JobDocument,
    resolver: Resolver,
    *,
    thing_name: str,
    job_id: str,
    execution_number: int,
) -> str:
    """Return the document that a device receives now, as compact JSON text.

    Presigned URLs and code signatures are in it.

    Thing, job and number are those of the execution; they go into the keys of uploads.
    """
    local = {"thingName": thing_name, "jobId": job_id, "executionNumber": str(execution_number)}

    def value(placeholder: Placeholder) -> str | None:
        return _device_value(placeholder, resolver, local)

    return document.for_device(lambda string: _put_in(string, scan(string), value))


def _package_value(placeholder: Placeholder, versions: _Versions, resolver: Resolver) -> str | None:
    reference = placeholder.package
    if reference is None:
        return None
    package, version = _names(reference, versions)
    if reference.artifact:
        location = resolver.artifact(package, version)
        if location is None:
            lack = "does not have an associated artifact to generate an S3 presigned url."
            raise InvalidJobDocument(f"Package {package} version {version} {lack}")
        location.check_bucket()
        if not location.can_be_signed:
            raise InvalidRequest("Provided argument for presigned url is invalid")
        if location.version_id is None and resolver.is_versioned(location.bucket):
            raise InvalidRequest("VersionId not found when attempting to access s3 url")
        if (package, version) == (reference.package, reference.version):
            return None
        return (
            f"${{aws:iot:package:{package}:version:{version}:artifact-location:s3-presigned-url}}"
        )
    attributes = resolver.attributes(package, version)
    if reference.attribute is None or reference.attribute not in attributes:
        raise InvalidJobDocument(
            f"Package {package} version {version} does not have an attribute {reference.attribute}."
        )
    return attributes[reference.attribute]


def _names(reference: PackageReference, versions: _Versions) -> tuple[str, str]:
    named = (reference.package, reference.version)
    return versions.get(named, named) if reference.package else next(iter(versions.values()))


def _device_value(
    placeholder: Placeholder, resolver: Resolver, local: Mapping[str, str]
) -> str | None:
    if reference := placeholder.package:
        artifact = (
            resolver.artifact(reference.package, reference.version) if reference.artifact else None
        )
        return resolver.presigned_get(artifact) if artifact else None
    if placeholder.kind not in S3_KINDS or any(
        inner.kind is not Kind.LOCAL for inner in placeholder.inner
    ):
        return None
    location = s3_location(placeholder)
    if placeholder.kind is Kind.CODE_SIGNATURE:
        return resolver.code_signature(location)
    if placeholder.kind is Kind.PRESIGNED_UPLOAD:
        key = LOCAL.sub(lambda match: local[match[1]], location.key or _GENERATED_KEY)
        return resolver.presigned_put(location._replace(key=key))
    return resolver.presigned_get(location)


def _put_in(
    string: str, placeholders: Iterable[Placeholder], value: Callable[[Placeholder], str | None]
) -> str:
    pieces, position = [], 0
    for placeholder in placeholders:
        replacement = value(placeholder)
        if replacement is not None:
            pieces += [string[position : placeholder.start], replacement]
            position = placeholder.start + len(placeholder.text)
    return "".join(pieces) + string[position:]
