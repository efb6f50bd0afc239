"""Authentication: the account of a request, and whether moto's IAM allows the operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.awsrequest import HeadersDict
from moto import settings
from moto.core.base_backend import backend_lock
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
    authenticator = RequestAuthenticator(service, request)
    checks = ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT
    if not checks:
        ActionAuthenticatorMixin.request_count += 1
    permission = operation if checks else None
    try:
        return _account_of(authenticator, permission)
    except (AttributeError, KeyError):
        # moto empties its backends while it resets, and reads keys and policies without its lock.
        with backend_lock:
            return _account_of(authenticator, permission)


def _account_of(authenticator: RequestAuthenticator, permission: str | None) -> str:
    if permission is not None:
        authenticator.check_permission(permission)
    return str(authenticator.get_current_account())


def _action(service: str, operation: str) -> str:
    """Return the name of an operation in policies."""
    found = _OTHER_ACTIONS.get((service, operation))
    return found or f"{_ACTION_PREFIXES[service]}:{operation}"


# As SDKs write it: nothing after the key can be another one.
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]*)/\d+/[a-z0-9-]*/[a-z0-9-]*/aws4_request,"
    r" *SignedHeaders=[a-z0-9;-]*, *Signature=[0-9a-f]*"
)
# moto's.
_ACCESS_KEY = re.compile(r"(?<![A-Z0-9])([A-Z0-9]{20})[:/]")


class RequestAuthenticator(BaseResponse):
    """A request as moto's own rules on callers look at it.

    Args:
        service: "iot" or "iot-jobs-data".
        request: the request.
    """

    def __init__(self, service: str, request: SignedRequest) -> None:
        super().__init__(service)
        self.headers: Any = request.headers
        self.querystring: dict[str, Any] = {}
        self._request = request

    def get_access_key(self) -> str:
        """Return the key that the request was signed with, as moto finds it.

        moto's pattern goes through the whole header once for each of its characters.
        """
        signed = _SIGNED.fullmatch(self.headers.get("Authorization") or "")
        if signed is None:
            return str(super().get_access_key())
        keys: list[str] = _ACCESS_KEY.findall(f"{signed[1]}/")
        return keys[-1] if keys else "AKIAEXAMPLE"

    def check_permission(self, operation: str) -> None:
        """Check signature and permission.

        Raises:
            WireError: bad signature, unknown key, or not permitted.
        """
        try:
            iam_request = self._iam_request(operation)
            iam_request.check_signature()
            iam_request._action = _action(str(self.service_name), operation)
            iam_request.check_action_permitted("*")
        except HTTPException as error:
            kind = str(getattr(error, "error_type", "AccessDenied"))
            message = str(getattr(error, "message", error.description))
            raise WireError(_ERRORS.get(kind, kind), message) from None

    def _iam_request(self, operation: str) -> Any:
        from moto.iam.access_control import IAMRequest

        request = self._request
        return IAMRequest(
            account_id=str(self.get_current_account()),
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
            action=operation,
        )
