"""Says no, as it may."""

from workshop import PluginError


def create_network(request, host):
    raise PluginError("there is no room for network é")
