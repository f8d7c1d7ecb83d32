"""Reading Docker's network database: a file as bbolt writes it, made here page by page, and what is damaged."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import pytest

from workshop.drivers import bolt, dockers_own
from workshop.drivers.bolt import NotBolt
from workshop.drivers.dockers_own import DockersOwn

SIZE = 4096
BRANCH, LEAF, META, BUCKET = 1, 2, 4, 1


def page(number: int, flags: int, items: list[tuple], body: bytes) -> bytes:
    return struct.pack("<QHHI", number, flags, len(items), 0) + b"".join(struct.pack(*item) for item in items) + body


def leaf(number: int, rows: list[tuple[int, bytes, bytes]]) -> bytes:
    """A leaf with ``(kind, key, value)`` in each row."""
    items, body = [], b""
    for place, (kind, key, value) in enumerate(rows):
        where = 16 * (len(rows) - place) + len(body)
        items.append(("<IIII", kind, where, len(key), len(value)))
        body += key + value
    return page(number, LEAF, items, body)


def branch(number: int, below: list[tuple[bytes, int]]) -> bytes:
    items, body = [], b""
    for place, (key, child) in enumerate(below):
        items.append(("<IIQ", 16 * (len(below) - place) + len(body), len(key), child))
        body += key
    return page(number, BRANCH, items, body)


def meta(number: int, root: int, commit: int, pages: int) -> bytes:
    said = struct.pack("<IIIIQQQQQ", bolt.MAGIC, bolt.VERSION, SIZE, 0, root, 0, 2, pages, commit)
    return page(number, META, [], said + struct.pack("<Q", bolt._fnv(said)))


def database(*pages: bytes, root: int = 3, commits: tuple[int, int] = (7, 8)) -> bytes:
    """A file: two pages of commits, the free list, and these."""
    free = page(2, 0x10, [], b"")
    metas = [meta(number, root, commit, 3 + len(pages)) for number, commit in enumerate(commits)]
    return b"".join(each.ljust(SIZE, b"\0") for each in (*metas, free, *pages))


WHOLE = database(
    leaf(3, [(BUCKET, b"libnetwork", struct.pack("<QQ", 4, 0))]),
    branch(4, [(b"a", 5), (b"m", 6)]),
    leaf(5, [(0, b"a", b"1"), (0, b"b", b"2" * 300)]),
    leaf(6, [(0, b"m", b"3")]),
)


def test_all_keys_of_a_bucket_of_several_pages_are_read():
    assert bolt.parse(WHOLE) == {b"a": b"1", b"b": b"2" * 300, b"m": b"3"}


def test_a_bucket_that_is_within_its_value_is_read():
    inside = struct.pack("<QQ", 0, 0) + leaf(0, [(0, b"k", b"v")])
    assert bolt.parse(database(leaf(3, [(BUCKET, b"libnetwork", inside)]))) == {b"k": b"v"}


def test_the_newest_commit_that_was_written_whole_counts():
    pages = [leaf(3, [(0, b"k", b"new")]), leaf(4, [(0, b"k", b"old")])]
    data = bytearray(database(*pages))
    data[: len(meta(0, 4, 6, 5))] = meta(0, 4, 6, 5)
    assert bolt.parse(bytes(data)) == {b"k": b"new"}
    data[SIZE + 40] ^= 1
    assert bolt.parse(bytes(data)) == {b"k": b"old"}


def circle() -> bytes:
    return database(branch(3, [(b"a", 3)]))


def cut() -> bytes:
    return WHOLE[: 5 * SIZE + 100]


@pytest.mark.parametrize(
    "data",
    [b"", b"no database", os.urandom(3 * SIZE), WHOLE[: 2 * SIZE], cut(), circle(), database(page(3, 0x40, [], b""))],
    ids=["empty", "text", "noise", "without its pages", "cut", "in a circle", "of an unknown kind"],
)
def test_what_is_no_database_or_damaged_is_told(data: bytes, tmp_path: Path):
    with pytest.raises(NotBolt):
        bolt.parse(data)
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(NotBolt):
        bolt.read(tmp_path / "file")


def test_networks_of_docker_s_own_are_found_among_all_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def row(name: str, kind: str, parent: str | None = "eth0", **more: object) -> tuple[int, bytes, bytes]:
        options = {"parent": parent} if parent else {}
        value = {"name": name, "networkType": kind, "generic": {"com.docker.network.generic": options}, **more}
        return 0, f"docker/network/v1.0/network/{name}/".encode(), b"\x01" + bytes(7) + json.dumps(value).encode()

    rows = [
        row("lan", "macvlan"),
        row("vlan", "ipvlan", "eth0.10"),
        row("alone", "macvlan", None),
        row("shop", "bridge"),
        row("template", "macvlan", configOnly=True),
        (0, b"docker/network/v1.0/network/broken/", b"\x01" + bytes(7) + b"{"),
        (0, b"docker/network/v1.0/network/odd/", b"\x01" + bytes(7) + b'{"networkType": "macvlan", "generic": []}'),
        (0, b"docker/network/v1.0/macvlan/network/lan/", b"\x01" + bytes(7) + b"{}"),
    ]
    (tmp_path / "kv").write_bytes(database(leaf(3, sorted(rows))))
    monkeypatch.setattr(dockers_own, "_databases", lambda namespace: [tmp_path / "missing", tmp_path / "kv"])
    found = dockers_own.networks(None)  # type: ignore[arg-type]
    assert found == [DockersOwn("macvlan", "eth0", "lan"), DockersOwn("ipvlan", "eth0.10", "vlan")]
