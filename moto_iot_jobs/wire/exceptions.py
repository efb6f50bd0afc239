"""What goes over the wire instead of an answer."""

from __future__ import annotations

from typing import Any


class WireError(Exception):
    """A refusal as the client sees it.

    Args:
        code: name of AWS's exception, such as ``ConflictException``.
        message: its text.
        members: further members of the body under their model names, such as ``resourceId``; None
            is written as null.
    """

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.members = members

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class BadRequest(WireError):
    """The request breaks constraints that hold whatever is in the store."""

    def __init__(self, message: str, code: str = "InvalidRequestException") -> None:
        super().__init__(code, message)


class Malformed(BadRequest):
    """The request cannot be understood: no JSON, or another type than the model's."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "SerializationException")
