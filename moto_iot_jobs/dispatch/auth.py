"""Who calls: the account of a request, and whether moto's IAM allows the action."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import HeadersDict
from moto import settings
from moto.core.responses import ActionAuthenticatorMixin, BaseResponse  # type: ignore[attr-defined]
from werkzeug.exceptions import HTTPException

from moto_iot_jobs.wire import WireError

from .http import HttpRequest

# The IAM actions of the data plane have another prefix than its signing name (AWS service
# authorization reference).
_ACTION_PREFIXES = {"iot": "iot", "iot-jobs-data": "iotjobsdata"}


# What rest-json services call the three refusals of moto's IAM, which speaks the XML of query
# services.
_REFUSALS = {
    "AccessDenied": "AccessDeniedException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
}


class RequestAuthenticator(BaseResponse):
    """Finds out who sent a request, by moto's own rules.

    Args:
        service: "iot" or "iot-jobs-data".
        request: the request.
    """

    def __init__(self, service: str, request: HttpRequest) -> None:
        super().__init__(service)
        self.headers: Any = request.headers
        self.querystring: dict[str, Any] = {}
        self._request = request

    @property
    def account(self) -> str:
        """The id of the account, from moto's environment variable, header or access keys."""
        return str(self.get_current_account())

    def authorise(self, operation: str) -> None:
        """Check signature and permission, once moto was told to authenticate.

        Raises:
            WireError: bad signature, unknown key, or not permitted.
        """
        if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
            ActionAuthenticatorMixin.request_count += 1
            return
        try:
            iam_request = self._iam_request(operation)
            iam_request.check_signature()
            iam_request._action = f"{_ACTION_PREFIXES[str(self.service_name)]}:{operation}"
            iam_request.check_action_permitted("*")
        except HTTPException as refusal:
            kind = str(getattr(refusal, "error_type", "AccessDenied"))
            message = str(getattr(refusal, "message", refusal.description))
            raise WireError(_REFUSALS.get(kind, kind), message) from None

    def _iam_request(self, operation: str) -> Any:
        from moto.iam.access_control import IAMRequest

        request = self._request
        return IAMRequest(
            account_id=self.account,
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
