"""A process in a lab of its own that judges files: one line with a path in, one line with the verdict out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.leftovers import MARK

ROOT = Path(__file__).resolve().parent.parent.parent


class Judge:
    """Judges by the checks of one exercise, on one stage that stays. ``engine`` is which Docker is played."""

    def __init__(self, exercise: str, engine: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.course.judging", exercise, engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={key: value for key, value in os.environ.items() if key != MARK},  # it outlives the test that began it
        )
        assert self._read() == {"ready": True}

    def __call__(self, path: Path) -> dict[str, Any]:
        """The verdict on a file."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the judge has died"
        return json.loads(line)

    def close(self) -> None:
        """End it, and its lab."""
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0


def main(which: str, engine: str) -> None:
    """Judge what is named on stdin until its end."""
    from workshop.course import exercise as room
    from workshop.lab import reenter

    exercise = room.find(which)
    reenter.reenter()
    from workshop.course.judge import judge
    from workshop.course.stage import Stage

    with tempfile.TemporaryDirectory(prefix="wsc-") as folder, Stage(exercise, Path(folder), engine=engine) as stage:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            verdict = judge(stage, line.strip())
            for station in stage.stations:
                if station.learner is not None:
                    station.learner.close()  # or its process would be taken for one that was left behind
            print(json.dumps(verdict.as_dict()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
