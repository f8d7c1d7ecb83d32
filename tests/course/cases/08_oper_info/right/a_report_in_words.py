"""Sentences instead of fields, and the MAC address in capital letters; what is counted comes from /sys."""

from pathlib import Path


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    name = f"wsh{request['EndpointID'][:10]}"
    folder = Path("/sys/class/net", name, "statistics")
    received, sent = ((folder / f"{way}_packets").read_text().strip() for way in ("rx", "tx"))
    lines = [
        f"The container is behind {name}, as {interface['MacAddress'].upper().replace(':', '-')}.",
        f"It is called {interface['Address'].partition('/')[0]} and {interface.get('AddressIPv6') or 'nothing else'}.",
        f"It has sent {received} packets, and was sent {sent}.",
    ]
    return {"Value": {"report": lines}}
