"""Exercise 8: Docker asks how an endpoint is doing. Tell what somebody needs to know who looks for a fault."""

from workshop import PluginError
from workshop.course.host import Host
from workshop.protocol.types import EndpointRequest, OperInfoAnswer


def endpoint_oper_info(request: EndpointRequest, host: Host) -> OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: asked after Join, and whenever Docker wants to show the endpoint."""
    endpoint_id = request["EndpointID"]
    interface = host.endpoint(endpoint_id).get("Interface") or {}
    # The end on the bridge stays on the host. The container's end may be there, in the container, or on its way back.
    name = f"wsh{endpoint_id[:10]}"
    found = host.kernel.link_lookup(ifname=name)
    if not found:
        raise PluginError(f"the link {name} of endpoint {endpoint_id[:12]} is gone")
    link = host.kernel.link("get", index=found[0])[0]  # asked each time: this is about now
    counters = link.get("stats64")
    value = {
        "link": name,
        "state": link.get("state"),
        "mtu": link.get("mtu"),
        "mac": interface.get("MacAddress"),
        "addresses": [each for key in ("Address", "AddressIPv6") if (each := interface.get(key))],
        # what the host's end receives, the container has sent
        "sent": {"packets": counters["rx_packets"], "bytes": counters["rx_bytes"]},
        "received": {"packets": counters["tx_packets"], "bytes": counters["tx_bytes"]},
    }
    return {"Value": value}
