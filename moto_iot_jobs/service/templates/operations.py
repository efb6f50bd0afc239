"""Operations on job templates, the account's own and AWS's managed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto_iot_jobs.service.creation import Sources, new_template
from moto_iot_jobs.service.errors import JobTemplateNotFound
from moto_iot_jobs.service.listing import PAGE_SIZE, page_token, position
from moto_iot_jobs.service.settings import JobTemplateRequest
from moto_iot_jobs.service.sorted_index import page
from moto_iot_jobs.service.store import Store

from .template import JobTemplate

# Not imported for all: AWS's own templates are for those who use them.
if TYPE_CHECKING:
    from .managed import ManagedJobTemplate


class JobTemplates:
    """Operations on job templates.

    Templates are immutable and independent of the jobs made from them.

    Args:
        store: what is kept.
        sources: where documents come from.
    """

    def __init__(self, store: Store, sources: Sources) -> None:
        self._store = store
        self._sources = sources

    def create_job_template(self, request: JobTemplateRequest, now: int) -> JobTemplate:
        """Create a template. Raises what `creation.new_template` raises."""
        template = new_template(self._store, self._sources, request, now)
        self._store.templates[template.job_template_id] = template
        return template

    def describe_job_template(self, job_template_id: str) -> JobTemplate:
        """Return one of the account's templates.

        Raises:
            JobTemplateNotFound: no such template.
        """
        template = self._store.templates.get(job_template_id)
        if template is None:
            raise JobTemplateNotFound(job_template_id)
        return template

    def delete_job_template(self, job_template_id: str) -> None:
        """Delete a template and its tags.

        Jobs made from it stay as they are.

        Raises:
            JobTemplateNotFound: no such template.
        """
        self.describe_job_template(job_template_id)
        del self._store.templates[job_template_id]

    def list_job_templates(
        self, *, max_results: int | None = None, next_token: str | None = None
    ) -> tuple[list[JobTemplate], str | None]:
        """Return a page of the account's templates, newest first, and the token of the next page.

        Raises:
            InvalidRequest: the token is not one of this list.
        """
        below = position(next_token, "templates")
        newest_first = reversed(self._store.templates.values())
        found = (
            template for template in newest_first if below is None or template.order < below[0]
        )
        templates, more = page(found, max_results or PAGE_SIZE)
        return templates, page_token("templates", templates[-1].order) if more else None

    def describe_managed_job_template(
        self, name: str, version: str | None = None
    ) -> ManagedJobTemplate:
        """Return one of AWS's own templates.

        Raises:
            JobTemplateNotFound: AWS has no such template or version.
        """
        from .managed import managed_template

        template = managed_template(name, version)
        if template is None:
            raise JobTemplateNotFound(f"{name}:{version}" if version else name)
        return template

    def list_managed_job_templates(
        self,
        *,
        name: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[ManagedJobTemplate], str | None]:
        """Return a page of AWS's own templates by name, and the token of the next page.

        Raises:
            InvalidRequest: the token is not one of this list.
        """
        from .managed import MANAGED_TEMPLATES

        start = position(next_token, "managed")
        found = [
            template for template in MANAGED_TEMPLATES.values() if name in (None, template.name)
        ]
        first = start[0] if start else 0
        templates, more = page(iter(found[first:]), max_results or PAGE_SIZE)
        return templates, page_token("managed", first + len(templates)) if more else None
