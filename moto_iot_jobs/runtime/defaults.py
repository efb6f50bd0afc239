"""Account and region of what names neither, chosen as moto and boto3 choose them."""

from __future__ import annotations

import os

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iot.models import iot_backends
from moto.settings import allow_unknown_region

from moto_iot_jobs.service.suggestions import suggestion


def home_account(account: str | None = None) -> str:
    """Return an account, by default moto's own (`MOTO_ACCOUNT_ID`)."""
    return account or os.environ.get("MOTO_ACCOUNT_ID") or DEFAULT_ACCOUNT_ID


def home_region(region: str | None = None) -> str:
    """Return a region, by default the environment's, else us-east-1.

    Raises:
        ValueError: AWS IoT is not in that region.
    """
    found = (
        region
        or os.environ.get("AWS_REGION")
        or os.environ.get("AWS_DEFAULT_REGION")
        or "us-east-1"
    )
    check_region(found)
    return found


def check_region(region: str) -> None:
    """Raise ValueError for a region that moto has no AWS IoT in, before anything is made there."""
    known = iot_backends[home_account()].regions
    if region in known or allow_unknown_region():
        return
    raise ValueError(f"AWS IoT has no region {region!r}.{suggestion(region, known)}")
