# Found by what the reference driver has written on it, and set down first.
def leave(request, host):
    host.log("farewell")
    return {}


def delete_endpoint(request, host):
    mark = f"workshop endpoint {request['EndpointID']}"
    for link in list(host.kernel.get_links()):
        if link.get("ifalias") == mark:
            host.kernel.link("set", index=link["index"], state="down")
            host.kernel.link("del", index=link["index"])
    return {}
