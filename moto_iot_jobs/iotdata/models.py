"""The mixin in front of moto's backend of `iot-data`.

moto finds the handlers of a backend in the module `urls` beside the one of its class: this one.
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.base_backend import backend_lock
from moto.core.exceptions import JsonRESTError

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.topic_services import service_of

_REFUSED = "InvalidRequestException"
# Both as ministack 1.5.33 reports them of AWS.
_MQTT_ONLY = re.compile(r"\$aws/(?:things/[^/]+/(?:jobs|defender)|commands)/")
_RESERVED_FOR_CLIENTS = (
    "$aws/rules/",
    "$aws/things/",
    "$aws/certificates/",
    "$aws/provisioning-templates/",
    "$aws/device_location/",
)


class IoTDataMixin:
    """Publishes to devices, and has the shadows that AWS has.

    Shadows are imported when they are used.
    """

    region_name: str
    account_id: str

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish in the account and region of the backend.

        Raises:
            JsonRESTError: the topic is the service's, or for MQTT alone.
        """
        _check_topic(topic)
        # moto empties a backend before it starts it anew, and its own method would meet the gap.
        with backend_lock:
            super().publish(topic=topic, payload=payload)  # type: ignore[misc]
        runtime.delivery.publish(self.account_id, self.region_name, topic, payload)
        service = service_of(runtime.topic_services, topic)
        if service is not None:
            service.respond(self.account_id, self.region_name, topic, payload, None, "")
            runtime.delivery.deliver()

    def update_thing_shadow(
        self, thing_name: str, payload: bytes | str, shadow_name: str | None
    ) -> Any:
        """Update a shadow as UpdateThingShadow does. Raises moto's own kind of errors."""
        from moto_iot_jobs.shadows import backend

        data = payload.encode() if isinstance(payload, str) else payload
        return backend.update(self.account_id, self.region_name, thing_name, shadow_name, data)

    def get_thing_shadow(self, thing_name: str, shadow_name: str | None) -> Any:
        """Return a shadow. Raises moto's own kind of errors."""
        from moto_iot_jobs.shadows import backend

        return backend.get(self.account_id, self.region_name, thing_name, shadow_name)

    def delete_thing_shadow(self, thing_name: str, shadow_name: str | None) -> Any:
        """Delete a shadow. Raises moto's own kind of errors."""
        from moto_iot_jobs.shadows import backend

        return backend.delete(self.account_id, self.region_name, thing_name, shadow_name)

    def list_named_shadows_for_thing(self, thing_name: str) -> list[str]:
        """Return the names of a thing's named shadows."""
        from moto_iot_jobs.shadows import backend

        return backend.named_shadows(self.account_id, self.region_name, thing_name)


def _check_topic(topic: str) -> None:
    if _MQTT_ONLY.match(topic):
        raise JsonRESTError(_REFUSED, "Invalid publish to restricted topic using HTTP")
    if topic.startswith("$") and not topic.startswith(_RESERVED_FOR_CLIENTS):
        raise JsonRESTError(_REFUSED, "Topic can't start with $")
