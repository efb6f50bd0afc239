"""The job document as one device receives it now."""

from __future__ import annotations

from moto_iot_jobs.service.creation import Sources
from moto_iot_jobs.service.documents.document import JobDocument
from moto_iot_jobs.service.settings import PresignedUrlConfig


def for_device(
    document: JobDocument,
    sources: Sources,
    config: PresignedUrlConfig | None,
    server_url: str | None,
    *,
    thing: str,
    job_id: str,
    number: int,
) -> str:
    """Return the document as compact JSON text, with URLs signed at this time.

    Args:
        config: who signs, and for how long.
        server_url: where the server that the device asked can be reached; None in process.
        thing, job_id, number: the execution that it is for.
    """
    if not document.needs_device_values:
        return document.rendered
    # Imported late: most documents have no placeholders.
    from moto_iot_jobs.service.documents.substitution import fill

    resolver = sources.resolver(config, server_url)
    return fill(document, resolver, thing_name=thing, job_id=job_id, execution_number=number)
