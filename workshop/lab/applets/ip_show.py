"""``ip [-4|-6] [-o] addr|link|route [show] [dev LINK]``: what iproute2 prints, as far as a container needs
it.
"""

# pathlib would double the time to start
# ruff: noqa: PTH110, PTH112, PTH113, PTH118, PTH119, PTH123

import os
import socket
import struct
import sys

GETLINK, GETADDR, GETROUTE, DONE, ERROR = 18, 22, 26, 3, 2
DUMP = 0x301
FLAGS = (
    (0x8, "LOOPBACK"),
    (0x2, "BROADCAST"),
    (0x10, "POINTOPOINT"),
    (0x80, "NOARP"),
    (0x1000, "MULTICAST"),
    (0x1, "UP"),
    (0x10000, "LOWER_UP"),
)
STATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host"}
PROTOCOLS = {2: "kernel", 3: "boot", 4: "static", 9: "ra"}
ADDR_FLAGS = ((0x02, "nodad"), (0x08, "dadfailed"), (0x40, "tentative"))
FAMILIES = {"-4": socket.AF_INET, "-6": socket.AF_INET6}
USAGE = "Usage: ip [ -4 | -6 ] [ -o ] { addr | link | route } [ show ] [ [ dev ] LINK ]"


def dump(kind, family):
    """All messages of a kind: ``(fixed part, attributes by number)``."""
    head = {GETLINK: "BxHiII", GETADDR: "BBBBI", GETROUTE: "BBBBBBBBI"}[kind]
    size = struct.calcsize("=" + head)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as end:
        body = bytes([family]) + bytes(size - 1)
        end.send(struct.pack("=IHHII", 16 + len(body), kind, DUMP, 1, 0) + body)
        while True:
            data = end.recv(1 << 17)
            while len(data) >= 16:
                length, message, _, _, _ = struct.unpack_from("=IHHII", data)
                if message in (DONE, ERROR):
                    return
                fixed = struct.unpack_from("=" + head, data, 16)
                yield fixed, attributes(data[16 + size : length])
                data = data[(length + 3) & ~3 :]


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, number = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[number & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def number(value):
    return struct.unpack("=I", value)[0]


def address(family, value):
    return socket.inet_ntop(family, value)


def mac(value):
    return ":".join(f"{octet:02x}" for octet in value)


def links():
    found = {}
    for (_, _, index, flags, _), values in dump(GETLINK, 0):
        name = values[3].rstrip(b"\0").decode()
        peer = number(values[5]) if 5 in values else 0
        found[index] = (name, flags, peer, values)
    return found


def link_lines(index, known):
    name, flags, peer, values = known[index]
    shown = name
    if peer and peer != index:
        shown = f"{name}@if{peer}" if 37 in values or peer not in known else f"{name}@{known[peer][0]}"
    words = ["NO-CARRIER"] if flags & 0x1 and not flags & 0x10000 else []
    words += [word for bit, word in FLAGS if flags & bit]
    state = STATES[values[16][0]] if 16 in values else "UNKNOWN"
    queue = values[6].rstrip(b"\0").decode() if 6 in values else "noop"
    head = f"{index}: {shown}: <{','.join(words)}> mtu {number(values[4])} qdisc {queue}"
    master = f" master {known[number(values[10])][0]}" if 10 in values and number(values[10]) in known else ""
    kind = "loopback" if flags & 0x8 else "ether"
    lines = [f"{head}{master} state {state} group default qlen {number(values[13]) if 13 in values else 0}"]
    if 1 in values:
        away = f" link-netnsid {struct.unpack('=i', values[37])[0]}" if 37 in values else ""
        lines.append(f"    link/{kind} {mac(values[1])} brd {mac(values.get(2, b''))}{away}")
    return lines


def addresses(family):
    found = {}
    for (kin, length, flags, scope, index), values in dump(GETADDR, family):
        if kin not in (socket.AF_INET, socket.AF_INET6):
            continue
        flags = number(values[8]) if 8 in values else flags
        local = address(kin, values.get(2) or values[1])
        word = "inet" if kin == socket.AF_INET else "inet6"
        broadcast = f" brd {address(kin, values[4])}" if 4 in values else ""
        marks = "".join(f" {text}" for bit, text in ADDR_FLAGS if flags & bit)
        label = f" {values[3].rstrip(bytes(1)).decode()}" if 3 in values else ""
        line = f"{word} {local}/{length}{broadcast} scope {SCOPES.get(scope, scope)}{marks}{label}"
        found.setdefault(index, []).append(line)
    return found


def show_links(family, oneline, only):
    known = links()
    for index in sorted(known):
        if only in (None, known[index][0]):
            print(("\\" if oneline else "\n").join(link_lines(index, known)))


def show_addresses(family, oneline, only):
    known, given = links(), addresses(family)
    for index in sorted(known):
        name = known[index][0]
        if only not in (None, name) or (family and index not in given):
            continue
        if not oneline:
            lines = link_lines(index, known)
            print("\n".join(lines[:1] if family else lines))
        for line in given.get(index, []):
            life = "       valid_lft forever preferred_lft forever"
            print(f"{index}: {name}    {line}\\{life}" if oneline else f"    {line}\n{life}")


def show_routes(family, oneline, only):
    known = links()
    for fixed, values in dump(GETROUTE, family or socket.AF_INET):
        kin, length, _, _, table, protocol, scope, kind, _ = fixed
        table = number(values[15]) if 15 in values else table
        if table != 254 or kind != 1:
            continue
        device = known[number(values[4])][0] if 4 in values else ""
        if only not in (None, device):
            continue
        words = [f"{address(kin, values[1])}/{length}" if 1 in values else "default"]
        words += ["via", address(kin, values[5])] if 5 in values else []
        words += ["dev", device]
        words += ["proto", PROTOCOLS.get(protocol, str(protocol))] if protocol != 3 else []
        words += ["scope", SCOPES[scope]] if scope != 0 and kin == socket.AF_INET and scope in SCOPES else []
        words += ["src", address(kin, values[7])] if 7 in values else []
        words += ["metric", str(number(values[6]))] if 6 in values else []
        print(" ".join(words), "" if kin == socket.AF_INET else "pref medium")


SHOWN = {"address": show_addresses, "link": show_links, "route": show_routes}


def main(arguments):
    family, oneline = 0, False
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        family = FAMILIES.get(option, family)
        oneline = oneline or option in ("-o", "-oneline")
        if option not in ("-4", "-6", "-o", "-oneline", "-d", "-details", "-c", "-s"):
            sys.exit(f'Option "{option}" is unknown to this ip.\n{USAGE}')
    word = arguments.pop(0) if arguments else ""
    name = next((name for name in SHOWN if word and name.startswith(word)), None)
    if name is None or (word == "a" and name != "address"):
        sys.exit(USAGE)
    rest = [each for each in arguments if each not in ("show", "list", "ls", "s", "dev")]
    if len(rest) > 1 or any(each in ("add", "del", "set", "get") for each in rest):
        sys.exit(f"This ip only shows; install iproute2 for more.\n{USAGE}")
    only = rest[0] if rest else None
    if only is not None and not os.path.exists(f"/sys/class/net/{only}") and only not in map(first, links().values()):
        sys.exit(f'Device "{only}" does not exist.')
    SHOWN[name](family, oneline, only)


def first(entry):
    return entry[0]


if __name__ == "__main__":
    main(sys.argv[1:])
