"""The names of `moto_iot_jobs.devices`, typed for both checkers."""

from __future__ import annotations

import moto_iot_jobs.devices as devices


class Devices:
    """Simulated devices and fleets, as the module `moto_iot_jobs.devices`."""

    Device = devices.Device
    DeviceError = devices.DeviceError
    Execution = devices.Execution
    ExecutionEnd = devices.ExecutionEnd
    ExecutionOverError = devices.ExecutionOverError
    Fleet = devices.Fleet
    Handler = devices.Handler
    HandlerError = devices.HandlerError
    Outcome = devices.Outcome
    Pending = devices.Pending
    RequestRejectedError = devices.RequestRejectedError
    ResponseLostError = devices.ResponseLostError
    Rollout = devices.Rollout
    Run = devices.Run
    ServiceBusyError = devices.ServiceBusyError
    Steps = devices.Steps
    TimelinePoint = devices.TimelinePoint
    UnknownThingError = devices.UnknownThingError
    VersionMismatchError = devices.VersionMismatchError
    fail = staticmethod(devices.fail)
    hang = staticmethod(devices.hang)
    lose_connection = staticmethod(devices.lose_connection)
    progress = staticmethod(devices.progress)
    reject = staticmethod(devices.reject)
    stale_version = staticmethod(devices.stale_version)
    succeed = staticmethod(devices.succeed)
