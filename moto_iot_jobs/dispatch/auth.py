"""Authentication: the account of a request, and whether moto's IAM allows the operation."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from botocore.awsrequest import HeadersDict
from moto import settings
from moto.core.base_backend import backend_lock
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionAuthenticatorMixin, BaseResponse  # type: ignore[attr-defined]
from werkzeug.exceptions import HTTPException

from moto_iot_jobs.wire import WireError

# The IAM actions of the data plane have another prefix than its signing name (AWS service
# authorization reference).
_ACTION_PREFIXES = {"iot": "iot", "iot-jobs-data": "iotjobsdata", "iot-data": "iot"}
# Developer guide, iot-remote-command-execution-start-monitor: an action of `iot`, although the
# request is signed for iot-jobs-data.
_OTHER_ACTIONS = {("iot-jobs-data", "StartCommandExecution"): "iot:StartCommandExecution"}


# What rest-json services call the three errors of moto's IAM, which speaks the XML of query
# services.
_ERRORS = {
    "AccessDenied": "AccessDeniedException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
}

_SCOPE = re.compile(r"Credential=[^/]*/[^/]*/([^/]*)/([^/]*)/")
# moto's names the account of a request that names none.
_ACCOUNT = "x-moto-account-id"


class Credential(NamedTuple):
    """The credential in the header Authorization: who signed, and for what.

    Attributes:
        access_key: as moto finds it; a text of moto's without one.
        region, service: of the scope; None without a signature. The service is the signing name.
    """

    access_key: str
    region: str | None
    service: str | None


def credential_of(authorization: str) -> Credential:
    """Read the header Authorization, which is empty for an unsigned request."""
    # Up to the last slash it is the same in all requests of a client on a day, and nothing that
    # follows belongs to the credential.
    head, slash, rest = authorization.rpartition("/")
    return _read(authorization if ":" in rest else head + slash)


@lru_cache(maxsize=100)
def _read(text: str) -> Credential:
    key = BaseResponse.access_key_regex.search(text)
    scope = _SCOPE.search(text)
    region, service = scope.groups() if scope is not None else (None, None)
    return Credential(key[1] if key is not None else "AKIAEXAMPLE", region, service)


class SignedRequest(Protocol):
    """The parts of a request that moto's rules on callers look at.

    See `http.HttpRequest`.
    """

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def url(self) -> str:
        """The whole URL."""
        ...

    @property
    def raw_path(self) -> str:
        """The path as it was sent."""
        ...

    @property
    def query(self) -> str:
        """The query string."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    @property
    def credential(self) -> Credential:
        """Its signer, and what it was signed for."""
        ...

    @property
    def body(self) -> bytes:
        """The body."""
        ...


def authenticate(service: str, request: SignedRequest, operation: str) -> str:
    """Return the account of a request, once signature and permission are checked by moto's IAM.

    moto checks neither until it was told to authenticate.

    Args:
        service: "iot" or "iot-jobs-data".
        request: the request.
        operation: as AWS writes it.

    Raises:
        WireError: bad signature, unknown key, or not permitted.
    """
    checks = ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT
    if not checks:
        ActionAuthenticatorMixin.request_count += 1
    action = _action(service, operation) if checks else None
    try:
        return _account_of(request, action)
    except (AttributeError, KeyError):
        # moto empties its backends while it resets, and reads keys and policies without its lock.
        with backend_lock:
            return _account_of(request, action)


def _account_of(request: SignedRequest, action: str | None) -> str:
    account = account_of(request.headers, request.credential.access_key)
    if action is not None:
        check_permission(request, account, action)
    return account


def account_of(headers: Mapping[str, str], access_key: str) -> str:
    """Return the account of a request, by the rules of `BaseResponse.get_current_account`.

    That one of moto makes IAM of every partition to look for the key there, at each request.
    """
    if "MOTO_ACCOUNT_ID" in os.environ:
        return os.environ["MOTO_ACCOUNT_ID"]
    if _ACCOUNT in headers:
        return headers[_ACCOUNT]
    # Lists, for other threads may add to them.
    for account, partitions in list(_iam_backends().items()):
        for backend in list(partitions.values()):
            if access_key in backend.access_keys:
                return account
    return DEFAULT_ACCOUNT_ID


@cache
def _iam_backends() -> dict[str, dict[str, Any]]:
    from moto.iam.models import iam_backends

    return iam_backends  # type: ignore[return-value]


def _action(service: str, operation: str) -> str:
    """Return the name of an operation in policies."""
    found = _OTHER_ACTIONS.get((service, operation))
    return found or f"{_ACTION_PREFIXES[service]}:{operation}"


def check_permission(request: SignedRequest, account: str, action: str) -> None:
    """Check signature and permission by moto's IAM.

    Args:
        request: the request.
        account: its account.
        action: its operation, as policies name it.

    Raises:
        WireError: bad signature, unknown key, or not permitted.
    """
    try:
        iam_request = _iam_request(request, account, action)
        iam_request.check_signature()
        iam_request.check_action_permitted("*")
    except HTTPException as error:
        kind = str(getattr(error, "error_type", "AccessDenied"))
        message = str(getattr(error, "message", error.description))
        raise WireError(_ERRORS.get(kind, kind), message) from None


def _iam_request(request: SignedRequest, account: str, action: str) -> Any:
    from moto.iam.access_control import IAMRequest

    made = IAMRequest(
        account_id=account,
        method=request.method,
        path=request.raw_path + (f"?{request.query}" if request.query else ""),
        # What is signed is the body and nothing else; moto would sign the headers of a request
        # without one.
        data={},
        body=request.body,
        # A request that never left this process has no Host header, which was signed all the
        # same; another may have it in any case.
        headers=HeadersDict(
            {"Host": urlsplit(request.url).netloc, **dict(request.headers.items())}
        ),
        action=action,
    )
    # moto puts the service of the signature in front of it.
    made._action = action
    return made
