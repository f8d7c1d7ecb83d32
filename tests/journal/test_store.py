"""The journal: one stream, numbered without gaps, bounded, that survives a restart and can be followed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workshop.errors import WorkshopError
from workshop.journal import KINDS, Event, Journal, JournalReader


def test_eight_threads_get_numbers_without_gaps_in_the_order_of_the_stream(journal: Journal):
    given: list[list[Event]] = [[] for _ in range(8)]

    def write(mine: list[Event]) -> None:
        mine.extend(journal.append("notice", {"text": str(number)}) for number in range(200))

    threads = [threading.Thread(target=write, args=(mine,)) for mine in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(event.seq for mine in given for event in mine) == list(range(1, 1601))
    assert all(mine == sorted(mine, key=lambda event: event.seq) for mine in given)
    assert [event.seq for event in journal.since(0)] == list(range(1, 1601))


def test_calls_are_numbered_without_gaps_by_many_threads(journal: Journal):
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.extend(journal.next_call() for _ in range(100))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 801))


def test_only_so_many_events_are_kept_on_disk_and_the_newest_ones(tmp_path: Path):
    journal = Journal(tmp_path / "journal.db", keep=1_500, tail=10)
    for number in range(4_000):
        journal.append("notice", {"number": number})
    assert (journal.first, journal.last) == (2_501, 4_000)
    assert [event.data["number"] for event in journal.since(0)] == list(range(2_500, 4_000))
    journal.close()


def test_a_restart_goes_on_counting_events_and_calls(tmp_path: Path):
    first = Journal(tmp_path / "journal.db")
    first.append("call.started", {}, first.next_call())
    first.append("call.finished", {}, 1)
    first.close()
    second = Journal(tmp_path / "journal.db")
    assert (second.last, second.next_call(), second.append("notice", {}).seq) == (2, 2, 3)
    assert [event.kind for event in second.since(0)] == ["call.started", "call.finished", "notice"]
    second.close()


def test_a_killed_writer_loses_nothing_that_was_appended(tmp_path: Path):
    path = tmp_path / "journal.db"
    code = (
        "import os, sys; from pathlib import Path; from workshop.journal import Journal\n"
        "j = Journal(Path(sys.argv[1])); [j.append('notice', {'n': n}) for n in range(50)]\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], timeout=30)
    assert done.returncode == -9
    again = Journal(path)
    assert [event.data["n"] for event in again.since(0)] == list(range(50))
    again.close()


def test_a_follower_gets_every_event_once_and_in_order_while_others_write(journal: Journal):
    for number in range(100):
        journal.append("notice", {"number": number})
    seen: list[int] = []
    follower = journal.follow(lambda event: seen.append(event.seq), "test", since=40)
    writers = [threading.Thread(target=lambda: [journal.append("notice", {}) for _ in range(100)]) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    journal.close()
    follower.join(5)
    assert not follower.is_alive()
    assert seen == list(range(41, 501))


def test_a_follower_without_a_beginning_gets_only_what_is_to_come(journal: Journal):
    journal.append("notice", {"text": "old"})
    seen: list[str] = []
    follower = journal.follow(lambda event: seen.append(event.data["text"]), "test")
    journal.append("notice", {"text": "new"})
    journal.close()
    follower.join(5)
    assert seen == ["new"]


def test_waiting_ends_as_soon_as_there_is_an_event(journal: Journal):
    threading.Timer(0.05, journal.append, ("notice", {})).start()
    began = time.monotonic()
    assert journal.wait(0, timeout=10)
    assert time.monotonic() - began < 5
    assert not journal.wait(1, timeout=0.01)


def test_who_waits_for_one_kind_of_event_is_woken_by_that_alone(journal: Journal):
    threading.Timer(0.05, journal.append, ("verdict", {})).start()
    journal.append("notice", {})
    began = time.monotonic()
    assert not journal.wait(0, timeout=0.01, kind="verdict")
    assert journal.wait(0, timeout=10, kind="verdict")
    assert time.monotonic() - began < 5
    assert journal.since(0)[-1].kind == "verdict"
    assert not journal.wait(journal.last, timeout=0.01, kind="verdict")


def test_a_journal_that_is_opened_again_knows_the_kinds_of_what_it_has(tmp_path: Path):
    for kind in ("verdict", "notice"):
        journal = Journal(tmp_path / "journal.db")
        journal.append(kind, {})
        journal.close()
    journal = Journal(tmp_path / "journal.db")
    assert journal.wait(0, timeout=0.01, kind="verdict")
    assert not journal.wait(1, timeout=0.01, kind="verdict")
    journal.close()


def test_nobody_waits_for_what_a_closed_journal_will_not_tell(journal: Journal):
    threading.Timer(0.05, journal.close).start()
    began = time.monotonic()
    assert not journal.wait(0, timeout=10, kind="verdict")
    assert time.monotonic() - began < 5


def test_memory_and_disk_tell_the_same(tmp_path: Path):
    small = Journal(tmp_path / "journal.db", tail=5)
    odd = {
        "text": "ü\x00\x1b \ud800",
        "nan": float("nan"),
        "inf": float("-inf"),
        "path": Path("/x"),
        "deep": [{"a": None}],
    }
    for number in range(20):
        small.append("output", odd | {"number": number}, call=number)
    remembered = small.since(15)
    reader = JournalReader(tmp_path / "journal.db")
    assert remembered == reader.since(15) == small.since(0)[15:]
    assert small.since(17, 2) == reader.since(17, 2) == remembered[2:4]
    assert small.since(3, 2) == reader.since(3, 2)
    assert small.since(99) == reader.since(99) == []
    for event in remembered:
        json.loads(event.as_json().encode("utf-8"), parse_constant=pytest.fail)
    reader.close()
    small.close()


def test_an_event_keeps_what_was_true_when_it_was_written(journal: Journal):
    data = {"links": ["eth0"]}
    journal.append("notice", data)
    data["links"].append("eth1")
    assert journal.since(0)[0].data == {"links": ["eth0"]}


def test_a_reader_in_another_process_sees_what_is_written_while_it_looks(journal: Journal):
    journal.append("notice", {"text": "one"})
    code = (
        "import sys, time; from pathlib import Path; from workshop.journal import JournalReader\n"
        "reader, seen = JournalReader(Path(sys.argv[1])), 0\n"
        "while True:\n"
        "    for event in reader.since(seen):\n"
        "        seen = event.seq; print(event.data['text'], flush=True)\n"
        "    time.sleep(0.01)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(journal.path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "one\n"
        journal.append("notice", {"text": "two"})
        assert other.stdout.readline() == "two\n"
        other.terminate()


def test_a_reader_reads_what_a_process_that_ended_has_left(tmp_path: Path):
    path = tmp_path / "odd ?#%41 name.db"
    journal = Journal(path)
    journal.append("notice", {"text": "left"})
    journal.close()
    assert [event.data["text"] for event in JournalReader(path).since(0)] == ["left"]


def test_the_events_of_one_call_are_found_in_order(journal: Journal):
    for number in range(30):
        journal.append("kernel", {"number": number}, call=number % 3)
    assert [event.data["number"] for event in journal.of_call(1)] == list(range(1, 30, 3))


def test_an_unknown_kind_of_event_is_refused(journal: Journal):
    with pytest.raises(ValueError, match="no such kind"):
        journal.append("call.begun", {})
    assert all(journal.append(kind, {}).kind == kind for kind in KINDS)


def test_a_file_that_is_no_journal_is_said_to_be_none(tmp_path: Path):
    path = tmp_path / "journal.db"
    path.write_text("not a database, but long enough to be looked at as if it were one" * 20)
    with pytest.raises(WorkshopError, match="is not a journal"):
        Journal(path)
    with pytest.raises(WorkshopError, match="cannot be read as a journal"):
        JournalReader(path).since(0)


def test_a_journal_that_is_not_there_is_told_with_what_to_do(tmp_path: Path):
    with pytest.raises(WorkshopError, match="There is no journal .* Start"):
        JournalReader(tmp_path / "none.db")
