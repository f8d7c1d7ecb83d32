# Found by the gateway's address, as the plugin remembers it, and not by its name.
def delete_network(request, host):
    network = host.networks.get(request["NetworkID"])
    if network is None:
        return {}
    pools = (network.get("IPv4Data") or []) + (network.get("IPv6Data") or [])
    wanted = {pool["Gateway"].partition("/")[0] for pool in pools if pool.get("Gateway")}
    indexes = {row["index"] for row in host.kernel.get_addr() if row.get("address") in wanted}
    for index in indexes:
        host.kernel.link("del", index=index)
    return {}
