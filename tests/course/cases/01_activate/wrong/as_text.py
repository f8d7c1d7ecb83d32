# cause: answers
"""JSON as text: it is made into JSON a second time."""

import json


def activate(request, host):
    return json.dumps({"Implements": ["NetworkDriver"]})
