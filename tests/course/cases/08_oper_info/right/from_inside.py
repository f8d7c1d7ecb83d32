"""Counts what the container itself counts, in its namespace, as long as there is one; the same from the other side."""

import os
from pathlib import Path

CLONE_NEWNET = 0x40000000


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    name = "wsh" + request["EndpointID"][:10]
    rows = counted("/proc/thread-self/net/dev")
    value = {"link": name, **endpoint["Interface"], "host": dict(zip(("rx", "tx"), rows[name], strict=True))}
    sandbox = endpoint.get("SandboxKey")
    if sandbox and Path(sandbox).exists() and hasattr(os, "setns"):
        value["container"] = inside(sandbox)
    return {"Value": value}


def counted(path):
    rows = {}
    for line in Path(path).read_text().splitlines()[2:]:
        name, _, numbers = line.partition(":")
        columns = numbers.split()
        rows[name.strip()] = int(columns[1]), int(columns[9])
    return rows


def inside(sandbox):
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    other = os.open(sandbox, os.O_RDONLY)
    try:
        os.setns(other, CLONE_NEWNET)
        return {name: list(each) for name, each in counted("/proc/thread-self/net/dev").items()}
    finally:
        os.setns(own, CLONE_NEWNET)
        os.close(own)
        os.close(other)
