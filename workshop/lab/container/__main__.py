"""The spawner as a program: ``python -I -S FOLDER/__main__.py DESCRIPTOR``, the descriptor being its socket."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from workshop.lab.container.spawner import main  # noqa: E402

if __name__ == "__main__":
    main(int(sys.argv[1]))
