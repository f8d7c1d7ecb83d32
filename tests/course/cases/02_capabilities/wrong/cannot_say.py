# cause: no_err
# seen: ask me later
from workshop import PluginError


def get_capabilities(request, host):
    raise PluginError("ask me later")
