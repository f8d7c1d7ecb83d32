# cause: answers
# seen: None
def get_capabilities(request, host):
    answer = {"Scope": "local"}
    print(answer)
