"""Docker's remote network driver API as data: the routes, their bodies, what every field means.

Nothing in here acts: no sockets, no kernel. Server, validation, documentation and tests read it from here.
"""

from workshop.protocol.routes import BY_NAME, BY_PATH, ROUTES, Route
from workshop.protocol.validate import mismatch, parse_request, wrong_answer

__all__ = ["BY_NAME", "BY_PATH", "ROUTES", "Route", "mismatch", "parse_request", "wrong_answer"]
