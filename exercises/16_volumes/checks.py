"""What a volume driver has to bring about: files that outlive containers, are shared by them, and go when told.

Docker's part is played by Docker where it takes part in the outcome; where only the plugin does, it is asked alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workshop.course.checking import Check, Container, DockerError, Run, Volume, in_json, scenario

FILE, TEXT = "file", "hello"

CHECKS = {
    "volume_driver": Check(
        "Docker takes the plugin for a volume driver",
        wrong="Docker does not take the plugin for a volume driver",
        why='Before it asks a plugin for a volume, Docker looks for "VolumeDriver" in what Activate answered.',
        route="activate",
        hint=1,
    ),
    "network_driver": Check(
        "Docker still takes the plugin for a network driver",
        wrong="Docker no longer takes the plugin for a network driver",
        why="One process may be several drivers. What is not in the list, Docker does not use: the networks are lost.",
        route="activate",
        hint=1,
    ),
    "unknown": Check(
        "Get answers Err for a volume that is not there",
        wrong="Get knows a volume that nobody made",
        why="Before Create, Docker asks Get whether there is such a volume. If there is, Docker never calls Create.",
        route="volume_get",
        hint=2,
    ),
    "made": Check(
        "Docker makes a volume",
        wrong="Docker could not make a volume",
        why="`docker volume create` is Get, and then Create. Without options, Opts is null.",
        route="volume_create",
        hint=2,
    ),
    "known": Check(
        "Get knows the volume from then on",
        wrong="Get does not know a volume that was made",
        why="Docker asks Get before each use. If the driver knows no such volume, Docker makes one of its own of that "
        "name, and the container writes there.",
        route="volume_get",
        hint=2,
    ),
    "place": Check(
        "Mount answers a folder in host.volumes",
        wrong="Mount does not answer a folder in host.volumes",
        why="Docker mounts what Mountpoint names into the container, whatever that is. In host.volumes Docker sees it, "
        "and no other volume is in the way.",
        route="volume_mount",
        hint=3,
    ),
    "started": Check(
        "a container starts with the volume",
        wrong="A container with the volume does not start",
        why="Docker calls Mount for each container that starts, and does not start it if that fails.",
        route="volume_mount",
        hint=3,
    ),
    "written": Check(
        "the container can write into the volume",
        wrong="The container cannot write into the volume",
        why="That is what it is for.",
        route="volume_mount",
        hint=3,
    ),
    "shared": Check(
        "a second container sees what the first one wrote",
        wrong="A second container does not see what the first one wrote",
        why="One name is one volume. Each container has an ID of its own in Mount, but they mean the same files.",
        route="volume_mount",
        hint=3,
    ),
    "still": Check(
        "a container that ends takes nothing from the other one",
        wrong="A container that ended has taken the volume from the other one",
        why="Unmount is about one container, the one with this ID. Others may have the volume; Docker does not say so.",
        route="volume_unmount",
        hint=4,
    ),
    "kept": Check(
        "what was written is there for the next container",
        wrong="What was written is lost when no container has the volume",
        why="A volume is there to outlive containers. It goes with Remove, and not before.",
        route="volume_unmount",
        hint=4,
    ),
    "removed": Check(
        "Remove removes the volume with its files",
        wrong="The volume was not removed",
        why="Err to Remove is shown to Docker's user, and the volume stays. After any other answer Docker has "
        "forgotten it, and nobody will ever ask for its files again.",
        route="volume_remove",
        hint=5,
    ),
    "again": Check(
        "Create a second time is answered like the first",
        wrong="Create a second time fails",
        why="Docker asks again if it did not get the first answer (after 1, 2, 4 and 8 seconds). Its user then reads "
        "of a failure, though the volume is there.",
        route="volume_create",
        hint=2,
    ),
    "unharmed": Check(
        "Create a second time takes nothing away",
        wrong="Create a second time has emptied the volume",
        why="It is the same volume, and somebody may have written into it meanwhile.",
        route="volume_create",
        hint=2,
    ),
    "new": Check(
        "a volume that is made after Remove is empty",
        wrong="A volume that is made after Remove has old files in it",
        why="It is another one, of the same name. Whoever made it did not make those files, and may not be meant to "
        "see them.",
        route="volume_remove",
        hint=5,
    ),
    "path": Check(
        "Path answers the same place as Mount",
        wrong="Path answers another place than Mount",
        why="Path is for looking: Docker shows it. While a container has the volume, it is where Mount said.",
        route="volume_path",
        hint=3,
    ),
    "counted": Check(
        "the same ID let go twice is one container less, not two",
        wrong="An Unmount that came twice has taken the volume from another container",
        why="Docker asks again if it did not get the answer. Who counts has to count IDs, not calls.",
        route="volume_unmount",
        hint=4,
    ),
    "apart": Check(
        "each volume has a place of its own",
        wrong="Two volumes share files",
        why="Volumes of different names have nothing in common, not even where one's name is part of the other's.",
        route="volume_mount",
        hint=6,
    ),
    "listed": Check(
        "List names all volumes",
        wrong="List does not name the volumes that there are",
        why="`docker volume ls` shows what drivers list. What is missing there, its user takes for lost.",
        route="volume_list",
        hint=2,
    ),
    "unlisted": Check(
        "List no longer names a volume that was removed",
        wrong="List names a volume that was removed",
        why="Docker shows it, and its user cannot get rid of it.",
        route="volume_list",
        hint=5,
    ),
    "scope": Check(
        "the volumes are local",
        wrong="Docker takes the volumes for what they are not",
        why="`global` says that a name means the same files on all hosts of a cluster, and a folder is on one host. "
        "After Err, Docker takes them for local, and asks again each time.",
        route="volume_capabilities",
        hint=1,
    ),
    "remembered": Check(
        "volumes outlive the plugin",
        wrong="When the plugin is started again, it does not know its volumes",
        why="Docker never repeats Create. If Get answers Err, Docker makes a volume of its own of that name instead: "
        "the container starts, and its files seem lost.",
        route="volume_get",
        hint=4,
    ),
    "inside": Check(
        "no name leads out of host.volumes",
        wrong="A volume's name led out of host.volumes",
        why="Docker passes on what its user typed, and checks nothing: `docker volume create -d workshop ../../etc`. "
        "The plugin is root, and Remove removes.",
        route="volume_create",
        hint=6,
    ),
    "others": Check(
        "a volume with an odd name takes nothing from the others",
        wrong="A volume with an odd name has taken files from another one",
        why="Docker passes on what its user typed, `.` and `..` too. Whose folder is that?",
        route="volume_remove",
        hint=6,
    ),
}


def short(run: Run, what: object) -> str:
    """A place, an answer or a sentence, with host.volumes by its short name."""
    text = in_json(what) if isinstance(what, dict) else str(what)
    return text.replace(str(run.volumes), "host.volumes").replace(str(run.volumes.parent), "host.volumes/..")


def implements(run: Run) -> list[str]:
    """What Docker was told that the plugin is; asked afresh, if Docker knew it already."""
    calls = run.calls("activate")
    answer = calls[-1].answer if calls else run.docker.activate()
    return next((value for key, value in answer.items() if key.lower() == "implements"), None) or []


def make(run: Run, name: str) -> Volume:
    """A volume, made by Docker."""
    volume, words = made(run, name)
    run.check("made", volume, expected=f"a volume {name}", seen=words or "", docker=words)
    assert volume is not None
    return volume


def against(command: Callable[..., object], *arguments: object, **options: object) -> str | None:
    """What Docker says against a command that should succeed, if it does."""
    try:
        command(*arguments, **options)
    except DockerError as error:
        return str(error)
    return None


def made(run: Run, name: str) -> tuple[Volume | None, str | None]:
    """A volume, or what Docker said against it."""
    try:
        return run.docker.create_volume(name), None
    except DockerError as error:
        return None, str(error)


def knows(run: Run, key: str, name: str) -> None:
    """Get knows a volume of that name."""
    answer = run.docker.call("volume_get", {"Name": name})
    told = answer.get("Volume") or {}
    good = not answer.get("Err") and told.get("Name") == name
    run.check(key, good, expected=f"a Volume with Name {name}", seen=short(run, answer))


def is_place(run: Run, key: str, answer: dict) -> Path:
    """The folder that a Mountpoint names, which has to be one in host.volumes."""
    told = str(answer.get("Mountpoint") or "")
    seen = short(run, answer)
    if told.startswith("/") and not Path(told).is_dir():
        seen += ", which is no folder"
    run.check(key, is_inside(run, answer), expected="a folder in host.volumes, and not that itself", seen=seen)
    return Path(told)


def mount(run: Run, name: str, key: str = "place", who: str = "1") -> Path:
    """The plugin's answer to Mount, without Docker: a folder."""
    return is_place(run, key, run.docker.call("volume_mount", {"Name": name, "ID": who * 64}))


