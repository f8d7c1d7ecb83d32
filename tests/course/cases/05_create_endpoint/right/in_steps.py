# One step after the other, the container's end first, with a MAC address made from the address.
from workshop import PluginError


def create_endpoint(request, host):
    name, interface = request["EndpointID"][:8], request.get("Interface") or {}
    bridge = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    if not bridge:
        raise PluginError("unknown network")
    if not host.kernel.link_lookup(ifname=f"in-{name}"):
        host.kernel.link("add", ifname=f"in-{name}", kind="veth", peer=f"out-{name}")
        (outside,) = host.kernel.link_lookup(ifname=f"out-{name}")
        host.kernel.link("set", index=outside, state="up")
        host.kernel.link("set", index=outside, master=bridge[0])
    answer = {"Address": "", "AddressIPv6": "", "MacAddress": ""}
    if not interface.get("MacAddress") and interface.get("Address"):
        octets = interface["Address"].partition("/")[0].split(".")
        answer["MacAddress"] = "02:42:" + ":".join(f"{int(each):02x}" for each in octets)
    return {"Interface": answer}
