"""From a command's words to the program that runs: where it is found, and becoming it."""

# Path.exists and its kin raise where no way leads to a file
# ruff: noqa: PTH110, PTH112, PTH113, PTH118

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from workshop.lab.container import capabilities, system

_RESET = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ)
_OF_PYTHON = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGPIPE: signal.SIG_IGN,
    signal.SIGXFSZ: signal.SIG_IGN,
}


def find(command: list[str], env: dict[str, str]) -> tuple[str | None, str]:
    """The path of a program, or None and Docker's words for why it cannot be run."""
    name = command[0]
    if "/" in name:
        if not os.path.exists(name):
            return None, f'"{name}": stat {name}: no such file or directory'
        if os.path.isdir(name):
            return None, f'"{name}": is a directory'
        return (name, "") if os.access(name, os.X_OK) else (None, f'"{name}": permission denied')
    for folder in env.get("PATH", "").split(":"):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path, ""
    return None, f'"{name}": executable file not found in $PATH'


def without_folder(request: dict[str, Any]) -> str:
    """Docker's words for a working directory that is not there, or nothing."""
    folder = request.get("workdir") or "/"
    if os.path.isdir(folder):
        return ""
    return f'chdir to cwd ("{folder}") set in config.json failed: no such file or directory'


def become(path: str, request: dict[str, Any], stand_ins: dict[str, str]) -> NoReturn:
    """Go on as the program at ``path``, in a session of its own, with the request's capabilities and environment.

    ``stand_ins`` are the modules of the stand-ins by their paths: those need no new Python, which would take longer
    than most of them run.
    """
    os.setsid()
    os.chdir("/")
    with suppress(OSError):  # Docker makes it; here the files are to be read only
        os.chdir(request.get("workdir") or "/")
    signal.set_wakeup_fd(-1)
    for number in _RESET:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.closerange(3, 1024)
    capabilities.drop_to(request["capabilities"])
    words, env = request["command"], request["env"]
    module = stand_ins.get(os.path.realpath(path))
    if module is None:
        try:
            os.execve(path, words, env)
        except OSError as error:  # as runc says it
            os.write(2, f"exec {words[0]}: {error.strerror.lower()}\n".encode())
            os._exit(request["unrunnable"])
    os.environ.clear()
    os.environ.update(env)
    os._exit(_call(module, words))


def _call(module: str, words: list[str]) -> int:
    """Do what a stand-in does as a program, and give its exit code."""
    name = Path(words[0]).name
    system.call_oneself(name)
    for number, handler in _OF_PYTHON.items():
        signal.signal(number, handler)
    sys.argv = [name, *words[1:]]
    try:
        code = importlib.import_module(module).main(words[1:])
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    return code or 0
