"""The key and the account of a request are found as moto finds them, in less time."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from moto.core.responses import BaseResponse
from moto.iam.models import IAMBackend, iam_backends

from moto_iot_jobs import mock_iot
from moto_iot_jobs.dispatch.auth import account_of, credential_of
from moto_iot_jobs.dispatch.http import HttpRequest, credential_in

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
    found = credential_of(authorization or "").access_key
    assert found == motos_view(headers).get_access_key()


@pytest.mark.parametrize(
    ("authorization", "scope"),
    [
        ("", (None, None)),
        (f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}, {REST}", ("eu-west-1", "iot")),
        (f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}, {REST}, {OTHER}:", ("eu-west-1", "iot")),
        (f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}, {REST}/", ("eu-west-1", "iot")),
        (f"AWS4-HMAC-SHA256 Credential={KEY}/20261130/eu-west-1/iot", (None, None)),
        (f"Bearer {KEY}/", (None, None)),
        ("no slash", (None, None)),
    ],
)
def test_the_scope_is_what_was_signed_for(
    authorization: str, scope: tuple[str | None, str | None]
) -> None:
    credential = credential_of(authorization)
    assert (credential.region, credential.service) == scope


@pytest.mark.parametrize("headers", [{}, {"x-moto-account-id": "111122223333"}])
@pytest.mark.parametrize("variable", [None, "444455556666"])
@pytest.mark.parametrize("account", [None, "123456789012", "777788889999"])
@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_the_account_is_the_one_that_moto_finds(
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    variable: str | None,
    account: str | None,
    partition: str,
) -> None:
    with mock_iot():
        if account is not None:
            keys: Any = iam_backends[account][partition].access_keys
            keys[KEY] = object()
        if variable is not None:
            monkeypatch.setenv("MOTO_ACCOUNT_ID", variable)
        signed = f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}, {REST}".encode()
        url = "https://iot.eu-west-1.amazonaws.com/jobs"
        sent: Any = HeadersDict({"Authorization": signed, **headers})
        request = AWSPreparedRequest("GET", url, sent, b"", stream_output=False)
        ours = HttpRequest.of_prepared(request, credential_in(request))
        expected = motos_view({"Authorization": signed.decode(), **headers}).get_current_account()
        assert account_of(ours.headers, ours.credential.access_key) == expected


def motos_view(headers: dict[str, str]) -> BaseResponse:
    response = BaseResponse("iot")
    response.headers, response.querystring = headers, {}
    return response


def test_a_reset_in_another_thread_does_not_lose_the_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    answers: list[Any] = [AttributeError("'IAMBackend' object has no attribute 'access_keys'")]

    def emptied(_backend: IAMBackend, name: str) -> dict[str, object]:
        assert name == "access_keys"
        if answers:
            raise answers.pop()
        return {}

    with mock_iot():
        iot = boto3.client("iot", region_name="eu-west-1")
        del iam_backends["123456789012"]["aws"].access_keys
        with monkeypatch.context() as during_the_reset:
            during_the_reset.setattr(IAMBackend, "__getattr__", emptied, raising=False)
            assert iot.list_jobs()["jobs"] == []
    assert answers == []
