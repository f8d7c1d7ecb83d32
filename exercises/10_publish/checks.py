"""What publishing has to bring about: the host's port leads into the container, until it is revoked."""

from __future__ import annotations

from workshop.course.checking import Check, Container, DockerError, Network, Run, scenario

CHECKS = {
    "started": Check(
        "a container with a published port starts",
        wrong="A container with a published port does not start",
        why="If this call is answered with Err, Docker undoes the whole start of the container.",
        route="program_external_connectivity",
        hint=1,
    ),
    "without": Check(
        "a call without ports is answered without Err",
        wrong="A call without ports is answered with Err",
        why="Docker makes this call for every container. Its list of ports may be empty, or missing. After an Err, a "
        "container that publishes nothing does not start.",
        route="program_external_connectivity",
        hint=1,
    ),
    "inside": Check(
        "the container itself answers on its own port",
        wrong="The container does not answer on its own port",
        why="Before a way to it from outside can work, the way from the host has to.",
        route="program_external_connectivity",
        hint=2,
    ),
    "outside": Check(
        "another machine reaches the container through the host's port",
        wrong="Another machine does not reach the container through the host's port",
        why="That is what `-p 8080:80` asks for.",
        route="program_external_connectivity",
        hint=2,
    ),
    "each": Check(
        "every port of the list leads into the container",
        wrong="Not every port of the list leads into the container",
        why="`-p` may be given several times, and each is an entry of the list.",
        route="program_external_connectivity",
        hint=2,
    ),
    "others": Check(
        "a port that was not published leads nowhere",
        wrong="A port that was not published leads into the container",
        why="A container's other ports are its own business. Users rely on it that only what they publish is open.",
        route="program_external_connectivity",
        hint=3,
    ),
    "protocol": Check(
        "a UDP port is not open for TCP",
        wrong="A port that was published for UDP is open for TCP",
        why="`Proto` says which it is: 6 is TCP, 17 is UDP, 132 is SCTP.",
        route="program_external_connectivity",
        hint=3,
    ),
    "right_one": Check(
        "each container is behind its own port",
        wrong="A port leads to another container than the one that published it",
        why="Two containers publish two ports of the host. Each call says which endpoint it is about.",
        route="program_external_connectivity",
        hint=2,
    ),
    "taken": Check(
        "a port that another container has is answered with Err",
        wrong="A port that another container has was given away twice",
        why="Both containers start, and one of them gets all connections. "
        "Docker's own driver says: Bind for 0.0.0.0:8080 failed: port is already allocated.",
        route="program_external_connectivity",
        hint=4,
    ),
    "first_keeps": Check(
        "the container that had it first keeps the port",
        wrong="The container that had the port first has lost it",
        why="It runs, and nobody has revoked anything.",
        route="program_external_connectivity",
        hint=4,
    ),
    "repeated": Check(
        "the same call again is answered like the first",
        wrong="The same call a second time is answered with Err",
        why="Docker asks again if it did not get the first answer. The port is taken, but by this very endpoint.",
        route="program_external_connectivity",
        hint=4,
    ),
    "closed": Check(
        "after RevokeExternalConnectivity, the port is closed",
        wrong="The port is still open",
        why="Docker may give the container's address to another one, which is then open to the world.",
        route="revoke_external_connectivity",
        hint=3,
    ),
    "no_err": Check(
        "revoking is answered without Err",
        wrong="Revoking was answered with Err",
        why="Docker only logs it. What was not taken back stays.",
        route="revoke_external_connectivity",
        hint=3,
    ),
    "others_stay": Check(
        "revoking leaves the ports of other containers alone",
        wrong="Revoking has closed the port of another container",
        why="The request names one endpoint.",
        route="revoke_external_connectivity",
        hint=3,
    ),
    "unknown": Check(
        "revoking twice, or what was never published, is no mistake",
        wrong="Revoking what was never published is answered with Err",
        why="Docker makes this call for every container, and may make it twice.",
        route="revoke_external_connectivity",
        hint=3,
    ),
}


def start(run: Run, name: str, network: Network, *publish: str) -> Container:
    """A container that answers on port 80. If Docker refuses, that is what the check says, in Docker's words."""
    try:
        container = run.docker.run(name, network, publish=publish)
    except DockerError as error:
        errors = [call.error for call in run.calls() if call.error]
        seen = f"Err: {errors[-1]}" if errors else "it does not"
        run.check("started", False, expected=f"{name} runs", seen=seen, docker=str(error))
        raise
    run.check("started", True)
    run.listen(container, 80)
    return container


