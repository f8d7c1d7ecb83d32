"""``python -m workshop``."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while modules are loaded ends it without a traceback

from workshop.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
