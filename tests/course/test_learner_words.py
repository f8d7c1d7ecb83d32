"""The parts of a learner's process that need no process: answers, output, messages, sentences, read-only values."""

from __future__ import annotations

import copy
import json
import signal
import socket
from pathlib import Path

import pytest

from workshop.course.host import frozen
from workshop.course.learner import frames
from workshop.course.learner.answers import Unfit, as_json
from workshop.course.learner.faults import BROKEN, UNHEARD, End, Fault, read_end
from workshop.course.learner.output import LINES, PER_CALL, PER_LOAD, Output
from workshop.course.learner.places import Own, worded
from workshop.course.learner.programs import command_line, how_it_ended, tool_of

pytestmark = pytest.mark.fast


class TestOutput:
    """Bytes become lines, within bounds, and nothing is lost without a word."""

    def setup_method(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.output = Output(lambda stream, line: self.told.append((stream, line)))

    def lines(self) -> list[str]:
        return [line for _, line in self.told]

    def test_a_line_is_told_once_it_has_ended(self):
        self.output.feed("stdout", b"one\ntw")
        assert self.told == [("stdout", "one")]
        self.output.feed("stdout", b"o\r\n\n")
        assert self.lines() == ["one", "two", ""]

    def test_what_has_no_end_is_told_when_the_call_ends(self):
        self.output.feed("stderr", b"no end")
        assert self.told == []
        self.output.turn()
        assert self.told == [("stderr", "no end")]

    def test_streams_do_not_mix(self):
        for stream, data in (("stdout", b"a"), ("stderr", b"x\n"), ("stdout", b"b\n")):
            self.output.feed(stream, data)
        assert self.told == [("stderr", "x"), ("stdout", "ab")]

    def test_a_character_in_two_pieces_is_whole_and_nonsense_is_readable(self):
        for data in ("ä\n".encode()[:1], "ä\n".encode()[1:], b"\xff\n"):
            self.output.feed("stdout", data)
        assert self.lines() == ["ä", "\N{REPLACEMENT CHARACTER}"]

    def test_too_many_bytes_are_cut_and_counted(self):
        for _ in range(10):
            self.output.feed("stdout", b"x" * (PER_CALL // 4))
        self.output.turn()
        assert self.lines() == ["x" * PER_CALL, f"… {PER_CALL // 4 * 6:,} more bytes were cut"]

    def test_too_many_lines_are_cut_and_counted(self):
        self.output.feed("stdout", b"x\n" * (LINES + 5))
        self.output.feed("stdout", b"y\n" * 5)
        self.output.turn()
        assert self.lines() == [*LINES * ["x"], "… 20 more bytes were cut"]

    def test_the_next_call_has_room_again_until_the_load_has_none(self):
        for _ in range(PER_LOAD // PER_CALL):
            self.output.feed("stdout", b"x" * PER_CALL)
            self.output.turn()
        assert self.lines() == [*PER_LOAD // PER_CALL * ["x" * PER_CALL]]
        self.output.feed("stdout", b"more\n")
        self.output.turn()
        assert self.lines()[-1] == "… 5 more bytes were cut"


class TestAnswers:
    """What a handler gives back is JSON, or a sentence says what is not."""

    @pytest.mark.parametrize(
        "given",
        [{}, {"Interface": {"MacAddress": "02:42"}}, {"Value": {"a": [1, 2.5, None, True], "b": ("c",)}}, {"é": 1}],
    )
    def test_what_is_json_passes(self, given: dict):
        assert json.loads(as_json(given)) == json.loads(json.dumps(given))

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            (None, "it answered nothing (None); end it with `return {…}`, `return {}` at least"),
            ([], "it answered a list; answer a dict, which becomes a JSON object"),
            (7, "it answered an int; answer a dict, which becomes a JSON object"),
            ({"a": {1}}, "its answer cannot be written as JSON: a is a set; make it a list with sorted()"),
            ({"a": [{"b": b""}]}, "its answer cannot be written as JSON: a[0].b is a bytes; decode() it"),
            ({"a": 1e999}, "its answer cannot be written as JSON: a is inf, which JSON has no number for"),
            ({("a",): 1}, "its answer cannot be written as JSON: the key ('a',) of it is a tuple; keys are strings"),
            ((x for x in ()), "it answered a generator that nobody has run; answer a dict"),
        ],
    )
    def test_what_is_not_is_named(self, given: object, text: str):
        with pytest.raises(Unfit) as raised:
            as_json(given)
        assert str(raised.value) == text

    def test_one_megabyte_is_the_most(self):
        as_json({"Value": "x" * 1_000_000})
        with pytest.raises(Unfit, match=r"^its answer has 1\.1 MB"):
            as_json({"Value": "x" * 1_150_000})

    def test_the_same_object_twice_is_no_circle(self):
        part = {"a": 1}
        assert as_json({"b": part, "c": [part, part]})


class TestMessages:
    """Messages survive being cut into any pieces, and what is none is noticed."""

    def test_pieces_of_any_size_become_the_same_messages(self):
        messages = [{"a": "é" * 300}, {}, {"b": [1, 2]}]
        data = b"".join(map(frames.packed, messages))
        for size in (1, 3, 7, 1000):
            unpacker = frames.Unpacker()
            pieces = [data[start : start + size] for start in range(0, len(data), size)]
            assert [message for piece in pieces for message in unpacker.take(piece)] == messages

    @pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\3{x}", b"hello world"])
    def test_what_is_no_message_is_refused(self, data: bytes):
        with pytest.raises(frames.Broken):
            frames.Unpacker().take(data)

    def test_reading_waits_for_the_whole_and_tells_the_end(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(frames.packed({"a": 1}))
            assert frames.read(theirs) == {"a": 1}
            ours.sendall(frames.packed({"a": 1})[:-1])
            ours.close()
            assert frames.read(theirs) is None


class TestHowAProcessEnded:
    """Each way to die has its sentence, and its place."""

    TRACE = (
        "Current thread 0x1 (most recent call first):\n"
        '  File "/usr/lib/python3.11/json/decoder.py", line 353 in raw_decode\n'
        '  File "/w/.venv/lib/site-packages/x.py", line 3 in x\n'
        '  File "/w/handler.py", line 12 in join\n'
        '  File "/w/handler.py", line 20 in main\n'
    )

    def test_the_innermost_place_of_the_learners_is_told(self):
        assert read_end(End("time", trace=self.TRACE), 5.0, "/w") == (
            "time",
            "it did not answer within 5 s, and was stopped",
            ("/w/handler.py", 12),
        )

    @pytest.mark.parametrize(
        ("end", "kind", "text"),
        [
            (
                End(code=-signal.SIGKILL),
                "died",
                "its process was killed by the machine, which may have run out of memory",
            ),
            (End(code=-signal.SIGSYS), "died", "its process died of SIGSYS"),
            (End(code=-50), "died", "its process died of signal 50"),
            (End(code=4), "died", "its process ended by itself with status 4"),
            (End(), "died", "its process died"),
            (
                End(code=BROKEN),
                "died",
                "its process could not go on: what Python needs itself was changed or taken away",
            ),
            (End(code=UNHEARD), "descriptors", "it closed files that are not its own; close only what you opened"),
            (End("anew"), "died", "it was stopped, since the file is loaded anew or the lab ends"),
        ],
    )
    def test_sentences(self, end: End, kind: str, text: str):
        assert read_end(end, 5.0, "/w") == (kind, text, None)

    def test_docker_is_told_route_text_file_and_line(self):
        assert Fault("join", "time", "it slept", "/w/handler.py", 3).told == "join: it slept (handler.py, line 3)"
        assert Fault("join", "time", "it slept", "/w/handler.py").told == "join: it slept (handler.py)"


class TestReadOnly:
    """What the plugin remembers cannot be changed, however deep, and copies can."""

    VALUE = {"n1": {"IPv4Data": [{"Pool": "10.9.0.0/24"}], "Options": {}}}

    @pytest.mark.parametrize(
        "change",
        [
            lambda v: v.update(a=1),
            lambda v: v.__setitem__("a", 1),
            lambda v: v.__delitem__("n1"),
            lambda v: v["n1"].pop("Options"),
            lambda v: v["n1"].setdefault("x", 1),
            lambda v: v["n1"]["IPv4Data"].append(1),
            lambda v: v["n1"]["IPv4Data"].sort(),
            lambda v: v["n1"]["IPv4Data"].__setitem__(0, 1),
            lambda v: v["n1"]["IPv4Data"][0].clear(),
            lambda v: v["n1"].__ior__({}),
            lambda v: v["n1"]["IPv4Data"].__iadd__([1]),
        ],
    )
    def test_changes_are_refused_with_a_sentence(self, change):
        value = frozen(self.VALUE)
        with pytest.raises(TypeError, match="^host.networks and host.endpoints cannot be changed: "):
            change(value)
        assert value == self.VALUE

    def test_copies_can_be_changed(self):
        value = frozen(self.VALUE)
        assert json.loads(json.dumps(value)) == self.VALUE
        deep = copy.deepcopy(value)
        deep["n1"]["IPv4Data"].append({})
        shallow = copy.copy(value)
        shallow["n2"] = {}
        merged = {**value["n1"], "new": 1} | {"newer": 2}
        assert (len(deep["n1"]["IPv4Data"]), sorted(shallow), len(merged)) == (2, ["n1", "n2"], 4)
        assert value == self.VALUE


def test_files_of_the_learners_are_those_in_the_folder_of_the_handler(tmp_path: Path):
    own = Own(tmp_path / "handler.py")
    assert own.has(str(tmp_path / "handler.py"))
    assert own.has(str(tmp_path / "beside.py"))
    assert not own.has(str(tmp_path.parent / "other.py"))
    assert not own.has(json.__file__)
    import workshop.errors

    assert not Own(Path(workshop.__file__).parents[1] / "handler.py").has(workshop.errors.__file__)


@pytest.mark.parametrize(
    ("words", "line", "tool"),
    [
        (["ip", "link", "set", "a b", "up"], "ip link set 'a b' up", "ip"),
        ("ip link | grep cafe", "ip link | grep cafe", "ip"),
        ([b"/usr/sbin/nft", Path("rules")], "/usr/sbin/nft rules", "nft"),
        ("", "", "?"),
    ],
)
def test_programs_are_shown_as_one_types_them(words: object, line: str, tool: str):
    assert command_line(words) == line
    assert tool_of(line) == tool


def test_how_programs_ended_is_said():
    assert [how_it_ended(code) for code in (0, 2, -9)] == [None, "ended with status 2", "ended by signal 9"]


def test_an_exceptions_text_is_one_line_of_bounded_length():
    assert worded(ValueError("a\n  b")) == "ValueError: a b"
    assert worded(KeyError()) == "KeyError"
    assert len(worded(ValueError("x" * 10_000))) < 600
