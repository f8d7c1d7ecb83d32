"""What the pages say is so: links lead somewhere, commands can be typed, tables agree with the program's own."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

from tests.support import pages, typed
from tests.support.pages import ROOT
from workshop import cli, drivers
from workshop.drivers import bridge, ipvlan, macvlan
from workshop.drivers.options import Option
from workshop.journal import KINDS
from workshop.topology.space import Facts, Link, Space
from workshop.topology.view import Known, build

PAGES = pages.pages()

HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("ftp", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("registry-1", "docker", "io"),
        ("hub", "docker", "com"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
    )
)
"""Where packages come from. In parts, so that this file does not name them either."""

DOCKERS_LABELS = {"macvlan_mode", "ipvlan_mode", "ipvlan_flag"} | {
    f"com.docker.network.{name}"
    for name in (
        "bridge.name",
        "bridge.enable_ip_masquerade",
        "bridge.enable_icc",
        "bridge.host_binding_ipv4",
        "bridge.inhibit_ipv4",
        "bridge.gateway_mode_ipv4",
        "bridge.gateway_mode_ipv6",
        "bridge.trusted_host_interfaces",
        "driver.mtu",
        "container_iface_prefix",
    )
}
"""The options that Docker's own drivers know."""

MADE_UP = ("ann", "learner")
"""Users in examples."""

PARTS = (
    "workshop",
    "tests",
    "docs",
    "static",
    "templates",
    "bench",
    "scripts",
    "exercises",
    "slides",
    "shipping",
    ".ci",
)
GENERATED = ("static/vendor",)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def committed() -> list[Path]:
    """Every file that git knows of."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so there is no list of what is committed")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def search(pattern: re.Pattern[bytes]) -> list[str]:
    """Each line of each committed file in which something is found, with its place."""
    found = []
    for file in committed():
        content = file.read_bytes()
        for match in pattern.finditer(content):
            line = content.count(b"\n", 0, match.start()) + 1
            found.append(f"{named(file)}:{line}: {match[0].decode()}")
    return found


def hosts() -> re.Pattern[bytes]:
    return re.compile(
        rb"(?<![\w-])(?:" + b"|".join(re.escape(host.encode()) for host in HOSTS) + rb")\b", re.IGNORECASE
    )


def homes() -> re.Pattern[bytes]:
    """Paths that are somebody's, or this checkout's own."""
    own = [str(path) for path in {ROOT, Path.home()} if len(path.parts) > 2]
    nobody = "|".join(MADE_UP)
    names = [*map(re.escape, own), rf"/(?:home|Users)/(?!(?:{nobody})\b)\w", r"/roo[t]/", r"[A-Z]:\\Users"]
    return re.compile("|".join(names).encode())


# -- links


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_and_image_leads_to_something(page: Path):
    broken = []
    for target in pages.targets(page):
        address = urlsplit(target)
        if address.scheme or address.netloc:
            continue
        place = (page.parent / unquote(address.path)).resolve() if address.path else page
        if not place.exists() or not place.is_relative_to(ROOT):
            broken.append(f"{target}: there is no such file")
        elif address.fragment and (place.suffix != ".md" or address.fragment not in pages.anchors(place)):
            broken.append(f"{target}: that page has no such heading")
    assert not broken, f"{named(page)}\n" + "\n".join(broken)


def test_a_link_is_found_wherever_it_stands(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Two `code` words\n\n| a |\n|---|\n| [one](one.md#x) |\n\n- ![two](two.png)\n\n# Again\n# Again\n\n"
        "    [not](this.md)\n\n`[nor](this.md)` [three][3]\n\n[3]: three.md\n"
    )
    assert pages.targets(page) == ["one.md#x", "two.png", "three.md"]
    assert pages.anchors(page) == {"two-code-words", "again", "again-1"}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_is_named_is_there(page: Path):
    path = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, PARTS))})/[\w./*-]*")
    absent = []
    for code in pages.code(page):
        for name in path.findall(code.text) if code.block else filter(path.fullmatch, [code.text]):
            name = name.rstrip(".").replace("NN_name", "[0-9][0-9]_*")
            if not name.startswith(GENERATED) and not any(ROOT.glob(name.rstrip("/"))):
                absent.append(name)
    assert not absent, f"{named(page)} names what is not there: {', '.join(absent)}"


def test_every_page_of_the_documentation_can_be_reached_from_the_first():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        waiting += [(page.parent / urlsplit(target).path).resolve() for target in pages.targets(page)]
    assert {named(page) for page in (ROOT / "docs").glob("*.md")} <= {named(page) for page in reached}


# -- what no file may hold


def test_no_file_names_a_place_where_packages_come_from():
    assert search(hosts()) == []


def test_no_file_names_a_folder_of_somebody_s_machine():
    assert search(homes()) == []


def test_such_names_are_found():
    assert hosts().search(b"see https://" + HOSTS[0].encode() + b"/simple") and hosts().search(
        b"files." + HOSTS[1].encode()
    )
    assert not hosts().search(b"docker.io") and not hosts().search(b"org.pypi")
    for path in ("/home/" + "ada/x", "/root" + "/.ssh", "C:" + "\\Users\\ada", "/Users/" + "annabel"):
        assert homes().search(path.encode())
    assert not homes().search(b"/home/ann/x")
    assert not homes().search(b"/var/tmp/docker-network-workshop") and not homes().search(b"/proc/1/root")


# -- tables


def default(option: Option) -> str:
    """An option's default, as a person reads it."""
    if isinstance(option.default, bool):
        return str(option.default).lower()
    return "none" if option.default in (None, "", ()) else str(option.default)


