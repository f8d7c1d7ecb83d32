"""Docker's plugin API as data (network, IPAM and volume drivers): the routes, their bodies, what every field means.

Nothing in here acts: no sockets, no kernel. Server, validation, documentation and tests read it from here.
"""

from workshop.protocol.routes import NETWORK_ROUTES, Route
from workshop.protocol.table import BY_NAME, BY_PATH, ROUTES, interfaces
from workshop.protocol.validate import mismatch, parse_request, wrong_answer

__all__ = [
    "BY_NAME",
    "BY_PATH",
    "NETWORK_ROUTES",
    "ROUTES",
    "Route",
    "interfaces",
    "mismatch",
    "parse_request",
    "wrong_answer",
]
