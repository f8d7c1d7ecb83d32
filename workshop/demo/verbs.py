"""What steps do: one function per verb, which gives an exit code and what was said."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable

from workshop.demo import broken, findings
from workshop.demo.script import Step
from workshop.demo.stage import Stage
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.lab.engine.decoding import PluginFailure
from workshop.lab.engine.refusal import Refusal

LONGEST, LOOKS = 60, 0.1
"""Seconds that a step may take, beside the time in which a call is held, and between two looks whether one is."""

TRIES = 20
"""How often a server is asked that may still be starting."""

WAIT = 4.0
"""Seconds that an answer may take; a kernel that finds no neighbour says so after three."""

Outcome = tuple[int, str]
"""How a step ended, as a shell has it, and what it printed."""


def docker(stage: Stage, words: list[str]) -> Outcome:
    """``docker …``: what a learner would type, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "workshop", "docker", *words],
        env={**os.environ, "WORKSHOP_DOCKER": str(stage.socket)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C is for the talk
    ) as process:
        deadline = time.monotonic() + LONGEST
        while True:
            try:
                output, _ = process.communicate(timeout=LOOKS)
                return process.returncode, output
            except subprocess.TimeoutExpired:
                if stage.holds():
                    deadline += LOOKS
                if stage.stopped() or time.monotonic() > deadline:
                    process.kill()


def fetch(stage: Stage, words: list[str]) -> Outcome:
    """``fetch URL``: ask from outside of the hosts, a few times, for a server may still be starting."""
    return _ask(stage, stage.world, words[0], TRIES)


def fetch_from(stage: Stage, words: list[str]) -> Outcome:
    """``fetch-from HOST URL``: ask from a host, once."""
    return _ask(stage, stage.namespace(words[0]), words[1], 1)


def on(stage: Stage, words: list[str]) -> Outcome:
    """``on HOST PROGRAM …``: what an administrator of the host would type there."""
    try:
        return 0, programs.run(stage.namespace(words[0]), *words[1:])
    except ProgramError as error:
        return 1, str(error)


def discover(stage: Stage, words: list[str]) -> Outcome:
    """``discover HOST NODE…``: its Docker tells a host's plugin that nodes are there."""
    return _tell(stage, words, gone=False)


def lose(stage: Stage, words: list[str]) -> Outcome:
    """``lose HOST NODE…``: its Docker tells a host's plugin that nodes have left."""
    return _tell(stage, words, gone=True)


def renew(stage: Stage, words: list[str]) -> Outcome:
    """``renew HOST``: its Docker knows no plugin, as after a restart, and asks each anew what it is."""
    stage.engines[words[0]].plugins.forget(stage.plugins[words[0]].name)
    return 0, ""


def break_(stage: Stage, words: list[str]) -> Outcome:
    """``break HOST``: broken handlers answer there."""
    stage.replace(words[0], broken.HANDLERS)
    return 0, ""


def mend(stage: Stage, words: list[str]) -> Outcome:
    """``mend HOST``: the plugin's own handlers answer again."""
    stage.put_back(words[0])
    return 0, ""


def look(stage: Stage, words: list[str]) -> Outcome:
    """``look HOST``: what calls, kernel and picture say of a fault there."""
    return 0, "\n".join(findings.look(words[0], stage.graph, lambda: stage.journal.since(stage.since)))


VERBS: dict[str, Callable[[Stage, list[str]], Outcome]] = {
    "docker": docker,
    "fetch": fetch,
    "fetch-from": fetch_from,
    "on": on,
    "discover": discover,
    "lose": lose,
    "renew": renew,
    "break": break_,
    "mend": mend,
    "look": look,
}
"""The verbs of steps, and what does them."""


def filled(step: Step, stage: Stage) -> str:
    """The step's command with addresses, and with the name of a link that is left over, in their places."""
    left = (
        [link["name"] for link in findings.left_over(stage.graph(), _host_of(step))] if "{left}" in step.command else []
    )
    return step.command.format(**stage.addresses(), left=left[0] if left else "nothing")


def shown(step: Step, command: str, stage: Stage) -> str:
    """How a step is written: what somebody types, behind a prompt, or what happens, in a sentence."""
    verb, _, rest = command.partition(" ")
    if step.says:
        return step.says.format(**stage.addresses())
    if verb == "on":
        host, _, typed = rest.partition(" ")
        return f"{host}# {typed}"
    return f"$ {command}"


def take(step: Step, command: str, stage: Stage) -> tuple[bool, str]:
    """Do a step: whether it did what it should, and what was said. What is wrong is told in the last line."""
    verb, *words = shlex.split(command)
    code, output = VERBS[verb](stage, words)
    output = output.expandtabs().rstrip()
    if step.fails:
        wrong = "" if code else "it succeeded, and should have failed."
    else:
        wrong = f"it ended with {code}." if code else ""
    if not wrong and step.expected not in output:
        wrong = f"it ended with {code}, and {step.expected!r} was expected."
    return not wrong, f"{output}\nFailed: {wrong}".strip() if wrong else output


def _host_of(step: Step) -> str:
    return step.command.split()[1]


def _tell(stage: Stage, words: list[str], *, gone: bool) -> Outcome:
    host, *nodes = words
    try:
        for node in nodes:
            stage.discover(host, node, gone=gone)
    except (PluginFailure, Refusal) as error:
        return 1, str(error)
    return 0, ""


def _ask(stage: Stage, namespace: Namespace, url: str, tries: int) -> Outcome:
    """Ask from a namespace; whoever ends the talk does not wait for the answer."""
    found: list[Outcome] = []

    def ask() -> None:
        try:
            found.append(namespace.run(lambda: _get(url, tries, stage.stopped)))
        except OSError as error:
            found.append((1, str(error)))

    thread = threading.Thread(target=ask, name="fetch", daemon=True)
    thread.start()
    while thread.is_alive() and not stage.stopped():
        thread.join(0.1)
    return found[0] if found else (1, "It was broken off.")


def _get(url: str, tries: int, stopped: Callable[[], bool]) -> Outcome:
    opener, error = urllib.request.build_opener(urllib.request.ProxyHandler({})), ""
    for _ in range(tries):
        if stopped():
            break
        try:
            with opener.open(url, timeout=WAIT) as response:
                return 0, f"{response.status} {response.reason}"
        except OSError as raised:
            reason = getattr(raised, "reason", raised)
            error = str(getattr(reason, "strerror", None) or reason)
            time.sleep(0.1)
    return 1, error