def serves(run: Run, container: Container, network: Network, key: str = "inside") -> str:
    """The server is there; its address."""
    address = run.docker.address(container, network)
    good = run.connects(container, address, 80)
    run.check(key, good, expected=f"{address} port 80 answers in the container itself", seen="no answer")
    return address


def reached(run: Run, key: str, port: int) -> None:
    address = run.host_address()
    good = run.connects(None, address, port, 1.0)
    seen = "" if good else f"it does not; rules that lead somewhere: {doors(run)}"
    run.check(key, good, expected=f"{address} port {port} accepts a connection", seen=seen)


def doors(run: Run) -> str:
    found = [line.strip() for line in run.look().rules if "dnat to" in line or "DNAT" in line]
    return "; ".join(found[:4]) or "none"


def closed(run: Run, key: str, port: int) -> None:
    address = run.host_address()
    good = run.is_shut(None, address, port)
    run.check(key, good, expected=f"{address} port {port} accepts nothing", seen="it accepts a connection")


def wants(run: Run, network: Network, port: int) -> str | None:
    """The calls for a container that wants a port of the host, up to the one that is to be refused: its Err."""
    ids = {"NetworkID": network.id, "EndpointID": "3" * 64}
    interface = {"Address": "10.90.1.99/24", "AddressIPv6": "", "MacAddress": ""}
    run.docker.call("create_endpoint", {**ids, "Interface": interface, "Options": {}})
    asked = run.calls("program_external_connectivity")[0].request["Options"]
    doors = [{**each, "IP": ""} for each in asked["com.docker.network.portmap"] if each["HostPort"] == port]
    body = {**ids, "Options": {**asked, "com.docker.network.portmap": doors}}
    return run.refused(run.docker.call, "program_external_connectivity", body)


@scenario(
    "two containers with ports, a third that wants one of theirs, the first is closed and goes, and one without ports",
    checks=[
        "started",
        "inside",
        "outside",
        "others",
        "each",
        "protocol",
        "repeated",
        "right_one",
        "taken",
        "first_keeps",
        "no_err",
        "closed",
        "others_stay",
        "without",
        "unknown",
    ],
)
def several(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    first = start(run, "first", network, "8084:80", "8082:80", "8083:80/udp")
    serves(run, first, network)
    reached(run, "outside", 8084)
    closed(run, "others", 80)
    reached(run, "each", 8082)
    closed(run, "protocol", 8083)
    request = dict(run.calls("program_external_connectivity")[-1].request)
    ids = {key: request[key] for key in ("NetworkID", "EndpointID")}
    said = run.refused(run.docker.call, "program_external_connectivity", request)
    run.check("repeated", said is None, expected="{}", seen=f"Err: {said}")
    second = start(run, "second", network, "8085:80")
    serves(run, second, network)
    reached(run, "right_one", 8084)
    reached(run, "right_one", 8085)
    run.check("taken", wants(run, network, 8084), expected="Err, since 8084 belongs to first", seen="{}")
    reached(run, "first_keeps", 8084)
    answer = run.docker.call("revoke_external_connectivity", ids)  # it runs on, and would answer
    run.check("no_err", not answer.get("Err"), expected="{}", seen=f"Err: {answer.get('Err')}")
    closed(run, "closed", 8084)
    reached(run, "others_stay", 8085)
    run.docker.remove(first)
    errors = [call.error for call in run.calls("revoke_external_connectivity") if call.error]
    run.check("unknown", not errors, expected="{} to Docker, which revokes again", seen=f"Err: {'; '.join(errors)}")
    publishes_nothing(run, network, run.docker.inspect(second)["NetworkSettings"]["SandboxKey"])


def publishes_nothing(run: Run, network: Network, sandbox: str) -> None:
    """The calls for a container that publishes nothing, without a container."""
    ids = {"NetworkID": network.id, "EndpointID": "2" * 64}
    interface = {"Address": "10.90.1.98/24", "AddressIPv6": "", "MacAddress": ""}
    run.docker.call("create_endpoint", {**ids, "Interface": interface, "Options": {}})
    run.docker.call("join", {**ids, "SandboxKey": sandbox, "Options": {}})
    for options in ({"com.docker.network.portmap": []}, {}):
        answer = run.docker.call("program_external_connectivity", {**ids, "Options": options})
        run.check("without", not answer.get("Err"), expected="{}", seen=f"Err: {answer.get('Err')}")
    never = {**ids, "EndpointID": "4" * 64}
    for body in (ids, never):
        said = run.refused(run.docker.call, "revoke_external_connectivity", body)
        run.check("unknown", said is None, expected="{}", seen=f"Err: {said}")
