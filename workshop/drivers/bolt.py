"""Reading a file of the database bbolt, in which Docker keeps its networks: all keys and values, and nothing written.

Docker holds the file's lock for as long as it runs. It never writes over what the newest commit refers to, so a copy
in which the commit's own page is whole can be read without the lock.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

MAGIC, VERSION = 0xED0CDAED, 2
_PAGE = struct.Struct("<QHHI")  # number, flags, count, overflow
_META = struct.Struct("<IIIIQQQQQQ")  # magic, version, page size, flags, root, sequence, free list, pages, commit, sum
_BRANCH, _LEAF, _META_FLAG = 0x01, 0x02, 0x04
_BRANCH_ITEM, _LEAF_ITEM = struct.Struct("<IIQ"), struct.Struct("<IIII")
_BUCKET = struct.Struct("<QQ")  # root page (0: within the value), sequence
_IS_BUCKET = 0x01


class NotBolt(Exception):
    """The file is no database of this kind, or is damaged."""


def read(path: Path) -> dict[bytes, bytes]:
    """All keys and values of the buckets of a file. Raises OSError, and NotBolt if it cannot be read."""
    for _ in range(3):
        data = path.read_bytes()
        try:
            found = parse(data)
        except NotBolt:
            found = None
        with path.open("rb") as file:  # pages may be used again two commits later
            if found is not None and file.read(len(data[: 2 * _page_size(data)])) == data[: 2 * _page_size(data)]:
                return found
    raise NotBolt(f"{path} cannot be read")


def parse(data: bytes) -> dict[bytes, bytes]:
    """All keys and values of the buckets of a database. Raises NotBolt."""
    try:
        size = _page_size(data)
        metas = [meta for start in (0, size) if (meta := _meta(data, start))]
        if not metas:
            raise NotBolt("it has no whole commit")
        root = max(metas, key=lambda meta: meta[8])[4]
        return dict(_walk(data, data, root * size, size, set()))
    except (struct.error, IndexError) as error:
        raise NotBolt(str(error)) from None


def _page_size(data: bytes) -> int:
    size = struct.unpack_from("<I", data, _PAGE.size + 8)[0] if len(data) >= 64 else 0
    return size if size in (4096, 8192, 16384, 32768, 65536) else 4096


def _meta(data: bytes, start: int) -> tuple[int, ...] | None:
    """The page that a commit ends with, if it was written whole."""
    if len(data) < start + _PAGE.size + _META.size or not _PAGE.unpack_from(data, start)[1] & _META_FLAG:
        return None
    found = _META.unpack_from(data, start + _PAGE.size)
    said = data[start + _PAGE.size : start + _PAGE.size + _META.size - 8]
    return found if found[:2] == (MAGIC, VERSION) and found[9] == _fnv(said) else None


def _fnv(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def _walk(whole: bytes, data: bytes, start: int, size: int, seen: set[int]) -> Iterator[tuple[bytes, bytes]]:
    """What a page and those below it hold. ``data`` is the file, or the value that holds a small bucket's only page."""
    if data is whole and start in seen:
        raise NotBolt("its pages go round in a circle")
    if data is whole:
        seen.add(start)
    _, flags, count, _ = _PAGE.unpack_from(data, start)
    first = start + _PAGE.size
    if flags & _BRANCH:
        for number in range(count):
            _, _, page = _BRANCH_ITEM.unpack_from(data, first + number * _BRANCH_ITEM.size)
            yield from _walk(whole, whole, page * size, size, seen)
    elif flags & _LEAF:
        for number in range(count):
            item = first + number * _LEAF_ITEM.size
            kind, where, key_size, value_size = _LEAF_ITEM.unpack_from(data, item)
            key_at, value_at = item + where, item + where + key_size
            if value_at + value_size > len(data):
                raise NotBolt("a value is cut off")
            value = data[value_at : value_at + value_size]
            if kind & _IS_BUCKET:
                root, _ = _BUCKET.unpack_from(value)
                inside = (value, _BUCKET.size) if root == 0 else (whole, root * size)
                yield from _walk(whole, *inside, size, seen)
            else:
                yield data[key_at:value_at], value
    else:
        raise NotBolt(f"a page is of no known kind ({flags})")
