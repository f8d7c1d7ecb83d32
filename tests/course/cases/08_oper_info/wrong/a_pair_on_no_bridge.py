# cause: made
"""Has a CreateEndpoint of its own as well, whose pair is plugged into nothing."""


def create_endpoint(request, host):
    short = request["EndpointID"][:10]
    host.kernel.link("add", ifname=f"wsh{short}", kind="veth", peer={"ifname": f"wsc{short}"})
    (index,) = host.kernel.link_lookup(ifname=f"wsh{short}")
    host.kernel.link("set", index=index, state="up")
    return {"Interface": {}}


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    name = f"wsh{request['EndpointID'][:10]}"
    counted = host.kernel.link("get", ifname=name)[0].get("stats64")
    value = {"link": name, "interface": dict(interface)}
    return {"Value": value | {"rx": counted["rx_packets"], "tx": counted["tx_packets"]}}
