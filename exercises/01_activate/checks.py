"""What Activate has to bring about: Docker takes the plugin for a network driver."""

from __future__ import annotations

from workshop.course.checking import Check, DockerError, Run, in_json, scenario

CHECKS = {
    "answered": Check(
        "Docker gets an answer",
        wrong="The answer says that it failed",
        why="Err is for what could not be done. To say what it is, a plugin needs nothing.",
        route="activate",
        hint=1,
    ),
    "network_driver": Check(
        "the answer says that this is a network driver",
        wrong="Docker does not take this for a network driver",
        why='Before it makes a network with a plugin, Docker looks for "NetworkDriver" in the list, letter by letter.',
        route="activate",
        hint=2,
    ),
    "used": Check(
        "Docker makes a network with the plugin",
        wrong="Docker does not make a network with the plugin",
        why="That is what it was asked for.",
        route="activate",
        hint=2,
    ),
    "again": Check(
        "whoever asks again gets the same answer",
        wrong="Asked again, it does not say that it is a network driver",
        why="Docker asks anew whenever it has been restarted. A plugin that is nothing then has lost its networks.",
        route="activate",
        hint=3,
    ),
}


@scenario("Docker uses the plugin for the first time", checks=["answered", "network_driver", "used"])
def first_use(run: Run) -> None:
    words = None
    try:
        network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    except DockerError as error:
        words = str(error)
    calls = run.calls("activate")
    answer = calls[-1].answer if calls else run.docker.activate()
    failed = answer.get("Err")
    run.check("answered", not failed, expected='{"Implements": [ … ]}', seen=f"Err: {failed}", docker=words)
    run.check(
        "network_driver",
        "NetworkDriver" in implements(answer),
        expected='"NetworkDriver" in the list Implements',
        seen=f'"Implements": {in_json(implements(answer))}',
        docker=words,
    )
    run.check("used", words is None, expected="a network", seen=words or "", docker=words)
    run.docker.remove_network(network)


@scenario("Docker asks again, as after its restart", checks=["again"])
def asked_again(run: Run) -> None:
    for answer in (run.docker.activate(), run.docker.activate()):
        seen = answer.get("Err") or f'"Implements": {in_json(implements(answer))}'
        run.check(
            "again", "NetworkDriver" in implements(answer), expected='"NetworkDriver" in the list again', seen=seen
        )


def implements(answer: dict) -> list:
    """The list, whatever the letter case of its key: Docker does not care."""
    return next((value for key, value in answer.items() if key.lower() == "implements"), None) or []
