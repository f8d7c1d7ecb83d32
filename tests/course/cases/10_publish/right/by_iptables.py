# The program iptables, and what arrives as well as what the host itself sends.
import subprocess

from workshop import PluginError

NAMES = {6: "tcp", 17: "udp", 132: "sctp"}


def iptables(*words, check=True):
    done = subprocess.run(["iptables", "-w", "-t", "nat", *words], capture_output=True, text=True)
    if check and done.returncode:
        raise PluginError(done.stderr.strip())
    return done.stdout


def rules(mark):
    return [line for line in iptables("-S").splitlines() if mark in line and line.startswith("-A")]


def program_external_connectivity(request, host):
    endpoint = request["EndpointID"]
    address = host.endpoint(endpoint)["Interface"]["Address"].split("/")[0]
    revoke_external_connectivity(request, host)
    for port in (request.get("Options") or {}).get("com.docker.network.portmap") or ():
        name = NAMES[port["Proto"]]
        taken = [line for line in rules("wsdoor-") if f"-p {name} " in line and f"--dport {port['HostPort']} " in line]
        if taken:
            revoke_external_connectivity(request, host)
            raise PluginError(f"Bind for 0.0.0.0:{port['HostPort']} failed: port is already allocated")
        for chain in ("PREROUTING", "OUTPUT"):
            words = f"-A {chain} -m addrtype --dst-type LOCAL -p {name} --dport {port['HostPort']}"
            mark = ["-m", "comment", "--comment", f"wsdoor-{endpoint[:12]}"]
            iptables(*words.split(), *mark, "-j", "DNAT", "--to-destination", f"{address}:{port['Port']}")
    return {}


def revoke_external_connectivity(request, host):
    for line in rules(f"wsdoor-{request['EndpointID'][:12]}"):
        iptables(*line.replace("-A", "-D", 1).replace('"', "").split())
    return {}