def row(option: Option) -> str:
    names = f"`{option.names[0]}`" + "".join(f" (`{name}`)" for name in option.names[1:])
    return f"| {names} | {option.meaning} | {option.valid} | {default(option)} |"


@pytest.mark.parametrize("driver", [name for name in drivers.DRIVERS if name != "null"])
def test_the_options_of_a_driver_are_those_that_it_reads(driver: str):
    page = ROOT / "docs" / f"{driver}.md"
    shown = [f"| {' | '.join(cells)} |" for cells in pages.table(page, "`-o`")]
    ought = [row(option) for option in drivers.load(driver).OPTIONS]
    assert shown == ought, f"the table in docs/{driver}.md ought to be\n" + "\n".join(ought)


@pytest.mark.parametrize("driver", [bridge, macvlan, ipvlan], ids=lambda driver: driver.__name__.rpartition(".")[2])
def test_the_options_other_names_are_docker_s_own(driver: ModuleType):
    assert {name for option in driver.OPTIONS for name in option.names[1:]} <= DOCKERS_LABELS


def test_every_test_that_is_named_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "testing.md").read_text())
    assert len(named) > 20
    absent = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]
    assert not absent


def test_the_readme_lists_every_command():
    listed = [re.findall(r"`(.+?)`", cells[0]) for cells in pages.table(ROOT / "README.md", "command")]
    assert sorted(name for names in listed for name in names) == sorted(cli.COMMANDS)


def test_an_option_in_the_readme_s_list_is_one_of_that_command():
    wrong = []
    for name, meaning in pages.table(ROOT / "README.md", "command"):
        known = {option for each in re.findall(r"`(.+?)`", name) for option in typed.options(typed.command(each))}
        wrong += [f"{name} {option}" for option in re.findall(r"`(--?[\w-]+)", meaning) if option not in known]
    assert not wrong


ARCHITECTURE = ROOT / "docs" / "architecture.md"


def words(cell: str) -> list[str]:
    """The names in a cell of a table, without what is said of them in brackets."""
    return re.findall(r"`(\w+)`", re.sub(r"\([^()]*\)", "", cell))


def test_every_kind_of_event_is_described():
    assert sorted(kind.strip("`") for kind, _ in pages.table(ARCHITECTURE, "kind")) == sorted(KINDS)


def test_the_graph_has_the_fields_that_are_described_and_no_others():
    wire = {"name": "eth0", "kind": None, "state": "up", "mac": None, "mtu": 1500, "alias": None, "info": {}}
    value = {**wire, "master": None, "other": None, "other_nsid": None, "new_nsid": None, "new_index": None}
    space = Space("4:1", "alpha", 1, root=True, links={2: Link(2, value, Facts())})
    space.routes[4, "default", 0, "192.0.2.1", 2] = {}
    space.neighbours[2, "192.0.2.1"] = {"address": "192.0.2.1", "mac": "02:00:00:00:00:01", "state": "learned"}
    space.fdb[2, "00:00:00:00:00:00", "192.0.2.2"] = {
        "mac": "00:00:00:00:00:00",
        "dst": "192.0.2.2",
        "state": "permanent",
    }
    made = build(space, space, {}, Known(), [], lambda identity: False)
    ought = {
        "namespace": made,
        "link": made["links"][0],
        "route": made["routes"][0],
        "neighbour": made["neighbours"][0],
        "fdb entry": made["fdb"][0],
    }
    described = {what: words(fields) for what, fields in pages.table(ARCHITECTURE, "of a")}
    assert {what: sorted(described[what]) for what in ought} == {what: sorted(fields) for what, fields in ought.items()}


# -- commands


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_can_be_typed(page: Path):
    wrong = []
    for code in pages.code(page):
        whole = code.block and "…" not in code.text
        for command in typed.split(code.text):
            if said := typed.trouble(command, whole=whole):
                wrong.append(f"{code}\n    {said}")
    assert not wrong, "\n".join(wrong)


OTHERS = {
    "--all-kinds": "pytest's, from tests/conftest.py",
    "--times": "of python -m workshop.course.judge",
    "--part": "of the same",
}
"""Options in running text that are not the program's."""


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_option_in_the_text_is_one_that_a_command_has(page: Path):
    known = {*typed.options(), *OTHERS, "--help"}
    spans = [
        code.text.split()[0] for code in pages.code(page) if not code.block and re.match(r"--?[a-zA-Z]", code.text)
    ]
    assert not [option for option in spans if option.partition("=")[0] not in known]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("python -m workshop demo --headless", None),
        ("$ sudo .venv/bin/python -m workshop serve --nonsense", "No such option"),
        ("python3.12 -m workshop nonsense", "has no command nonsense"),
        ("python -m workshop docker network create", "requires 1 argument"),
        ("docker run -d --name x --net y busybox ping -c 2 z", None),
        ("docker run --nonsense busybox", "unknown flag"),
        ("python -m workshop calls --format nonsense", "is not one of"),
        ("X=1 make test ARGS='-x'", None),
        ("unshare --net make nonsense", "no target nonsense"),
        ("python -m workshop.nonsense > here", "no module workshop.nonsense"),
        ("python -m bench nonsense", "no section nonsense"),
        ("ls --nonsense # docker nonsense", None),
    ],
)
def test_what_cannot_be_typed_is_found(line: str, said: str | None):
    found = [typed.trouble(command, whole=True) for command in typed.split(line)]
    assert [text for text in found if text] == [] if said is None else any(said in (text or "") for text in found), (
        found
    )
