"""The topics of commands.

Source: AWS IoT developer guide, reserved-topics and iot-remote-command-create-manage. The grammar
of subscriptions is that of a live report: `…/executions/+/request/+` ends the connection, and
`…/request/json` works.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_KINDS = {"things": "thing", "clients": "client"}
_WORDS = {kind: word for word, kind in _KINDS.items()}
_FORMATS = {"application/json": "/json", "application/cbor": "/cbor"}
BELOW = "$aws/commands/"

_RESPONSE = re.compile(
    r"\$aws/commands/(?P<kind>things|clients)/(?P<name>[^/]+)/executions/(?P<execution>[^/]+)"
    r"/response(?:/(?P<format>json|cbor))?"
)
_FILTER = re.compile(
    r"\$aws/commands/[^/]+/[^/]+/executions/[^/]+"
    r"/(?:request(?:/(?:json|cbor))?|response/(?:accepted|rejected)(?:/(?:json|cbor))?)"
)
_SHARED = re.compile(r"\$share/[^/]*/(.*)", re.DOTALL)


class ResponseTopic(NamedTuple):
    """A topic on which a device reports about an execution.

    Attributes:
        kind: ``thing`` or ``client``.
        name: name of the thing, or client id.
        execution_id: of the execution.
        format: ``json`` or ``cbor``; empty is JSON without a word for it.
    """

    kind: str
    name: str
    execution_id: str
    format: str

    @property
    def topic(self) -> str:
        """The topic itself."""
        return f"{self._response}{self._suffix}"

    @property
    def accepted(self) -> str:
        """The topic of the response to a report that was accepted."""
        return f"{self._response}/accepted{self._suffix}"

    @property
    def rejected(self) -> str:
        """The topic of the response to a report that was rejected."""
        return f"{self._response}/rejected{self._suffix}"

    @property
    def _response(self) -> str:
        return f"{_execution(self.kind, self.name, self.execution_id)}/response"

    @property
    def _suffix(self) -> str:
        return f"/{self.format}" if self.format else ""


def parse_response(topic: str) -> ResponseTopic | None:
    """Return the report that a topic stands for.

    None if it stands for none.
    """
    found = _RESPONSE.fullmatch(topic)
    if found is None:
        return None
    kind, name, execution, form = found.group("kind", "name", "execution", "format")
    return ResponseTopic(_KINDS[kind], name, execution, form or "")


def request_topic(kind: str, name: str, execution_id: str, content_type: str | None) -> str:
    """Return the topic on which a device gets the payload of an execution."""
    return f"{_execution(kind, name, execution_id)}/request{_FORMATS.get(content_type or '', '')}"


def event_topic(command_id: str, status: str) -> str:
    """Return the topic of an execution's event (developer guide, command-events)."""
    return f"$aws/events/commandExecution/{command_id}/{status}"


def is_written_by_service(topic: str) -> bool:
    """Return whether only AWS IoT publishes on a topic: all below commands but devices' reports."""
    return topic.startswith(BELOW) and parse_response(topic) is None


def is_no_filter(topic_filter: str) -> bool:
    """Return whether a filter below commands is none that AWS takes."""
    shared = _SHARED.fullmatch(topic_filter)
    proper = shared[1] if shared is not None else topic_filter
    return proper.startswith(BELOW) and _FILTER.fullmatch(proper) is None


def _execution(kind: str, name: str, execution_id: str) -> str:
    return f"{BELOW}{_WORDS[kind]}/{name}/executions/{execution_id}"
