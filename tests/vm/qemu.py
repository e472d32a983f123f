# SPDX-License-Identifier: GPL-2.0-only
"""Real guests: Debian's kernel and a busybox of a few megabytes, under QEMU.

    Image(dir)                  what scripts/vm-deps.sh fetched, ready to boot; it may have other
                                modules and programs, or another kernel, than those for test_vm.py
    Nic("virtio", ...)          a card of the guest, on a tap or macvtap of the host
    Guest(image, name, nics, dir)  boots; guest.run("ip link") gives what the command prints

A guest is driven over a virtio port, which is QEMU's stdin and stdout: one line is a time limit and
a command, the answer is "EXIT-CODE SIZE" and the output. (A serial port loses what its FIFO holds,
now and then.) Its kernel speaks on the serial port, into a file. A guest dies with the process that
started it.
"""
import ctypes
import fcntl
import glob
import lzma
import os
import re
import resource
import select
import shutil
import signal
import stat
import struct
import subprocess
import time

QEMU = "qemu-system-x86_64"
MODELS = {"virtio": "virtio-net-pci", "e1000": "e1000"}
MODULES = ("virtio_pci", "virtio_console", "virtio_net", "e1000", "8021q")
MEMORY = 256  # MB
BOOT_SECONDS = 120
COMMAND_SECONDS = 30
TUNSETIFF = 0x400454ca
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
PR_SET_PDEATHSIG = 1
XZ = b"\xfd7zXZ\0"

INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do
	insmod /modules/$module
done
ip link set lo up
exec 3<>/dev/vport0p1 <&3 >&3
echo ready
while read -r seconds line; do
	timeout $seconds sh -c "$line" >/tmp/out 2>&1 </dev/null
	echo "$? $(wc -c </tmp/out)"
	cat /tmp/out
