"""Sources of job documents and of their placeholders.

moto's S3, and URLs signed by botocore.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.errors import InvalidJobDocument
from moto_iot_jobs.service.lazy import lazy
from moto_iot_jobs.service.settings import PresignedUrlConfig
from moto_iot_jobs.service.targets import Location

if TYPE_CHECKING:
    from moto_iot_jobs.service.documents.placeholders import Resolver
    from moto_iot_jobs.service.documents.s3_location import S3Location

    from .roles import RoleSessions

# API reference, PresignedUrlConfig: "The default value is 3600 seconds."
_DEFAULT_EXPIRY = 3600


class MotoObjects:
    """The objects in moto's S3 that an account can see."""

    def __init__(self, location: Location) -> None:
        self._location = location

    def has_bucket(self, bucket: str) -> bool:
        """Return whether the account can see a bucket of that name."""
        return bucket in self._s3().buckets

    def read(self, location: S3Location) -> bytes | None:
        """Return the object's content, or None when there is no such object."""
        found = self._s3().get_object(location.bucket, location.key, version_id=location.version_id)
        return getattr(found, "value", None)

    def region_of(self, bucket: str) -> str | None:
        """Return the region that a bucket is in, or None when there is no such bucket."""
        found = self._s3().buckets.get(bucket)
        return found.region_name if found is not None else None

    def is_versioned(self, bucket: str) -> bool:
        """Return whether a bucket keeps versions of its objects."""
        found = self._s3().buckets.get(bucket)
        return found is not None and bool(found.is_versioned)

    def _s3(self) -> Any:
        # Imported late: most tests of jobs never touch S3, and moto's S3 is slow to import.
        from moto.s3.models import s3_backends

        return s3_backends[self._location.account][self._location.partition]


class PackageVersions(Protocol):
    """The package catalog of an account and region, as jobs see it."""

    def resolve(self, arns: Sequence[str]) -> tuple[str, ...]:
        """Return package versions with `$default` replaced by the version that it is now.

        Raises:
            InvalidRequest: one cannot be deployed.
        """

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        """Return the attributes of a version.

        Raises:
            InvalidJobDocument: there is no such version.
        """

    def artifact(self, package: str, version: str) -> S3Location | None:
        """Return where a version's artifact is, if it has one."""


class NoPackages:
    """A package catalog without packages."""

    def resolve(self, arns: Sequence[str]) -> tuple[str, ...]:
        """Return the package versions as they are: it is not known whether they exist."""
        return tuple(arns)

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        """Raise InvalidJobDocument."""
        raise InvalidJobDocument(f"Package {package} version {version} cannot be found.")

    def artifact(self, package: str, version: str) -> S3Location | None:
        """Raise InvalidJobDocument."""
        raise InvalidJobDocument(f"Package {package} version {version} cannot be found.")


class MotoSources:
    """Documents and placeholder values for the jobs of one account and region.

    Attributes:
        packages: the package catalog, where there is one.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self.packages: PackageVersions = NoPackages()
        self.objects = MotoObjects(location)

    @lazy
    def roles(self) -> RoleSessions:
        """The sessions of roles that sign URLs."""
        from .roles import RoleSessions

        return RoleSessions(self.location)

    def resolver(self, config: PresignedUrlConfig | None, server: str | None = None) -> Resolver:
        """Return the resolver of a job's placeholders.

        Args:
            server: URL of the moto server whose S3 the signed URLs are to open in; None for S3's
                own addresses, which moto answers in process.
        """
        return MotoResolver(self, config or PresignedUrlConfig(), server)

    def package_versions(self, arns: Sequence[str]) -> tuple[str, ...]:
        """Return package versions with `$default` replaced.

        See `PackageVersions.resolve`.
        """
        return self.packages.resolve(arns)


class MotoResolver:
    """Signs URLs for moto's S3, and looks packages up.

    Args:
        sources: of the account and region.
        config: who signs, and for how long.
        server: see `MotoSources.resolver`.
    """

    def __init__(
        self, sources: MotoSources, config: PresignedUrlConfig, server: str | None
    ) -> None:
        self._location = sources.location
        self._objects = sources.objects
        self._roles = sources.roles
        self._packages = sources.packages
        self._config = config
        self._server = server

    def presigned_get(self, location: S3Location) -> str | None:
        """Return a URL to download the object."""
        return self._sign("GET", location)

    def presigned_put(self, location: S3Location) -> str | None:
        """Return a URL to upload the object.

        None without a bucket, to which none could be made.
        """
        return self._sign("PUT", location) if location.bucket else None

    def code_signature(self, location: S3Location) -> str | None:  # noqa: ARG002 - the protocol's name
        """Leave code-signing placeholders as they are: moto models no signing jobs for IoT."""
        return None

    def bucket_region(self, bucket: str) -> str | None:
        """Return the region that a bucket is in, or None when there is no such bucket."""
        return self._objects.region_of(bucket)

    def is_versioned(self, bucket: str) -> bool:
        """Return whether a bucket keeps versions of its objects."""
        return self._objects.is_versioned(bucket)

    def can_upload(self, role_arn: str, bucket: str) -> bool:  # noqa: ARG002 - the protocol's names
        """Return whether the role can be assumed.

        Its policies are not looked at.
        """
        return self._roles.can_be_assumed(role_arn)

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        """Return the attributes of a package version. Raises InvalidJobDocument."""
        return self._packages.attributes(package, version)

    def artifact(self, package: str, version: str) -> S3Location | None:
        """Return where a package version's artifact is, if it has one."""
        return self._packages.artifact(package, version)

    def _sign(self, method: str, location: S3Location) -> str | None:
        role = self._config.role_arn
        if role is None:
            return None
        now, lasting = runtime.clock.now(), self._config.expires_in_sec or _DEFAULT_EXPIRY
        region = (
            location.region or self._objects.region_of(location.bucket) or self._location.region
        )
        request = AWSRequest(method, self._url(location, region))
        if location.version_id is not None:
            request.params = {"versionId": location.version_id}
        _DatedAuth(self._roles.credentials(role, lasting, now), region, lasting, now).add_auth(
            request
        )
        return str(request.prepare().url)

    def _url(self, location: S3Location, region: str) -> str:
        key = quote(location.key, safe="/~")
        if self._server is not None:
            return f"{self._server}/{location.bucket}/{key}"
        suffix = "amazonaws.com.cn" if self._location.partition == "aws-cn" else "amazonaws.com"
        if "." in location.bucket:
            # No certificate is valid for a host name with further dots in front (S3 user guide,
            # Virtual hosting of buckets).
            return f"https://s3.{region}.{suffix}/{location.bucket}/{key}"
        return f"https://{location.bucket}.s3.{region}.{suffix}/{key}"


class _DatedAuth(S3SigV4QueryAuth):  # type: ignore[misc]
    """Presigns as botocore does, at the time that jobs live in instead of the machine's."""

    def __init__(self, credentials: Any, region: str, expires: int, now: int) -> None:
        super().__init__(credentials, "s3", region, expires=expires)
        self._timestamp = datetime.fromtimestamp(now // 1000, timezone.utc)

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = self._timestamp.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)
