"""Readers and writers of the data types of MQTT packets (MQTT 5 section 1.5)."""

from __future__ import annotations

import struct

from .reason_codes import ProtocolError, Reason

MAXIMUM_VARIABLE_INTEGER = 268_435_455
MAXIMUM_LENGTH = 65_535

_SHORT = struct.Struct(">H")
_LONG = struct.Struct(">I")


def malformed(message: str) -> ProtocolError:
    """Make the error for bytes that form no packet."""
    return ProtocolError(Reason.MALFORMED_PACKET, message)


class Reader:
    """Fields of one packet's bytes, from the front.

    A field that is cut off is malformed.
    """

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._end = len(data)

    def __bool__(self) -> bool:
        """Return whether bytes are left."""
        return self._position < self._end

    def _advance(self, size: int) -> int:
        start = self._position
        if self._end - start < size:
            raise malformed(f"packet ends {size - (self._end - start)} bytes short")
        self._position = start + size
        return start

    def byte(self) -> int:
        """Read a byte."""
        return self._data[self._advance(1)]

    def short(self) -> int:
        """Read a two byte integer."""
        value: int = _SHORT.unpack_from(self._data, self._advance(2))[0]
        return value

    def long(self) -> int:
        """Read a four byte integer."""
        value: int = _LONG.unpack_from(self._data, self._advance(4))[0]
        return value

    def variable(self) -> int:
        """Read a variable byte integer, which must use as few bytes as it can (MQTT-1.5.5-1)."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 21:
                raise malformed("variable byte integer longer than four bytes")
        if shift and byte == 0:
            raise malformed("variable byte integer longer than it needs to be")
        return value

    def take(self, size: int) -> bytes:
        """Read ``size`` bytes."""
        start = self._advance(size)
        return self._data[start : start + size]

    def rest(self) -> bytes:
        """Read all that is left."""
        return self.take(self._end - self._position)

    def binary(self) -> bytes:
        """Read binary data behind its two-byte length."""
        # As `take` of `short` would, which takes twice as long; each message has at least one.
        data, start = self._data, self._advance(2)
        size = data[start] << 8 | data[start + 1]
        start = self._advance(size)
        return data[start : start + size]

    def string(self) -> str:
        """Read a UTF-8 string behind its two-byte length."""
        data = self.binary()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise malformed(f"string is not UTF-8: {error.reason}") from None
        if "\0" in text:
            raise malformed("string holds U+0000")
        return text


def write_short(value: int) -> bytes:
    """Write a two byte integer."""
    return _SHORT.pack(value)


def write_long(value: int) -> bytes:
    """Write a four byte integer."""
    return _LONG.pack(value)


def write_variable(value: int) -> bytes:
    """Write the shortest variable byte integer for ``value``.

    Raises ValueError outside 0 to 268,435,455.
    """
    if not 0 <= value <= MAXIMUM_VARIABLE_INTEGER:
        raise ValueError(f"{value} does not fit a variable byte integer")
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_binary(data: bytes) -> bytes:
    """Write data behind its two-byte length. Raises ValueError above 65,535 bytes."""
    if len(data) > MAXIMUM_LENGTH:
        raise ValueError(f"{len(data)} bytes do not fit a field of at most {MAXIMUM_LENGTH}")
    return _SHORT.pack(len(data)) + data


def write_string(text: str) -> bytes:
    """Write a UTF-8 string behind its length. Raises ValueError above 65,535 bytes."""
    return write_binary(text.encode("utf-8"))