done
poweroff -f
"""


class GuestError(Exception):
    """A guest or what it is made of is not as it must be."""


def cache_dir():
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or "/var/cache", "evbpf", "vm")


def cached(pattern):
    """Files of the unpacked packages"""
    return glob.glob(os.path.join(cache_dir(), pattern), recursive=True)


def busybox():
    return cached("busybox/**/busybox")[0]


def missing():
    """What a guest needs and this host lacks; an empty string if nothing."""
    for name in (QEMU, "iperf3"):
        if not shutil.which(name):
            return f"{name} is not installed"
    for name, pattern in (("kernel", "kernel/**/vmlinuz*"), ("busybox", "busybox/**/busybox")):
        if not cached(pattern):
            return f"the guests' {name} is not in {cache_dir()}"
    return ""


# ---- what is booted

def unpacked_kernel(tree):
    """The ELF file inside of a vmlinuz, which QEMU starts at once; TCG needs long to unpack it."""
    [packed] = cached(f"{tree}/**/vmlinuz*")
    path = os.path.join(cache_dir(), tree, "vmlinux")
    if not os.path.exists(path):
        with open(packed, "rb") as f:
            data = f.read()
        if XZ not in data:
            return packed  # packed another way: it boots, too
        plain = lzma.LZMADecompressor().decompress(data[data.index(XZ):])
        with open(path + ".new", "wb") as f:
            f.write(plain)
        os.rename(path + ".new", path)
    return path


def module_files(tree, modules):
    """(name, bytes) of modules and of all that they need, in the order of insmod."""
    files = {os.path.basename(path).split(".")[0].replace("-", "_"): path
             for path in cached(f"{tree}/**/*.ko*")}
    built_in = b"".join(map(read, cached(f"{tree}/**/modules.builtin"))).decode()
    order = {}

    def add(name):
        if name in order or f"/{name}.ko\n" in built_in:
            return
        if name not in files:
            raise GuestError(f"{cache_dir()}/{tree} has no module {name}: remove it and run "
                             "scripts/vm-deps.sh")
        with open(files[name], "rb") as f:
            data = f.read()
        if data.startswith(XZ):
            data = lzma.decompress(data)
        needs = re.search(rb"\0depends=([^\0]*)\0", data).group(1).decode()
        for other in filter(None, needs.split(",")):
            add(other.replace("-", "_"))
        order[name] = data

    for name in modules:
        add(name)
    return order.items()


def libraries(program):
    """The files that a program of this host is linked with."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def archive(files):
    """An initramfs (newc), of {path: bytes, or text for a link, or None for a directory}."""
    out = bytearray()

    def entry(path, mode, data):
        name = path.encode() + b"\0"
        fields = (len(out) & 0xffffffff, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        out.extend(b"070701" + b"".join(b"%08x" % x for x in fields) + name)
        out.extend(bytes(-len(out) % 4))
        out.extend(data)
        out.extend(bytes(-len(out) % 4))

    for path, data in files.items():
        if data is None:
            entry(path, 0o40755, b"")
        elif isinstance(data, str):
            entry(path, 0o120777, data.encode())
        else:
            entry(path, 0o100755, data)
    entry("TRAILER!!!", 0, b"")
    return bytes(out)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def initramfs(tree, modules, programs, more):
    files = dict.fromkeys(("bin", "dev", "etc", "proc", "sys", "tmp", "modules"))
    files["init"] = INIT.encode()
    # a static program dies of what it would load otherwise
    files["etc/nsswitch.conf"] = b"services: files\nhosts: files\n"
    files["bin/busybox"] = read(busybox())
    for applet in subprocess.run([busybox(), "--list"], capture_output=True, text=True,
                                 check=True).stdout.split():
        if applet != "busybox":
            files[f"bin/{applet}"] = "busybox"
    loaded = module_files(tree, modules)
    files["modules/order"] = " ".join(name for name, _ in loaded).encode()
    files.update({f"modules/{name}": data for name, data in loaded})
    files.update({f"bin/{os.path.basename(path)}": read(path) for path in programs})
    for path in {*more, *(library for path in programs for library in libraries(path))}:
        parts = path.strip("/").split("/")
        for i in range(1, len(parts)):
            files.setdefault("/".join(parts[:i]))
        files["/".join(parts)] = read(path)
    return archive(files)


class Image:
    """Kernel (a directory of the cache) and initramfs, which is made anew in a directory of the
    caller's. It has these programs of the host in /bin, and more of its files where they are."""

    def __init__(self, directory, tree="kernel", modules=MODULES, programs=None, more=()):
        self.kernel = unpacked_kernel(tree)
        self.initrd = os.path.join(directory, "initramfs")
        with open(self.initrd, "wb") as f:
            f.write(initramfs(tree, modules, programs or [shutil.which("iperf3")], more))


# ---- devices of the host, opened in the calling thread's network namespace

def open_tap(name):
    """Of a tap that is there; QEMU is given the descriptor."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    return fd


def open_character_device(number, node):
    os.mknod(node, 0o600 | stat.S_IFCHR, number)
    try:
        return os.open(node, os.O_RDWR | os.O_CLOEXEC)
    finally:
        os.unlink(node)


def open_device(name, directory):
    """A tap or a macvtap. A macvtap's /dev/tapN may be another namespace's, or not be there: we
    make a node of our own in directory, by its number, which /sys knows."""
    sysfs = os.path.join(directory, "sys")
    os.mkdir(sysfs)
    subprocess.run(["mount", "-t", "sysfs", "qemu", sysfs], check=True)
    try:
        numbers = [read(path) for path in glob.glob(f"{sysfs}/class/net/{name}/tap*/dev")]
    finally:
        subprocess.run(["umount", sysfs], check=True)
        os.rmdir(sysfs)
    if not numbers:
        return open_tap(name)
    number = os.makedev(*map(int, numbers[0].split(b":")))
    return open_character_device(number, os.path.join(directory, "node"))


class Nic:
    """A card: its model, address, and the descriptor of the host's device."""

    def __init__(self, model, mac, fd):
        self.model, self.mac, self.fd = model, mac, fd


# ---- a guest

def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.sched_setaffinity(0, range(os.cpu_count()))


def accelerator():
    """kvm where a virtual CPU comes to life by it; /dev/kvm alone does not say so."""
    try:
        done = subprocess.run(
            [QEMU, "-nodefaults", "-display", "none", "-accel", "kvm", "-cpu", "max", "-m", "16",
             "-monitor", "stdio"], input=b"quit\n", capture_output=True, check=False, timeout=20,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
    except subprocess.TimeoutExpired:
        return "tcg"
    return "tcg" if done.returncode else "kvm"


class Guest:
    """Boots at once; the first run() waits for it."""

    def __init__(self, image, name, nics, directory, memory=MEMORY, accel="tcg"):
        self.name, self.ready, self.late = name, False, b""
        self.log = os.path.join(directory, f"{name}.log")
        command = [
            QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "pc,usb=off", "-accel", accel, "-cpu", "max", "-smp", "1",
            "-m", str(memory), "-kernel", image.kernel, "-initrd", image.initrd,
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr rdinit=/init",
            "-serial", f"file:{self.log}", "-chardev", "stdio,id=lines,signal=off",
            "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=lines"]
        for i, nic in enumerate(nics):
            command += ["-netdev", f"tap,id=n{i},fd={nic.fd}", "-device",
                        f"{MODELS[nic.model]},netdev=n{i},mac={nic.mac},romfile="]
        self.errors = open(self.log + ".qemu", "w+b")
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.errors, pass_fds=[nic.fd for nic in nics],
                                      preexec_fn=die_with_parent)
        for nic in nics:
            os.close(nic.fd)

    def why(self, text):
        """An error, with the last words of QEMU and of the guest's kernel."""
        self.errors.seek(0)
        said = self.errors.read()[-2000:] + (read(self.log) if os.path.exists(self.log) else b"")
        return GuestError(f"guest {self.name}: {text}\n{said[-4000:].decode(errors='replace')}")

    def _read(self, end, enough):
        """Bytes up to the one that enough() finds in them; the others stay for the next call."""
        out = self.child.stdout.fileno()
        while True:
            size = enough(self.late)
            if size is not None:
                taken, self.late = self.late[:size], self.late[size:]
                return taken
            left = end - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise self.why("does not answer")
            more = os.read(out, 1 << 16)
            if not more:
                raise self.why("QEMU has ended")
            self.late += more

    def _line(self, end):
        return self._read(end, lambda data: data.index(b"\n") + 1 if b"\n" in data else None)

    def wait(self):
        if not self.ready:
            line = self._line(time.monotonic() + BOOT_SECONDS)
            if line.strip() != b"ready":
                raise self.why(f"said {line!r} where it should be ready")
            self.ready = True

    def start(self, command, seconds=COMMAND_SECONDS):
        """Begin a command; finish() waits for it."""
        self.wait()
        assert "\n" not in command
        self.child.stdin.write(f"{seconds} {command}\n".encode())
        self.child.stdin.flush()
        self.end = time.monotonic() + seconds + 10

    def finish(self):
        """(exit code, output)"""
        code, size = map(int, self._line(self.end).split())
        text = self._read(self.end, lambda data: size if len(data) >= size else None)
        return code, text.decode(errors="replace")

    def run(self, command, seconds=COMMAND_SECONDS, check=True):
        """What a shell command prints in the guest; its exit code must be 0 if check says so."""
        self.start(command, seconds)
        code, text = self.finish()
        if check and code:
            raise self.why(f"{command}: exit code {code}: {text}")
        return text

    def seconds(self):
        """of CPU time that QEMU took"""
        fields = read(f"/proc/{self.child.pid}/stat").rsplit(b")", 1)[1].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout, self.errors):
            pipe.close()
