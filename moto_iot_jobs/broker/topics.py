"""Topic names and topic filters of MQTT."""

from __future__ import annotations

_SHARE = "$share/"
_LONGEST = 65_535


def is_valid_name(topic: str) -> bool:
    """Return whether a topic can be published to.

    It has 1 to 65,535 bytes of UTF-8, no wildcard and no U+0000.
    """
    return _has_fitting_length(topic) and not has_wildcard(topic) and "\0" not in topic


def is_valid_filter(topic_filter: str) -> bool:
    """Return whether a filter can be subscribed to.

    Wildcards stand alone in their level, ``#`` only in the last one. A shared filter,
    ``$share/<name>/<filter>``, needs a name without wildcards and a valid filter (MQTT 5 section
    4.8.2).
    """
    if not _has_fitting_length(topic_filter) or "\0" in topic_filter:
        return False
    if topic_filter.startswith(_SHARE):
        name, topic_filter = split_share(topic_filter)
        if not name or not topic_filter or "+" in name or "#" in name:
            return False
    *parents, last = topic_filter.split("/")
    return all(_is_valid_level(level) and level != "#" for level in parents) and _is_valid_level(
        last
    )


def _has_fitting_length(topic: str) -> bool:
    if len(topic) * 4 <= _LONGEST:
        return topic != ""
    return len(topic.encode("utf-8", "surrogatepass")) <= _LONGEST


def _is_valid_level(level: str) -> bool:
    return level in ("+", "#") or not ("+" in level or "#" in level)


def split_share(topic_filter: str) -> tuple[str, str]:
    """Split a filter into its share name, empty if it is not shared, and the filter proper."""
    if not topic_filter.startswith(_SHARE):
        return "", topic_filter
    name, _, proper = topic_filter[len(_SHARE) :].partition("/")
    return name, proper


def selects(topic_filter: str, topic: str) -> bool:
    """Return whether a filter selects a topic as tests write it: `#` selects all, `$aws/…` too."""
    return topic_filter == "#" or matches(topic_filter, topic)


def has_wildcard(topic_filter: str) -> bool:
    """Return whether a filter can match more than one topic."""
    return "+" in topic_filter or "#" in topic_filter


def matches(topic_filter: str, topic: str) -> bool:
    """Return whether a valid filter that is not shared matches a valid topic name (MQTT 5, 4.7).

    A filter that begins with a wildcard does not match a topic that begins with ``$``. ``a/#``
    matches ``a``.
    """
    if not has_wildcard(topic_filter):
        return topic_filter == topic
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for depth, level in enumerate(wanted):
        if level == "#":
            return True
        if depth == len(levels) or level not in ("+", levels[depth]):
            return False
    return len(wanted) == len(levels)
