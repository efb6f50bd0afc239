"""Items kept in the order of their lists, so that a page is a slice and never a search.

`SortedIndex` is for what a job or an account has (up to millions): a list of short sorted blocks.
What one thing has (a handful) stands in plain sorted lists (`execution.Listing`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Key = Any

_LONGEST_BLOCK = 512


class SortedIndex(Generic[Item]):
    """Items in ascending order of a key that no two of them share.

    Adding, removing and paging cost the same at any size. Keys stand in lists of their own: a
    search through a million items would wait for the memory of each that it looks at.

    Args:
        key: the function that gives an item's key. An item's key must not change while it is in
            here.
    """

    __slots__ = ("_blocks", "_key", "_keys", "_least", "_size")

    def __init__(self, key: Callable[[Item], Key]) -> None:
        self._key = key
        self._blocks: list[list[Item]] = []
        # Those of the items of each block.
        self._keys: list[list[Key]] = []
        # Of each block but the first, a key that is not greater than those in it, and greater than
        # those before it.
        self._least: list[Key] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def greatest(self) -> Key:
        """The greatest key. Raises IndexError when there is none."""
        return self._keys[-1][-1]

    def add(self, item: Item) -> None:
        """Put an item where its key says."""
        self._size += 1
        key = self._key(item)
        if not self._blocks:
            self._blocks.append([item])
            self._keys.append([key])
            return
        at = len(self._blocks) - 1
        keys = self._keys[at]
        if keys[-1] < key:
            keys.append(key)
            self._blocks[at].append(item)
        else:
            at = bisect_right(self._least, key)
            keys = self._keys[at]
            place = bisect_left(keys, key)
            keys.insert(place, key)
            self._blocks[at].insert(place, item)
        if len(keys) > _LONGEST_BLOCK:
            self._split(at)

    def _split(self, at: int) -> None:
        # Nearly all additions are at the end: a full last block stays full and a new one begins.
        cut = _LONGEST_BLOCK if at == len(self._blocks) - 1 else _LONGEST_BLOCK // 2
        block, keys = self._blocks[at], self._keys[at]
        self._blocks.insert(at + 1, block[cut:])
        self._keys.insert(at + 1, keys[cut:])
        self._least.insert(at, keys[cut])
        del block[cut:], keys[cut:]

    def remove(self, item: Item) -> None:
        """Take an item out. It must be in here."""
        key = self._key(item)
        at = bisect_right(self._least, key)
        block, keys = self._blocks[at], self._keys[at]
        place = bisect_left(keys, key)
        del block[place], keys[place]
        self._size -= 1
        if not keys:
            del self._blocks[at], self._keys[at]
            if self._least:
                # After the first block, the second one is the first and needs none.
                del self._least[max(at - 1, 0)]

    def descending(self, below: Key | None = None) -> Iterator[Item]:
        """Yield the items from the greatest key down, or from below a key."""
        if not self._blocks:
            return
        start, end = len(self._blocks) - 1, None
        if below is not None:
            start = bisect_right(self._least, below)
            end = bisect_left(self._keys[start], below)
        yield from reversed(self._blocks[start][:end])
        for at in range(start - 1, -1, -1):
            yield from reversed(self._blocks[at])

    def ascending(self, above: Key | None = None) -> Iterator[Item]:
        """Yield the items from the least key up, or from above a key."""
        if not self._blocks:
            return
        start, begin = 0, 0
        if above is not None:
            start = bisect_right(self._least, above)
            begin = bisect_right(self._keys[start], above)
        yield from self._blocks[start][begin:]
        for block in self._blocks[start + 1 :]:
            yield from block


def merged(sorted_items: Sequence[Iterator[Item]], key: Callable[[Item], Key]) -> Iterator[Item]:
    """Yield the items of several descending iterators in one descending order.

    No more of them is taken than is needed.
    """
    if len(sorted_items) == 1:
        return sorted_items[0]
    return merge(*sorted_items, key=key, reverse=True)


def page(items: Iterator[Item], size: int) -> tuple[list[Item], bool]:
    """Return the next items, at most `size` of them, and whether more follow."""
    taken = list(islice(items, size + 1))
    return taken[:size], len(taken) > size


def insert_sorted(items: Sequence[Item], item: Item, key: Callable[[Item], Key]) -> list[Item]:
    """Return a sorted list with an item put in.

    It is the same list, or a new one where `items` is the empty tuple.

    An empty tuple stands for an empty list, because most things have no execution in most statuses.
    """
    if not isinstance(items, list):
        return [item]
    insort(items, item, key=key)
    return items


def remove_sorted(items: list[Item], item: Item, key: Callable[[Item], Key]) -> None:
    """Take an item out of a sorted list by its key."""
    del items[bisect_left(items, key(item), key=key)]
