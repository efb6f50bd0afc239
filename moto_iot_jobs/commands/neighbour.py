"""The plug that puts commands beside Jobs: operations, topics, tags and timers.

Jobs do not know this room. It hears when the jobs of an account and region begin. Nothing else of
the room is imported until a command is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto_iot_jobs.iot.responses import operations as control_plane
from moto_iot_jobs.iotjobsdata.responses import operations as data_plane
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.wire.service_api import NEIGHBOURS

from . import regional

if TYPE_CHECKING:
    from .responses import CommandOperations, StartOperation


def plug_in() -> None:
    """Give jobs that begin from now on commands, and serve their operations. Idempotent."""
    runtime.jobs_began.connect(regional.begin)
    control_plane.add(NEIGHBOURS["commands"]["iot"], _load)
    data_plane.add(NEIGHBOURS["commands"]["iot-jobs-data"], _load_start)


def pull_out() -> None:
    """End `plug_in`. Idempotent."""
    runtime.jobs_began.disconnect(regional.begin)


def _load() -> CommandOperations:
    from .responses import CommandOperations

    return CommandOperations()


def _load_start() -> StartOperation:
    from .responses import StartOperation

    return StartOperation()
