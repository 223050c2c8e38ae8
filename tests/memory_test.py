#!/usr/bin/env python3
"""Memory does not grow with the grid, and little with the samples. Slow: writes a file of 2 GiB into the directory for
temporary files (TMPDIR).

    memory_test.py PATH_TO_FISHERGRID
"""

import os
import resource
import shutil
import subprocess
import sys

import h5py
import numpy as np

import fishergrid_program as fishergrid

SIDE = 16384
FILE_BYTES = 8 * SIDE**2
SAMPLES = 4_000_000
BYTES_OF_SAMPLE = 30  # x0, x1, y, and what one pass over them needs
LIMIT = 200e6  # bytes resident, as promised for this grid and one field


class MemoryTest(fishergrid.ProgramTest):
    def test_a_large_grid_in_little_memory(self):
        free = shutil.disk_usage(self.directory).free
        if free < 2 * FILE_BYTES:
            self.skipTest(f"only {free} bytes free for a file of {FILE_BYTES}; TMPDIR chooses another disk")
        grid = ["--phi", SIDE, "--r", SIDE, "--fields", "loss", "--data", "A", "--samples-per-class", "1"]
        done = fishergrid.run("sweep", "-q", *grid, "-o", self.directory / "large.h5", timeout=600)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertGreater(os.stat(self.directory / "large.h5").st_size, FILE_BYTES)
        peak = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of the largest child: there is but one
        print(f"peak resident memory: {peak / 1e6:.0f} MB")
        self.assertLess(peak, LIMIT)

    def peak(self, *arguments):
        """Bytes resident at most, of a small sweep or a child of it, and what it printed."""
        sweep = ["sweep", "--phi", 96, "--r", 96, "--force", "-o", self.directory / "x.h5", *arguments]
        # a process begins with the peak of the one that started it, and this one is large
        small = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=sys.stderr); "
        small += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        command = [sys.executable, "-S", "-c", small, fishergrid.PROGRAM, *map(str, sweep)]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return 1024 * int(done.stdout), done.stderr

    def bytes_of_sample(self, few, many, more):
        """Of `more` further samples, with the arguments of a few and of many; sources must stand for the many."""
        before, _ = self.peak(*few)
        after, printed = self.peak(*many)
        self.assertIn(" sources ", printed)
        each = (after - before) / more
        print(f"peak resident memory: {each:.1f} bytes a sample")
        return each

    def test_drawn_samples_take_30_bytes_each(self):
        few, many = [["--data", "A", "--samples-per-class", n] for n in (10_000, SAMPLES // 2)]
        self.assertLess(self.bytes_of_sample(few, many, SAMPLES - 20_000), BYTES_OF_SAMPLE)

    def test_samples_of_mixed_classes_take_30_bytes_each(self):
        random = np.random.default_rng(5)
        for name, n in (("few", 20_000), ("many", SAMPLES)):
            with h5py.File(self.directory / f"{name}.h5", "w") as file:
                file["y"] = random.integers(2, size=n).astype("i1")
                file["x0"] = random.normal(1, 0.3, n)
                file["x1"] = random.normal(1, 0.3, n) + file["y"][()]
        few, many = [["--data", f"d={self.directory / name}.h5"] for name in ("few", "many")]
        self.assertLess(self.bytes_of_sample(few, many, SAMPLES - 20_000), BYTES_OF_SAMPLE)


if __name__ == "__main__":
    fishergrid.main()
