"""One call to a plugin, as Docker sends it: over the plugin's own socket, without Docker in between."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ACCEPT = "application/vnd.docker.plugins.v1.2+json"
PATIENCE = 30.0
"""Seconds that an answer may take: more than a learner's handler has."""

_UNDO = {
    "create_network": "delete_network",
    "create_endpoint": "delete_endpoint",
    "discover_new": "discover_delete",
    "volume_create": "volume_remove",
    "volume_mount": "volume_unmount",
}
_ABOUT = ("NetworkID", "EndpointID", "DiscoveryType", "DiscoveryData", "Name", "ID")


def ask_plugin(path: Path, route: str, body: dict[str, Any] | None) -> dict[str, Any]:
    """What the plugin behind the socket ``path`` answers to ``route`` (``NetworkDriver.Join``).

    A status other than 200 is told as ``{"Err": …}`` if the plugin does not do so itself.

    :raises OSError: if nobody answers.
    :raises ValueError: if the answer is no JSON object.
    """
    connection = http.client.HTTPConnection("plugin")
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(PATIENCE)
        end.connect(os.fspath(path))
        connection.sock = end
        data = b"" if body is None else json.dumps(body).encode() + b"\n"
        connection.putrequest("POST", f"/{route}", skip_host=True, skip_accept_encoding=True)
        for key, value in {"Host": "", "User-Agent": "Go-http-client/1.1", "Accept": _ACCEPT}.items():
            connection.putheader(key, value)
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        response = connection.getresponse()
        status, text = response.status, response.read().decode(errors="replace")
    answer = json.loads(text) if text.strip() else {}
    if not isinstance(answer, dict):
        raise ValueError(f"the plugin answered {text[:100]}")
    if status != 200 and not answer.get("Err"):
        answer["Err"] = f"{route}: status {status}"
    return answer


def what_it_is_about(body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a call's body that the call which takes it back has too."""
    return {key: body[key] for key in _ABOUT if key in body}


def taken_back_by(route: str, body: Mapping[str, Any]) -> str | None:
    """The route that takes back what a call makes, or ``None``. Nobody says of the host's own node that it is gone."""
    nothing = body.get("DiscoveryType", 1) != 1 or (body.get("DiscoveryData") or {}).get("Self")
    return None if nothing else _UNDO.get(route)
