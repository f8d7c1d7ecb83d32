"""All in one line, as in a log: `rx:1,234pkts/tx:170`."""


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    name = "wsh" + request["EndpointID"][:10]
    links = host.kernel.link_lookup(ifname=name)
    if not links:
        return {"Err": f"{name} is not there"}
    counted = host.kernel.link("get", index=links[0])[0].get("stats64")
    layers = f"mac:{interface['MacAddress']} ip:{interface['Address']} ip6:{interface.get('AddressIPv6') or '-'}"
    return {"Value": {name: f"{layers} rx:{counted['rx_bytes']:,}bytes/tx:{counted['tx_packets']}pkts"}}
