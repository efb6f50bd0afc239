"""Authentication of devices: by a certificate that moto knows, or by a signed request."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.broker.client import Upgrade
from moto_iot_jobs.broker.tls import device_context, trust
from moto_iot_jobs.iot.endpoints import certificate_names
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import find_jobs

from . import origins
from .certificates import Authority

_EVERYWHERE = ("", "0.0.0.0", "::")
_ALGORITHM = "AWS4-HMAC-SHA256"
_SIGNED_HEADER = re.compile(rf"{_ALGORITHM}\s.*Credential=.*Signature=\S")


class DeviceCertificates:
    """The certificates of one account and region as moto has them now.

    Args:
        account: the account.
        region: the region.
        authority: of the server.
        over_http: whether they are shown for requests of HTTP, where a signature is no substitute.
    """

    def __init__(
        self, account: str, region: str, authority: Authority, *, over_http: bool = False
    ) -> None:
        self._account = account
        self._region = region
        self._context = device_context(
            authority.server_certificate, authority.server_key, over_http=over_http
        )
        self._seen: set[str] = set()
        self._ids: dict[bytes, str] = {}

    def context(self) -> ssl.SSLContext:
        """Return the TLS context for a connection that opens now.

        It knows the certificates that moto has by now.
        """
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
            return  # moto registers any text, and no device can show one that is no certificate
        self._ids[sha256(der).digest()] = certificate_id

    def accept(self, der: bytes) -> bool:
        """Return whether the holder of a certificate may connect.

        It has to be registered, ACTIVE and attached to a thing.
        """
        backend = self._backend
        certificate = backend.certificates.get(self._ids.get(sha256(der).digest()))
        if certificate is None or certificate.status != "ACTIVE":
            return False
        return any(
            principal == certificate.arn for principal, _thing in list(backend.principal_things)
        )

    @property
    def _backend(self) -> Any:
        return iot_backends[self._account][self._region]


@contextmanager
def server_authority(
    account: str,
    region: str,
    host: str,
    names: Iterable[str] = (),
    folder: Path | None = None,
) -> Iterator[Authority]:
    """Within the block, an authority for servers on a host, whose certificate HTTP gives out.

    Args:
        account: the devices' account, to whose hosts the servers' certificate answers too.
        region: the devices' region, in which it answers to all names of AWS.
        host: address that the servers listen on.
        names: further names and addresses of the servers.
        folder: where the authority is kept; nowhere by default.
    """
    with backend_lock:
        location = find_jobs(account, region).location
    own = [host] if host not in _EVERYWHERE else _local_addresses()
    hosts = ["localhost", "127.0.0.1", *own, *names, *certificate_names(location)]
    authority = Authority(dict.fromkeys(hosts), folder)
    runtime.authority_files.append(authority.certificate)
    try:
        yield authority
    finally:
        runtime.authority_files.remove(authority.certificate)
        authority.close()


def _local_addresses() -> list[str]:
    """Return this machine's name and addresses, as far as its resolver knows them."""
    name = socket.gethostname()
    found = [name]
    with suppress(OSError):
        found += [str(each[4][0]).partition("%")[0] for each in socket.getaddrinfo(name, None)]
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Sends nothing: the kernel chooses the address that packets would leave from.
        probe.connect(("192.0.2.1", 9))
        found.append(probe.getsockname()[0])
    return found


def may_open_websocket(upgrade: Upgrade, must_be_signed: bool) -> bool:
    """Return whether a WebSocket may be opened.

    A browser names the page that opens it, and no page of a stranger may.
    """
    origin = upgrade.headers.get("origin")
    if origin is not None and not origins.allows(origin):
        return False
    return not must_be_signed or is_signed(upgrade.target, upgrade.headers)


def is_signed(target: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request carries a signature in one of AWS's forms.

    It may be in its query, or in its Authorization header.

    The signature itself is not judged: moto gives out no secrets to judge it by.

    Args:
        target: path and query.
        headers: by names in lower case.
    """
    query = parse_qs(urlsplit(target).query)
    if query.get("X-Amz-Algorithm") == [_ALGORITHM]:
        return {"X-Amz-Credential", "X-Amz-Signature"} <= query.keys()
    return _SIGNED_HEADER.match(headers.get("authorization", "")) is not None
