"""CBOR (RFC 8949) as far as commands need it: the values of JSON, and bytes.

No library: StartCommandExecution has to work wherever the plugin is installed, and reports come
from devices, so that depth and length are bounded here.
"""

from __future__ import annotations

import math
import struct
from typing import Any

_DEEPEST = 64
_BREAK = object()
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def encode(value: Any) -> bytes:
    """Return a value of JSON, in which bytes may stand, in CBOR of definite lengths.

    Raises:
        TypeError: it is another value.
    """
    out = bytearray()
    _write(value, out)
    return bytes(out)


def _write(value: Any, out: bytearray) -> None:
    if value is None or isinstance(value, bool):
        out.append({False: 0xF4, True: 0xF5, None: 0xF6}[value])
    elif isinstance(value, int):
        _write_whole(value, out)
    elif isinstance(value, float):
        out += b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, bytes | str):
        content = value.encode() if isinstance(value, str) else value
        _write_head(3 if isinstance(value, str) else 2, len(content), out)
        out += content
    elif isinstance(value, list):
        _write_head(4, len(value), out)
        for item in value:
            _write(item, out)
    elif isinstance(value, dict):
        _write_head(5, len(value), out)
        for key, item in value.items():
            _write(key, out)
            _write(item, out)
    else:
        raise TypeError(f"{type(value).__name__} has no place in a command")


def _write_whole(value: int, out: bytearray) -> None:
    number = value if value >= 0 else -1 - value
    if number < 1 << 64:
        _write_head(0 if value >= 0 else 1, number, out)
    else:
        # Section 3.4.3: bignums.
        content = number.to_bytes((number.bit_length() + 7) // 8, "big")
        out.append(0xC2 if value >= 0 else 0xC3)
        _write_head(2, len(content), out)
        out += content


def _write_head(major: int, number: int, out: bytearray) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    for extra, size in _SIZES.items():
        if number < 1 << 8 * size:
            out.append(major << 5 | extra)
            out += number.to_bytes(size, "big")
            return


def decode(data: bytes) -> Any:
    """Return the one value that a text in CBOR has.

    Tags are passed over.

    Raises:
        ValueError: it is no CBOR, has more or less than one value, or is nested too deeply.
    """
    reader = _Reader(data)
    value = reader.value(0)
    if reader.left or value is _BREAK:
        raise ValueError("not one value")
    return value


class _Reader:
    """Reads values from the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        major, extra = divmod(self._take(1)[0], 32)
        if major == 7:
            return self._simple(extra)
        number = None if extra == 31 else self._number(extra)
        if major in (0, 1):
            if number is None:
                raise ValueError("a number has no indefinite length")
            return number if major == 0 else -1 - number
        if major in (2, 3):
            return self._text(major, number, depth)
        if major == 6:
            if number is None:
                raise ValueError("a tag has no indefinite length")
            return self.value(depth + 1)
        return self._list(number, depth) if major == 4 else self._map(number, depth)

    def _take(self, size: int) -> bytes:
        if size > self.left:
            raise ValueError("cut off")
        self._at += size
        return self._data[self._at - size : self._at]

    def _number(self, extra: int) -> int:
        if extra < 24:
            return extra
        if extra not in _SIZES:
            raise ValueError("reserved length")
        return int.from_bytes(self._take(_SIZES[extra]), "big")

    def _simple(self, extra: int) -> Any:
        if extra in _FLOATS:
            number: float = struct.unpack(_FLOATS[extra], self._take(_SIZES[extra]))[0]
            if not math.isfinite(number):
                raise ValueError("not a number of JSON")
            return number
        if extra == 31:
            return _BREAK
        if extra not in _SIMPLE:
            raise ValueError("unknown simple value")
        return _SIMPLE[extra]

    def _text(self, major: int, size: int | None, depth: int) -> bytes | str:
        if size is None:
            return self._chunks(major, depth)
        content = self._take(size)
        return content if major == 2 else content.decode()

    def _chunks(self, major: int, depth: int) -> bytes | str:
        kind = bytes if major == 2 else str
        chunks = []
        while (chunk := self.value(depth + 1)) is not _BREAK:
            if not isinstance(chunk, kind):
                raise ValueError("a chunk of another type")
            chunks.append(chunk)
        return kind().join(chunks)  # type: ignore[arg-type]

    def _item(self, depth: int) -> Any:
        value = self.value(depth + 1)
        if value is _BREAK:
            raise ValueError("ends too early")
        return value

    def _list(self, size: int | None, depth: int) -> list[Any]:
        if size is not None:
            if size > self.left:
                raise ValueError("cut off")
            return [self._item(depth) for _ in range(size)]
        items = []
        while (item := self.value(depth + 1)) is not _BREAK:
            items.append(item)
        return items

    def _map(self, size: int | None, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        if size is not None and size > self.left:
            raise ValueError("cut off")
        while size is None or size > 0:
            key = self.value(depth + 1)
            if key is _BREAK:
                if size is None:
                    return found
                raise ValueError("ends too early")
            if not isinstance(key, str | int | bytes):
                raise ValueError("a key that is neither text nor a number")
            found[key] = self._item(depth)
            size = None if size is None else size - 1
        return found
