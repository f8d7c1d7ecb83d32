"""What the engine refuses to do, in Docker's own words."""

from __future__ import annotations


class Refusal(Exception):
    """Told to the client as ``{"message": …}`` with the HTTP ``status``: 400 wrong, 403, 404 none such, 409,
    500.
    """

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.message, self.status = message, status


def command_status(error: str) -> int | None:
    """The exit code of a command that cannot be started for this error: 127 if it is not there, 126 if it is and may
    not be run. None for any other error.
    """
    if "executable file not found" in error or "no such file or directory" in error:
        return 127
    return 126 if "permission denied" in error or "is a directory" in error else None
