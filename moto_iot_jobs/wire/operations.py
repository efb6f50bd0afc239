"""One operation, compiled from the model: it reads requests and writes responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from .deviations import INVALID_WHEN_MALFORMED
from .exceptions import BadRequest, Malformed
from .model import OperationModel, Shape, blob_payload
from .parsing import (
    Reader,
    as_is,
    json_reader,
    member_readers,
    parse,
    structure_reader,
    text_reader,
)
from .serialising import response_writer
from .validation import checking
from .wording import UNQUOTED, clause, message


class Operation:
    """An operation's part of the model, compiled.

    Nothing of the model itself is kept, for it is large.
    """

    def __init__(self, model: OperationModel) -> None:
        self.method: str = model.http["method"]
        self.uri: str = model.http["requestUri"]
        self.statuses: dict[str, int] = {
            error.name: error.metadata["error"]["httpStatusCode"] for error in model.error_shapes
        }
        self.write = response_writer(model)
        self.has_output = model.output_shape is not None
        self.status_member = _status_member(model)
        self._labels = member_readers(_members(model, "uri"), text_reader)
        self._query = member_readers(_members(model, "querystring"), text_reader)
        self._blob = blob_payload(model.input_shape)
        self._body = _body_reader(model) if self._blob is None else None
        self._check = model.input_shape and checking(model.input_shape)
        # The younger APIs (packages, commands) have another name for the same error.
        self._invalid = (
            "ValidationException"
            if "ValidationException" in self.statuses
            else "InvalidRequestException"
        )

    def read(
        self,
        labels: Mapping[str, str],
        query: str,
        body: bytes,
        given: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Read a request.

        See `Plane.read`.

        Args:
            given: the body, where the transport has parsed it and `is_plain` holds.
        """
        members = {}
        for label, (name, read) in self._labels.items():
            members[name] = labels[label] if read is as_is else read(labels[label])
        if query and self._query:
            members.update(self._read_query(query))
        if self._blob is not None:
            members[self._blob] = body
        if (body or given) and self._body:
            members.update(self._body(parse(body) if given is None else given))
        if self._check:
            clauses: list[str] = []
            self._check(members, "", clauses)
            if clauses:
                raise BadRequest(message(clauses), self._invalid)
        return members

    def success(self, response: Mapping[str, Any] | None) -> tuple[int, bytes]:
        """Write the status and body of a response.

        Args:
            response: the output's members; one that is the status is taken out of them.
        """
        status = 200
        if self.status_member is not None and response is not None:
            members = dict(response)
            status = members.pop(self.status_member)
            response = members
        if status == 204 or not (response or self.has_output):
            return status, b""
        return status, self.write(response)

    def _read_query(self, query: str) -> dict[str, Any]:
        texts = dict(parse_qsl(query, keep_blank_values=True))
        values = (
            (name, read(texts[key])) for key, (name, read) in self._query.items() if key in texts
        )
        return {name: value for name, value in values if value is not None}


_PLAIN = (str, int, bool, type(None))


def is_plain(given: Mapping[str, Any]) -> bool:
    """Return whether writing members as JSON and parsing that would give the same ones.

    Numbers of a transport's own type are not, nor is what may have them in it.
    """
    for value in given.values():
        if type(value) is dict:
            if not all(type(each) is str for each in value.values()):
                return False
        elif type(value) not in _PLAIN:
            return False
    return True


def _status_member(model: OperationModel) -> str | None:
    """Return the member of the output that is the HTTP status, if there is one."""
    members = model.output_shape.members if model.output_shape else {}
    return next(
        (
            name
            for name, shape in members.items()
            if shape.serialization.get("location") == "statusCode"
        ),
        None,
    )


def _members(model: OperationModel, location: str | None) -> dict[str, Shape]:
    """Return the input's members that travel in one part of the request.

    The part is uri, querystring, or None for the body.
    """
    members = model.input_shape.members if model.input_shape else {}
    return {
        name: shape
        for name, shape in members.items()
        if shape.serialization.get("location") == location
    }


def _body_reader(model: OperationModel) -> Reader | None:
    """Make the reader of the body.

    None for an operation that ignores its body.
    """
    readers = dict(member_readers(_members(model, None), json_reader))
    for member, constraint in INVALID_WHEN_MALFORMED.get(model.name, {}).items():
        if member in readers:
            name, read = readers[member]
            readers[member] = name, _raising_invalid(read, member, constraint)
    return structure_reader(readers) if readers else None


def _raising_invalid(read: Reader, member: str, constraint: str) -> Reader:
    def read_or_raise(given: Any) -> Any:
        try:
            return read(given)
        except Malformed:
            raise BadRequest(message([clause(UNQUOTED, member, constraint)])) from None

    return read_or_raise
