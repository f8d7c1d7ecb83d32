"""Reading Docker's options, and printing as Docker does: no kernel."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from workshop.cli import docker_options, run
from workshop.cli.docker import docker
from workshop.cli.docker_text import render, shorten, table
from workshop.lab.engine.names import NAME, new_id, new_name
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.render import ago
from workshop.lab.engine.requests import container_of

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("text", "bindings"),
    [
        ("80", {"80/tcp": [{"HostIp": "", "HostPort": ""}]}),
        ("8080:80", {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}),
        ("8080:80/udp", {"80/udp": [{"HostIp": "", "HostPort": "8080"}]}),
        ("127.0.0.1:8080:80", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}),
        ("127.0.0.1::80", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}),
        ("[::1]:8080:80", {"80/tcp": [{"HostIp": "::1", "HostPort": "8080"}]}),
        ("8000-8010:80", {"80/tcp": [{"HostIp": "", "HostPort": "8000-8010"}]}),
        (
            "8080-8081:80-81",
            {"80/tcp": [{"HostIp": "", "HostPort": "8080"}], "81/tcp": [{"HostIp": "", "HostPort": "8081"}]},
        ),
    ],
)
def test_published_ports_are_read_as_docker_reads_them(text: str, bindings: dict[str, Any]) -> None:
    assert docker_options.published((text,)) == bindings


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("99999:80", "Invalid hostPort: 99999"),
        ("80:x", "Invalid containerPort: x"),
        ("80:80/icmp", "Invalid proto: icmp"),
        ("nowhere:80:80", "Invalid ip address: nowhere"),
        ("80-82:80-81", "Invalid ranges specified"),
        (":80:80:80", "Invalid"),
    ],
)
def test_ports_that_make_no_sense_are_refused(text: str, error: str) -> None:
    with pytest.raises(docker_options.BadOption, match=error):
        docker_options.published((text,))


def test_volumes_are_named_or_not() -> None:
    given = ("data:/data", "data:/data", "/alone", "logs:/var/log:ro")
    assert docker_options.volumes(given) == (["data:/data", "logs:/var/log:ro"], ["/alone"])
    with pytest.raises(docker_options.BadOption, match="invalid spec: :/data: empty section between colons"):
        docker_options.volumes((":/data",))


def test_ranges_gateways_and_auxiliary_addresses_go_to_their_subnet() -> None:
    config = docker_options.subnets(
        ("10.9.0.0/24", "fd00:9::/64"), ("10.9.0.128/25",), ("fd00:9::fe", "10.9.0.254"), {"x": "10.9.0.200"}
    )
    assert config == [
        {
            "Subnet": "10.9.0.0/24",
            "IPRange": "10.9.0.128/25",
            "Gateway": "10.9.0.254",
            "AuxiliaryAddresses": {"x": "10.9.0.200"},
        },
        {"Subnet": "fd00:9::/64", "Gateway": "fd00:9::fe"},
    ]
    with pytest.raises(docker_options.BadOption, match="^no matching subnet for gateway 10.3.0.1$"):
        docker_options.subnets(("10.2.0.0/24",), (), ("10.3.0.1",), {})


def test_a_network_may_be_named_with_its_settings() -> None:
    mode, endpoints = docker_options.networks(("name=a,ip=10.9.0.5,alias=web", "b"), (), None, None, "")
    assert mode == "a"
    assert endpoints == {"a": {"IPAMConfig": {"IPv4Address": "10.9.0.5"}, "Aliases": ["web"]}, "b": {}}


def container(**body: Any) -> Any:
    return container_of({"Cmd": ["true"], **body}, "f" * 64, "c", lambda name: name)


def test_port_maps_are_told_as_docker_tells_them() -> None:
    made = container(
        ExposedPorts={"53/udp": {}, "80/tcp": {}},
        HostConfig={"PortBindings": {"80/tcp": [{"HostPort": "8080"}], "90/sctp": [{"HostPort": "1-3"}]}},
    )
    assert made.exposed == [{"Proto": 6, "Port": 80}, {"Proto": 132, "Port": 90}, {"Proto": 17, "Port": 53}]
    first = {"Proto": 6, "IP": "", "Port": 80, "HostIP": "", "HostPort": 8080, "HostPortEnd": 8080}
    second = {"Proto": 132, "IP": "", "Port": 90, "HostIP": "", "HostPort": 1, "HostPortEnd": 3}
    assert made.portmap == [first, second]


@pytest.mark.parametrize(
    "body",
    [
        {"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "x"}]}}},
        {"ExposedPorts": {"80/icmp": {}}},
        {"NetworkingConfig": {"EndpointsConfig": {"a": {"MacAddress": "zz"}}}},
        {"NetworkingConfig": {"EndpointsConfig": {"a": {"IPAMConfig": {"IPv4Address": "10.1.0.300"}}}}},
        {"Cmd": []},
    ],
)
def test_what_cannot_be_understood_is_the_clients_mistake(body: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        container(**body)
    assert caught.value.status == 400


def test_a_table_is_set_as_docker_sets_it() -> None:
    rows = [["NETWORK ID", "NAME", "DRIVER", "SCOPE"], ["07cac7b5a8d3", "a", "recorder", "local"]]
    assert table(rows) == ("NETWORK ID     NAME      DRIVER     SCOPE\n07cac7b5a8d3   a         recorder   local")


def test_templates_fill_in_fields() -> None:
    value = {"Name": "c", "Nets": {"a": {"IP": "1"}, "b": {"IP": "2"}}, "On": True, "List": ["x"]}
    assert render("{{.Name}} {{.On}} {{json .List}}", value) == 'c true ["x"]'
    assert render("{{range .Nets}}{{.IP}};{{end}}.", value) == "1;2;."
    assert render('{{.Nets.a.IP}} {{index .Nets "b"}} {{.No}}', value) == "1 map[IP:2] <no value>"
    assert json.loads(render("json", value)) == value


def test_lengths_of_time_are_told_in_words() -> None:
    told = {
        0.5: "Less than a second",
        1: "1 second",
        34: "34 seconds",
        70: "About a minute",
        150: "2 minutes",
    }
    assert {seconds: ago(seconds) for seconds in told} == told
    assert [ago(150), ago(3700), ago(8 * 3600), ago(3 * 86400)] == [
        "2 minutes",
        "About an hour",
        "8 hours",
        "3 days",
    ]


def test_long_commands_are_shortened() -> None:
    assert shorten("/bin/sh -c 'ip addr'", 10) == "/bin/sh -…"


def test_names_are_free_and_ids_are_no_numbers() -> None:
    name = new_name(set())
    assert NAME.fullmatch(name) and new_name({name}) != name
    assert len(new_id()) == 64 and not new_id()[:12].isdecimal()


def test_without_a_lab_there_is_one_sentence_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WORKSHOP_DOCKER", raising=False)
    monkeypatch.delenv("WORKSHOP_SESSION", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert run(["docker", "network", "ls"]) == 3
    assert "No lab is running. Start one" in capsys.readouterr().err
    assert run(["docker", "-H", str(tmp_path / "none.sock"), "ps"]) == 3
    assert "No engine answers" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["network", "create", "--help"]])
def test_every_command_explains_itself(words: list[str]) -> None:
    result = CliRunner().invoke(docker, words)
    assert result.exit_code == 0 and "Usage:" in result.output