def create(run: Run, name: str, key: str = "made") -> None:
    """The plugin's Create, without Docker."""
    answer = run.docker.call("volume_create", {"Name": name, "Opts": None})
    run.check(key, not answer.get("Err"), expected="{}", seen=f"Err: {answer.get('Err')}")


def unmount(run: Run, name: str, who: str) -> None:
    run.docker.call("volume_unmount", {"Name": name, "ID": who * 64})


def content(place: Path) -> str:
    """What is in the file that was written there."""
    try:
        return (place / FILE).read_text().strip()
    except OSError:
        return "no file" if place.is_dir() else "no folder"


def has(run: Run, key: str, place: Path, text: str = TEXT) -> None:
    """The file that was written into a volume is there."""
    expected = f"{FILE} with {text!r} in {short(run, place)}"
    run.check(key, content(place) == text, expected=expected, seen=content(place))


def start(run: Run, name: str, volume: Volume) -> Container:
    """A container with the volume at /data."""
    words = container = None
    try:
        container = run.docker.run(name, None, volumes={volume: "/data"})
    except DockerError as error:
        words = str(error)
    calls = run.calls("volume_mount")
    if calls and not calls[-1].error and "place" in run.checks:
        is_place(run, "place", calls[-1].answer)
    run.check("started", container, expected=f"{name} runs", seen=words or "", docker=words)
    assert container is not None
    return container


