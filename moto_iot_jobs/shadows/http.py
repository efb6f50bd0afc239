"""Shadows over HTTPS: what a call changes is published to all who subscribe.

Source: captured (a topic rule on `$aws/things/<thing>/shadow/#`): update and delete publish what
they publish over MQTT; get, and what is rejected, publish nothing.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from moto_iot_jobs.dispatch.http import HttpsCall, HttpsTransport, Response
from moto_iot_jobs.dispatch.pipeline import Members

from .operations import Outcome, operations
from .shadows import find_shadows
from .topics import prefix


class ShadowHttpsCall(HttpsCall):
    """A call that came over HTTPS."""

    __slots__ = ()

    @property
    def resource(self) -> str:
        """The shadow, for the rate that each shadow has."""
        name = dict(parse_qsl(self.request.query)).get("name")
        return prefix(unquote(self.labels["thingName"]), name)

    def render(self, members: Members | None) -> Response:
        """Write the response, and publish what goes with it."""
        if isinstance(members, Outcome) and self.operation != "GetThingShadow":
            find_shadows(self.account, self.region).publish(members.messages)
        return super().render(members)


transport = HttpsTransport(operations, ShadowHttpsCall)
