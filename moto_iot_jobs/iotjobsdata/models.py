"""The backend that moto wants for every service.

This one keeps nothing: both planes share the store of iot.
"""

from __future__ import annotations

from moto.core.base_backend import BackendDict, BaseBackend

from moto_iot_jobs.runtime import runtime


class IoTJobsDataBackend(BaseBackend):
    """The data plane of one account and region."""

    def reset(self) -> None:
        """Forget what tests bent."""
        runtime.reset(super().reset)


# By the regions of iot: botocore knows fewer for iot-jobs-data, and devices of the others would
# meet a KeyError.
iotjobsdata_backends = BackendDict(IoTJobsDataBackend, "iot")
