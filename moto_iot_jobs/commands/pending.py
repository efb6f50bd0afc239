"""The commands that wait for a device, for devices that are simulated without sockets."""

from __future__ import annotations

from functools import partial

from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.service.jobs_service import JobsService

from .regional import existing_commands_of
from .states import CREATED
from .topics import request_topic


def requests_for(jobs: JobsService, device: str) -> list[Message]:
    """Return the requests that a device has not reported about, oldest first.

    Args:
        jobs: those of its account and region.
        device: its name, as thing and as client id.
    """
    service = existing_commands_of(jobs)
    if service is None:
        return []
    found = []
    for kind in ("thing", "client"):
        listing = service.store.by_target.get(jobs.location.arn(kind, device))
        if listing is not None and CREATED.status in listing.started:
            found += list(listing.started[CREATED.status].ascending())
    return [
        Message(
            request_topic(each.target.kind, device, each.execution_id, each.message.content_type),
            each.created_at,
            jobs.location.region,
            partial(bytes, each.message.payload),
            jobs.location.account,
            content_type=each.message.content_type,
            expires_at=each.due,
        )
        for each in sorted(found, key=lambda each: each.order)
    ]
