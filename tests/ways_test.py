"""The ways in which values get to the disk: each makes the same file, survives kill -9, and writes no page both past the
page cache and through it. FISHERGRID_WRITE forces a way.

KILLS (default 200) of the environment chooses how many.
"""

import os
import random
import re
import shutil
import subprocess
import time
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

WAYS = ["direct", "early", "plain"]
KILLS = int(os.environ.get("KILLS", 200)) // 8
SMALL = ["--samples-per-class", "20", "--data", "A", "--data", "B"]
# Tiles that fill pages, that fill those of the real fields alone, that have edges, and parts of rows.
GRIDS = {
    "whole pages": ["--phi", "20", "--r", "4096", "--tile", "8192"],
    "whole pages of real fields": ["--phi", "50", "--r", "512", "--tile", "1024"],
    "edges": ["--phi", "37", "--r", "1001", "--tile", "9009"],
    "parts of rows": ["--phi", "5", "--r", "9001", "--tile", "3000"],
    "less than a page": ["--phi", "5", "--r", "7", "--tile", "7"],
}


@unittest.skipUnless(fishergrid.h5py, "h5py is not installed: cannot look into files")
class WaysTest(fishergrid.ProgramTest):
    def sweep(self, options, way, output="x.h5", **more):
        """The contents of a file that was written so."""
        self.succeed("sweep", *options, "-q", "-o", output, env={"FISHERGRID_WRITE": way}, **more)
        return fishergrid.contents(self.directory / output)

    def written(self, name="x.h5"):
        return self.succeed_json("info", name)["summary"]["writing"]

    def has_direct(self):
        """Whether the file system takes direct writes."""
        self.sweep([*SMALL, *GRIDS["whole pages"]], "direct", "direct.h5")
        return self.written("direct.h5") == "direct"

    def test_the_same_file_in_each_way(self):
        for name, grid in GRIDS.items():
            expected = self.sweep([*SMALL, *grid, "-t", "3"], "plain", "plain.h5")
            for way in ("direct", "early"):
                with self.subTest(name, way=way):
                    self.assertTrue(self.sweep([*SMALL, *grid, "-t", "3"], way) == expected)
                    self.assertIn(self.written(), WAYS if way == "direct" else ["early", "plain"])
                    self.succeed("verify", "--cells", "50", "x.h5")
                    self.assertIn(f"\nwriting        {self.written()}\n", self.succeed("info", "x.h5"))
                    (self.directory / "x.h5").unlink()
            (self.directory / "plain.h5").unlink()

    def test_merged_in_each_way(self):
        options = [*SMALL, *GRIDS["edges"], "-t", "2"]
        expected = self.sweep(options, "plain", "plain.h5")
        for k in (1, 2):
            self.succeed("sweep", *options, "--part", f"{k}/2", "-q", "-o", f"{k}.h5")
        for way in WAYS:
            self.succeed("merge", "1.h5", "2.h5", "-t", "2", "-q", "--force", "-o", "x.h5", env={"FISHERGRID_WRITE": way})
            self.assertEqual(fishergrid.contents(self.directory / "x.h5"), expected)

    def test_a_file_system_without_direct_writes(self):
        """Or one that takes them into its page cache."""
        with fishergrid.tempfile.TemporaryDirectory(dir="/dev/shm") as place:
            expected = self.sweep([*SMALL, *GRIDS["edges"]], "plain")
            self.assertEqual(self.sweep([*SMALL, *GRIDS["edges"]], "direct", Path(place) / "x.h5"), expected)
            self.assertIn(self.written(Path(place) / "x.h5"), WAYS)

    def test_a_small_file_is_left_to_the_system(self):
        """Below 16 MiB of values over all data sets; 65 bytes a cell."""
        for cells, way in ((340, "plain"), (370, "early")):
            self.sweep([*SMALL, "--phi", cells, "--r", cells, "--force"], "")
            self.assertEqual(self.written(), way)

    def test_wrong_value(self):
        for name in ("nonsense", "Direct", "early\n"):
            done = fishergrid.run("sweep", "-o", "x.h5", *SMALL, cwd=self.directory, env={"FISHERGRID_WRITE": name})
            line = rb"\Afishergrid sweep: FISHERGRID_WRITE: unknown way '[^\n]*'; there are: early, direct, plain\n\Z"
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, line)
            self.assertEqual(list(self.directory.iterdir()), [])
        self.sweep([*SMALL, *GRIDS["edges"]], "")

    # --- strace: what the system sees and refuses

    def trace(self, options, way, *inject):
        """The calls of a sweep that writes and pushes, in order: [(name, path, past the page cache, offset, bytes)]."""
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        command = ["strace", "-f", "-qq", "-y", "-o", "trace", "-e", "trace=openat,pwrite64,sync_file_range"]
        for what in inject:
            command += ["-e", f"inject={what}"]
        command += [fishergrid.PROGRAM, "sweep", *options, "-q", "--force", "-o", "x.h5"]
        env = fishergrid.environment(FISHERGRID_WRITE=way)
        done = subprocess.run(command, cwd=self.directory, env=env, capture_output=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        calls, begun, direct = [], {}, None
        for line in (self.directory / "trace").read_text(errors="replace").splitlines():
            pid, call = line.split(maxsplit=1)
            if call.endswith("<unfinished ...>"):
                begun[pid] = call.removesuffix("<unfinished ...>").rstrip()
                continue
            if call.startswith("<..."):
                call = begun.pop(pid) + call.partition("resumed>")[2]
            opened = re.match(r"openat\(.*O_DIRECT\b.* = (\d+)<", call)
            write = re.match(r"pwrite64\((\d+)<(.*?)>, .*, (\d+), (\d+)\) += ", call)
            push = re.match(r"sync_file_range\((\d+)<(.*?)>, (\d+), (\d+), SYNC_FILE_RANGE_WRITE\) += ", call)
            direct = opened[1] if opened else direct
            if write:
                calls.append(("write", write[2], write[1] == direct, int(write[4]), int(write[3])))
            if push:
                calls.append(("push", push[2], False, int(push[3]), int(push[4])))
        return calls

    def test_no_page_is_written_both_ways(self):
        if not self.has_direct():
            self.skipTest("the file system takes no direct writes")
        for name, grid in GRIDS.items():
            with self.subTest(name):
                calls = self.trace([*SMALL, *grid, "-t", "2"], "direct")
                pages = {True: [], False: []}
                for _, path, past, offset, n in calls:
                    if Path(path).name.startswith("x.h5.part"):
                        pages[past] += range(offset // 4096, (offset + n + 4095) // 4096)
                self.assertFalse(set(pages[True]) & set(pages[False]))
                self.assertEqual(len(pages[True]), len(set(pages[True])))  # nor one twice
                self.assertEqual(len(pages[True]) > 0, name != "less than a page")
                self.assertNotIn("push", [call[0] for call in calls])
                if name == "whole pages":  # nothing of a field is left to the page cache
                    self.assertEqual(len(pages[True]), 2 * 20 * (8 * 8 + 1))

    def test_early(self):
        """Every piece is pushed; in the plain way, none is."""
        for way, expected in (("early", 2 * 10 * 9), ("plain", 0)):
            calls = self.trace([*SMALL, *GRIDS["whole pages"], "-t", "2"], way)
            self.assertEqual([call[0] for call in calls].count("push"), expected)

    def test_refusals(self):
        """Of a direct write, the first or a later one, and of sync_file_range: the next way takes over."""
        options = [*SMALL, *GRIDS["edges"], "-t", "1"]
        expected = self.sweep(options, "plain", "plain.h5")
        refusals = [("early", f"sync_file_range:error={error}", "plain") for error in ("ENOSYS", "EINVAL")]
        if self.has_direct():
            calls = self.trace(options, "direct")
            past = [k + 1 for k, call in enumerate(calls) if call[2]]
            refusals += [("direct", f"pwrite64:error=EINVAL:when={when}", "early") for when in (past[0], past[10])]
        for way, inject, written in refusals:
            with self.subTest(way, inject=inject):
                self.trace(options, way, inject)
                self.assertEqual(fishergrid.contents(self.directory / "x.h5"), expected)
                self.assertEqual(self.written(), written)

    # --- kill -9

    def test_killed_and_continued(self):
        """In one way, and each time in another."""
        options = ["--samples-per-class", "100", "--method", "direct", "--phi", "300", "--r", "300", "--tile", "3000", "-t", "2"]
        chance = random.Random(1)
        start = time.monotonic()
        expected = self.sweep(options, "plain", "plain.h5")
        limit = 1.2 * (time.monotonic() - start)
        for ways in (["direct"], ["early"], WAYS):
            with self.subTest(ways=ways):
                self.kill(options, ways, limit, chance)
                self.assertEqual(fishergrid.contents(self.directory / "x.h5"), expected)
                (self.directory / "x.h5").unlink()

    def kill(self, options, ways, limit, chance):
        """Until so many were killed, and then one has ended by itself."""
        killed, code = 0, -9
        while killed < KILLS or code != 0:
            if code == 0:
                (self.directory / "x.h5").unlink()
            env = fishergrid.environment(FISHERGRID_WRITE=chance.choice(ways))
            command = [fishergrid.PROGRAM, "sweep", *options, "-q", "--unless-done", "-o", "x.h5"]
            process = subprocess.Popen(command, cwd=self.directory, env=env, stderr=subprocess.PIPE)
            time.sleep(chance.uniform(0, limit))
            if killed < KILLS:
                process.kill()
            told = process.communicate()[1]
            code = process.returncode
            self.assertIn((code, told), [(-9, b""), (0, b""), (0, b"x.h5 is complete: nothing is left to do\n")])
            killed += code == -9


if __name__ == "__main__":
    fishergrid.main()
