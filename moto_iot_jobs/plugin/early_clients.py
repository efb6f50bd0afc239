"""Answers clients of botocore that were made before moto was imported.

moto puts its handler among those that botocore gives to sessions from then on. A client that a
module under test made at its import, or a session from which clients are made later, knows nothing
of it, and its requests would go to AWS.
"""

from __future__ import annotations

import gc
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core import models

from moto_iot_jobs.iot.models import has_jobs

_ID = "moto-iot-jobs"
_registered: list[bool] = []


def answer_early_clients() -> None:
    """Register with every living session and client of botocore. Idempotent.

    Once is enough: those that come later have moto's own handler, or copy ours from the session
    that they come from.
    """
    if _registered:
        return
    _registered.append(True)
    classes = _emitters()
    for emitter in gc.get_referrers(*classes):
        if type(emitter) in classes:
            emitter.register("before-send", _answer, _ID)


def _emitters() -> set[type]:
    """Return the classes of the emitters that clients and sessions have.

    There are several when a test has put `sys.modules` back and botocore was imported again; a
    module that outlived that has clients of the first one.
    """
    return {
        each
        for base in object.__subclasses__()
        if (base.__module__, base.__name__) == ("botocore.hooks", "BaseEventHooks")
        for each in base.__subclasses__()
        if each.__name__ == "HierarchicalEmitter"
    }


def _answer(event_name: str, request: AWSPreparedRequest, **kwargs: Any) -> AWSResponse | None:
    """Answer as moto does, as long as Jobs are in it: plain `mock_aws` stays as it is."""
    if not has_jobs():
        return None
    stubber: Any = models.botocore_stubber
    response: AWSResponse | None = stubber(event_name, request, **kwargs)
    return response
