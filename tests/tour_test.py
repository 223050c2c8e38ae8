#!/usr/bin/env python3
"""A tour of every command, with threads: few runs, for checkers under which each takes seconds.

    tour_test.py PATH_TO_FISHERGRID
"""

import json

import fishergrid_program as fishergrid

GRID = ["--phi", 23, "--r", 40, "--phi-range=0:1", "--r-range=0:1", "--samples-per-class", 30, "--threads", 3, "--tile", 64]
CSV = "x0,x1,y\n1,2,0\n2.5,-1,1\n0,3,1\n"


class TourTest(fishergrid.ProgramTest):
    def test_sweep_and_info(self):
        """Direct and over nodes; A, B, a file of the user; the flags of all cells come out in the end."""
        (self.directory / "mine.csv").write_text(CSV)
        for method in ["direct", "chebyshev"]:
            sweep = [*GRID, "--method", method, "-dA", "-dB", "-dmine=mine.csv", "--damping=0.1", "-o", "x.h5"]
            self.succeed("sweep", *sweep, "--force", "-q")
            info = self.succeed_json("info", "x.h5")
            self.assertTrue(info["complete"])
            self.assertEqual(set(info["summary"]["data"]), {"A", "B", "mine"})
            self.succeed("info", "x.h5")
        (self.directory / "options.json").write_text(self.succeed("info", "--config", "x.h5"))
        self.succeed("sweep", "--config", "options.json", "-q", "-o", "again.h5")
        self.succeed("sweep", *sweep, "--dry-run")

    def test_interrupted_and_continued(self):
        sweep = [*GRID, "--method", "direct", "--phi", 300, "--samples-per-class", 5000]
        first = fishergrid.start_sweep(self.directory, *sweep, tiles=1)
        first.terminate()
        first.communicate()
        self.assertEqual(first.returncode, 75)
        second = fishergrid.run("sweep", *sweep, "--sync", "0.001", "-o", "x.h5", cwd=self.directory)
        self.assertEqual(second.returncode, 0)
        self.assertIn(b"resuming x.h5.part", second.stderr)

    def test_parts(self):
        for k in (1, 2):
            self.succeed("sweep", *GRID, "--part", f"{k}/2", "-q", "-o", f"{k}.h5")
        self.succeed("merge", "2.h5", "1.h5", "-o", "x.h5")

    def test_pack(self):
        self.succeed("sweep", *GRID, "-q", "-o", "x.h5")
        self.succeed("pack", "--threads", 3, "x.h5", "p.h5")
        self.succeed("pack", "--force", "--keep-digits", 5, "--float32", "x.h5", "p.h5")
        self.succeed("xdmf", "p.h5")
        self.succeed("verify", "--cells", 10, "p.h5")

    def test_point(self):
        fields = json.loads(self.succeed("point", "--phi", 1, "--r=-2", "-dB", "--json"))["data"]["B"]
        self.assertEqual(set(fields), {*fishergrid.FIELDS, "natural_gradient_flag_meaning"})

    def test_bench(self):
        self.succeed("bench", "sweep", *GRID, "-n", 1, "--json")

    def test_wrong_usage(self):
        (self.directory / "bad.csv").write_text(CSV + "1,2\n")
        for arguments in [["sweep", "-o", "x.h5", "-dbad=bad.csv"], ["info", "bad.csv"], ["point", "--phi", "x"]]:
            with self.subTest(arguments):
                done = fishergrid.run(*arguments, cwd=self.directory)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr.count(b"\n"), 1)


if __name__ == "__main__":
    fishergrid.main()
