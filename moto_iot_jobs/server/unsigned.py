"""Requests without a signature: those for paths of AWS IoT are none of S3's.

moto takes each request that it cannot attribute to a service for one to S3.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from moto_iot_jobs.wire.model import load
from moto_iot_jobs.wire.routing import Routes

_SERVICES = ("iot", "iot-data", "iot-jobs-data")


def is_for_iot(method: str, path: str, host: str) -> bool:
    """Return whether a request line names an operation of AWS IoT, of moto's or of ours.

    Args:
        method: in capital letters.
        path: percent-encoded, without query.
        host: the header Host.
    """
    name = host.lower().partition(":")[0]
    if "s3" in name or name.endswith(".localhost"):  # a bucket's host
        return False
    return _routes().match(method, path) is not None and not _is_bucket(path.split("/")[1])


@cache
def _routes() -> Routes:
    return Routes(
        (name, operation.http["method"], operation.http["requestUri"].partition("?")[0])
        for model in map(load, _SERVICES)
        for name in model.operation_names
        for operation in (model.operation_model(name),)
    )


def _is_bucket(name: str) -> bool:
    models: Any = sys.modules.get("moto.s3.models")
    return name in getattr(getattr(models, "s3_backends", None), "bucket_accounts", ())
