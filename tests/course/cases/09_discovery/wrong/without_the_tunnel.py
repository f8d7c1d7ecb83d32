# cause: first
# seen: there is no tunnel
"""Has thrown away what was finished: the reference driver's networks have no tunnel."""

nodes = set()
own = {}


def discover_new(request, host):
    data = request.get("DiscoveryData") or {}
    if request["DiscoveryType"] != 1 or not data.get("Address"):
        return {}
    if data.get("Self"):
        own["address"] = data.get("BindAddress") or data["Address"]
        return {}
    nodes.add(data["Address"])
    for network_id in host.networks:
        send_to(data["Address"], network_id, host)
    return {}


def discover_delete(request, host):
    address = (request.get("DiscoveryData") or {}).get("Address")
    if request["DiscoveryType"] != 1 or address not in nodes:
        return {}
    nodes.remove(address)
    for network_id in host.networks:
        for index in host.kernel.link_lookup(ifname=tunnel_of(network_id)):
            host.kernel.fdb("del", ifindex=index, lladdr="00:00:00:00:00:00", dst=address)
    return {}


def send_to(node, network_id, host):
    for index in host.kernel.link_lookup(ifname=tunnel_of(network_id)):
        host.kernel.fdb("append", ifindex=index, lladdr="00:00:00:00:00:00", dst=node)


def tunnel_of(network_id):
    return f"wsx{network_id[:10]}"
