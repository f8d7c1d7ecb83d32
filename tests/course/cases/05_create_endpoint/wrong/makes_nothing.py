# cause: pair
def create_endpoint(request, host):
    return {"Interface": {}}
