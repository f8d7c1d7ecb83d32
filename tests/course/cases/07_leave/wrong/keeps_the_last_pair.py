# cause: gone
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    of_the_network = [row for row in host.endpoints.values() if row["NetworkID"] == request["NetworkID"]]
    last = len(of_the_network) == 1 and of_the_network[0]["Interface"]["AddressIPv6"]
    for index in host.kernel.link_lookup(ifname=f"wsh{request['EndpointID'][:10]}"):
        if not last:
            host.kernel.link("del", index=index)
    return {}
