# cause: accepted
"""Says that it has nothing to say, as an error."""


def endpoint_oper_info(request, host):
    return {"Err": "not implemented"}
