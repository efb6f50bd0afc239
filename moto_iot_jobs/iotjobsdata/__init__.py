"""The data plane of IoT Jobs over HTTPS, in the shape in which moto looks for the service
`iotjobsdata`.
"""

from .models import iotjobsdata_backends

__all__ = ["iotjobsdata_backends"]
