"""Lists of thing groups and their members, in pages.

They decide about the targets of jobs; moto answers each in one page, whatever `maxResults` says.
Source: API reference of the three operations; the order is moto's, that of creation and of joining.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import unquote

from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.service.errors import ThingGroupNotFound, ThingNotFound
from moto_iot_jobs.service.listing import PAGE_SIZE, page_token, position

from .thing_groups import backend_of

Members = dict[str, Any]
Item = TypeVar("Item")


class ThingGroupOperations:
    """The operations that list thing groups and their members."""

    def list_things_in_thing_group(self, request: Request) -> Members:
        """ListThingsInThingGroup."""
        name = request["thingGroupName"]
        arn = request.jobs.location.arn("thinggroup", name)
        group = _backend(request).thing_groups.get(arn)
        if group is None:
            raise ThingGroupNotFound(name)
        if request.get("recursive"):
            names = list(request.jobs.store.registry.members(name))
        else:
            names = [unquote(thing.thing_name) for thing in group.things.values()]
        things, more = _page(request, names, f"things of {name}")
        return {"things": things, "nextToken": more}

    def list_thing_groups(self, request: Request) -> Members:
        """ListThingGroups.

        With child groups unless `recursive` is false.
        """
        parent = request.get("parentGroup")
        if parent is not None and request.jobs.store.registry.group_id(parent) is None:
            raise ThingGroupNotFound(parent)
        groups = _backend(request).list_thing_groups(
            parent_group=parent,
            name_prefix_filter=request.get("namePrefixFilter"),
            recursive=request.get("recursive"),
        )
        shown, more = _page(request, groups, "thing groups")
        return {
            "thingGroups": [
                {"groupName": group.thing_group_name, "groupArn": group.arn} for group in shown
            ],
            "nextToken": more,
        }

    def list_thing_groups_for_thing(self, request: Request) -> Members:
        """ListThingGroupsForThing."""
        thing = request["thingName"]
        if not request.jobs.store.registry.has_thing(thing):
            raise ThingNotFound(thing)
        groups = _backend(request).list_thing_groups_for_thing(thing_name=thing)
        shown, more = _page(request, groups, f"groups of {thing}")
        return {"thingGroups": list(shown), "nextToken": more}


def _backend(request: Request) -> Any:
    return backend_of(request.jobs.location)


def _page(
    request: Request, items: Sequence[Item], listing: str
) -> tuple[Sequence[Item], str | None]:
    """Return the page that a request asks for, and the token of the next one.

    Raises:
        InvalidRequest: the token is not one of this list.
    """
    start = position(request.get("nextToken"), listing)
    first = start[0] if start is not None else 0
    after = first + (request.get("maxResults") or PAGE_SIZE)
    return items[first:after], page_token(listing, after) if after < len(items) else None
