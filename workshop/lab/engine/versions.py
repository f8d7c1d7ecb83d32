"""What differs between Docker's generations, as a table: everything else is the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workshop.errors import UsageError
from workshop.protocol.told import SETTING_UP

_HOOK = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
_HOOK_20 = (
    _HOOK + "error during container init: error running hook #0: error running hook: exit status 1, stdout: , "
    "stderr: "
    'time="{time}" level=fatal msg="{quoted}": unknown'
)
_MOUNTING = 'error during container init: error mounting "{source}" to rootfs at "{target}": '
_TASK = "failed to create task for container: "
_HOOK_26 = (
    _TASK + _HOOK + "error during container init: error running hook #0: error running hook: exit status 1, stdout: ,"
    " stderr: {error}: unknown"
)


@dataclass(frozen=True)
class Version:
    """One generation of Docker. The fields say what it does; the texts are templates of its errors."""

    name: str
    engine: str
    api: str
    min_api: str
    url: str
    """The address of a plugin's route as errors show it; ``{socket}`` is the path, quoted."""

    host_header: str
    gw_alloc_check: bool
    """Asks GwAllocCheck before CreateNetwork, if the plugin offers it."""

    tells_ipv4: bool
    """Says ``com.docker.network.enable_ipv4``, shows ``EnableIPv4``, and knows networks without IPv4."""

    tells_proxy: bool
    """Says ``com.docker.network.driver.private.no_proxy_6to4`` to ProgramExternalConnectivity."""

    asks_join_info: bool
    """Asks EndpointOperInfo once more right after Join, and gives up if that fails."""

    asks_behind_gateway: bool
    """Asks EndpointOperInfo of endpoints beside an interface on docker_gwbridge too."""

    process_first: bool
    """Has the process and its sandbox before Join, and moves links at once; else moves all when the process
    starts.
    """

    bad_join_leaves: bool
    """Calls Leave after an answer to Join that it cannot use."""

    set_up_prefix: str
    """What stands before errors of a container's networking."""

    move_error: str
    """The error if a link cannot be moved: ``{error}``, ``{quoted}``, ``{time}``."""

    exec_error: str
    """The error if the command cannot be started: ``{error}``."""

    mount_error: str
    """The error if a volume's folder is not there: ``{source}``, ``{target}``."""

    exec_tail: str
    exec_tells_apart: bool
    """Exit code of `docker exec` if there is no such command: 127; else 126, as if it may not be run."""

    unrunnable_status: int
    """Exit code of a program that the kernel refuses to run, such as a script without its first line."""

    counts_on: bool
    """Numbers a sandbox's interfaces on and on; else the lowest free number is taken."""

    rotates_pools: bool
    """Takes the next default subnet after the last; else the lowest free one."""

    ula: bool
    """Has default subnets for IPv6."""

    loopback6: bool
    """Leaves IPv6 on in a sandbox whose networks have none."""

    ip6tables: bool
    moves_default_mac: str
    conflict_prefix: str
    """Before "Pool overlaps with …"."""

    active_endpoints: str
    remove_running: str
    not_implemented: str
    """The error if a plugin says that it is something else: ``{name}``, ``{interface}``."""

    asks_spaces: bool
    """Asks an IPAM driver for its address spaces before each network; else once, when it is activated."""

    asks_spaces_again: bool
    """Asks for them before each pool too."""

    bad_pool: str
    """The error if an IPAM driver answers no subnet: ``{pool}``."""

    no_address: str
    """The error if an IPAM driver answers no address."""

    null_ipv6: str
    """The error for a network with IPv6 and without IPAM, if it is one."""

    masks_gateway6: bool
    """Shows the gateway of a subnet of IPv6 that the user did not name with its mask."""

    bad_subnet: str
    checks_address: bool
    """Checks a static address before the container is created."""

    hosts_names_ids: bool
    """Shows the short ID among a container's aliases."""


