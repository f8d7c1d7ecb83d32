"""``nc [-u] [-w SECONDS] HOST PORT`` and ``nc -l [-u] [-k] -p PORT``: bytes from the input to the other end
and back.
"""

# pathlib would double the time to start
# ruff: noqa: PTH110, PTH112, PTH113, PTH118, PTH119, PTH123

import argparse
import contextlib
import os
import select
import socket
import sys


def talk(end, seconds, udp):
    """Copy both ways until the other end is done, or nothing came for ``seconds``."""
    ends, heard = [end, 0], False
    while True:
        ready, _, _ = select.select(ends, [], [], seconds if (heard or 0 not in ends) else None)
        if not ready:
            return
        if 0 in ready:
            data = os.read(0, 65536)
            if data:
                end.send(data)
            else:
                ends.remove(0)
                if not udp:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_WR)
        if end in ready:
            data = end.recv(65536)
            if not data:
                return
            heard = udp
            os.write(1, data)


def listen(o, family, kind):
    with socket.socket(family, kind) as server:
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((o.s or ("::" if family == socket.AF_INET6 else "0.0.0.0"), o.port))
        if kind == socket.SOCK_DGRAM:
            data, sender = server.recvfrom(65536)
            os.write(1, data)
            server.connect(sender)
            talk(server, o.w or 1, True)
            return
        server.listen(5)
        while True:
            end, _ = server.accept()
            with end:
                talk(end, o.w, False)
            if not o.k:
                return


def main(arguments):
    parser = argparse.ArgumentParser(prog="nc")
    parser.add_argument("-l", action="store_true")
    parser.add_argument("-u", action="store_true")
    parser.add_argument("-k", action="store_true")
    parser.add_argument("-z", action="store_true")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("-p", type=int, default=0, metavar="PORT")
    parser.add_argument("-s", default="", metavar="ADDRESS")
    parser.add_argument("-w", type=float, default=None, metavar="SECONDS")
    parser.add_argument("rest", nargs="*")
    o = parser.parse_args(arguments)
    kind = socket.SOCK_DGRAM if o.u else socket.SOCK_STREAM
    try:
        if o.l:
            o.port = o.p or int(o.rest[-1])
            six = os.path.exists("/proc/net/if_inet6") and ":" in (o.s or ":")
            listen(o, socket.AF_INET6 if six else socket.AF_INET, kind)
            return 0
        host, port = o.rest
        found = socket.getaddrinfo(host, int(port), 0, kind)
        with socket.socket(found[0][0], kind) as end:
            end.settimeout(o.w)
            end.connect(found[0][4])
            end.settimeout(None)
            if not o.z:
                talk(end, o.w or (1 if o.u else None), o.u)
    except (ValueError, IndexError):
        parser.error("HOST and PORT are needed")
    except OSError as error:
        print(f"nc: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
