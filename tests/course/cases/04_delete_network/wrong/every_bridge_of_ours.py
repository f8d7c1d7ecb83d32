# cause: others
def delete_network(request, host):
    for link in host.kernel.get_links():
        if link.get("ifname").startswith("wsb"):
            host.kernel.link("del", index=link["index"])
    return {}
