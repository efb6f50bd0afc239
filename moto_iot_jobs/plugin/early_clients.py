"""Serves clients of botocore that were made before moto was imported.

moto puts its handler among those that botocore gives to sessions from then on. A client that a
module under test made at its import, or a session from which clients are made later, knows nothing
of it, and its requests would go to AWS.
"""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core import models

from moto_iot_jobs.iot.models import has_jobs
from moto_iot_jobs.wire.emitters import living_emitters

_ID = "moto-iot-jobs"
_registered: list[bool] = []


def serve_early_clients() -> None:
    """Register with every living session and client of botocore. Idempotent.

    Once is enough: those that come later have moto's own handler, or copy ours from the session
    that they come from.
    """
    if _registered:
        return
    _registered.append(True)
    for emitter in living_emitters():
        emitter.register("before-send", _respond, _ID)


def _respond(event_name: str, request: AWSPreparedRequest, **kwargs: Any) -> AWSResponse | None:
    """Respond as moto does, as long as Jobs are in it: plain `mock_aws` stays as it is."""
    if not has_jobs():
        return None
    stubber: Any = models.botocore_stubber
    response: AWSResponse | None = stubber(event_name, request, **kwargs)
    return response
