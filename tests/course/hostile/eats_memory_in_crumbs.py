"""Takes all memory in small pieces, and gives none back."""

kept = []


def create_network(request, host):
    while True:
        kept.append([str(len(kept))] * 1000)
