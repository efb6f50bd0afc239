"""Topic rules that select what this package publishes, which are kept and not run."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from moto_iot_jobs.runtime import runtime

logger = logging.getLogger(__name__)

# The topics that Jobs publishes on (AWS IoT developer guide, events-jobs and reserved-topics).
_PUBLISHED = ("$aws/events/job/#", "$aws/events/jobExecution/#", "$aws/things/+/jobs/#")
_replaced: ContextVar[str | None] = ContextVar("replaced", default=None)
# Texts in quotes are passed over: FROM within them is none. Nested queries have one of their own.
_FROM = re.compile(r"""\bFROM\s+(?:'([^']*)'|"([^"]*)"|(\S+))|'[^']*'|"[^"]*\"""", re.IGNORECASE)


class TopicRuleWarning(UserWarning):
    """A topic rule of which nothing will come here."""


def warn_of_rule(name: str, sql: str) -> None:
    """Warn of a topic rule that selects what is published here, for its actions never run.

    Args:
        name: of the rule.
        sql: its statement.
    """
    if _replaced.get() == name:
        return
    for topic_filter in _filters(sql):
        message = (
            f"Topic rule {name!r} selects from {topic_filter!r}, on which moto-iot-jobs publishes."
            " Rules on these topics are not run: none of its actions will take place."
        )
        logger.warning("%s", message)
        warnings.warn(message, TopicRuleWarning, stacklevel=2)
        return


def _filters(sql: str) -> Iterator[str]:
    for found in _FROM.finditer(sql):
        topic_filter = next((each for each in found.groups() if each is not None), "")
        # A wildcard in front matches no topic that begins with $ (MQTT 5 section 4.7.2).
        if topic_filter.startswith("$") and any(
            overlap(topic_filter, each) for each in _published()
        ):
            yield topic_filter


def _published() -> Iterator[str]:
    yield from _PUBLISHED
    for service in runtime.topic_services:
        yield from service.publishes


@contextmanager
def replacing(name: str) -> Iterator[None]:
    """Within the block, a rule of this name was warned of already."""
    before = _replaced.set(name)
    try:
        yield
    finally:
        _replaced.reset(before)


def overlap(one: str, other: str) -> bool:
    """Return whether two topic filters can match the same topic."""
    for mine, theirs in zip(one.split("/"), other.split("/"), strict=False):
        if "#" in (mine, theirs):
            return True
        if "+" not in (mine, theirs) and mine != theirs:
            return False
    return one.count("/") == other.count("/") or one.endswith("/#") or other.endswith("/#")
