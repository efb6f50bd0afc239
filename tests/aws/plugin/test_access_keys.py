"""The key of a request is found as moto finds it, in less time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.core.responses import BaseResponse

from moto_iot_jobs import mock_iot
from moto_iot_jobs.dispatch.auth import RequestAuthenticator

KEY, OTHER = "AKIAIOSFODNN7EXAMPLE", "ASIA0000000000000000"
SCOPE = "20261130/eu-west-1/iot/aws4_request"
REST = f"SignedHeaders=host;x-amz-date, Signature={'0a' * 32}"


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}, {REST}",
        f"AWS4-HMAC-SHA256 Credential=testing/{SCOPE}, {REST}",
        f"AWS4-HMAC-SHA256 Credential=FOOBARKEY/{SCOPE}, {REST}",
        f"AWS4-HMAC-SHA256 Credential=/{SCOPE}, {REST}",
        f"AWS4-HMAC-SHA256 Credential={KEY}X/{SCOPE}, {REST}",
        f"AWS4-HMAC-SHA256 Credential=-{KEY}/{SCOPE}, {REST}",
        f"AWS4-HMAC-SHA256 Credential={OTHER}:{KEY}/{SCOPE}, {REST}",
        f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE},{REST}",
        f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}, {REST}, {OTHER}:",
        f"AWS4-HMAC-SHA256 Credential={KEY}/20261130/{OTHER}/iot/aws4_request, {REST}",
        f"AWS {KEY}:signature",
        f"Bearer {KEY}/",
        f"Credential={KEY}/{SCOPE}",
    ],
)
def test_the_key_is_the_one_that_moto_finds(authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    request: Any = SimpleNamespace(headers=headers)
    ours = RequestAuthenticator("iot", request)
    assert ours.get_access_key() == BaseResponse.get_access_key(ours)


def test_a_reset_in_another_thread_does_not_lose_the_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    own = BaseResponse.get_current_account
    responses: list[Any] = [AttributeError("'IAMBackend' object has no attribute 'access_keys'")]

    def emptied(self: Any) -> str:
        if responses:
            raise responses.pop()
        return str(own(self))

    with mock_iot():
        iot = boto3.client("iot", region_name="eu-west-1")
        monkeypatch.setattr(BaseResponse, "get_current_account", emptied)
        assert iot.list_jobs()["jobs"] == []
    assert responses == []
