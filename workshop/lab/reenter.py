"""Going on in namespaces of one's own, so that the attendee's own network is never touched.

The process forks twice: the first process stays outside and passes signals on, the second is the init of the
new PID namespace, the third goes on with the program. When any of the first two dies, the kernel ends all and
cleans up.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from pathlib import Path

from workshop.errors import CannotHere
from workshop.kernel.mounts import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC, MS_SHARED, mount
from workshop.kernel.namespaces import CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, unshare

MARK = "WORKSHOP_LAB"
"""Environment variable that is set inside: the outer process's ID, as seen from outside."""

_PR_SET_PDEATHSIG = 1
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_libc = ctypes.CDLL(None, use_errno=True)

_REMEDIES = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids it to users: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows it.",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "The kernel is told to forbid it to users: `sudo sysctl kernel.unprivileged_userns_clone=1` allows it.",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "The limit of user namespaces is 0: `sudo sysctl user.max_user_namespaces=15000` allows it.",
    ),
)


def inside() -> bool:
    """Whether this process already runs in the lab's namespaces."""
    return MARK in os.environ


def outer_pid() -> int:
    """The process ID by which the outside knows the lab: end it, and all of the lab is gone."""
    return int(os.environ.get(MARK) or os.getpid())


def reenter() -> None:
    """Go on in new user (unless root), network, mount and PID namespaces, as their root.

    Returns only in the inner process; the outer one passes signals on and ends with the inner one's exit
    code. Open file descriptors stay open, so a socket bound before still listens in the attendee's own
    network. Does nothing if the process is inside already.

    :raises CannotHere: if this machine forbids it; the remedy says how to allow it.
    :raises RuntimeError: if the process has more than one thread, for the kernel would refuse.
    """
    if inside():
        return
    if threading.active_count() > 1:
        raise RuntimeError("the lab must be entered before any thread is started")
    remedy = probe()
    if remedy is not None:
        raise CannotHere("This machine does not let you make network namespaces.", remedy)
    sys.stdout.flush()
    sys.stderr.flush()
    outside = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, (*_PASSED_ON, signal.SIGCHLD))
    _unshare_all()
    first = os.fork()
    if first:
        os._exit(_wait_for(first))
    _die_with_parent(signal.SIGKILL)
    _own_mounts()
    second = os.fork()
    if second:
        os._exit(_wait_for(second))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*_PASSED_ON, signal.SIGCHLD))
    os.environ[MARK] = str(outside)
    os.environ["XTABLES_LOCKFILE"] = _lock_file()
    _loopback_up()


def probe() -> str | None:
    """Why the lab cannot run here, as the sentence that says what to do; ``None`` if it can.

    Tried out by making a bridge in new namespaces, in a process of its own: some machines let a user make the
    namespaces but not use them.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(Exception):
            _unshare_all()
            from pyroute2 import IPRoute

            with IPRoute() as ip:
                ip.link("add", ifname="ws-probe", kind="bridge")
            code = 0
        os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        return None
    for path, value, remedy in _REMEDIES:
        with contextlib.suppress(OSError):
            if Path(path).read_text().strip() == value:
                return f"{remedy} Or run the command with sudo."
    if os.geteuid() == 0:
        return "Root lacks CAP_SYS_ADMIN here: in a container, start it with --privileged."
    return "Run the command with sudo, or on a machine that allows user namespaces."


def _unshare_all() -> None:
    flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        unshare(flags)
        return
    unshare(flags | CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def _own_mounts() -> None:
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for kind in ("proc", "sysfs"):  # inside some containers neither is allowed, and the lab does without
        with contextlib.suppress(OSError):
            mount(kind, "/proc" if kind == "proc" else "/sys", kind, MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount("none", "/", None, MS_REC | MS_SHARED)  # mount namespaces made in here may follow: a sandbox comes, and goes


def _lock_file() -> str:
    """A file for iptables to lock that has no name and goes with this process.

    In /run, where it is otherwise, it is another user's, or one for the machine's own rules.
    """
    descriptor = os.memfd_create("xtables.lock")
    return f"/proc/{Path('/proc/self').readlink()}/fd/{descriptor}"


def _loopback_up() -> None:
    from pyroute2 import IPRoute

    with IPRoute() as ip:
        ip.link("set", index=1, state="up")


def _die_with_parent(number: int) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def _wait_for(child: int) -> int:
    """Pass signals on to ``child`` and reap whatever ends, until ``child`` has; its exit code.

    A signal from the terminal has reached the child already, as all of them are in the foreground; but when the
    terminal goes away, only the session's leader is told, which this process may be.
    """
    while True:
        info = signal.sigwaitinfo((*_PASSED_ON, signal.SIGCHLD))
        if info.si_signo != signal.SIGCHLD:
            if info.si_code <= 0 or info.si_signo == signal.SIGHUP:  # sent by a process, not by the terminal
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, info.si_signo)
            continue
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == child:
                    code = os.waitstatus_to_exitcode(ended[1])
                    return code if code >= 0 else 128 - code
