# cause: answers
# seen: thread
# No NAT at all: a thread for each TCP port listens on the host and passes on, as Docker's userland proxy does.
import contextlib
import socket
import threading

from workshop import PluginError

LISTENERS = {}


def pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        each.close()


def serve(listener, to):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        try:
            server = socket.create_connection(to, 2)
        except OSError:
            client.close()
            continue
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def program_external_connectivity(request, host):
    revoke_external_connectivity(request, host)
    address = host.endpoint(request["EndpointID"])["Interface"]["Address"].split("/")[0]
    for port in (request.get("Options") or {}).get("com.docker.network.portmap") or []:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM if port["Proto"] == 6 else socket.SOCK_DGRAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, port["Proto"] == 6)
        try:
            listener.bind((port.get("HostIP") or "0.0.0.0", port["HostPort"]))
        except OSError as error:
            revoke_external_connectivity(request, host)
            raise PluginError(f"port {port['HostPort']}: {error.strerror}") from None
        LISTENERS.setdefault(request["EndpointID"], []).append(listener)
        if port["Proto"] == 6:
            listener.listen(16)
            threading.Thread(target=serve, args=(listener, (address, port["Port"])), daemon=True).start()
    return {}


def revoke_external_connectivity(request, host):
    for listener in LISTENERS.pop(request["EndpointID"], []):
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    return {}
