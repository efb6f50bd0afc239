"""A certificate authority for the ports of a server or an endpoint."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timezone
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# A device's clock may be anywhere, and so may the test's; the authority ends with the process in
# any case.
_NOT_BEFORE = datetime(2000, 1, 1, tzinfo=timezone.utc)
_NOT_AFTER = datetime(2049, 12, 31, tzinfo=timezone.utc)


class Authority:
    """Signs one certificate, that of the server.

    Attributes:
        certificate: PEM file of the authority's certificate, which clients are to trust.
        server_certificate: PEM file of the server's.
        server_key: PEM file of the server's private key, readable by its owner alone.

    Args:
        hosts: names and addresses under which clients reach the server.
        folder: where the authority is kept, and found the next time; a temporary folder that goes
            with `close` by default.

    Raises:
        OSError: the folder cannot be written.
        ValueError: what is in the folder is no authority.
    """

    def __init__(self, hosts: Iterable[str], folder: Path | None = None) -> None:
        self._temporary: TemporaryDirectory[str] | None = None
        if folder is None:
            self._temporary = TemporaryDirectory(prefix="moto-iot-jobs-")
            folder = Path(self._temporary.name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.certificate = folder / "ca.pem"
        self.server_certificate = folder / "server.pem"
        self.server_key = folder / "server.key"
        name = _name("moto-iot-jobs")
        key = self._key_of_authority(folder / "ca.key", name)
        server_key = ec.generate_private_key(ec.SECP256R1())
        self.server_certificate.write_bytes(_pem(_server(list(hosts), name, key, server_key)))
        _write_key(self.server_key, server_key)

    def _key_of_authority(self, file: Path, name: x509.Name) -> ec.EllipticCurvePrivateKey:
        if self._temporary is None and file.exists():
            found = serialization.load_pem_private_key(file.read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            if (
                not isinstance(found, ec.EllipticCurvePrivateKey)
                or certificate.public_key() != found.public_key()
            ):
                raise ValueError(f"{file} is not the key of {self.certificate}")
            file.chmod(0o600)
            return found
        key = ec.generate_private_key(ec.SECP256R1())
        self.certificate.write_bytes(_pem(_authority(name, key)))
        if self._temporary is None:
            _write_key(file, key)
        return key

    def discard_key(self) -> None:
        """Delete the server's key, once every port has read it. Idempotent.

        A process that is killed leaves none behind then.
        """
        self.server_key.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the files, unless they are kept in a folder of the caller's."""
        self.discard_key()
        if self._temporary is not None:
            self._temporary.cleanup()


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def _authority(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return (
        _builder(name, name, key, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    hosts: list[str],
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    return (
        _builder(_name("moto-iot-jobs server"), issuer, key, issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_alternative_name(host) for host in hosts]), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    """Begin a certificate of either kind.

    Python 3.13 and others verify strictly and insist on both key identifiers.
    """
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_name(host: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(host))
    return x509.DNSName(host)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
