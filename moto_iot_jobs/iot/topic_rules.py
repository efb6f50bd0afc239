"""Topic rules that select what IoT Jobs publishes, which are kept and not run."""

from __future__ import annotations

import logging
import re
import warnings

logger = logging.getLogger(__name__)

# The topics that Jobs publishes on (AWS IoT developer guide, events-jobs and reserved-topics).
_PUBLISHED = ("$aws/events/job/#", "$aws/events/jobExecution/#", "$aws/things/+/jobs/#")
_FROM = re.compile(r"""\bFROM\s+(?:'([^']*)'|"([^"]*)"|(\S+))""", re.IGNORECASE)


class TopicRuleWarning(UserWarning):
    """A topic rule of which nothing will come here."""


def warn_of_rule(name: str, sql: str) -> None:
    """Warn of a topic rule that selects what Jobs publishes, for its actions never run.

    Args:
        name: of the rule.
        sql: its statement.
    """
    found = _FROM.search(sql)
    if found is None:
        return
    topic_filter = next(each for each in found.groups() if each is not None)
    # A wildcard in front matches no topic that begins with $ (MQTT 5 section 4.7.2).
    if topic_filter.startswith("$") and any(overlap(topic_filter, each) for each in _PUBLISHED):
        message = (
            f"Topic rule {name!r} selects from {topic_filter!r}, on which IoT Jobs publishes."
            " Rules on these topics are not run: none of its actions will take place."
        )
        logger.warning("%s", message)
        warnings.warn(message, TopicRuleWarning, stacklevel=2)


def overlap(one: str, other: str) -> bool:
    """Tell whether two topic filters can match the same topic."""
    for mine, theirs in zip(one.split("/"), other.split("/"), strict=False):
        if "#" in (mine, theirs):
            return True
        if "+" not in (mine, theirs) and mine != theirs:
            return False
    return one.count("/") == other.count("/") or one.endswith("/#") or other.endswith("/#")
