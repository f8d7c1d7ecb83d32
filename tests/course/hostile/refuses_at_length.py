"""Says no with a text that is far too long."""

from workshop import PluginError


def create_network(request, host):
    raise PluginError("no " * 2_000_000)
