"""Exports: what they give can be used by the tools that they are made for."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.journal.story import NETWORK, Story
from workshop.journal import export
from workshop.journal.calls import Call, Calls, Names

HOSTILE = 'it\'s $(touch /tmp/no) `x` "q" \\ ; & | * [1-3] {a,b} ü \x1b[2J'


def one_call(story: Story, **about: Any) -> Call:
    (call,) = Calls([story.start(1, **about), story.finish(1, route=about.get("route", "NetworkDriver.Join"))])
    return call


def arguments_of(command: str, tmp_path: Path) -> tuple[list[str], bytes]:
    """What ``curl`` is called with, and what it reads, when ``sh`` itself runs the command."""
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\nprintf \'%s\\0\' "$@" > "$0.args"\ncat > "$0.input"\n')
    fake.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-c", command], env=env, stdin=subprocess.DEVNULL, check=True, timeout=20)
    words = Path(f"{fake}.args").read_bytes().decode().split("\0")[:-1]
    return words, Path(f"{fake}.input").read_bytes()


def test_curl_reads_as_one_would_type_it(story: Story):
    call = one_call(story, request={"NetworkID": "n1"})
    assert export.curl(call, "/run/docker/plugins/workshop.sock") == (
        "curl --unix-socket /run/docker/plugins/workshop.sock -X POST http://plugin/NetworkDriver.Join "
        """-d '{"NetworkID":"n1"}'"""
    )


def test_curl_of_a_call_without_a_body_sends_none(story: Story):
    call = one_call(story, route="Plugin.Activate", request=None, network=None, endpoint=None)
    assert export.curl(call, "/s") == "curl --unix-socket /s -X POST http://plugin/Plugin.Activate"


@pytest.mark.parametrize(
    ("plugin", "begins"),
    [
        ("/a b/w.sock", "curl --unix-socket '/a b/w.sock' -X POST http://plugin/"),
        ("unix:///w.sock", "curl --unix-socket /w.sock -X POST http://plugin/"),
        ("tcp://127.0.0.1:9000", "curl -X POST http://127.0.0.1:9000/"),
        ("http://127.0.0.1:9000/", "curl -X POST http://127.0.0.1:9000/"),
        (None, "curl --unix-socket /run/docker/plugins/workshop.sock -X POST http://plugin/"),
    ],
)
def test_curl_goes_where_the_plugin_listens(story: Story, plugin: str | None, begins: str):
    assert export.curl(one_call(story), plugin).startswith(begins)


def test_curl_is_quoted_for_sh_whatever_docker_sent(story: Story, tmp_path: Path):
    request = {"NetworkID": HOSTILE, HOSTILE: [HOSTILE]}
    command = export.curl(one_call(story, request=request), f"{tmp_path}/{HOSTILE}")
    words, _ = arguments_of(command, tmp_path)
    assert json.loads(words[words.index("-d") + 1]) == request
    assert words[words.index("--unix-socket") + 1] == f"{tmp_path}/{HOSTILE}"


@pytest.mark.parametrize("raw", ["{", "@/etc/passwd", "two\nlines", "nul \0 and \x1b[2J %s \\n", HOSTILE, "-d x"])
def test_curl_sends_a_body_that_was_no_json_as_it_was(story: Story, tmp_path: Path, raw: str):
    command = export.curl(one_call(story, request=None, raw=raw), "/s")
    words, given = arguments_of(command, tmp_path)
    if "--data-binary" in words:
        assert words[words.index("--data-binary") + 1] == "@-"
        assert given == raw.encode()
    else:
        assert "--data-raw" in words or not raw.startswith("@")
        assert words[-1] == raw
    assert "\x1b" not in command and "\0" not in command


def test_curl_of_an_odd_path_is_one_url(story: Story, tmp_path: Path):
    words, _ = arguments_of(export.curl(one_call(story, route="/a b/$(x)?q#[1-3]\x1b"), "/s"), tmp_path)
    assert words[words.index("POST") + 1] == "http://plugin/a%20b/$(x)%3Fq%23%5B1-3%5D%1B"


def test_a_call_repeated_by_curl_arrives_as_docker_sent_it(story: Story):
    seen: list[tuple[str, str, Any]] = []

    class Plugin(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.command, self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    request = {"NetworkID": NETWORK, "Options": {"x": HOSTILE}}
    with HTTPServer(("127.0.0.1", 0), Plugin) as server:
        server.timeout = 20
        command = export.curl(one_call(story, request=request), f"tcp://127.0.0.1:{server.server_port}")
        with subprocess.Popen(["/bin/sh", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as curl:
            server.handle_request()
            curl.wait(20)
    assert seen == [("POST", "/NetworkDriver.Join", request)]


HAR: dict[str, Any] = {
    "log": {"version": str, "creator": {"name": str, "version": str}, "entries": list},
    "entry": {
        "startedDateTime": str,
        "time": (int, float),
        "request": {
            "method": str,
            "url": str,
            "httpVersion": str,
            "cookies": list,
            "headers": list,
            "queryString": list,
            "headersSize": int,
            "bodySize": int,
        },
        "response": {
            "status": int,
            "statusText": str,
            "httpVersion": str,
            "cookies": list,
            "headers": list,
            "content": {"size": int, "mimeType": str},
            "redirectURL": str,
            "headersSize": int,
            "bodySize": int,
        },
        "cache": {},
        "timings": {"send": (int, float), "wait": (int, float), "receive": (int, float)},
    },
}
"""What HAR 1.2 asks for: every field that is not optional there, with its type."""

OPTIONAL = {
    "log": {"browser", "pages", "comment"},
    "entry": {"pageref", "serverIPAddress", "connection", "comment"},
    "request": {"postData", "comment"},
    "response": {"comment"},
    "content": {"compression", "text", "encoding", "comment"},
    "timings": {"blocked", "dns", "connect", "ssl", "comment"},
}


def fits(value: dict[str, Any], shape: dict[str, Any], name: str) -> None:
    for key, kind in shape.items():
        assert key in value, f"{name}.{key} is missing"
        if isinstance(kind, dict):
            fits(value[key], kind, key)
        else:
            assert isinstance(value[key], kind) and not isinstance(value[key], bool), f"{name}.{key}"
    own = {key for key in value if not key.startswith("_")}
    assert own <= set(shape) | OPTIONAL.get(name, set()), f"{name} has fields that HAR does not know"


def test_har_has_the_structure_of_har_1_2(story: Story):
    calls = Calls(
        [
            story.start(1, request={"NetworkID": "ü"}),
            story.command(1, "ip link add wsb1"),
            story.finish(1, answer={"Gateway": "10.9.0.1"}, duration_ms=2.0, waited_ms=1.0),
            story.start(2, route="Plugin.Activate", request=None),
            story.finish(2, route="Plugin.Activate", status=404, answer={"Err": "no"}, error="no"),
            story.start(3, request=None, raw="no json \x00"),
            story.finish(4, status=299),
        ]
    )
    log = json.loads(export.har(calls))["log"]
    fits(log, HAR["log"], "log")
    assert log["version"] == "1.2" and len(log["entries"]) == 4
    for entry in log["entries"]:
        fits(entry, HAR["entry"], "entry")
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert entry["time"] == sum(spent for spent in entry["timings"].values() if spent != -1)
        for header in entry["request"]["headers"] + entry["response"]["headers"]:
            assert set(header) == {"name", "value"}
        post = entry["request"].get("postData")
        assert (post is None) == (entry["request"]["bodySize"] == 0)
        if post is not None:
            assert set(post) == {"mimeType", "params", "text"}
            assert entry["request"]["bodySize"] == len(post["text"].encode())
    first, second, third, _ = log["entries"]
    assert json.loads(first["request"]["postData"]["text"]) == {"NetworkID": "ü"}
    assert json.loads(first["response"]["content"]["text"]) == {"Gateway": "10.9.0.1"}
    assert (first["time"], first["_kernel"]) == (3.0, ["ip link add wsb1"])
    assert (second["response"]["status"], second["response"]["statusText"]) == (404, "Not Found")
    assert third["response"]["status"] == 0 and third["comment"] == "call 3, running"


def test_json_lines_have_each_call_in_full(story: Story):
    calls = Calls([story.start(1), story.finish(1), story.start(2, raw=HOSTILE)])
    text = export.json_lines(calls)
    assert text.isascii()
    assert [json.loads(line) for line in text.splitlines()] == [call.as_dict() for call in calls]


def test_text_shows_the_blocks_of_the_log(story: Story):
    names = Names()
    names.take(story.name())
    text = export.text(Calls([story.start(1), story.finish(1, error="no")]), names)
    assert "#1 NetworkDriver.Join  network shop  container web  host left  FAILED" in text
    assert "ERROR    no" in text and "\x1b" not in text


def test_the_script_runs_what_worked_and_comments_on_the_rest(story: Story, tmp_path: Path):
    mark = tmp_path / "mark"
    calls = Calls(
        [
            story.start(1, host="le\nft"),
            story.command(1, f"touch {mark}", host="le\nft"),
            story.command(1, "false", error="refused\nby the kernel"),
            story.command(1, f"true\ntouch {mark}.injected"),
            story.start(2),
        ]
    )
    text = export.script(calls)
    assert subprocess.run(["/bin/sh", "-c", text], timeout=20).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mark"]
    assert "# failed (refused\\nby the kernel): false\n" in text
    assert "# on host left\n" in text and "call 2" not in text
