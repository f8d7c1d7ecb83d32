"""What Docker is told of the managed plugin."""

from __future__ import annotations

import json

from shipping import config, plugin
from workshop.cli.serve import serve


def test_docker_is_told_what_the_program_itself_answers():
    implemented = plugin.implemented()
    assert "NetworkDriver" in implemented
    told = config.config(["/usr/bin/python3"], implemented)
    assert len(told["interface"]["types"]) == len(implemented)
    assert told["interface"]["types"][0] == "docker.networkdriver/1.0"


def test_an_interface_that_is_not_dockers_to_call_is_left_out():
    told = config.config([], ["NetworkDriver", "IpamDriver", "SomethingElse"])
    assert told["interface"]["types"] == ["docker.networkdriver/1.0", "docker.ipamdriver/1.0"]


def test_settings_can_be_set_and_nothing_else_can():
    told = json.loads(json.dumps(config.config([], ["NetworkDriver"])))
    settable = {each["name"]: each["value"] for each in told["env"] if each["settable"]}
    assert settable == {name: value for name, value, _ in config.SETTINGS}
    assert not any(each.get("settable") for each in told["mounts"])
    assert told["args"]["settable"] is None
    assert told["network"] == {"type": "host"}


def test_values_that_are_named_in_a_settings_text_are_those_that_serve_takes():
    choices = {option.name: option.type for option in serve.params}
    told = {name: meaning for name, _, meaning in config.SETTINGS}
    for setting, option in (("SCOPE", "scope"), ("LOG_LEVEL", "log_level")):
        assert all(f"`{choice}`" in told[setting] for choice in choices[option].choices)


def test_the_state_is_where_serve_keeps_it_for_root(monkeypatch):
    from workshop import session

    monkeypatch.setattr(session, "user_id", lambda: 0)
    assert str(session.state_dir()) == config.STATE
