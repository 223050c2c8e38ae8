#!/usr/bin/env python3
"""Memory does not grow with the grid. Slow: writes a file of 2 GiB into the directory for temporary files (TMPDIR).

    memory_test.py PATH_TO_FISHERGRID
"""

import os
import resource
import shutil

import fishergrid_program as fishergrid

SIDE = 16384
FILE_BYTES = 8 * SIDE**2
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


if __name__ == "__main__":
    fishergrid.main()
