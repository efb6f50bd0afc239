"""Tags of jobs and job templates, and checks beyond the model's lengths and patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .errors import (
    InvalidRequest,
    JobNotFound,
    JobTemplateNotFound,
    ResourceNotFound,
    ServiceError,
)

if TYPE_CHECKING:
    from .store import Store

MOST_TAGS = 50
TAGGABLE = frozenset({"job", "jobtemplate"})

# AWS names things and certificates as what cannot be tagged; other kinds belong to the host.
_UNTAGGABLE = frozenset({"thing", "cert"})


def to_tags(pairs: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Turn the tags of a request into a mapping.

    Of a repeated key the last value wins.

    Raises:
        InvalidRequest: a tag without value, a key that begins with `aws:`, or more than 50
            (wordings captured).
    """
    tags: dict[str, str] = {}
    for pair in pairs or ():
        if pair.get("Value") is None:
            raise InvalidRequest("Invalid tag parameter exception. Please check the input.")
        _check_key(pair["Key"], InvalidRequest)
        tags[pair["Key"]] = pair["Value"]
    _check_number(tags, InvalidRequest)
    return tags


def check_tags(tags: Mapping[str, str], error: type[ServiceError]) -> None:
    """Check the tags of a neighbour's resource.

    Args:
        tags: of the resource.
        error: the class of the error that the neighbour's API has for it.

    Raises:
        ServiceError: a key that begins with `aws:`, or more than 50 tags.
    """
    for key in tags:
        _check_key(key, error)
    _check_number(tags, error)


def _check_key(key: str, error: type[ServiceError]) -> None:
    if key.lower().startswith("aws:"):
        raise error(f'Tags cannot begin with "aws:", offending tag: {key}')


def _check_number(tags: Mapping[str, str], error: type[ServiceError]) -> None:
    if len(tags) > MOST_TAGS:
        raise error("Too many tags provided in the request. Please check the input.")


class TaggedResources(Protocol):
    """The resources of one kind that a host or a neighbour of Jobs keeps."""

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a resource, to be changed in place.

        None when there is none.
        """

    def tagged(self) -> Mapping[str, dict[str, str]]:
        """Return the tags of all resources, by ARN."""


class Tags:
    """The tag operations, for jobs, job templates and the resources of neighbours.

    Args:
        store: where the jobs and templates are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._others: dict[str, dict[str, str]] = {}
        self._kinds: dict[str, TaggedResources] = {}

    def add_kind(self, kind: str, resources: TaggedResources) -> None:
        """Tag the resources of a further kind here, `kind` as it stands in their ARNs."""
        self._kinds[kind] = resources

    def of_other_kinds(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Yield kind, ARN and tags of all resources that neighbours keep."""
        for kind, resources in self._kinds.items():
            for arn, tags in resources.tagged().items():
                yield kind, arn, tags

    def keep(self, arn: str, tags: dict[str, str]) -> None:
        """Add a resource of a host, such as a dynamic thing group, to those that can be tagged.

        Args:
            arn: of the resource.
            tags: its tags, which are changed in place.
        """
        self._others[arn] = tags

    def drop(self, arn: str) -> None:
        """End `keep`."""
        self._others.pop(arn, None)

    def is_ours(self, arn: str) -> bool:
        """Return whether tags of an ARN, right or wrong, are kept here.

        Raises:
            InvalidRequest: no ARN of AWS IoT, of another account, or of a kind that has no tags
                (wordings captured).
        """
        parts = arn.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or parts[2] != "iot":
            raise InvalidRequest("Invalid arn in request")
        if parts[4] != self._store.location.account:
            raise InvalidRequest("ResourceArn doesn't belong in requester's account")
        kind = parts[5].partition("/")[0]
        if kind in _UNTAGGABLE:
            raise InvalidRequest(f"Invalid resource type in ARN: {kind}")
        return kind in TAGGABLE or kind in self._kinds or arn in self._others

    def tag_resource(self, arn: str, pairs: Iterable[Mapping[str, Any]]) -> None:
        """Add tags to a job or template, replacing values of keys that it has.

        Raises:
            InvalidRequest: as `to_tags`; no tag at all; the ARN is of another region; more than 50
                after the merge.
            JobNotFound, JobTemplateNotFound: no such job or template.
        """
        pairs = list(pairs)
        if not pairs:
            raise InvalidRequest("The validated collection is empty")
        new = to_tags(pairs)
        tags = self._find(arn)
        _check_number({**tags, **new}, InvalidRequest)
        tags.update(new)

    def untag_resource(self, arn: str, keys: Iterable[str]) -> None:
        """Remove tags.

        A key that is not there is no error.

        Raises:
            InvalidRequest: the ARN is of another region.
            JobNotFound, JobTemplateNotFound: no such job or template.
        """
        tags = self._find(arn)
        for key in keys:
            tags.pop(key, None)

    def list_tags_for_resource(self, arn: str) -> dict[str, str]:
        """Return the tags of a job or template.

        None for one that does not exist (captured).
        """
        try:
            return self._find(arn)
        except (ResourceNotFound, InvalidRequest):
            return {}

    def _find(self, arn: str) -> dict[str, str]:
        if arn in self._others:
            return self._others[arn]
        kind, _, name = arn.split(":", 5)[5].partition("/")
        if arn != self._store.location.arn(kind, name):
            raise InvalidRequest("Invalid request exception. Please check the input.")
        if kind in self._kinds:
            tags = self._kinds[kind].tags_of(arn)
            if tags is None:
                raise ResourceNotFound(f"Resource {arn} cannot be found.")
            return tags
        if kind == "job":
            job = self._store.jobs.get(name)
            if job is None:
                raise JobNotFound(name)
            return job.tags
        template = self._store.templates.get(name)
        if template is None:
            raise JobTemplateNotFound(name)
        return template.tags
