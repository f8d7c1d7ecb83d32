"""A call as a command that makes it again."""

from __future__ import annotations

import json
import shlex
from urllib.parse import quote

from workshop.journal.calls import Call
from workshop.journal.text import harmless

DEFAULT_SOCKET = "/run/docker/plugins/workshop.sock"
_IN_PATH = "/!$&'()*+,;=:@%.-_~"


def curl(call: Call, plugin: str | None = None) -> str:
    """The ``curl`` command that repeats a call, quoted for ``sh``, on one line unless its body has several.

    ``plugin`` is where the plugin listens: the path of its socket, ``unix://…``, ``tcp://HOST:PORT`` or ``http://…``.
    """
    base, words = _target(plugin or DEFAULT_SOCKET)
    url = f"{base}/{quote(call.route.lstrip('/'), safe=_IN_PATH)}"
    command = ["curl", *words, "-X", "POST", url]
    body = body_of(call)
    if body is None:
        return shlex.join(command)
    line = body.replace("\n", "")
    if harmless(line) != line:  # what would steer the terminal, or (as NUL) can be no argument
        octal = "".join(f"\\{byte:03o}" for byte in body.encode("utf-8", "replace"))
        return f"printf {shlex.quote(octal)} | {shlex.join([*command, '--data-binary', '@-'])}"
    return shlex.join([*command, "--data-raw" if body.startswith("@") else "-d", body])


def body_of(call: Call) -> str | None:
    """The body that Docker sent, as text (JSON is written anew, in ASCII), or ``None`` if it was empty."""
    if call.request is not None:
        return json.dumps(call.request, separators=(",", ":"))
    return call.raw or None


def url_of(call: Call) -> str:
    """The call's URL as Docker would write it."""
    return f"http://plugin/{quote(call.route.lstrip('/'), safe=_IN_PATH)}"


def _target(plugin: str) -> tuple[str, list[str]]:
    scheme, found, rest = plugin.partition("://")
    if not found or scheme == "unix":
        return "http://plugin", ["--unix-socket", rest if found else plugin]
    return f"http://{rest}".rstrip("/") if scheme == "tcp" else plugin.rstrip("/"), []
