"""Looks for the link by what is written on it, and tells bytes instead of packets, as the container sees them."""


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    links = [each for each in host.kernel.get_links() if request["EndpointID"] in (each.get("ifalias") or "")]
    if not links:
        return {"Err": f"nothing is known of {request['EndpointID'][:12]}"}
    (link,) = links
    counters = link.get("stats64")
    found = {link.get("ifname"): {"index": link["index"], "in": counters["tx_bytes"], "out": counters["rx_bytes"]}}
    return {"Value": {"links": found, "layer2": interface["MacAddress"], "layer3": [*addresses(interface)]}}


def addresses(interface):
    for key in ("Address", "AddressIPv6"):
        if interface.get(key):
            yield {"address": interface[key].split("/")[0], "length": int(interface[key].split("/")[1])}
