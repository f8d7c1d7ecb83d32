"""The table of checks."""

from __future__ import annotations

from workshop.doctor import docker, kernel, software
from workshop.doctor.check import Check
from workshop.doctor.software import program

CHECKS: tuple[Check, ...] = (
    Check("python", "the program is written for Python 3.11 to 3.14", software.python),
    Check("libraries", "the program is made of them", software.libraries),
    Check("browser libraries", "the dashboard draws with them", software.browser_libraries),
    Check("namespaces", "the lab's hosts and containers are made of them", kernel.namespaces),
    Check("user namespaces", "with them the lab needs no root", kernel.user_namespaces),
    Check("bridge", "the switch of every network of the bridge driver", kernel.link("bridge", True)),
    Check("veth", "the cable between a container and its host", kernel.link("veth", True)),
    Check("vxlan", "networks across several hosts", kernel.link("vxlan", False)),
    Check("macvlan", "containers with a MAC on the host's own network", kernel.link("macvlan", False)),
    Check("ipvlan", "containers that share the host's MAC", kernel.link("ipvlan", False)),
    Check("vlan", "macvlan and ipvlan on a tagged network", kernel.link("vlan", False)),
    Check("dummy", "the parent of macvlan and ipvlan networks that name none", kernel.link("dummy", False)),
    Check("nf_tables", "NAT, published ports and isolation", kernel.link("nf_tables", False)),
    Check("br_netfilter", "decides whether Docker's DROP policy meets bridged frames", kernel.br_netfilter),
    Check("ipv6", "dual stack networks", kernel.ipv6),
    Check("ip_forward", "containers of a real Docker reach the world by it", kernel.ip_forward),
    Check("sctp", "published SCTP ports", kernel.sctp),
    Check("docker", "`serve` plugs into it; the lab needs none", docker.docker),
    Check("iptables backend", "rules beside Docker's must be where Docker's are", docker.iptables_backend),
    Check("plugin folder", "Docker looks for the plugin's socket there", software.plugin_dir),
    Check("dashboard port", "the browser's way in", software.dashboard_port),
    Check("state folder", "networks and journal are remembered there", software.state_dir),
    Check("session folder", "`calls` and `docker` find the running lab by it", software.runtime_dir),
    program("ip", "iproute2", "for looking around in namespaces by hand"),
    program("nft", "nftables", "NAT and published ports are set up with it"),
    program("iptables", "iptables", "lets our traffic through beside Docker's rules"),
    program("dot", "graphviz", "draws `topology --format svg`; the dashboard brings its own"),
    program("docker", "docker.io", "the client of a real Docker", wanted=False),
    program("node", "nodejs npm", "fetches the browser libraries; a Python wheel stands in", wanted=False),
    program("npm", "npm", "fetches the browser libraries; a Python wheel stands in", wanted=False),
    program("chromium", "chromium", "only the browser tests need it", wanted=False, also=("chromium-browser",)),
)
"""Everything that is looked at, in the order in which it is shown."""
