"""What GetCapabilities has to bring about: Docker takes this for a driver of local networks."""

from __future__ import annotations

from workshop.course.checking import Check, DockerError, Run, in_json, scenario

CHECKS = {
    "no_err": Check(
        "Docker gets an answer",
        wrong="The answer says that it failed",
        why="Docker only logs it, does not register the driver, and tells its user that there is no such driver.",
        route="get_capabilities",
        hint=1,
    ),
    "local": Check(
        "the scope is local",
        wrong="The scope is not local",
        why="A bridge is on one host. With the scope global, Docker leaves networks to the managers of a Swarm, and "
        "without a Swarm makes none.",
        route="get_capabilities",
        hint=2,
    ),
    "reach": Check(
        "containers are said to reach each other on this host alone",
        wrong="Containers are said to reach each other across hosts",
        why="Nothing carries their packets to another host. Docker would plan services on it that do not work.",
        route="get_capabilities",
        hint=2,
    ),
    "used": Check(
        "Docker makes a network with the plugin",
        wrong="Docker does not make a network with the plugin",
        why="That is what it was asked for.",
        route="get_capabilities",
        hint=1,
    ),
    "shown": Check(
        "Docker shows the network as local",
        wrong="Docker shows the network with another scope",
        why="It is what `docker network ls` prints.",
        route="get_capabilities",
        hint=2,
    ),
    "again": Check(
        "whoever asks again gets the same answer",
        wrong="The second answer is another one",
        why="Docker asks anew whenever it has been restarted. Its networks would be of another kind than before.",
        route="get_capabilities",
        hint=3,
    ),
}


def field(answer: dict, name: str) -> object:
    """A field of an answer, whatever the letter case of its key: Docker does not care."""
    return next((value for key, value in answer.items() if key.lower() == name.lower()), None)


@scenario("Docker uses the plugin for the first time", checks=["no_err", "local", "reach", "used", "shown"])
def first_use(run: Run) -> None:
    words, network = None, None
    try:
        network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    except DockerError as error:
        words = str(error)
    calls = run.calls("get_capabilities")
    answer = calls[-1].answer if calls else run.docker.capabilities()
    failed = answer.get("Err")
    run.check("no_err", not failed, expected='{"Scope": … }', seen=f"Err: {failed}", docker=words)
    scope = field(answer, "Scope")
    run.check("local", scope == "local", expected='"Scope": "local"', seen=f'"Scope": "{scope}"', docker=words)
    reach = field(answer, "ConnectivityScope") or scope
    run.check(
        "reach", reach == "local", expected='"ConnectivityScope": "local", or none', seen=f'"{reach}"', docker=words
    )
    run.check("used", network is not None, expected="a network", seen=words or "", docker=words)
    assert network is not None
    shown = run.docker.inspect_network(network)["Scope"]
    run.check("shown", shown == "local", expected='"Scope": "local"', seen=f'"Scope": "{shown}"')


@scenario("Docker asks again, as after its restart", checks=["no_err", "again"])
def asked_again(run: Run) -> None:
    first, second = run.docker.capabilities(), run.docker.capabilities()
    failed = first.get("Err") or second.get("Err")
    run.check("no_err", not failed, expected='{"Scope": … }', seen=f"Err: {failed}")
    run.check("again", first == second, expected=f"{in_json(first)} once more", seen=in_json(second))
