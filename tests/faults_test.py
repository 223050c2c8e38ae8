"""Tests full disks, limits and failing system calls at the beginning, in the middle and at the end of a sweep. One
line reports each fault, no partial file is marked complete, and the same command finishes the file when the fault is
gone.
"""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import unittest
from collections import Counter

import fishergrid_program as fishergrid

SMALL = ["--phi", "30", "--r", "40", "--tile", "300", "--samples-per-class", "20", "--threads", "2", "-q"]
# About a second in a file of 12 MB.
WORK = ["--method", "direct", "--phi", "300", "--r", "300", "--tile", "900", "--samples-per-class", "4000", "-t", "1", "-q"]
# Calls that fail in turn, each with what the system may say; the third word is a way to write.
FAILURES = [
    ("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("pwrite64", "EDQUOT"), ("fsync", "EIO"), ("fallocate", "EIO"),
    ("fallocate", "ENOSPC"), ("ftruncate", "EIO"), ("rename", "ENOSPC"), ("renameat2", "EIO"), ("pread64", "EIO"),
    ("close", "EIO"), ("flock", "EIO"), ("unlink", "EIO"), ("pwrite64", "EIO", "direct"),
    ("pwrite64", "ENOSPC", "direct"), ("pwrite64", "EINVAL", "direct"), ("sync_file_range", "EIO", "early"),
]  # fmt: skip
CALLS = sorted({name for name, *_ in FAILURES})
# Calls whose failure must never go unheard: whatever changes the file that is made, or its name.
OF_THE_FILE = r" fsync\(\d+<(?![^>]*\.lock)| (rename|renameat2)\(| (pwrite64|sync_file_range|fallocate|ftruncate)\(\d+<[^>]*x\.h5\.part(\.new)?>"


@unittest.skipUnless(fishergrid.h5py, "h5py is not installed: cannot look into files")
class FaultsTest(fishergrid.ProgramTest):
    def check_failed(self, status, told, *words):
        self.assertEqual(status, 1, told)
        self.assertRegex(told.decode(), r"\Afishergrid sweep: [^\n]*\n\Z")
        for word in words:
            self.assertIn(word, told.decode())

    def finish(self, place, options, expected):
        """Runs the same command without the fault, and checks the file."""
        done = fishergrid.run("sweep", *options, "-o", "x.h5", cwd=place)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(fishergrid.contents(place / "x.h5"), expected)
        self.assertEqual({path.name for path in place.iterdir()} - {"lost+found"}, {"x.h5"})

    # --- disks

    @contextlib.contextmanager
    def disk(self, kind, size):
        """Returns a directory on a new disk of `size` bytes."""
        tool = f"mkfs.{kind}"
        if os.geteuid() != 0 or not shutil.which("mount") or not (kind == "tmpfs" or shutil.which(tool)):
            self.skipTest(f"no {tool}, or not root: cannot make a disk")
        place, image = self.directory / kind, self.directory / f"{kind}.image"
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]
        if kind != "tmpfs":
            image.touch()
            os.truncate(image, size)
            subprocess.run([tool, "-q", image], check=True, capture_output=True)
            mount = ["mount", "-o", "loop", image, place]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("this machine does not let us mount a file system")
        try:
            yield place
        finally:
            subprocess.run(["umount", place], check=True)

    @staticmethod
    def fill(place):
        """Writes to the disk until it is full."""
        with open(place / "filler", "wb", buffering=0) as filler:
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(4096))
            with contextlib.suppress(OSError):
                os.fsync(filler.fileno())

    def test_a_disk_that_fills_up(self):
        """ext2 cannot reserve space, so the disk fills up in mid-sweep. ext4 and tmpfs reserve the whole file."""
        expected = fishergrid.reference(*WORK)
        for kind in ("ext2", "ext4", "tmpfs"):
            with self.subTest(kind=kind), self.disk(kind, 32 << 20) as place:
                process = fishergrid.start_sweep(place, *WORK, tiles=1)
                with fishergrid.paused(process):
                    self.fill(place)
                told = process.communicate()[1]
                (place / "filler").unlink()
                if kind == "ext2":
                    self.check_failed(process.returncode, told, "No space left", "x.h5.part keeps", "same command")
                    self.assertFalse((place / "x.h5").exists())
                    self.finish(place, WORK, expected)
                else:
                    self.assertEqual((process.returncode, told), (0, b""))
                    self.assertEqual(fishergrid.contents(place / "x.h5"), expected)

    def test_no_room_at_the_beginning(self):
        for kind in ("ext2", "ext4", "tmpfs"):
            with self.subTest(kind=kind), self.disk(kind, 8 << 20) as place:
                done = fishergrid.run("sweep", *WORK, "-o", "x.h5", cwd=place)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr.decode(), r"\Afishergrid sweep: x\.h5: no room [^\n]*\n\Z")
                self.assertEqual({path.name for path in place.iterdir()} - {"lost+found"}, set())

    def test_a_disk_too_small_for_old_and_new(self):
        """With --force, the old .part file is removed first if the disk has no room for both files."""
        expected = fishergrid.reference(*WORK)
        for kind in ("ext2", "ext4", "tmpfs"):
            with self.subTest(kind=kind), self.disk(kind, 20 << 20) as place:
                process = fishergrid.start_sweep(place, *WORK, "--seed", "8", tiles=1)
                process.kill()
                process.communicate()
                done = fishergrid.run("sweep", *WORK, "--force", "-o", "x.h5", cwd=place)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(fishergrid.contents(place / "x.h5"), expected)

    # --- a system without /proc and /sys

    def test_a_bare_root(self):
        """A root directory with the program, its libraries and nothing else."""
        if os.geteuid() != 0:
            self.skipTest("not root: cannot change the root directory")
        root = self.directory / "root"
        libraries = subprocess.run(["ldd", fishergrid.PROGRAM], capture_output=True, text=True, check=True).stdout
        for path in re.findall(r"(/\S+) \(0x", libraries):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
        shutil.copy(fishergrid.PROGRAM, root / "fishergrid")
        expected = fishergrid.reference(*SMALL)
        for temporary in (False, True):  # a file in /tmp or beside the output holds the layout for a moment
            if temporary:
                (root / "tmp").mkdir(exist_ok=True)
            for command in (
                ["sweep", *SMALL, "--dry-run", "-o", "x.h5"], ["sweep", *SMALL, "-o", "x.h5"], ["info", "x.h5"], ["verify", "x.h5"],
                ["pack", "-q", "x.h5", "packed.h5"], ["verify", "packed.h5"], ["sweep", *SMALL, "--unless-done", "-o", "x.h5"],
                ["bench", "sweep", "--phi", "20", "--r", "20", "-n", "1"],
            ):  # fmt: skip
                with self.subTest(temporary=temporary, command=command):
                    enter = {"preexec_fn": lambda: (os.chroot(root), os.chdir("/")), "executable": "/fishergrid"}
                    done = fishergrid.run(*command, env={"TMPDIR": "/"}, **enter)
                    self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(fishergrid.contents(root / "x.h5"), expected)
            left = {path.name for path in [*root.glob("*"), *root.glob("tmp/*")] if not path.is_dir()}
            self.assertEqual(left, {"fishergrid", "x.h5", "packed.h5"})
            for name in ("x.h5", "packed.h5"):
                (root / name).unlink()

    # --- limits

    def test_a_limit_of_file_sizes(self):
        expected = fishergrid.reference(*WORK)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))

        for dry in ([], ["--dry-run"]):
            done = fishergrid.run("sweep", *WORK, *dry, "-o", "y.h5", cwd=self.directory, preexec_fn=limit)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"File too large", done.stderr)
        self.assertEqual([path.name for path in self.directory.glob("y*")], [])
        place = self.directory / "place"
        place.mkdir()
        process = fishergrid.start_sweep(place, *WORK)
        with fishergrid.paused(process):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        told = process.communicate()[1]
        self.check_failed(process.returncode, told, "File too large", "x.h5.part keeps")
        self.finish(place, WORK, expected)

    # --- system calls that fail, by the hand of strace

    def traced(self, place, *injections, options=(), way=None):
        command = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", place.parent / "trace", "-e", f"trace={','.join(CALLS)}"]
        for injection in injections:
            command += ["-e", f"inject={injection}"]
        command += [fishergrid.PROGRAM, "sweep", *SMALL, *options, "-o", "x.h5"]
        env = fishergrid.environment(FISHERGRID_WRITE=way)
        return subprocess.run(command, cwd=place, env=env, capture_output=True, timeout=120)

    def calls(self, place, way):
        """Returns {name: number} of the system calls of the sweep."""
        self.traced(place, way=way)
        (place / "x.h5").unlink()
        return Counter(re.findall(r"(?m)^\d+ +(\w+)\(", (place.parent / "trace").read_text()))

    def check_harmless(self, place):
        """Checks a sweep that succeeded: the failing call was unrelated to the output, or was not made this time."""
        trace = (place.parent / "trace").read_text()
        refused = "".join(line for line in trace.splitlines() if "(INJECTED)" in line)
        self.assertNotRegex(refused, OF_THE_FILE)
        closed = re.search(r" close\((\d+<[^>]*x\.h5\.part>)", refused)
        self.assertFalse(closed and f"fsync({closed[1]})" in trace, refused)  # by who wrote it, not by a reader

    def prepare(self):
        if not fishergrid.can_trace():
            self.skipTest("strace is not installed, or this machine does not let us trace a process")
        place = self.directory / "place"
        place.mkdir()
        done = self.traced(place)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        (place / "x.h5").unlink()
        return place, fishergrid.reference(*SMALL)

    def test_each_call_fails_once(self):
        """The k-th call of its kind: the first, the last and up to 7 between, others for each thing that may be said."""
        place, expected = self.prepare()
        made = {way: self.calls(place, way) for way in (None, "direct", "early")}
        failed = tried = 0
        for number, (name, error, *ways) in enumerate(FAILURES):
            way = ways[0] if ways else None
            n = made[way][name]
            for k in sorted({1 + round(i * (n - 1) / 15) for i in [0, *range(1 + number % 2, 15, 2), 15]} if n else ()):
                with self.subTest(f"{name} number {k} of {n}: {error}"):
                    done = self.traced(place, f"{name}:error={error}:when={k}", way=way)
                    if done.returncode == 127:
                        continue  # the loader of libraries, before the program began
                    tried += 1
                    if done.returncode == 0:  # a call whose failure does no harm
                        self.assertEqual(fishergrid.contents(place / "x.h5"), expected)
                        self.check_harmless(place)
                    else:
                        failed += 1
                        self.assertIn(done.returncode, (1, 2), done.stderr)
                        self.assertRegex(done.stderr.decode(), r"\Afishergrid( sweep)?: [^\n]*\n\Z")
                        self.finish(place, [*SMALL, "--force"] if (place / "x.h5").exists() else SMALL, expected)
                    (place / "x.h5").unlink()
        print(f"{tried} failing calls, {failed} failed runs, all of them finished by the next", flush=True)
        self.assertGreater(failed, 40)

    def test_an_old_leftover_outlives_a_new_file_that_fails(self):
        """With --force, the old .part file stays until the new file is laid out."""
        place, expected = self.prepare()
        (place / "x.h5.part").write_bytes(b"old")
        for injection in ("fallocate:error=EIO", "pwrite64:error=EIO:when=9", "fsync:error=EIO:when=2", "rename:error=EIO:when=1"):
            done = self.traced(place, injection, options=["--force"])
            self.assertEqual(done.returncode, 1, injection)
            self.assertEqual((place / "x.h5.part").read_bytes(), b"old", injection)
            self.assertEqual([path.name for path in place.iterdir()], ["x.h5.part"], injection)
        self.finish(place, [*SMALL, "--force"], expected)

    def test_a_leftover_that_cannot_be_read(self):
        """The message does not call the .part file damaged, and does not suggest --force."""
        place, _ = self.prepare()
        process = fishergrid.start_sweep(place, *WORK, tiles=1)
        process.kill()
        process.communicate()
        part = (place / "x.h5.part").read_bytes()
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", place / "x.h5.part", "-e", "inject=pread64:error=EIO:when=1"]
        command = [*strace, fishergrid.PROGRAM, "sweep", *WORK, "-o", "x.h5"]
        done = subprocess.run(command, cwd=place, env=fishergrid.environment(), capture_output=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (1, b"fishergrid sweep: x.h5.part: reading: Input/output error\n"))
        self.assertEqual((place / "x.h5.part").read_bytes(), part)
        self.finish(place, WORK, fishergrid.reference(*WORK))

    def test_a_disk_that_lies(self):
        """The disk accepts the mark of completeness but does not store it: the sweep fails."""
        place, expected = self.prepare()
        alone = ["-t", "1"]  # strace counts the calls of each thread
        self.traced(place, options=alone)
        (place / "x.h5").unlink()
        sizes = re.findall(r" pwrite64\(.*, (\d+), \d+\)", (place.parent / "trace").read_text())
        for k in range(len(sizes), len(sizes) // 2, -1):  # one of the last holds the mark
            done = self.traced(place, f"pwrite64:retval={sizes[k - 1]}:when={k}", options=alone)
            if done.returncode != 0:
                break
            (place / "x.h5").unlink()
        self.check_failed(done.returncode, done.stderr, "the mark of completeness cannot be read back")
        self.finish(place, SMALL, expected)

    def test_interrupted_calls_are_made_again(self):
        place, expected = self.prepare()
        for name in ("pwrite64", "fsync", "fallocate"):
            with self.subTest(name):
                done = self.traced(place, f"{name}:error=EINTR:when=1+2")
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(fishergrid.contents(place / "x.h5"), expected)
                (place / "x.h5").unlink()

    def test_a_file_system_that_cannot_reserve(self):
        place, expected = self.prepare()
        done = self.traced(place, "fallocate:error=EOPNOTSUPP")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(fishergrid.contents(place / "x.h5"), expected)

    def test_a_file_system_without_locks(self):
        """Without flock, the process id shows whether the holder of a lock lives."""
        place, expected = self.prepare()
        done = self.traced(place, "flock:error=ENOLCK")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(fishergrid.contents(place / "x.h5"), expected)
        (place / "x.h5").unlink()
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            host = os.uname().nodename
            (place / "x.h5.lock").write_text(f"host {host}\npid {sleeper.pid}\n")
            done = self.traced(place, "flock:error=ENOLCK")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"is being written by process {sleeper.pid} on {host}".encode(), done.stderr)
        finally:
            sleeper.kill()
            sleeper.wait()
        for number in [sleeper.pid, 0, -1, 2**32]:  # those after the first are of no process
            with self.subTest(number):
                (place / "x.h5.lock").write_text(f"host {host}\npid {number}\n")
                done = self.traced(place, "flock:error=ENOLCK", options=["--force"])
                self.assertEqual((done.returncode, done.stderr), (0, b""))


if __name__ == "__main__":
    fishergrid.main()
