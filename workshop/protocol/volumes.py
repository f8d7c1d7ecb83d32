"""The routes of Docker's volume driver API, which the same process may answer beside the network driver's.

They differ from the network driver's: every body is small, a volume is known by its name, and Docker asks again and
again (Get, List) instead of remembering. What is said here of Docker 20.10 to 28.5 was recorded from them.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from workshop.protocol.routes import Route
from workshop.protocol.types import Empty, about

VolumeName = Annotated[
    str,
    about(
        "The volume, by the name that its user gave or Docker made up. Docker does not check it: it may be `..`, or "
        "have a `/` in it.",
        "data",
        min_length=1,
    ),
]
MountID = Annotated[
    str,
    about(
        "Who mounts: one ID for each container and start, so that a volume in use twice can be told.",
        "b87d7442095999a92b65b3d9691e697b61713829cc0ffd1bb72e4ccd51aa4d6c",
    ),
]
Mountpoint = Annotated[
    str | None,
    about("The folder on the host that goes into the container; empty while it is nowhere.", "/var/lib/volumes/data"),
]


class CreateVolumeRequest(TypedDict):
    """A volume that the user asked for."""

    Name: VolumeName
    Opts: NotRequired[
        Annotated[dict[str, str] | None, about("The user's `-o key=value` pairs; null without any.", {"size": "1g"})]
    ]


class VolumeRequest(TypedDict):
    """Names a volume."""

    Name: VolumeName


class MountRequest(TypedDict):
    """Names a volume and who uses it."""

    Name: VolumeName
    ID: NotRequired[MountID]


class MountAnswer(TypedDict):
    """Where the volume is."""

    Mountpoint: NotRequired[Mountpoint]


class Volume(TypedDict):
    """One volume, as Docker shows it."""

    Name: VolumeName
    Mountpoint: NotRequired[Mountpoint]
    CreatedAt: NotRequired[
        Annotated[str | None, about("When it was made, as RFC 3339 has it.", "2026-01-31T12:00:00Z", "17.06")]
    ]
    Status: NotRequired[
        Annotated[
            dict[str, Any] | None, about("Anything that `docker volume inspect` shall show.", {"files": 3}, "1.12")
        ]
    ]


class GetVolumeAnswer(TypedDict):
    """One volume."""

    Volume: Annotated[Volume, about("The volume that was asked for.", {"Name": "data", "Mountpoint": ""})]


class ListVolumesAnswer(TypedDict):
    """All volumes of the driver."""

    Volumes: NotRequired[
        Annotated[list[Volume] | None, about("Every volume that there is.", [{"Name": "data", "Mountpoint": ""}])]
    ]


class VolumeCapability(TypedDict):
    """How far the driver's volumes reach."""

    Scope: NotRequired[
        Annotated[
            str | None,
            about("`local`: a volume is on one host. `global`: the same name is the same volume on all.", "local"),
        ]
    ]


class VolumeCapabilitiesAnswer(TypedDict):
    """How far the driver's volumes reach."""

    Capabilities: NotRequired[
        Annotated[VolumeCapability | None, about("The capabilities. Missing: scope `local`.", {"Scope": "local"})]
    ]


def _driver(*row: object, since: str = "") -> Route:
    return Route("VolumeDriver", *row, since=since, prefix="volume_")  # type: ignore[arg-type]


VOLUME_ROUTES: tuple[Route, ...] = (
    _driver(
        "Capabilities",
        Empty,
        VolumeCapabilitiesAnswer,
        "How far the driver's volumes reach.",
        "Before the driver is first used. Docker remembers the answer until it is restarted.",
        "Docker takes the scope for `local`, and asks again each time. So it does with a 404; any other scope it takes "
        "for `local`, too.",
        since="1.12",
    ),
    _driver(
        "Create",
        CreateVolumeRequest,
        Empty,
        "Make a volume: its name, its options, a place for its files.",
        "`docker volume create`, and `docker run --volume-driver` for a volume that is not there, as Get has said.",
        "The command fails, and shows the text.",
    ),
    _driver(
        "Get",
        VolumeRequest,
        GetVolumeAnswer,
        "Say what is known of one volume.",
        "`docker volume inspect`, and before each use of a volume, Create, Mount, Unmount and Remove among them.",
        "The volume is taken as not there: `docker run -v` then makes one of that name with Docker's own driver. An "
        "answer without Volume means the same.",
        since="1.10",
    ),
    _driver(
        "List",
        Empty,
        ListVolumesAnswer,
        "Say which volumes there are.",
        "`docker volume ls`.",
        "Docker shows those of the driver's volumes that it has met.",
        since="1.10",
    ),
    _driver(
        "Mount",
        MountRequest,
        MountAnswer,
        "Make the volume usable, and say where it is.",
        "Each time a container with it starts: up to 26.1 after Join, from 28 on before CreateEndpoint.",
        "The container is not started, and the text is shown. Unmount is not called.",
    ),
    _driver(
        "Path",
        VolumeRequest,
        MountAnswer,
        "Say where the volume is, without mounting it.",
        "Hardly ever: 20.10 to 28.5 show what Get answered, and asked for no path in all that was tried.",
        "The path is shown as empty.",
    ),
    _driver(
        "Unmount",
        MountRequest,
        Empty,
        "One container needs the volume no longer.",
        "Each time a container with it stops, after Leave and DeleteEndpoint, and when it could not start.",
        "Only logged.",
    ),
    _driver(
        "Remove",
        VolumeRequest,
        Empty,
        "Remove a volume and its files.",
        "`docker volume rm`; never while a container has it, running or not.",
        "The command fails and shows the text; the volume stays.",
    ),
)
