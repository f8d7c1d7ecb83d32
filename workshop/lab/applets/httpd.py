"""``httpd [-f] [-p [ADDRESS:]PORT] [-h FOLDER]``: a web server.

It serves the folder; a folder without ``index.html`` (and any, if none is named) answers with the server's
host name.
"""

import argparse
import http.server
import os
import signal
import socket
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    """Answers with files of the folder, or with the host's name."""

    protocol_version = "HTTP/1.0"
    folder = None

    def do_GET(self):
        if self.folder is not None:
            super().do_GET()
            return
        text = f"Hello from {socket.gethostname()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Listens for IPv4 and, where there is IPv6, for both."""

    daemon_threads = True

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "httpd", self.socket.getsockname()[1]


def main(arguments):
    parser = argparse.ArgumentParser(prog="httpd", add_help=False)
    parser.add_argument("-f", action="store_true")
    parser.add_argument("-v", action="count")
    parser.add_argument("-p", default="80", metavar="[ADDRESS:]PORT")
    parser.add_argument("-h", default="", metavar="FOLDER")
    o = parser.parse_args(arguments)
    address, _, port = o.p.rpartition(":")
    if o.h:
        os.chdir(o.h)
        Handler.folder = o.h
    try:
        Server.address_family = socket.AF_INET6
        server = Server((address.strip("[]") or "::", int(port)), Handler)
    except (OSError, ValueError):
        Server.address_family = socket.AF_INET
        server = Server((address or "0.0.0.0", int(port)), Handler)
    if not o.f and os.fork():
        return 0
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
