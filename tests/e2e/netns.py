# SPDX-License-Identifier: GPL-2.0-only
"""Network namespaces of one test session, all inside a namespace of its own.

isolate() moves this process into a fresh network and mount namespace, with a private bpffs and a
private /run. So `ip netns add` and every pin end with the process, however it ends.
"""
import contextlib
import ctypes
import errno
import os
import signal
import struct
import subprocess
import tempfile

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18
PR_SET_PDEATHSIG = 1
OWN = "/proc/thread-self/ns/net"
SYS_BPF, BPF_PROG_QUERY = {"x86_64": 321}.get(os.uname().machine, 280), 16
TCX_INGRESS, TCX_EGRESS = 46, 47

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name, *args):
    if getattr(_libc, name)(*args) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def mount(source, target, kind, flags=0):
    _call("mount", source.encode(), target.encode(), kind.encode(), flags, None)


def umount(target):
    _call("umount2", target.encode(), 0)


def unshare(flags):
    _call("unshare", flags)


def setns(fd):
    _call("setns", fd, CLONE_NEWNET)


def isolate():
    unshare(CLONE_NEWNS | CLONE_NEWNET)
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    mount("evbpf-e2e", "/run", "tmpfs")
    mount("evbpf-e2e", "/sys/fs/bpf", "bpf")
    os.mkdir("/run/netns")
    quiet_ipv6()
    run(["ip", "link", "set", "lo", "up"])


def quiet_ipv6():
    """No router solicitation, no MLD: only the frames of the tests are on the wires."""
    for name in ("all", "default"):
        with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w", encoding="ascii") as f:
            f.write("1")


def tcx_programs(ifindex, attach_type):
    """ids of the tcx programs on a device of the current namespace; bpftool 7.1 does not show them."""
    ids = (ctypes.c_uint32 * 16)()
    attr = bytearray(64)
    struct.pack_into("=IIIIQI", attr, 0, ifindex, attach_type, 0, 0,
                     ctypes.addressof(ids), len(ids))
    buffer = (ctypes.c_char * len(attr)).from_buffer(attr)
    if _libc.syscall(SYS_BPF, BPF_PROG_QUERY, buffer, len(attr)) != 0:
        code = ctypes.get_errno()
        if code != errno.EINVAL:  # a kernel without tcx
            raise OSError(code, f"BPF_PROG_QUERY: {os.strerror(code)}")
        return []
    return list(ids[:struct.unpack_from("=I", attr, 24)[0]])


def in_child(fd, extra):
    def prepare():
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, range(os.cpu_count()))
        if fd is not None:
            setns(fd)
        if extra:
            extra()
    return prepare


def run(cmd, fd=None, check=True, env=None, text=None, timeout=60, extra=None):
    """Run cmd, in the network namespace fd if given; CompletedProcess with text output."""
    done = subprocess.run([str(c) for c in cmd], preexec_fn=in_child(fd, extra), input=text,
                          capture_output=True, text=True, timeout=timeout, check=False,
                          stdin=None if text is not None else subprocess.DEVNULL,
                          env={**os.environ, **(env or {})})
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, cmd))}: exit code {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


class Netns:
    """A named network namespace without IPv6, with lo up."""

    def __init__(self, name):
        self.name = name
        run(["ip", "netns", "add", name])
        self.path = f"/run/netns/{name}"
        self.fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self.inode = os.fstat(self.fd).st_ino
        with self.inside():
            quiet_ipv6()
            run(["ip", "link", "set", "lo", "up"])

    @contextlib.contextmanager
    def inside(self):
        """The calling thread is in this namespace; sockets made here stay here."""
        home = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(self.fd)
            yield self
        finally:
            setns(home)
            os.close(home)

    def run(self, cmd, **kwargs):
        return run(cmd, fd=self.fd, **kwargs)

    def ip(self, *lines):
        """ip commands, one string each, in one process."""
        return run(["ip", "-n", self.name, "-batch", "-"], text="\n".join(lines) + "\n")

    def tc(self, *lines):
        return self.run(["tc", "-batch", "-"], text="\n".join(lines) + "\n")

    def start(self, cmd):
        """A background process; the caller ends it."""
        out = tempfile.TemporaryFile()
        child = subprocess.Popen(cmd, stdout=out, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, preexec_fn=in_child(self.fd, None))
        child.output = out
        return child

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            run(["ip", "netns", "del", self.name])
