"""Records: values by names, which cost next to nothing to declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """Return what leaves a class as it is."""
        return lambda cls: cls


Same = TypeVar("Same", bound="Record")


@dataclass_transform(frozen_default=True)
class Record:
    """Values by names, which do not change.

    A subclass names them by annotations and gives some a default, as a data class does. It is made
    by position or by name, and has the methods of a named tuple, but is none. Code is generated for
    each data class and each named tuple; to import fifty of them takes longer than the core they
    belong to. What is made for each execution, or unpacked, is a named tuple all the same.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls._fields = (*cls._fields, *cls.__annotations__)
        setattr(cls, "__match_args__", cls._fields)  # noqa: B010 - mypy knows it of classes only
        own = {name: vars(cls)[name] for name in cls.__annotations__ if name in vars(cls)}
        cls._defaults = cls._defaults | own
        cls._known = frozenset(cls._fields)

    def __init__(self, *values: Any, **named: Any) -> None:
        given = named
        if values:
            given = dict(zip(self._fields, values, strict=False))
            if len(given) < len(values) or given.keys() & named.keys():
                raise TypeError(
                    f"{type(self).__name__} has {self._fields}; got {values} and {named}"
                )
            given |= named
        # Defaults too: a function would become a method if it were found in the class.
        complete = self._defaults | given
        if complete.keys() != self._known:
            raise TypeError(f"{type(self).__name__} has {self._fields}; got {tuple(complete)}")
        self.__dict__.update(complete)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} does not change; {name!r} was to be {value!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} does not change; {name!r} was to be deleted")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record) or type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._fields)

    def _asdict(self) -> dict[str, Any]:
        """Return the values by their names."""
        return {name: getattr(self, name) for name in self._fields}

    def _replace(self: Same, **changes: Any) -> Same:
        """Return a record with some values changed."""
        return type(self)(**(self.__dict__ | changes))
