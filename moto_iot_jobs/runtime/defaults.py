"""The account and region that are meant where none is named."""

from __future__ import annotations

import os

from moto.core.models import DEFAULT_ACCOUNT_ID


def default_account() -> str:
    """Return the account of callers whose credentials name none, as moto has it.

    `MOTO_ACCOUNT_ID` changes it (moto documentation, "Multi-Account support").
    """
    return os.environ.get("MOTO_ACCOUNT_ID") or DEFAULT_ACCOUNT_ID


def default_region() -> str:
    """Return the region that the environment names, as boto3 has it, else us-east-1."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
