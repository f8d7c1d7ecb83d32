# Found by what the reference driver has written on it.
def delete_network(request, host):
    for link in host.kernel.get_links():
        if link.get("ifalias") == f"workshop network {request['NetworkID']}":
            host.kernel.link("set", index=link["index"], state="down")
            host.kernel.link("del", index=link["index"])
    return {}