V20 = Version(
    name="20.10",
    engine="20.10.24",
    api="1.41",
    min_api="1.12",
    url="http://{socket}/{route}",
    host_header="",
    gw_alloc_check=False,
    tells_ipv4=False,
    tells_proxy=False,
    asks_join_info=True,
    asks_behind_gateway=False,
    process_first=False,
    bad_join_leaves=False,
    set_up_prefix="",
    move_error=_HOOK_20,
    exec_error=_HOOK + "exec: {error}: unknown",
    mount_error=_HOOK + _MOUNTING + "stat {source}: no such file or directory: unknown",
    exec_tail=": unknown",
    exec_tells_apart=False,
    unrunnable_status=1,
    counts_on=True,
    rotates_pools=True,
    ula=False,
    loopback6=False,
    ip6tables=False,
    moves_default_mac="02:42",
    conflict_prefix="",
    active_endpoints="error while removing network: network {name} id {id} has active endpoints",
    remove_running="You cannot remove a running container {id}. Stop the container before attempting removal "
    "or force remove",
    not_implemented="legacy plugin: Plugin does not implement the requested driver",
    asks_spaces=False,
    asks_spaces_again=False,
    bad_pool="invalid CIDR address: {pool}",
    no_address="No address returned",
    null_ipv6="null ipam driver does not handle IPv6 address pool pool requests",
    masks_gateway6=True,
    bad_subnet="Invalid subnet {subnet} : invalid CIDR address: {subnet}",
    checks_address=False,
    hosts_names_ids=True,
)

V26 = replace(
    V20,
    name="26.1",
    engine="26.1.5",
    api="1.45",
    min_api="1.24",
    url="http://plugin.moby.localhost/{route}",
    host_header="plugin.moby.localhost",
    move_error=_HOOK_26,
    exec_error=_TASK + _HOOK + "exec: {error}: unknown",
    mount_error=_TASK + _HOOK + _MOUNTING + "create mount destination for {target} mount: bind mount source stat: "
    "stat {source}: no such file or directory: unknown",
    loopback6=True,
    remove_running='cannot remove container "/{name}": container is running: stop the container before '
    "removing or force remove",
    not_implemented='legacy plugin: Plugin does not implement the requested driver: plugin="{name}", '
    'requested implementation="{interface}"',
    asks_spaces=True,
    no_address="no address returned",
    null_ipv6="null ipam driver does not handle IPv6 address pool requests",
    bad_subnet="invalid network config:\ninvalid subnet {subnet}: invalid CIDR block notation",
    checks_address=True,
    hosts_names_ids=False,
)

V28 = replace(
    V26,
    name="28.5",
    engine="28.5.2",
    api="1.51",
    gw_alloc_check=True,
    tells_ipv4=True,
    tells_proxy=True,
    asks_join_info=False,
    asks_behind_gateway=True,
    process_first=True,
    bad_join_leaves=True,
    set_up_prefix=SETTING_UP,
    move_error="{error}",
    exec_error=_TASK + _HOOK + "error during container init: exec: {error}",
    mount_error=_TASK + _HOOK + "error during container init: failed to fulfil mount request: "
    "open {source}: no such file or directory",
    exec_tail="",
    exec_tells_apart=True,
    unrunnable_status=255,
    counts_on=False,
    rotates_pools=False,
    ula=True,
    ip6tables=True,
    moves_default_mac="",
    conflict_prefix="invalid pool request: ",
    asks_spaces_again=True,
    bad_pool="netip.ParsePrefix(\"{pool}\"): no '/'",
    null_ipv6="",
    masks_gateway6=False,
    active_endpoints="error while removing network: network {name} has active endpoints ({endpoints})",
    remove_running='cannot remove container "{name}": container is running: stop the container before '
    "removing or force remove",
)

VERSIONS = {version.name: version for version in (V20, V26, V28)}


def version_of(name: str) -> Version:
    """The generation of that name. Raises UsageError for one that is not known."""
    if name not in VERSIONS:
        raise UsageError(f"There is no Docker {name} to practise with.", f"Choose one of {', '.join(VERSIONS)}.")
    return VERSIONS[name]
