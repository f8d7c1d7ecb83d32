# The bridge is found by the gateway's address; the MAC address is the one that the kernel gave.
def create_endpoint(request, host):
    network = host.network(request["NetworkID"])
    gateway = network["IPv4Data"][0]["Gateway"].partition("/")[0]
    bridge = next(row["index"] for row in host.kernel.get_addr() if row.get("address") == gateway)
    outside = "v" + request["EndpointID"][:14]
    inside = "w" + request["EndpointID"][:14]
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer={"ifname": inside}, master=bridge, state="up")
    if request["Interface"].get("MacAddress"):
        return {"Interface": None}
    mac = host.kernel.link("get", ifname=inside)[0].get("address")
    return {"Interface": {"MacAddress": mac}}
