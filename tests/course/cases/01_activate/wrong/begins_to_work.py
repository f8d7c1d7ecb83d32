# cause: left_behind
# seen: early
"""Makes a bridge at once, for the networks to come."""


def activate(request, host):
    if not host.kernel.link_lookup(ifname="early"):
        host.kernel.link("add", ifname="early", kind="bridge", state="up")
    return {"Implements": ["NetworkDriver"]}
