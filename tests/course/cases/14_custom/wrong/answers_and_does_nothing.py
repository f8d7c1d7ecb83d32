# cause: link
def create_network(request, host):
    return {}


def delete_network(request, host):
    return {}


def create_endpoint(request, host):
    return {"Interface": {}}


def join(request, host):
    return {"InterfaceName": {"SrcName": "", "DstPrefix": "eth"}}


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    return {}
