"""The topics of shadows.

Source: AWS IoT developer guide, reserved-topics and device-shadow-mqtt.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Patterns of names: botocore model, iot-data.
_REQUEST = re.compile(
    r"(?P<prefix>\$aws/things/(?P<thing>[a-zA-Z0-9:_-]{1,128})/shadow"
    r"(?:/name/(?P<name>[$a-zA-Z0-9:_-]{1,64}))?)"
    r"/(?P<word>get|update|delete)"
)
_OPERATIONS = {
    "get": "GetThingShadow",
    "update": "UpdateThingShadow",
    "delete": "DeleteThingShadow",
}


class ShadowTopic(NamedTuple):
    """A topic on which a client sends a request.

    Attributes:
        thing: the thing's name.
        name: the shadow's name; None is the classic one.
        operation: the request, as the API reference names it over HTTP.
    """

    thing: str
    name: str | None
    operation: str


def parse_request(topic: str) -> ShadowTopic | None:
    """Return the request that a topic stands for.

    None if nothing of a shadow.
    """
    found = _REQUEST.fullmatch(topic)
    if found is None:
        return None
    return ShadowTopic(found["thing"], found["name"], _OPERATIONS[found["word"]])


def prefix(thing: str, name: str | None) -> str:
    """Return the guide's `ShadowTopicPrefix`."""
    return f"$aws/things/{thing}/shadow" + (f"/name/{name}" if name is not None else "")
