"""Looks for the pair by what is written on it, and takes the end that is on no bridge; another prefix."""


def join(request, host):
    endpoint = request["EndpointID"]
    links = list(host.kernel.get_links())
    outside = next(link for link in links if endpoint in (link.get("ifalias") or ""))
    inside = next(link for link in links if link["index"] == outside.get("link"))
    answer = {"InterfaceName": {"SrcName": inside.get("ifname"), "DstPrefix": "net"}, "StaticRoutes": None}
    network = host.networks[request["NetworkID"]]
    if network["Options"].get("com.docker.network.internal") is True:
        answer["DisableGatewayService"] = True
        return answer
    for data in (network.get("IPv4Data") or []) + (network.get("IPv6Data") or []):
        gateway = (data.get("Gateway") or "").split("/")[0]
        answer["GatewayIPv6" if ":" in gateway else "Gateway"] = gateway
    return answer
