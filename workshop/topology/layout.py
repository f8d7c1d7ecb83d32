"""Where everything is in the picture: our own, deterministic, in points from the upper left corner.

From left to right: uplink, bridge as a tall plate, the host's end of each pair as a plug, the container.
Each port of a bridge has a row of its own (``row`` in the graph) for as long as it is there: nobody moves
when others come or go, and a newcomer gets the row that is free. Bridges are stacked by age, and so are hosts:
side by side, two would not fit on a screen.
"""

from __future__ import annotations

from typing import Any

from workshop.topology import shapes as at
from workshop.topology import tunnels, words
from workshop.topology.folds import EVERYTHING, Folds
from workshop.topology.parts import Link, Parts, Space
from workshop.topology.shapes import Box, Line, Picture, boxed, note
from workshop.topology.uplinks import Uplinks


def picture(graph: dict[str, Any], call: int | None = None, folds: Folds = EVERYTHING) -> Picture:
    """Where everything of a graph is, so much folded as ``folds`` wishes. What call number ``call`` made has the class
    ``made-now``."""
    made, home = Picture(), tunnels.homes(graph)
    hosts = [Parts(host) for host in graph["hosts"] or [{"name": "no host yet", "namespaces": []}]]
    most = folds.most(hosts)
    drawn: list[_Host] = []
    for parts in hosts:
        shown = {group: folds.shown(group, rows, most) for group, rows in parts.rows.items()}
        drawn.append(_Host(parts, shown, made, drawn[-1].bottom + at.BETWEEN if drawn else 0.0, call, home))
        drawn[-1].place(shut=parts.name in folds.hosts)
    for each, below in zip(drawn, drawn[1:], strict=False):
        each.across(below)
    bent = (wire for wire in made.wires if wire.start[0] == wire.end[0] and wire.gap is None)
    bends = [wire.start[0] + at.BEND * 0.75 for wire in bent]
    made.width = max([box.x + box.w / 2 for box in made.boxes.values()] + bends) + 2
    made.height = max(box.y + box.h / 2 for box in made.boxes.values()) + 2
    for number, unseen in enumerate(graph.get("unseen", ())):
        text = words.cut(words.clean(unseen["why"]), int(made.width / at.COLUMN) - 4)
        made.height += at.LINE_H + 8
        middle = made.height - at.LINE_H / 2 - 2
        made.add(note(f"unseen-{number}", made.width / 2, middle, made.width, text))
    return made


