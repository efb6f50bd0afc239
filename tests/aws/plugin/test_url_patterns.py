"""A mock of ours starts with few URL patterns, which match what moto's many do."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from moto import backend_index, mock_aws
from moto.core import models

from moto_iot_jobs import activate, mock_iot
from moto_iot_jobs.plugin.url_patterns import _joined

HOSTS = (
    "https://iot.eu-west-1.amazonaws.com/things",
    "https://data.iot.eu-west-1.amazonaws.com/things/t1/shadow",
    "https://a1b2c3d4e5f6g7.jobs.iot.eu-west-1.amazonaws.com/things/t1/jobs",
    "https://s3.amazonaws.com/bucket/key?versions",
    "https://bucket.s3.eu-west-1.amazonaws.com/key",
    "https://elasticbeanstalk.eu-west-1.amazonaws.com/",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/queue",
    "https://there-is-no-such-service.amazonaws.com/",
    "https://iot.eu-west-1.amazonaws.com:8443/things",
    "http://localhost:5000/",
    "https://example.com/",
)


def registered() -> list[Any]:
    return list(models.responses_mock.registered())


def list_of_moto() -> Any:
    of_moto: Any = models
    return of_moto.backend_index


def responses() -> list[tuple[str, str, Any]]:
    """Tell which callback answers each host, by each method."""
    registry = models.responses_mock._registry
    found = []
    for method in models.RESPONSES_METHODS:
        for url in HOSTS:
            match, _ = registry.find(requests.Request(method, url).prepare())
            found.append((method, url, getattr(match, "callback", None)))
    return found


@pytest.mark.skipif(
    not hasattr(models.responses_mock, "_registry"), reason="another version of responses"
)
def test_hosts_have_the_backends_that_they_have_in_plain_mock_aws() -> None:
    activate()
    with mock_aws():
        plain = responses()
    with mock_iot():
        assert responses() == plain
    assert len(set(plain)) > len(HOSTS)


def test_a_start_registers_few_patterns() -> None:
    with mock_iot():
        assert len(registered()) == 2 * len(models.RESPONSES_METHODS)
    with mock_aws():
        assert len(registered()) > 1000


def test_patterns_are_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_iot():
        pass
    before = _joined.cache_info().misses
    with mock_iot():
        pass
    assert _joined.cache_info().misses == before


def test_moto_has_its_list_back() -> None:
    with mock_iot():
        assert list_of_moto() is backend_index
    assert list_of_moto() is backend_index


def test_a_mock_that_does_not_start_leaves_moto_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("on purpose")

    monkeypatch.setattr(models, "CallbackResponse", fail)
    mock: Any = mock_iot()
    with pytest.raises(ValueError, match="on purpose"):
        mock.start()
    assert list_of_moto() is backend_index
    monkeypatch.undo()
    models.responses_mock.stop()
    type(mock)._nested_count -= 1


@pytest.mark.parametrize(
    "patterns",
    [
        (r"(a)\1",),
        (r"(a)?(?(1)b|c)",),
        (r"(?P<region>a)", r"(?P<region>b)"),
        (re.compile("a", re.IGNORECASE),),
    ],
)
def test_patterns_that_would_mean_something_else_are_not_joined(patterns: tuple[Any, ...]) -> None:
    assert _joined(tuple(re.compile(pattern) for pattern in patterns)) is None
