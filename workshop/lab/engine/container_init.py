"""The first process of a container, run as a script of its own, so that it starts fast and has one thread.

Modes: ``run`` makes namespaces and becomes the container's command once told to go; ``exec`` runs a command
in the namespaces that it is handed. The request is JSON on the control socket, whose descriptor is the only
argument.
"""

# pathlib would double the time to start
# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH113, PTH118, PTH119, PTH120, PTH123

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys

NEWNS, NEWUTS, NEWPID, NEWNET = 0x00020000, 0x04000000, 0x20000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 1, 0x20, 0x1000, 0x4000, 0x40000, 2
MS_LOCKED = {"nosuid": 2, "nodev": 4, "noexec": 8, "noatime": 0x400, "nodiratime": 0x800, "relatime": 0x200000}
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
WRITABLE = ("/proc", "/sys", "/dev")
PDEATHSIG = 1
KINDS = (("net", NEWNET), ("uts", NEWUTS), ("pid", NEWPID), ("mnt", NEWNS))
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source, target, kind, flags, data=None):
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    check(libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]))


def make_read_only():
    """Nothing that a container does may change a file of the machine: its file systems are the machine's own."""
    attributes = struct.pack("=QQQQ", 1, 0, 0, 0)  # MOUNT_ATTR_RDONLY
    if libc.syscall(MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, attributes, len(attributes)) == 0:
        return
    for point, options in mounts():  # a kernel before 5.12: one by one, with the flags that must stay
        if point == "/" or not point.startswith(WRITABLE):
            flags = sum(MS_LOCKED.get(option, 0) for option in options)
            mount("none", point, None, MS_REMOUNT | MS_BIND | MS_RDONLY | flags)


def mounts():
    """Where something is mounted, and its options."""
    with open("/proc/self/mountinfo") as file:
        for line in file:
            words = line.split()
            yield words[4].encode().decode("unicode_escape"), words[5].split(",")


def give_scratch(needed):
    """A /tmp of the container's own; what it needs of the machine's below it is put back, to be read only."""
    folders = ("/tmp", "/var/tmp")
    kept = [path for path in needed if path.startswith(tuple(f"{folder}/" for folder in folders))]
    held = [(path, os.open(path, os.O_PATH)) for path in sorted(set(kept)) if os.path.isdir(path)]
    for folder in folders:
        with contextlib.suppress(OSError):
            mount("tmpfs", folder, "tmpfs", 6, "mode=1777,size=64m")
    for path, descriptor in held:
        os.makedirs(path, exist_ok=True)
        mount(f"/proc/self/fd/{descriptor}", path, None, MS_BIND | MS_REC)
        os.close(descriptor)


def set_up_mounts(request):
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    with contextlib.suppress(OSError):  # a copy of the other sandboxes' mounts would keep them alive
        check(libc.umount2(os.fsencode(request["sandboxes"]), MNT_DETACH))
    make_read_only()
    for kind, target in (("proc", "/proc"), ("sysfs", "/sys")):
        with contextlib.suppress(OSError):  # not every machine allows it
            mount(kind, target, kind, 14)
    for folder in request["programs"]:  # the machine's own programs come first
        with contextlib.suppress(OSError):
            mount("overlay", folder, "overlay", MS_RDONLY, f"lowerdir={folder}:{request['applets']}")
    for source, target in request["files"]:
        with contextlib.suppress(OSError):
            mount(source, os.path.realpath(target), None, MS_BIND)
    ours = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    python = os.path.dirname(os.path.dirname(sys.executable))
    give_scratch([request["applets"], ours, python, sys.prefix, sys.base_prefix])


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        fcntl.ioctl(end, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def find(command, env):
    """The path of a program, or Docker's words for why it cannot be run."""
    name = command[0]
    if "/" in name:
        if not os.path.exists(name):
            return None, f'"{name}": stat {name}: no such file or directory'
        if os.path.isdir(name):
            return None, f'"{name}": is a directory'
        return (name, "") if os.access(name, os.X_OK) else (None, f'"{name}": permission denied')
    for folder in env.get("PATH", "").split(":"):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path, ""
    return None, f'"{name}": executable file not found in $PATH'


def say(control, descriptors=(), **message):
    socket.send_fds(control, [json.dumps(message).encode()], list(descriptors))


def become(path, request):
    os.setsid()
    with contextlib.suppress(OSError):
        os.chdir(request.get("workdir") or "/")
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
        signal.signal(number, signal.SIG_DFL)
    os.closerange(3, 1024)
    os.execve(path, request["command"], request["env"])


def fork():
    """Fork a child that dies with this process: its number here, and the pipe on which it is told to go.

    In the child: 0, its number as this process knows it, and the pipe's other end.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(reading)
        os.write(writing, f"{child:<16}".encode())
        return child, child, writing
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.close(writing)
    return 0, int(os.read(reading, 16)), reading


def run(control, request):
    """The container's own first process: namespaces, then the command when the engine says so."""
    if request["network"] == "new":
        check(libc.unshare(NEWNET))
    check(libc.unshare(NEWNS | NEWUTS | NEWPID))
    child, pid, pipe = fork()
    if child:
        return child, pipe
    set_up_mounts(request)
    socket.sethostname(request["hostname"])
    if request["network"] == "new":
        loopback_up()
    path, error = find(request["command"], request["env"])
    descriptors = [os.open(f"/proc/self/ns/{name}", os.O_RDONLY) for name, _ in KINDS]
    say(control, descriptors, error=error, pid=pid)
    if os.read(pipe, 16) != b"go" or path is None:
        os._exit(127)
    become(path, request)
    return None


def execute(control, request, descriptors):
    """A further process in a container's namespaces."""
    for descriptor, (_, flag) in zip(descriptors, KINDS, strict=True):
        check(libc.setns(descriptor, flag))
    child, pid, pipe = fork()
    if child:
        return child, pipe
    path, error = find(request["command"], request["env"])
    say(control, error=error, pid=pid)
    if path is None:
        os._exit(127)
    become(path, request)
    return None


def watch(control, child, pipe):
    """Do what the engine orders ("go", or the number of a signal); end with the child, or when the engine is
    gone.
    """
    wake, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listening = [control, wake]
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        ready, _, _ = select.select(listening, [], [])
        if wake in ready:
            os.read(wake, 512)
        if control in ready:
            order = control.recv(16)
            if order == b"go":
                os.write(pipe, order)
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, int(order) if order else signal.SIGKILL)
            if not order:
                listening.remove(control)


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    data, descriptors, _, _ = socket.recv_fds(control, 1 << 20, len(KINDS))
    request = json.loads(data)
    try:
        child, pipe = execute(control, request, descriptors) if descriptors else run(control, request)
    except (OSError, ValueError) as error:
        say(control, error=f"{error}", broken=True)
        os._exit(127)
    code = watch(control, child, pipe)
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
