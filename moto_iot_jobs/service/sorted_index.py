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

    Adding, removing and paging cost the same at any size.

    Args:
        key: the function that gives an item's key. An item's key must not change while it is in
            here.
    """

    __slots__ = ("_blocks", "_key", "_size")

    def __init__(self, key: Callable[[Item], Key]) -> None:
        self._key = key
        self._blocks: list[list[Item]] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def greatest(self) -> Key:
        """The greatest key. Raises IndexError when there is none."""
        return self._key(self._blocks[-1][-1])

    def add(self, item: Item) -> None:
        """Put an item where its key says."""
        self._size += 1
        if not self._blocks:
            self._blocks.append([item])
            return
        at = len(self._blocks) - 1
        block = self._blocks[at]
        key = self._key(item)
        if self._key(block[-1]) < key:
            block.append(item)
        else:
            at = self._block_of(key)
            block = self._blocks[at]
            insort(block, item, key=self._key)
        if len(block) > _LONGEST_BLOCK:
            # Nearly all additions are at the end: a full last block stays full and a new one
            # begins.
            cut = _LONGEST_BLOCK if at == len(self._blocks) - 1 else _LONGEST_BLOCK // 2
            self._blocks.insert(at + 1, block[cut:])
            del block[cut:]

    def remove(self, item: Item) -> None:
        """Take an item out. It must be in here."""
        key = self._key(item)
        at = self._block_of(key)
        block = self._blocks[at]
        del block[bisect_left(block, key, key=self._key)]
        self._size -= 1
        if not block:
            del self._blocks[at]

    def descending(self, below: Key | None = None) -> Iterator[Item]:
        """Yield the items from the greatest key down, or from below a key."""
        last = len(self._blocks) - 1
        if last < 0:
            return
        start = last if below is None else self._block_of(below)
        first_block = self._blocks[start]
        end = len(first_block) if below is None else bisect_left(first_block, below, key=self._key)
        yield from reversed(first_block[:end])
        for at in range(start - 1, -1, -1):
            yield from reversed(self._blocks[at])

    def ascending(self, above: Key | None = None) -> Iterator[Item]:
        """Yield the items from the least key up, or from above a key."""
        if not self._blocks:
            return
        start = 0 if above is None else self._block_of(above)
        first_block = self._blocks[start]
        begin = 0 if above is None else bisect_right(first_block, above, key=self._key)
        yield from first_block[begin:]
        for block in self._blocks[start + 1 :]:
            yield from block

    def _block_of(self, key: Key) -> int:
        if len(self._blocks) == 1:
            return 0
        return max(bisect_right(self._blocks, key, key=lambda block: self._key(block[0])) - 1, 0)


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
