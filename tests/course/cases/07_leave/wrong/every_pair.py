# cause: others
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for link in host.kernel.get_links():
        if link.get("ifname").startswith("wsh"):
            host.kernel.link("del", index=link["index"])
    return {}
