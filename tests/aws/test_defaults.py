"""What is given no account or region has moto's account and the environment's region."""

from __future__ import annotations

import pytest

from moto_iot_jobs.runtime.defaults import home_account, home_region

VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "MOTO_ACCOUNT_ID", "MOTO_ALLOW_NONEXISTENT_REGION")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_without_an_environment_it_is_motos_account_in_us_east_1() -> None:
    assert (home_account(), home_region()) == ("123456789012", "us-east-1")


def test_the_environment_names_account_and_region(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MOTO_ACCOUNT_ID", "111122223333")
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert (home_account(), home_region()) == ("111122223333", "eu-west-1")
    environment.setenv("AWS_REGION", "us-gov-west-1")
    assert home_region() == "us-gov-west-1"


def test_what_is_given_wins(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MOTO_ACCOUNT_ID", "111122223333")
    environment.setenv("AWS_REGION", "eu-west-1")
    assert (home_account("444455556666"), home_region("cn-north-1")) == (
        "444455556666",
        "cn-north-1",
    )


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("eu-wset-1", r"^AWS IoT has no region 'eu-wset-1'\. Did you mean 'eu-west-1'\?$"),
        ("moon", r"^AWS IoT has no region 'moon'\.$"),
    ],
)
def test_a_region_that_does_not_exist_is_an_error(region: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        home_region(region)


def test_moto_may_be_configured_to_take_any_region(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")
    assert home_region("moon-1") == "moon-1"
