#!/usr/bin/env python3
"""Tests analysis/cost.py: the figure of a small bench, what is drawn of times made up, what it says of bad files.

    cost_test.py PATH_TO_FISHERGRID
"""

import json
import subprocess
import sys

import matplotlib.image
from scaling_test import ANALYSIS, MACHINE

import cost
import fishergrid_program as fishergrid


def report(cells=64, samples=20, threads=1, seconds=(2.0, 1.0, 4.0)):
    problem = {"phi": cells, "r": 1, "data": [{"name": "A", "samples": samples}], "threads": threads, "kernel": "avx2"}
    cases = [{"name": name, "seconds": seconds} for name in ("compute", "store", "file", "file-fsync")]
    return {"bench": "sweep", "machine": MACHINE, "problem": problem, "result": {"cases": cases}}


class CostTest(fishergrid.ProgramTest):
    def draw(self):
        command = [sys.executable, str(ANALYSIS / "cost.py"), "s.json", "-o", "s.png"]
        return subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)

    def write(self, *reports):
        (self.directory / "s.json").write_text("\n".join(json.dumps(one) for one in reports))

    def test_a_bench(self):
        options = ["bench", "sweep", "--data", "A", "--phi", "16", "-n", "2", "--json"]
        reports = [self.succeed(*options, "--r", r, "-t", threads) for r, threads in (("16", "1"), ("32", "1"), ("16", "2"))]
        (self.directory / "s.json").write_text("".join(reports))
        done = self.draw()
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", "wrote s.png\n"))
        pixels = matplotlib.image.imread(self.directory / "s.png")[:, :, :3]
        self.assertGreater(pixels.std(), 0.05, "blank")

    def test_what_is_drawn(self):
        """Each panel has the runs that differ in its respect only: lines of the fastest rounds, bars to the slowest."""
        fast = (0.5, 0.75)
        self.write(report(), report(cells=128), report(samples=40), report(threads=4, seconds=fast), report(99, 99, 3))
        figure = cost.draw(self.directory / "s.json")
        expected = [((64, 128), (1, 1), (4, 4)), ((20, 40), (1, 1), (4, 4)), ((1, 4), (1, 0.5), (4, 0.75))]
        for ax, (x, low, high) in zip(figure.axes, expected):
            for line, bars in zip(ax.get_lines(), ax.collections):
                self.assertEqual((tuple(line.get_xdata()), tuple(line.get_ydata())), (x, low))
                self.assertEqual([tuple(bar[:, 1]) for bar in bars.get_segments()], list(zip(low, high)))
        self.assertEqual(figure.axes[0].get_title(), "samples: 20; threads: 1")

    def test_bad_files(self):
        for reports, words in [
            ([], "no report"),
            ([report(), {"bench": "kernel"}], "bench kernel"),
            ([{"bench": "sweep"}], "problem"),
            ([report(seconds=[0.0])], "no time"),
            ([report(seconds=[])], "not as"),
            ([[]], "not as"),
        ]:
            with self.subTest(words):
                self.write(*reports)
                done = self.draw()
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertRegex(done.stderr, r"\Acost: s\.json: [^\n]*\n\Z")
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    fishergrid.main()
