# SPDX-License-Identifier: MIT
"""A disk with a head to move: a loop device that a control group allows few bytes and requests."""
import os
import subprocess
from pathlib import Path

BYTES = 150_000_000  # a second
REQUESTS = 100  # a second
V1 = Path("/sys/fs/cgroup/blkio")
V2 = Path("/sys/fs/cgroup")


def run(*words):
    words = [str(word) for word in words]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class SlowDisk:
    """Copies of "files" in "folder" on such a disk; takes root. Use as a context."""

    def __init__(self, files, folder):
        self.files = files
        self.image = folder / "slow.img"
        self.mount = folder / "slow"
        self.group = (V1 if V1.exists() else V2) / f"emit-bench-{os.getpid()}"
        self.undo = []

    def __enter__(self):
        try:
            self.fill()
            self.attach()
            self.limit()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for words in reversed(self.undo):
            subprocess.run([str(word) for word in words], check=False)

    def fill(self):
        self.mount.mkdir(exist_ok=True)
        nbytes = sum(file.stat().st_size for file in self.files) * 11 // 10 + (16 << 20)
        nbytes -= nbytes % 4096
        with open(self.image, "wb") as image:
            image.truncate(nbytes)
        self.undo.append(("rm", "-f", self.image))
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", self.image)
        run("mount", "-o", "loop", self.image, self.mount)
        try:
            run("cp", *self.files, self.mount)
        finally:
            run("umount", self.mount)

    def attach(self):
        self.device = run("losetup", "-f", "--show", "-r", "--direct-io=on", self.image)
        self.undo.append(("losetup", "-d", self.device))
        run("mount", "-o", "ro,noload", self.device, self.mount)
        self.undo.append(("umount", self.mount))

    def limit(self):
        number = (Path("/sys/block") / Path(self.device).name / "dev").read_text().strip()
        if not V1.exists():
            (V2 / "cgroup.subtree_control").write_text("+io")
        self.group.mkdir()
        self.undo.append(("rmdir", self.group))
        if V1.exists():
            (self.group / "blkio.throttle.read_bps_device").write_text(f"{number} {BYTES}")
            (self.group / "blkio.throttle.read_iops_device").write_text(f"{number} {REQUESTS}")
        else:
            (self.group / "io.max").write_text(f"{number} rbps={BYTES} riops={REQUESTS}")

    def place(self, file):
        return self.mount / file.name

    @property
    def prefix(self):
        """Words before those of a command that is to be limited."""
        return ["sh", "-c", f'echo $$ > {self.group}/cgroup.procs && exec "$@"', "sh"]
