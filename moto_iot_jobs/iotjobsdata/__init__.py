"""The data plane of IoT Jobs, over HTTPS and MQTT.

moto looks for the service `iotjobsdata` here.
"""

from .models import iotjobsdata_backends

__all__ = ["iotjobsdata_backends"]
