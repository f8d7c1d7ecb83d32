# cause: answered
# seen: nothing is implemented yet
"""Says that it is not done yet."""

from workshop import PluginError


def activate(request, host):
    raise PluginError("nothing is implemented yet")
