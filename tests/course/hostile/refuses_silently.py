"""Says no, and not why."""

from workshop import PluginError


def create_network(request, host):
    raise PluginError
