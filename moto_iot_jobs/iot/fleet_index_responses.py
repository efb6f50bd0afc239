"""The operations that search the fleet, and those that say what is indexed.

They use the queries and values of dynamic groups, so that a group holds what a search finds. While
nothing is indexed, a search in process is moto's, for tests of moto's users rely on it; a server
says that there is no index, as AWS does.

Source: AWS IoT developer guide, managing-index and query-syntax. Not documented, and so ours: the
order of results (by name), and a page of 100 where none is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from moto_iot_jobs.dispatch.operations import NotHandled
from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.runtime.configuration import searches_need_an_index
from moto_iot_jobs.service.errors import InvalidRequest, ResourceNotFound
from moto_iot_jobs.service.listing import page_token, position

from .dynamic_groups.configuration import GROUPS, THINGS
from .dynamic_groups.groups import QUERY_VERSION
from .thing_groups import MembershipMixin, backend_of

if TYPE_CHECKING:
    from .dynamic_groups.query import Values

Members = dict[str, Any]
# A name, its values by field, and its document.
Entry = tuple[str, "Values", Callable[[], Members]]

# AWS general reference, IoT Device Management quotas.
_MOST_RESULTS = 500
_PAGE = 100
_MOST_NAMES = 500


class FleetIndexOperations:
    """The handlers of operations on fleet indices."""

    def search_index(self, request: Request) -> Members:
        """SearchIndex."""
        backend = backend_of(request.jobs.location)
        index = request.get("indexName", THINGS)
        is_off = index == THINGS and not backend.indexing.indexes_things
        if is_off and not searches_need_an_index():
            raise NotHandled
        _check_exists(backend, index)
        version = request.get("queryVersion", QUERY_VERSION)
        if version != QUERY_VERSION:
            raise InvalidRequest(f"Query version {version} is not supported; use {QUERY_VERSION}.")
        size = request.get("maxResults", _PAGE)
        if size > _MOST_RESULTS:
            raise InvalidRequest(f"maxResults must be {_MOST_RESULTS} or less.")
        entries = _things(backend) if index == THINGS else _groups(backend)
        found, next_token = _page(request, index, entries, size)
        listed = "things" if index == THINGS else "thingGroups"
        return {"things": [], "thingGroups": [], listed: found, "nextToken": next_token}

    def describe_index(self, request: Request) -> Members:
        """DescribeIndex.

        An index is built at once here, and so always ACTIVE.
        """
        backend, name = backend_of(request.jobs.location), request["indexName"]
        _check_exists(backend, name)
        schema = backend.indexing.schema() if name == THINGS else "REGISTRY"
        return {"indexName": name, "indexStatus": "ACTIVE", "schema": schema}

    def list_indices(self, request: Request) -> Members:
        """ListIndices.

        There are two at most.
        """
        names = backend_of(request.jobs.location).indexing.indices()
        after = position(request.get("nextToken"), "indices", kind=str)
        names = [name for name in names if after is None or name < after[0]]
        names.sort(reverse=True)
        size = request.get("maxResults", _MOST_NAMES)
        more = len(names) > size
        shown = names[:size]
        return {
            "indexNames": shown,
            "nextToken": page_token("indices", shown[-1]) if more else None,
        }

    def get_indexing_configuration(self, request: Request) -> Members:
        """GetIndexingConfiguration."""
        return backend_of(request.jobs.location).get_indexing_configuration()

    def update_indexing_configuration(self, request: Request) -> Members:
        """UpdateIndexingConfiguration."""
        groups = request.get("thingGroupIndexingConfiguration")
        backend_of(request.jobs.location).configure_indexing(
            request.get("thingIndexingConfiguration"), groups
        )
        return {}


def _check_exists(backend: MembershipMixin, index: str) -> None:
    if index not in backend.indexing.indices():
        raise ResourceNotFound(f"Index '{index}' does not exist")


def _things(backend: MembershipMixin) -> Iterable[Entry]:
    for thing in backend.things.values():
        indexed = backend.dynamic_groups.indexed(thing)
        yield thing.thing_name, indexed.values, indexed.document


def _groups(backend: MembershipMixin) -> Iterable[Entry]:
    from functools import partial

    from .dynamic_groups.index import group_document, group_values

    for group in backend.thing_groups.values():
        yield group.thing_group_name, group_values(group), partial(group_document, group)


def _page(
    request: Request, index: str, entries: Iterable[Entry], size: int
) -> tuple[list[Members], str | None]:
    # Imported late: most tests never search.
    from .dynamic_groups.query import ThingQuery

    text = request["queryString"]
    query = ThingQuery.parse(
        text,
        of_groups=index == GROUPS,
        connectivity=backend_of(request.jobs.location).indexing.indexes_connectivity,
    )
    listing = f"{index}:{text}"
    after = position(request.get("nextToken"), listing, kind=str)
    shown: list[Members] = []
    last = ""
    for name, values, document in sorted(entries, key=lambda entry: entry[0]):
        if (after is None or name > after[0]) and query.matches(values):
            if len(shown) == size:
                return shown, page_token(listing, last)
            shown.append(document())
            last = name
    return shown, None
