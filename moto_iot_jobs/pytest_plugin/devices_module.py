"""The type of `iot_jobs.devices`: checkers know a module that is an attribute as any module."""

from __future__ import annotations

from moto_iot_jobs import devices


class DevicesModule:
    """The names of `moto_iot_jobs.devices`."""

    Device = devices.Device
    DeviceError = devices.DeviceError
    Execution = devices.Execution
    ExecutionEnd = devices.ExecutionEnd
    ExecutionOverError = devices.ExecutionOverError
    Fleet = devices.Fleet
    Handler = devices.Handler
    HandlerError = devices.HandlerError
    Outcome = devices.Outcome
    OutcomeName = devices.OutcomeName
    Pending = devices.Pending
    RequestRejectedError = devices.RequestRejectedError
    ResponseLostError = devices.ResponseLostError
    Rollout = devices.Rollout
    Run = devices.Run
    ServiceBusyError = devices.ServiceBusyError
    Shadow = devices.Shadow
    ShadowState = devices.ShadowState
    Steps = devices.Steps
    TimelinePoint = devices.TimelinePoint
    UnknownShadowError = devices.UnknownShadowError
    UnknownThingError = devices.UnknownThingError
    VersionMismatchError = devices.VersionMismatchError
    fail = staticmethod(devices.fail)
    hang = staticmethod(devices.hang)
    lose_connection = staticmethod(devices.lose_connection)
    progress = staticmethod(devices.progress)
    reject = staticmethod(devices.reject)
    stale_version = staticmethod(devices.stale_version)
    succeed = staticmethod(devices.succeed)