def reads(run: Run, key: str, container: Container, *lines: str) -> None:
    """The container finds these lines in the volume's file."""
    said = run.docker.exec(container, "cat", f"/data/{FILE}")
    good = said.code == 0 and said.text.split() == list(lines)
    run.check(
        key,
        good,
        expected=f"{container.name}: `cat /data/{FILE}` says {' '.join(lines)}",
        seen=f"{said.text.strip() or 'nothing'} (exit code {said.code})",
    )


def writes(run: Run, key: str, container: Container, line: str) -> None:
    """The container can add a line to the volume's file."""
    said = run.docker.exec(container, "sh", "-c", f"echo {line} >> /data/{FILE}")
    expected = f"{container.name}: `echo {line} >> /data/{FILE}` ends well"
    run.check(key, said.code == 0, expected=expected, seen=f"{said.text.strip()} (exit code {said.code})")


def inside(run: Run) -> list[str]:
    """What is in host.volumes."""
    return sorted(each.name for each in run.volumes.iterdir()) if run.volumes.is_dir() else ["(it is gone)"]


@scenario(
    "a volume, and the containers that it outlives",
    checks=[
        "volume_driver",
        "network_driver",
        "unknown",
        "made",
        "known",
        "place",
        "started",
        "written",
        "shared",
        "still",
        "kept",
        "removed",
    ],
)
def life(run: Run) -> None:
    refused = run.refused(run.docker.call, "volume_get", {"Name": "nobody"})
    answer = run.calls("volume_get")[-1].answer
    volume, words = made(run, "data")
    told = implements(run)
    seen = f'"Implements": {in_json(told)}'
    expected = '"NetworkDriver" and "VolumeDriver" in the list Implements'
    run.check("volume_driver", "VolumeDriver" in told, expected=expected, seen=seen, docker=words)
    said = against(run.docker.create_network, "cafe", subnet="10.90.1.0/24")
    run.check("network_driver", said is None, expected=expected, seen=seen, docker=said)
    run.check("unknown", refused, expected='Err for the volume "nobody"', seen=short(run, answer))
    run.check("made", volume, expected="a volume data", seen=words or "", docker=words)
    assert volume is not None
    knows(run, "known", volume.name)
    writer = start(run, "writer", volume)
    writes(run, "written", writer, TEXT)
    reader = start(run, "reader", volume)
    reads(run, "shared", reader, TEXT)
    run.docker.remove(writer)
    reads(run, "still", reader, TEXT)
    writes(run, "still", reader, "more")
    run.docker.remove(reader)
    third = start(run, "third", volume)
    reads(run, "kept", third, TEXT, "more")
    run.docker.remove(third)
    words = against(run.docker.remove_volume, volume)
    left = inside(run)
    seen = words or f"in host.volumes: {', '.join(left)}"
    run.check("removed", words is None and not left, expected="nothing left in host.volumes", seen=seen, docker=words)


@scenario(
    "Create twice, as when Docker did not get the answer; Remove, and Create once more",
    checks=["made", "place", "again", "unharmed", "removed", "new"],
)
def again(run: Run) -> None:
    create(run, "data")
    place = mount(run, "data")
    (place / FILE).write_text(TEXT)
    create(run, "data", "again")
    has(run, "unharmed", place)
    unmount(run, "data", "1")
    answer = run.docker.call("volume_remove", {"Name": "data"})
    run.check("removed", not answer.get("Err"), expected="{}", seen=f"Err: {answer.get('Err')}")
    create(run, "data")
    there = sorted(each.name for each in mount(run, "data", who="2").iterdir())
    run.check("new", not there, expected="an empty folder", seen=f"in it: {', '.join(there)}")