class _Host:
    """One host's part of the picture, from ``top`` down to ``bottom``."""

    def __init__(
        self,
        parts: Parts,
        shown: dict[str, int],
        made: Picture,
        top: float,
        call: int | None,
        home: dict[str, tuple[str, Link]],
    ) -> None:
        self.name, self.parts, self.shown, self.main = words.clean(parts.name), parts, shown, parts.main(shown)
        self.made, self.top, self.call, self.home = made, top, call, home
        self.head = self.y = self.bottom = top + at.HEAD
        self.uplinks = Uplinks(parts, made, self.head, self._classes)
        self.drawn: set[str] = set()
        self.waiting: list[tuple[Link, Box]] = []

    def place(self, *, shut: bool = False) -> None:
        """Put everything where it belongs; in one box if the host is ``shut``."""
        frame = self.made.add(Box(f"host-{self.name}", ["host"], 0, 0, at.FRAME_W, 0))
        known = self.parts.root is not None
        title: list[Line] = [(f"host {self.name}" if known else self.name, "name")]
        title += [("root namespace", "plain")] if known else []
        head = boxed(f"title-{self.name}", ["title"], 0, 0, at.FRAME_W - at.MARGIN, title)
        head.x, head.y = at.FRAME_W / 2, self.top + 8 + head.h / 2
        self.made.add(head)
        low = 0.0
        if shut:
            self._shut()
        else:
            self.uplinks.place()
            for bridge in self.parts.bridges:
                if bridge["id"] in self.parts.rooms:
                    self._room(bridge)
                else:
                    self._bridge(bridge)
            self._direct()
            low = self.uplinks.low
        if self.y == self.head:
            middle = (at.PLATE_X + at.PLUG_X) / 2
            self.made.add(note(f"empty-{self.name}", middle, self.head + at.PITCH / 2, 200, "no networks yet"))
            self.y += at.PITCH
        self.bottom = max(self.y, low) + 8
        frame.h = self.bottom - self.top
        frame.x, frame.y = at.FRAME_W / 2, self.top + frame.h / 2

    def _shut(self) -> None:
        """All of the host in one box."""
        nets, inner = len(self.parts.bridges), self.parts.inner
        lines: list[Line] = [(words.count(len(inner), "container"), "name"), (words.count(nets, "bridge"), "soft")]
        wide = at.FRAME_W - 2 * at.MARGIN
        box = boxed(f"shut-{self.name}", self._folded([], inner), at.FRAME_W / 2, self.y, wide, lines)
        box.y = self.y + box.h / 2
        self.made.add(box)
        self.y = box.y + box.h / 2 + 8

    def _folded(self, ports: list[Link], spaces: list[Space]) -> list[str]:
        """The classes of a box into which these are folded: what is wrong in there shows on it."""
        links = [*ports, *(link for space in spaces for link in space["links"])]
        made_now = self.call is not None and any(link["made_by"] == self.call for link in links)
        wrong = ["left-over"] if any(link.get("left_over") for link in links) else []
        return ["container", "more", *wrong, *(["made-now"] if made_now else [])]

    def _classes(self, *classes: str, link: Link) -> list[str]:
        found = list(classes)
        found += ["down"] if link["state"] == "down" else []
        found += ["left-over"] if link.get("left_over") else []
        found += ["made-now"] if self.call is not None and link["made_by"] == self.call else []
        return found

    def _room(self, bridge: Link) -> None:
        """A bridge in a namespace of its network's own: a frame around plate and plugs, and the way to the host."""
        space, top = self.parts.rooms[bridge["id"]], self.y
        left, right = at.PLATE_X - at.PLATE_W / 2 - at.ROOM_EDGE, at.PLUG_X + at.PLUG_W / 2 + at.ROOM_EDGE
        middle, wide = (left + right) / 2, right - left
        frame = self.made.add(Box(f"room-{space['id']}", ["room"], middle, 0, wide, 0))
        title: list[Line] = [(f"namespace {words.of_namespace(space)}", "plain")]
        head = boxed(f"namespace-{space['id']}", ["title"], middle, 0, wide, title)
        head.y = top + at.ROOM_HEAD - head.h / 2
        self.made.add(head)
        self.y = top + at.ROOM_HEAD
        plate = self._bridge(bridge)
        frame.h = self.y - 20 - top + at.ROOM_FOOT
        frame.y = top + frame.h / 2
        self.y += at.ROOM_FOOT
        if bridge["id"] in self.parts.gateways:
            port, end = self.parts.gateways[bridge["id"]]
            y = plate.y - plate.h / 2 + at.INSET_Y + at.INSET_H / 2
            classes = self._classes("port", "inset", link=port)  # what is wrong with it, the plate or its end tells too
            name: list[Line] = [(words.clean(port["name"]), "mono")]
            inset = self.made.add(boxed(f"port-{port['id']}", classes, at.PLATE_X, y, at.PLUG_W, name))
            box = self.uplinks.gateway(end, y)
            self.made.wire("wire", end["id"], self._classes("veth", link=end), box, inset, box.y, y)

    def _bridge(self, bridge: Link) -> Box:
        row, ports = self.parts.row, self.parts.ports.get(bridge["id"], [])
        most = self.shown[bridge["id"]]
        shown, folded = ([port for port in ports if (row[port["id"]] < most) is which] for which in (True, False))
        count = max([row[port["id"]] + 1 for port in shown], default=0) + (1 if folded else 0)
        high = max(count * at.PITCH - 16, at.ROOM_PLATE_H if bridge["id"] in self.parts.rooms else at.PLATE_H)
        top, uplink = self.y, self.uplinks.first
        ours = bridge["network"] is not None or bridge["made_by"] is not None
        classes = self._classes("bridge", *([] if ours else ["foreign"]), link=bridge)
        plate = boxed(
            f"bridge-{bridge['id']}",
            classes,
            at.PLATE_X,
            0,
            at.PLATE_W,
            words.of_bridge(bridge),
            h=high,
        )
        plate.y = top + 8 + high / 2
        self.made.add(plate)
        if uplink is not None and bridge["addresses"]:
            level = uplink.y if abs(uplink.y - plate.y) < high / 2 else top + at.PITCH / 2
            wire = self.made.wire("out", bridge["id"], ["out"], uplink, plate, uplink.y, level)
            if self.parts.rooms and wire.start[1] != wire.end[1]:
                wire.gap = at.UPLINK_X + at.UPLINK_W / 2 + at.APART  # past the frames that may be on its way
        for port in shown:
            y = top + (row[port["id"]] + 0.5) * at.PITCH
            plug = self._plug(port, y)
            self.made.wire("edge", port["id"], self._classes("veth", link=port), plate, plug, y, y)
            self._far_end(port, plug)
        if folded:
            self._fold(bridge["id"], folded, [], plate, top + (count - 0.5) * at.PITCH)
        self.y = top + max(count * at.PITCH, high + 16) + 20
        return plate

    def _fold(self, group: str, ports: list[Link], hanging: list[Space], plate: Box | None, y: float) -> None:
        """One box for the ports of a group that are not shown, and for what hangs on none."""
        home = self.parts.home
        spaces = {home[port["peer"]]["id"]: home[port["peer"]] for port in ports if port["peer"] in home}
        spaces |= {space["id"]: space for space in hanging}
        spaces = {each: space for each, space in spaces.items() if each not in self.main}
        what = words.count(len(spaces), "container") if spaces else words.count(len(ports), "port")
        lines: list[Line] = [(f"+{what}", "name")]
        left = sum(1 for port in ports if port.get("left_over"))
        lines += [(f"{left} left over", "wrong")] if left else []
        classes = self._folded(ports, list(spaces.values()))
        box = self.made.add(boxed(f"fold-{group}", classes, at.BOX_X, y, at.BOX_W, lines))
        if plate is not None:
            self.made.wire("folded", group, ["veth", "more"], plate, box, y, y)
        self.drawn |= spaces.keys()

    def _plug(self, port: Link, y: float) -> Box:
        lines: list[Line] = [(words.clean(port["name"]), "mono")]
        if port.get("left_over"):
            lines += words.left_over(port)
        elif port["state"] == "down":
            lines.append(("down", "wrong" if port["peer"] in self.parts.home else "soft"))
        elif port["kind"] != "veth":
            lines.append((port["kind"] or "link", "soft"))
            lines += [(text, "soft") for text in words.of_info(port)[:1]]
        classes = self._classes("port", link=port)
        return self.made.add(boxed(f"port-{port['id']}", classes, at.PLUG_X, y, at.PLUG_W, lines))

    def _far_end(self, port: Link, plug: Box) -> None:
        """What is at the other end: a container, an end not moved yet, a tunnel, or nothing that is known."""
        peer, parts = port["peer"], self.parts
        if tunnels.is_tunnel(port):
            self._tunnel(port, plug)
            return
        space = parts.home.get(peer or "")
        if space is not None:
            if self.main.get(space["id"]) == port["id"]:
                self._container(space, plug.y)
            box = self.made.boxes.get(f"container-{space['id']}")
            if box is None:
                self.waiting.append((port, plug))  # it stands further down: its wire is drawn with it
            else:
                self._join(port, plug, box)
        elif peer in parts.loose:
            link = parts.links[peer]
            lines: list[Line] = [(words.clean(link["name"]), "mono"), ("not in a container", "plain")]
            classes = self._classes("end", "waiting", link=link)
            box = boxed(f"end-{peer}", classes, at.BOX_X, plug.y, at.BOX_W, lines)
            classes = self._classes("veth", "waiting", link=link)
            self.made.wire("wire", peer, classes, plug, self.made.add(box), plug.y, plug.y)
        elif other := self.made.boxes.get(f"port-{peer}"):
            self.made.wire("wire", peer, ["veth"], plug, other, plug.y, other.y)

    def _tunnel(self, port: Link, plug: Box) -> None:
        space = self.parts.where.get(port["id"], self.parts.root)
        lines, tip = (said(space, port, self.home) for said in (tunnels.lines, tunnels.tip))
        classes = self._classes("tunnel", link=port)
        box = boxed(f"tunnel-{port['id']}", classes, at.BOX_X, plug.y, at.BOX_W, lines)
        box.tip = "\n".join(filter(None, [box.tip, tip]))
        self.made.wire("into", port["id"], self._classes("tunnel", link=port), plug, self.made.add(box), plug.y, plug.y)

    def across(self, below: _Host) -> None:
        """Draw the way of this host's tunnels to those of the next one below; to its frame, if none is there for it.

        Once for a pair, and for no others: a line must not run through what stands between.
        """
        theirs = below.parts.ground.values()
        for link in self.parts.ground.values():
            box = self.made.boxes.get(f"tunnel-{link['id']}")
            if box is None:
                continue
            for peer in tunnels.peers(self.parts.where.get(link["id"], self.parts.root), link):
                if peer not in self.home or self.home[peer][1]["id"] not in below.parts.links:
                    continue
                same = (each for each in theirs if tunnels.is_tunnel(each) and each["info"].get("local") == peer)
                ends = (each["id"] for each in same if each["info"].get("vni") == link["info"].get("vni"))
                other = next((self.made.boxes.get(f"tunnel-{end}") for end in ends), None)
                if other is not None:
                    self.made.wire("across", link["id"], self._classes("tunnel", link=link), box, other, box.y, other.y)
                else:
                    frame = self.made.boxes[f"host-{below.name}"]
                    classes = self._classes("tunnel", "waiting", link=link)
                    wire = self.made.wire("across", link["id"], classes, box, frame, box.y, below.head - at.HEAD / 2)
                    wire.end = (frame.x + frame.w / 2, wire.end[1])
                break

    def _container(self, space: Space, y: float) -> Box:
        named = bool((space.get("container") or {}).get("name") or space.get("name"))
        lines: list[Line] = [(words.of_namespace(space), "name" if named else "plain")]
        lines += words.interfaces(space, 3, self.parts.links)
        classes = ["container"] if named else ["container", "unnamed"]
        classes += ["down"] if any(link["state"] == "down" for link in space["links"]) else []
        made_now = self.call is not None and any(link["made_by"] == self.call for link in space["links"])
        classes += ["made-now"] if made_now else []
        identity = f"container-{space['id']}"
        box = boxed(identity, classes, at.BOX_X, y, at.BOX_W, lines)
        self.made.add(box)
        self.drawn.add(space["id"])
        for port, plug in self.waiting:
            if self.parts.home[port["peer"]] is space:
                self._join(port, plug, box)
        return box

    def _join(self, port: Link, plug: Box, box: Box) -> None:
        """The wire from a plug to its container; several come in one above the other."""
        link = self.parts.inside[port["peer"]]
        before = self.made.into.get(box.id, 0)
        room = box.h / 2 - 10
        away = 0.0 if plug.y == box.y else min(14.0 * max(before, 1), room)
        y = box.y + (away if plug.y > box.y else -away)
        self.made.wire("wire", link["id"], self._classes("veth", link=link), plug, box, plug.y, y)

    def _direct(self) -> None:
        """What hangs on no bridge: routed pairs, macvlan and ipvlan, containers with no link at all."""
        group, row = self.parts.direct, self.parts.row
        most = self.shown.get(group, 0)
        ports, hanging = self.parts.ports.get(group, []), self.parts.hanging
        used = [row[each["id"]] for each in (*ports, *hanging)]
        for port in ports:
            if row[port["id"]] < most:
                self._far_end(port, self._plug(port, self.y + (row[port["id"]] + 0.5) * at.PITCH))
        for space in hanging:
            if row[space["id"]] < most:
                self._on_parent(space, self.y + (row[space["id"]] + 0.5) * at.PITCH)
        count = max([each + 1 for each in used if each < most], default=0)
        folded = [port for port in ports if row[port["id"]] >= most]
        rest = [space for space in hanging if row[space["id"]] >= most]
        if folded or rest:
            self._fold(group, folded, rest, None, self.y + (count + 0.5) * at.PITCH)
            count += 1
        self.y += count * at.PITCH

    def _on_parent(self, space: Space, y: float) -> None:
        box = self._container(space, y)
        for link in space["links"]:
            above = self.made.boxes.get(f"uplink-{link.get('parent')}")
            if above is not None:
                wire = self.made.wire("wire", link["id"], self._classes("child", link=link), above, box, above.y, box.y)
                wire.gap = above.x + above.w / 2 + 22
