# cause: gone
def delete_network(request, host):
    names = sorted(link.get("ifname") for link in host.kernel.get_links() if link.get("ifname").startswith("wsb"))
    # the name's order, not the age: works as long as there is one
    if names and len(names) == 1:
        host.kernel.link("del", index=host.kernel.link_lookup(ifname=names[0])[0])
    return {}
