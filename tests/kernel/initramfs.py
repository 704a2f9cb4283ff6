# SPDX-License-Identifier: Apache-2.0
"""The root file system of the second kernel: programs of this machine with their libraries, the
modules of that kernel, and the scenes beside this file."""
import glob
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
# Ahead of busybox, whose own of that name can less.
SYSTEM = ["busybox", "dd", "ip", "keepalived", "mkfs.ext4", "mount", "nft", "nsenter", "ping",
          "pkill", "rm", "setpriv", "sqlite3", "tc", "truncate", "umount"]
PROGRAMS = ["alibi", "bpf_test", "fence_test", "recorder_test", "steal_agent"]
# Each with what it depends on. The *_diag would be loaded when they are asked for, by a modprobe that
# is not there.
MODULES = ["veth", "bridge", "sch_ingress", "sch_tbf", "cls_bpf", "nf_tables", "loop", "unix_diag",
           "tcp_diag", "udp_diag", "raw_diag", "virtio_pci", "virtio_net"]
FOLDERS = ("bin", "programs", "lib", "lib64", "modules", "scenes", "proc", "sys", "dev", "tmp", "run",
           "etc", "var/tmp")


def libraries(program):
    listed = subprocess.run(["ldd", program], text=True, capture_output=True, check=False).stdout
    return set(re.findall(r"(/\S+\.so\S*)", listed))


def copy_program(source, root):
    name = os.path.basename(source)
    target = os.path.join(root, "bin" if name == "busybox" else "programs", name)
    shutil.copy(source, target)
    subprocess.run(["strip", "-g", target], stderr=subprocess.DEVNULL, check=False)
    for library in libraries(source):
        loader = os.path.basename(library).startswith("ld-")
        target = os.path.join(root, "lib64" if loader else "lib", os.path.basename(library))
        if not os.path.exists(target):
            shutil.copy(os.path.realpath(library), target)


def copy_modules(modules, root):
    """MODULES and what they name as what they depend on (.modinfo), listed in modules/order; what has
    no file is part of the kernel itself."""
    files = {os.path.basename(path)[:-3].replace("-", "_"): path
             for path in glob.glob(os.path.join(modules, "kernel", "**", "*.ko"), recursive=True)}
    order = []

    def add(name):
        if name not in files or name in order:
            return
        with open(files[name], "rb") as file:
            depends = re.search(rb"\0depends=([^\0]*)\0", file.read())
        for needed in depends[1].decode().split(",") if depends else []:
            add(needed.replace("-", "_"))
        order.append(name)
        shutil.copy(files[name], os.path.join(root, "modules", name + ".ko"))

    for name in MODULES:
        add(name)
    with open(os.path.join(root, "modules", "order"), "w", encoding="ascii") as out:
        out.write("".join(name + "\n" for name in order))


def make(directory, programs, modules):
    """Writes DIRECTORY/initramfs and gives its path; PROGRAMS holds alibi and its tests, MODULES is
    the kernel's lib/modules/RELEASE."""
    root = os.path.join(directory, "root")
    for folder in FOLDERS:
        os.makedirs(os.path.join(root, folder))
    for name in SYSTEM:
        found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if found is None:
            raise FileNotFoundError(f"{name}: no such program here; run make setup")
        copy_program(found, root)
    for name in PROGRAMS:
        copy_program(os.path.join(programs, name), root)
    copy_modules(modules, root)
    for scene in glob.glob(os.path.join(HERE, "*.sh")):
        shutil.copy(scene, os.path.join(root, "scenes"))
    shutil.copy(os.path.join(HERE, "init.sh"), os.path.join(root, "init"))
    os.chmod(os.path.join(root, "init"), 0o755)
    for name, text in (("etc/passwd", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh"),
                       ("etc/group", "root:x:0:\nnogroup:x:65534:")):
        with open(os.path.join(root, name), "w", encoding="ascii") as out:
            out.write(text + "\n")
    archive = os.path.join(directory, "initramfs")
    subprocess.run(f"find . | busybox cpio -o -H newc 2>/dev/null > {archive}", shell=True,
                   cwd=root, check=True)
    shutil.rmtree(root)
    return archive
