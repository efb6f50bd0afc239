"""Responses to requests that are for no operation of Jobs: moto's, or errors in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from .http import HttpRequest, Response

MotoHandler: TypeAlias = Callable[[Any, str, Any], Response]

# Below these no path belongs to another service; moto's own handlers of them keep other jobs than
# ours.
_OURS = re.compile(r"/(?:jobs|job-templates|managed-job-templates|things/[^/]*/jobs)(?:/.*)?")


def respond_by_moto(
    handler: MotoHandler, received: HttpRequest, request: Any, full_url: str, headers: Any
) -> Response:
    """Return moto's response, or an error in JSON for what moto does not know.

    SDKs can do nothing with an empty page of HTML.

    Args:
        handler: moto's.
        received: the request, read.
        request, full_url, headers: the request as moto hands it over.
    """
    if _OURS.fullmatch(received.raw_path):
        return _unknown(404, "UnknownOperationException", _no_operation(received))
    try:
        status, responded, body = handler(request, full_url, headers)
    except NotImplementedError as missing:
        if not received.from_server:
            raise
        return _unknown(501, "NotImplementedException", str(missing))
    if status == 404 and not body:
        return _unknown(404, "UnknownOperationException", _no_operation(received))
    return status, responded, body


def _no_operation(request: HttpRequest) -> str:
    return f"There is no operation {request.method} {request.raw_path}."


def _unknown(status: int, code: str, message: str) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"message": message})
