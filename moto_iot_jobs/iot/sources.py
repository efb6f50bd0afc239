"""Where documents come from and what fills their placeholders: moto's S3, and URLs signed by botocore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from moto_iot_jobs.service.documents import S3Location
from moto_iot_jobs.service.errors import InvalidJobDocument
from moto_iot_jobs.service.placeholders import Resolver
from moto_iot_jobs.service.settings import PresignedUrlConfig
from moto_iot_jobs.service.targets import Place

# API reference, PresignedUrlConfig: "The default value is 3600 seconds."
_DEFAULT_EXPIRY = 3600


class MotoObjects:
    """The objects in moto's S3 that an account can see."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def has_bucket(self, bucket: str) -> bool:
        """Tell whether the account can see a bucket of that name."""
        return bucket in self._s3().buckets

    def read(self, location: S3Location) -> bytes | None:
        """Return the object's content, or None when there is no such object."""
        found = self._s3().get_object(location.bucket, location.key, version_id=location.version_id)
        return getattr(found, "value", None)

    def region_of(self, bucket: str) -> str | None:
        """Return the region that a bucket is in, or None when there is no such bucket."""
        found = self._s3().buckets.get(bucket)
        return found.region_name if found is not None else None

    def _s3(self) -> Any:
        # Imported late: most tests of jobs never touch S3, and moto's S3 is slow to import.
        from moto.s3.models import s3_backends

        backends = s3_backends[self._place.account]
        # moto kept S3 in one place for all partitions before 5.0.10.
        return backends[self._place.partition if self._place.partition in backends else "global"]


class MotoSources:
    """Documents and placeholder values for the jobs of one account and region."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.objects = MotoObjects(place)

    def resolver(self, config: PresignedUrlConfig | None, server: str | None = None) -> Resolver:
        """Return what fills the placeholders of a job with that configuration.

        Args:
            server: URL of the moto server whose S3 the signed URLs are to open in; None for S3's own addresses, which moto
                answers in process.
        """
        return MotoResolver(self._place, self.objects, config or PresignedUrlConfig(), server)


class MotoResolver:
    """Signs URLs for moto's S3. moto keeps no package catalog, so references to packages are refused."""

    def __init__(self, place: Place, objects: MotoObjects, config: PresignedUrlConfig, server: str | None) -> None:
        self._place = place
        self._objects = objects
        self._config = config
        self._server = server

    def presigned_get(self, location: S3Location) -> str | None:
        """Return a URL to download the object."""
        return self._sign("GET", location)

    def presigned_put(self, location: S3Location) -> str | None:
        """Return a URL to upload the object; a placeholder without bucket stays, as there is nowhere to upload to."""
        return self._sign("PUT", location) if location.bucket else None

    def code_signature(self, location: S3Location) -> str | None:  # noqa: ARG002 - the protocol's name
        """Leave code-signing placeholders as they are: moto models no signing jobs for IoT."""
        return None

    def bucket_region(self, bucket: str) -> str | None:
        """Return the region that a bucket is in, or None when there is no such bucket."""
        return self._objects.region_of(bucket)

    def can_upload(self, role_arn: str, bucket: str) -> bool:  # noqa: ARG002 - the protocol's names
        """Allow every role: moto does not judge what a service does with a role."""
        return True

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        """Refuse: there is no package catalog.

        Raises:
            InvalidJobDocument: always.
        """
        raise InvalidJobDocument(f"Package {package} version {version} cannot be found.")

    def artifact(self, package: str, version: str) -> S3Location | None:
        """Refuse: there is no package catalog. Raises InvalidJobDocument."""
        raise InvalidJobDocument(f"Package {package} version {version} cannot be found.")

    def _sign(self, method: str, location: S3Location) -> str:
        region = location.region or self._objects.region_of(location.bucket) or self._place.region
        request = AWSRequest(method, self._url(location, region))
        if location.version_id is not None:
            request.params = {"versionId": location.version_id}
        role = (self._config.role_arn or "role").rpartition("/")[2]
        credentials = Credentials(f"ASIA{role.upper():X<16.16}", role, token=role)
        S3SigV4QueryAuth(credentials, "s3", region, expires=self._config.expires_in_sec or _DEFAULT_EXPIRY).add_auth(request)
        return str(request.prepare().url)

    def _url(self, location: S3Location, region: str) -> str:
        key = quote(location.key, safe="/~")
        if self._server is not None:
            return f"{self._server}/{location.bucket}/{key}"
        suffix = "amazonaws.com.cn" if self._place.partition == "aws-cn" else "amazonaws.com"
        return f"https://{location.bucket}.s3.{region}.{suffix}/{key}"
