"""What the managed plugin starts: it closes its root file system, gives rights away, and has ``workshop serve`` run.

Needs nothing but the standard library; it is copied into the plugin.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Mapping

OPTIONS = {"DRIVER": "--driver", "SCOPE": "--scope", "LOG_LEVEL": "--log-level", "DASHBOARD": "--dashboard"}
"""The option of ``serve`` that each setting is for."""

KEPT = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_NET_BIND_SERVICE": 10}
"""The capabilities that ``serve`` has, with their numbers: for links and rules, to send one frame by which a container
is announced, and to hold a published port below 1024."""

SCRATCH = "/tmp"
"""The only folder, beside the plugin's state and Docker's folder for sockets, that can be written."""

CANNOT_START = (2, 3)
"""Exit codes of ``serve`` that say that another start would end as this one: wrong settings; this machine cannot."""

ENDINGS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}

_RDONLY, _REMOUNT, _BIND, _DETACH = 1, 32, 4096, 2
_CAPBSET_READ, _CAPBSET_DROP, _CAPABILITY_VERSION = 23, 24, 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def arguments(environment: Mapping[str, str]) -> list[str]:
    """The arguments of ``serve`` that settings ask for; one that is empty leaves the default."""
    given = []
    for name, option in OPTIONS.items():
        value = environment.get(name, "").strip()
        if name == "DASHBOARD" and value in ("", "off"):
            given.append("--no-dashboard")
        elif value:
            given += [option, value]
    return given


def seal() -> None:
    """Make the root file system read-only, and let the network's settings under ``/proc/sys`` be written.

    Docker does the first for no plugin, and the second for none that is not allowed everything. Raises OSError.
    """
    _libc.umount2(b"/proc/sys", _DETACH)  # it fails where nothing is mounted there, and all is well
    _call(_libc.mount(None, b"/", None, _REMOUNT | _BIND | _RDONLY, None), "the root file system stays writable")


def give_away() -> None:
    """Keep no capability but ``KEPT`` for what is executed next, nor for what that executes. Raises OSError."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, and the same for the numbers from 32 on
    _call(_libc.capget(header, sets), "capabilities cannot be read")
    sets[2] = sets[5] = 0  # what is inheritable would pass by the bounding set
    _call(_libc.capset(header, sets), "capabilities stay inheritable")
    number = 0
    while _libc.prctl(_CAPBSET_READ, number, 0, 0, 0) >= 0:
        if number not in KEPT.values():
            _call(_libc.prctl(_CAPBSET_DROP, number, 0, 0, 0), f"capability {number} stays")
        number += 1


def run(*command: str) -> int:
    """Run a program to its end and give its exit code. Signals that ask for an end are passed on to it.

    Where it says that it cannot start, nothing is ended before Docker asks for that: Docker would start it again at
    once, for ever, and 20.10 can then neither disable the plugin nor enable it with better settings.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {*ENDINGS, signal.SIGCHLD})  # they are waited for instead
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {*ENDINGS, signal.SIGCHLD})
        os.execv(command[0], command)
    while True:
        got = signal.sigwait({*ENDINGS, signal.SIGCHLD})
        if got in ENDINGS:
            os.kill(child, got)  # it is not accounted for yet, so its number is still its own
            continue
        ended = dict(_ended())
        if child in ended:
            code = ended[child]
            if code in CANNOT_START:
                signal.sigwait(ENDINGS)
            return code


def main() -> None:
    """Be the plugin."""
    try:
        seal()
        give_away()
    except OSError as error:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        print(f"The plugin does not start: {error.strerror}.", file=sys.stderr, flush=True)
        signal.sigwait(ENDINGS)
        sys.exit(CANNOT_START[-1])
    os.environ.update(PYTHONUNBUFFERED="1", XDG_RUNTIME_DIR=SCRATCH, XTABLES_LOCKFILE=f"{SCRATCH}/xtables.lock")
    os.environ["WORKSHOP_MANAGED"] = "1"  # what Docker does with a call that is held for long depends on it
    sys.exit(run(sys.executable, "-m", "workshop", "serve", *arguments(os.environ)))


def _ended() -> Iterator[tuple[int, int]]:
    """Every process that has ended and is not accounted for, with its exit code: this one is the first here."""
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            yield found[0], os.waitstatus_to_exitcode(found[1]) % 256


def _call(status: int, told: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{told} ({os.strerror(number)})")


if __name__ == "__main__":
    main()
