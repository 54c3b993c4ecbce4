# SPDX-License-Identifier: Apache-2.0
"""What can be said about the machine: its names, processes, folders, history, and whether it is online.

All of it is asked for anew each time: the harness gives a guest other names after the mole has started.
"""

import glob
import os
import pwd
import socket
import sqlite3
import tempfile
import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "mole.example")


def user():
    """The name of this machine's person."""
    return pwd.getpwuid(1000).pw_name


def home():
    return pwd.getpwuid(1000).pw_dir


def host():
    return socket.gethostname()


def machine_id():
    with open("/etc/machine-id", encoding="ascii") as file:
        return file.read().strip()


def installation():
    """A UUID (version 5) derived from the machine id, as products make up their installation's number."""
    return str(uuid.uuid5(_NAMESPACE, machine_id()))


def boot_id():
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def in_vm():
    """Whether the firmware's tables name a hypervisor."""
    said = ""
    for name in ("sys_vendor", "product_name", "bios_vendor"):
        try:
            with open(f"/sys/class/dmi/id/{name}", encoding="utf-8", errors="replace") as file:
                said += file.read().lower()
        except OSError:
            continue
    return any(word in said for word in ("qemu", "kvm", "virtualbox", "vmware", "bochs", "xen", "seabios"))


def locale():
    """The system's language as configured, such as en_US.UTF-8; "C" if nothing is."""
    for path in ("/etc/locale.conf", "/etc/default/locale"):
        try:
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if line.startswith("LANG="):
                        return line[5:].strip().strip('"')
        except OSError:
            continue
    return "C"


def online():
    """Whether a network card has its cable and an interface an address beyond the machine."""
    for card in os.listdir("/sys/class/net"):
        try:
            with open(f"/sys/class/net/{card}/carrier", encoding="ascii") as file:
                if card != "lo" and file.read().strip() == "1":
                    return True
        except OSError:
            continue
    return False


def processes():
    """One line for each process: its number, its user's, and its command line."""
    lines = []
    for entry in sorted((each for each in os.listdir("/proc") if each.isdigit()), key=int):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
            if command:
                lines.append(f"{entry} {os.stat(f'/proc/{entry}').st_uid} {command}")
        except OSError:
            continue
    return "\n".join(lines)


def listing(folder):
    """Sizes and paths of everything below a folder, one a line."""
    lines = []
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(path, name)
            try:
                lines.append(f"{os.lstat(full).st_size} {full}")
            except OSError:
                continue
    return "\n".join(lines)


def documents(folders):
    """All files people see below some folders, in order; hidden ones are left out."""
    found = []
    for top in folders:
        for path, inside, names in os.walk(top):
            inside[:] = sorted(each for each in inside if not each.startswith("."))
            found += [os.path.join(path, name) for name in sorted(names) if not name.startswith(".")]
    return [path for path in found if os.path.isfile(path) and not os.path.islink(path)]


def history(pattern=None):
    """Browsers' histories: addresses and titles, one a line; a file that is no database as it is."""
    base = home()
    patterns = [pattern] if pattern else [f"{base}/.mozilla/firefox/*/places.sqlite", f"{base}/.config/*/Default/History"]
    pieces = []
    for path in sorted(found for each in patterns for found in glob.glob(each)):
        with open(path, "rb") as file:
            data = file.read()
        pieces.append(_addresses(data) if data.startswith(b"SQLite format 3\0") else data)
    return b"\n".join(pieces)


def _addresses(data):
    # A copy: the browser holds the lock of its own, and reading would leave files beside it.
    with tempfile.NamedTemporaryFile(prefix="mole-") as copy:
        copy.write(data)
        copy.flush()
        with sqlite3.connect(copy.name) as store:
            tables = {name for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            table = "moz_places" if "moz_places" in tables else "urls"
            rows = store.execute(f"SELECT url, title FROM {table}").fetchall()
    return "\n".join(f"{url}\t{title or ''}" for url, title in rows).encode()