@scenario("two claims to one volume, one of them let go twice", checks=["made", "place", "path", "counted", "kept"])
def claims(run: Run) -> None:
    create(run, "data")
    first = mount(run, "data", who="1")
    (first / FILE).write_text(TEXT)
    second = mount(run, "data", who="2")
    answer = run.docker.call("volume_path", {"Name": "data"})
    told = str(answer.get("Mountpoint") or "")
    good = told and Path(told).resolve() in (first.resolve(), second.resolve())
    run.check("path", good, expected=short(run, {"Mountpoint": str(second)}), seen=short(run, answer))
    unmount(run, "data", "1")
    unmount(run, "data", "1")
    has(run, "counted", second)
    unmount(run, "data", "2")
    has(run, "kept", mount(run, "data", who="3"))


@scenario(
    "two volumes, and a plugin that is started again",
    checks=["made", "scope", "listed", "place", "remembered", "unlisted"],
)
def two(run: Run) -> None:
    data, more = (make(run, name) for name in ("data", "more"))
    scope = run.docker.inspect_volume(data)["Scope"]
    answer = run.docker.call("volume_capabilities", {})
    good = scope == "local" and not answer.get("Err")
    seen = f"{short(run, answer)}; Docker takes it for {scope}"
    run.check("scope", good, expected='{"Capabilities": {"Scope": "local"}}', seen=seen)
    lists(run, "listed", [data.name, more.name])
    place = mount(run, data.name)
    (place / FILE).write_text(TEXT)
    unmount(run, data.name, "1")
    run.restart_plugin()
    knows(run, "remembered", data.name)
    has(run, "remembered", mount(run, data.name, who="2"))
    lists(run, "remembered", [data.name, more.name])
    run.docker.remove_volume(more)
    lists(run, "unlisted", [data.name])


@scenario("names that one does not expect", checks=["made", "place", "inside", "apart", "others"])
def odd_names(run: Run) -> None:
    home, places = run.volumes.parent, {}
    for name, who in zip(("a", "a_b"), "12", strict=True):
        create(run, name)
        places[name] = mount(run, name, who=who)
        (places[name] / FILE).write_text(TEXT)
    are_apart(run, places)
    before = {each.name for each in home.iterdir()}
    for name in ("../up", "..", ".", f"{home}/up", "a/b"):
        answer: dict = {}
        refused = run.refused(run.docker.call, "volume_create", {"Name": name, "Opts": None})
        if refused is None:
            answer = run.docker.call("volume_mount", {"Name": name, "ID": "3" * 64})
        new = sorted({each.name for each in home.iterdir()} - before)
        run.check(
            "inside",
            not new and (refused is not None or is_inside(run, answer)),
            expected=f"Err to Create {short(run, name)}, or a folder in host.volumes that is its own",
            seen=f"Mount answers {short(run, answer)}; new beside host.volumes: {', '.join(new) or 'nothing'}",
        )
        if refused is None:
            are_apart(run, {**places, name: Path(answer["Mountpoint"])})
            unmount(run, name, "3")
            run.docker.call("volume_remove", {"Name": name})
        for other, place in places.items():
            expected = f"{FILE} still in the volume {other}"
            seen = f"{content(place)}, after the volume {short(run, name)} came and went"
            run.check("others", content(place) == TEXT, expected=expected, seen=seen)


def is_inside(run: Run, answer: dict) -> bool:
    """Whether a Mountpoint is a folder in host.volumes, and not that itself."""
    place = Path(str(answer.get("Mountpoint") or "/")).resolve()
    home = run.volumes.resolve()
    return place.is_dir() and place != home and place.is_relative_to(home)


def are_apart(run: Run, places: dict[str, Path]) -> None:
    """No volume's folder is another one's, nor in it."""
    for name, place in places.items():
        for other, its in places.items():
            good = name == other or not place.resolve().is_relative_to(its.resolve())
            seen = f"{name} at {place}, and {other} at {its}"
            run.check("apart", good, expected=f"{name} elsewhere than {other}", seen=short(run, seen))


def lists(run: Run, key: str, names: list[str]) -> None:
    """List names these volumes, each once."""
    answer = run.docker.call("volume_list", {})
    found = sorted(str(each.get("Name")) for each in answer.get("Volumes") or ())
    seen = short(run, answer) if answer.get("Err") else ", ".join(found) or "none"
    run.check(key, found == sorted(names) and not answer.get("Err"), expected=", ".join(sorted(names)), seen=seen)
