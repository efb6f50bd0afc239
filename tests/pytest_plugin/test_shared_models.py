"""A setting of pytest's configuration has each session read botocore's models itself."""

from __future__ import annotations

from tests.pytest_plugin.conftest import RunPytest

SUITE = """
import boto3
import pytest
from moto_iot_jobs import mock_iot

def is_shared():
    return type(boto3.session.Session()._loader).__name__ == "SharingLoader"

def test_in_a_mock(pytestconfig):
    with mock_iot():
        assert is_shared() is pytestconfig.getini("iot_jobs_share_models")

def test_beside_the_fixture(pytestconfig, iot_jobs):
    assert is_shared() is pytestconfig.getini("iot_jobs_share_models")
"""


def test_models_are_shared_unless_the_setting_says_otherwise(run_pytest: RunPytest) -> None:
    assert "2 passed" in run_pytest(test_suite=SUITE).text
    assert "2 passed" in run_pytest("-o", "iot_jobs_share_models=false", test_suite=SUITE).text
