"""``python -m workshop``."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while modules are loaded ends it without a traceback

try:
    from workshop.cli import main
except ModuleNotFoundError as error:
    from workshop.errors import lacking

    if (told := lacking(error, sys.executable, sys.argv[1:])) is None:
        raise
    print(told, file=sys.stderr)
    sys.exit(told.exit_code)

if __name__ == "__main__":
    main()
