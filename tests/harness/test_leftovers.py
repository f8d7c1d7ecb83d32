"""The check for leftovers sees what it is there for."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.leftovers import MACHINE, PROCESSES, Leftovers, differences, ours, store_rows
from tests.support.shell import inside
from workshop.kernel.namespaces import Namespace


def test_what_is_more_and_what_is_less_is_told_line_by_line():
    assert differences({"links": ["a", "b"]}, {"links": ["b", "c"]}) == ["links: - a", "links: + c"]
    assert differences({"links": ["a", "a"]}, {"links": ["a"]}) == ["links: - a"]
    assert differences({"links": ["a", "b"]}, {"links": ["b", "a"]}) == []


def test_only_what_carries_our_names_counts_on_the_machine_itself():
    seen = {
        "links": ["eth0: mtu 1500", "wsb0123456789: mtu 1500"],
        "nft": ["table inet workshop {"],
        "routes": [],
    }
    assert ours(seen) == {"links": ["wsb0123456789: mtu 1500"], "nft": ["table inet workshop {"]}


def test_rows_are_read_from_a_store_that_is_open_and_locked(tmp_path: Path):
    database = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    database.execute("pragma locking_mode = exclusive")
    database.execute("pragma journal_mode = wal")
    database.execute("create table networks (id text primary key, data text)")
    database.execute("insert into networks values ('abc', '{}')")
    assert store_rows(tmp_path) == ["networks abc"]
    database.close()


@pytest.mark.parametrize(("alone", "told"), [(True, [f"{MACHINE}: links: - old"]), (False, [])])
def test_what_goes_on_the_machine_may_be_another_tests_where_several_are_at_work(alone: bool, told: list[str]):
    watcher, there = Leftovers(alone), {"links": ["old"]}
    watcher.watch(MACHINE, lambda: {what: list(lines) for what, lines in there.items()})
    there["links"] = []
    assert watcher.left(seconds=0) == told
    there["links"] = ["new"]
    assert f"{MACHINE}: links: + new" in watcher.left(seconds=0)


def test_a_process_that_has_ended_is_not_left_behind():
    watcher, running = Leftovers(), ["docker's helper"]
    watcher.watch(PROCESSES, lambda: {"running": list(running)})
    running.clear()
    assert watcher.left(seconds=0) == []
    running.append("sleep 60")
    assert watcher.left(seconds=0) == [f"{PROCESSES}: running: + sleep 60"]


CHANGES = {
    "a link": [["ip", "link", "add", "wsb0123456789", "type", "bridge"]],
    "an address": [["ip", "addr", "add", "10.98.0.1/24", "dev", "lo"]],
    "a route": [["ip", "link", "set", "lo", "up"], ["ip", "route", "add", "10.97.0.0/24", "dev", "lo"]],
    "a table of rules": [["nft", "add", "table", "inet", "workshop"]],
    "a rule of iptables": [["iptables", "-A", "FORWARD", "-j", "ACCEPT"]],
    "a rule of the legacy iptables": [["iptables-legacy", "-A", "FORWARD", "-j", "ACCEPT"]],
}


@pytest.mark.kernel
@pytest.mark.parametrize("what", CHANGES)
def test_it_sees_in_a_namespace(what: str):
    namespace = Namespace.create()
    try:
        watcher = Leftovers()
        watcher.watch_namespace("it", namespace)
        assert watcher.left(seconds=0) == []
        for command in CHANGES[what]:
            inside(namespace, *command)
        assert watcher.left(seconds=0) != []
    finally:
        namespace.close()
