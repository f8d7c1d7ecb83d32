"""What the engine refuses to do, in Docker's own words."""

from __future__ import annotations


class Refusal(Exception):
    """Told to the client as ``{"message": …}`` with the HTTP ``status``: 400 wrong, 403, 404 none such, 409,
    500.
    """

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.message, self.status = message, status
