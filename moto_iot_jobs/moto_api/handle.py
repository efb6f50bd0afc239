"""The base of what a test begins in a mock, and can end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

    from .client import LocalMock, RemoteMock


class Handle:
    """Something that a test began in a mock.

    As a context manager it is cancelled at the end of the block.

    Args:
        number: the mock's number for it.
        home: the mock.
    """

    def __init__(self, number: int, home: LocalMock | RemoteMock) -> None:
        self._number = number
        self._home = home

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.cancel()

    def cancel(self) -> None:
        """End it. Idempotent."""
        raise NotImplementedError
