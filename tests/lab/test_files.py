"""A container sees the machine's files and changes none of them; what it writes to /tmp is its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.lab.inside import bench, in_lab


@in_lab
def test_a_container_cannot_change_or_remove_a_file_of_the_machine() -> None:
    folder = Path(tempfile.mkdtemp(prefix="ws-", dir=Path.cwd()))
    kept = folder / "kept"
    kept.write_text("as it was")
    try:
        with bench() as lab:
            lab.api.post("/networks/create", {"Name": "n", "Driver": "bridge"})
            lab.run("box", "n")
            for command in (f"rm -rf {folder}", f"echo other > {kept}", f"touch {folder}/new", "touch /etc/ws-new"):
                code, _ = lab.execute("box", "sh", "-c", command)
                assert code != 0, command
        assert kept.read_text() == "as it was"
        assert list(folder.iterdir()) == [kept]
        assert not Path("/etc/ws-new").exists()
    finally:
        kept.unlink()
        folder.rmdir()


@in_lab
def test_each_container_has_a_tmp_of_its_own() -> None:
    with bench() as lab:
        lab.api.post("/networks/create", {"Name": "n", "Driver": "bridge"})
        lab.run("one", "n")
        lab.run("two", "n")
        assert lab.execute("one", "sh", "-c", "echo mine > /tmp/ws-note && cat /tmp/ws-note") == (0, "mine\n")
        assert lab.execute("two", "sh", "-c", "cat /tmp/ws-note")[0] != 0
        assert lab.execute("one", "sh", "-c", "echo gone > /dev/null")[0] == 0
    assert not Path("/tmp/ws-note").exists()
