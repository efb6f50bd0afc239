"""Routes: from a method and a path to an operation and its labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from moto_iot_jobs.service.record import Record


class Call(NamedTuple):
    """The operation that a request line names, and its labels.

    ``labels`` are the decoded variable segments of its path, by the names they have in the model's
    URI.
    """

    operation: str
    labels: dict[str, str]


class _Route(Record):
    operation: str
    # Each with its place in the path.
    literals: tuple[tuple[int, str], ...]
    labels: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, operation: str, segments: list[str]) -> _Route:
        places = tuple(enumerate(segments))
        return cls(
            operation,
            # The first segment after the slash is in the key.
            tuple(each for each in (*places[:1], *places[2:]) if not each[1].startswith("{")),
            tuple((place, text.strip("{}")) for place, text in places if text.startswith("{")),
        )


class Routes:
    """The routes of one service.

    Args:
        uris: operation, method and URI as the model spells it, such as ``/jobs/{jobId}``.
    """

    def __init__(self, uris: Iterable[tuple[str, str, str]]) -> None:
        # Routes of another method, number of segments or first segment, which no URI leaves open,
        # need not be looked at.
        self._routes: dict[tuple[object, ...], list[_Route]] = defaultdict(list)
        for operation, method, uri in uris:
            segments = uri.split("/")
            key = (method, len(segments), *segments[1:2])
            self._routes[key].append(_Route.of(operation, segments))
        for alternatives in self._routes.values():
            # The more of a path a route spells out, the sooner it is tried: jobs/$next before
            # jobs/{jobId}.
            alternatives.sort(key=lambda route: len(route.labels))

    def match(self, method: str, raw_path: str) -> Call | None:
        """Find the call that a request line means.

        None if no route fits.

        Args:
            method: in capital letters.
            raw_path: without query string. Percent-encoded segments are decoded after the path was
                split, so that ``%2F`` does not separate anything.
        """
        segments = raw_path.split("/")
        if "%" in raw_path:
            segments = list(map(unquote, segments))
        for route in self._routes.get((method, len(segments), *segments[1:2]), ()):
            for place, literal in route.literals:
                if segments[place] != literal:
                    break
            else:
                labels = {name: segments[place] for place, name in route.labels}
                # No label is empty: a path that ends with a slash is another one.
                if "" not in labels.values():
                    return Call(route.operation, labels)
        return None
