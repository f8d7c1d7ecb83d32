"""The Dockerfile and the compose file, as far as no registry is needed."""

from __future__ import annotations

import re

import pytest

from tests.support.contained import service
from tests.support.pages import ROOT
from workshop import resources
from workshop.cli import workshop


def test_all_that_the_build_reads_is_copied_and_nothing_that_it_makes():
    lines = (ROOT / "shipping/Dockerfile.dockerignore").read_text().split()
    assert lines[0] == "*"
    copied = {line[1:] for line in lines if line.startswith("!")}
    assert {"pyproject.toml", "hatch_build.py", "package-lock.json", "package.json", "README.md", "workshop"} <= copied
    assert set(resources.FOLDERS) <= copied
    assert all((ROOT / name).exists() for name in copied)
    assert "static/vendor" in lines


@pytest.mark.parametrize("name", ["plugin", "lab", "course"])
def test_services_run_a_command_that_there_is_with_options_that_it_has(name: str):
    settings, _, command = service(name)
    assert settings["privileged"] == "true"
    assert settings["network_mode"] == "host"
    found = workshop.get_command(None, command[0])
    known = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in command[1:] if word.startswith("--")} <= known


def test_the_plugin_has_dockers_folder_for_plugins_and_its_own_state():
    settings, volumes, command = service("plugin")
    assert settings["pid"] == "host"
    assert volumes == [
        "/run/docker/plugins:/run/docker/plugins",
        "/var/run/docker.sock:/var/run/docker.sock",
        "state:/var/lib/docker-network-workshop",
    ]
    assert command == ["serve"]


def test_the_page_says_what_the_compose_file_gives():
    page = (ROOT / "docs/docker-desktop.md").read_text()
    settings, volumes, _ = service("plugin")
    for key in ("privileged", "network_mode", "pid"):
        assert f"`{key}: {settings[key]}`" in page
    for volume in volumes[:2]:
        assert f"-v {volume}" in re.sub(r"\s+", " ", page)
