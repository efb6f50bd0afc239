"""Who may connect as a device: holders of a certificate that moto knows, and those who sign their requests."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from moto.iot.models import iot_backends

from .mqtt.authority import Authority
from .mqtt.tls import device_context, trust

_ALGORITHM = "AWS4-HMAC-SHA256"
_SIGNED_HEADER = re.compile(rf"{_ALGORITHM}\s.*Credential=.*Signature=\S")


class DeviceCertificates:
    """The certificates of one account and region as moto has them at the moment.

    Args:
        account: the account.
        region: the region.
        authority: of the server.
    """

    def __init__(self, account: str, region: str, authority: Authority) -> None:
        self._account = account
        self._region = region
        self._context = device_context(authority.server_certificate, authority.server_key)
        self._seen: set[str] = set()
        self._ids: dict[bytes, str] = {}

    def context(self) -> ssl.SSLContext:
        """Return the TLS context for a connection that opens now; it knows the certificates that moto has by now."""
        for certificate_id, certificate in list(self._backend.certificates.items()):
            if certificate_id not in self._seen:
                self._seen.add(certificate_id)
                self._learn(certificate_id, certificate.certificate_pem)
        return self._context

    def _learn(self, certificate_id: str, pem: str) -> None:
        try:
            der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
            trust(self._context, der)
        except (ValueError, ssl.SSLError):
            return  # moto registers any text, and nobody can show one that is no certificate
        self._ids[sha256(der).digest()] = certificate_id

    def accept(self, der: bytes) -> bool:
        """Tell whether the holder of a certificate may connect: it is registered, ACTIVE and attached to a thing."""
        backend = self._backend
        certificate = backend.certificates.get(self._ids.get(sha256(der).digest()))
        if certificate is None or certificate.status != "ACTIVE":
            return False
        return any(principal == certificate.arn for principal, _thing in list(backend.principal_things))

    @property
    def _backend(self) -> Any:
        return iot_backends[self._account][self._region]


def is_signed(_method: str, target: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a request carries a signature in one of AWS's forms: in its query, or in its Authorization header.

    The signature itself is not judged: moto gives out no secrets to judge it by.

    Args:
        target: path and query.
        headers: by names in lower case.
    """
    query = parse_qs(urlsplit(target).query)
    if query.get("X-Amz-Algorithm") == [_ALGORITHM]:
        return {"X-Amz-Credential", "X-Amz-Signature"} <= query.keys()
    return _SIGNED_HEADER.match(headers.get("authorization", "")) is not None
