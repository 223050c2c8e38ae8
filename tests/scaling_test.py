#!/usr/bin/env python3
"""Tests analysis/scaling.py: the figure of a small bench, what is drawn of times made up, what it says of bad files.

    scaling_test.py PATH_TO_FISHERGRID
"""

import json
import subprocess
import sys
from pathlib import Path

import matplotlib.image

import fishergrid_program as fishergrid

ANALYSIS = Path(__file__).resolve().parent.parent / "analysis"
sys.path.insert(0, str(ANALYSIS))
import scaling  # noqa: E402

MACHINE = {
    "host": "node7",
    "cpu": "Some CPU",
    "cores_allowed": 4,
    "cores_online": 8,
    "numa_nodes": 2,
    "OMP_PLACES": "cores",
    "OMP_PROC_BIND": None,
    "version": "1",
    "compiler": "cc",
    "time": "now",
}
PROBLEM = {"data": [{"name": "A", "samples": 20}], "kernel": "baseline"}


def report(times):
    """A report of {(kind, threads): [seconds of every round]}."""
    points = [
        {"method": "direct", "timed": "compute", "kind": kind, "threads": threads, "phi": 8, "r": 6}
        for kind, threads in times
    ]
    result = {"scaling": points, "cases": [{"seconds": seconds} for seconds in times.values()]}
    return {"bench": "scaling", "machine": MACHINE, "problem": PROBLEM, "result": result}


class ScalingTest(fishergrid.ProgramTest):
    def draw(self, *options):
        command = [sys.executable, str(ANALYSIS / "scaling.py"), "s.json", *options]
        return subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)

    def write(self, content):
        text = content if isinstance(content, str) else json.dumps(content)
        (self.directory / "s.json").write_text(text)

    def assert_drawn(self, name):
        pixels = matplotlib.image.imread(self.directory / name)[:, :, :3]
        self.assertGreater(min(pixels.shape[:2]), 500, name)
        self.assertGreater(pixels.std(), 0.05, f"{name} is blank")

    def test_a_bench(self):
        self.write(self.succeed("bench", "scaling", "--phi", "64", "--r", "16", "-n", "3", "-t", "2", "--json"))
        done = self.draw("-o", "one.png", "-o", "two.pdf")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assert_drawn("one.png")
        self.assertTrue((self.directory / "two.pdf").read_bytes().startswith(b"%PDF-"))

    def test_default_name_and_one_thread(self):
        self.write(report({("strong", 1): [1.0], ("weak", 1): [1.0]}))
        done = self.draw()
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", "wrote s.png\n"))
        self.assert_drawn("s.png")

    def test_what_is_drawn(self):
        """Relative to the fastest round of one thread: a line through the fastest, bars to the slowest, medians."""
        self.write(report({("strong", 1): [8, 10, 16], ("strong", 4): [3, 2, 4], ("weak", 1): [2], ("weak", 4): [4]}))
        figure = scaling.draw(self.directory / "s.json")
        expected = {  # by panel: slowest, median, fastest, with one thread and with four
            "speed-up": [(0.5, 2), (0.8, 8 / 3), (1, 4)],
            "efficiency = speed-up / threads": [(0.5, 0.5), (0.8, 2 / 3), (1, 1)],
        }
        for ax in (figure.axes[0], figure.axes[2]):
            low, median, high = expected[ax.get_ylabel()]
            ideal, dashes, line = ax.get_lines()
            self.assertEqual(tuple(ideal.get_ydata()), (1, 4 if ax is figure.axes[0] else 1))
            self.assertEqual(tuple(ideal.get_xdata()), (1, 4))
            self.assertEqual((tuple(dashes.get_ydata()), tuple(line.get_ydata())), (median, high))
            bars = [tuple(segment[:, 1]) for segment in ax.collections[0].get_segments()]
            self.assertEqual(bars, list(zip(low, high)))
        weak = figure.axes[1].get_lines()[-1].get_ydata(), figure.axes[3].get_lines()[-1].get_ydata()
        self.assertEqual([tuple(values) for values in weak], [(1, 2), (1, 0.5)])
        for words in ("Some CPU", "4 of 8 processors", "2 NUMA nodes", "host node7", "OMP_PLACES=cores"):
            self.assertIn(words, figure._suptitle.get_text())

    def test_bad_files(self):
        good = report({("strong", 1): [1.0]})
        without = {name: value for name, value in MACHINE.items() if name != "host"}
        for content, words in [
            ("{", "not JSON"),
            ("[]", "not made by"),
            ({**good, "bench": "sweep"}, "not made by"),
            ({**good, "machine": without}, "host"),
            ({**good, "result": {}}, "scaling"),
            (report({}), "no times"),
            (report({("strong", 1): []}), "not as"),
            (report({("strong", 1): [0.0]}), "seconds"),
            (report({("sideways", 1): [1.0]}), "sideways"),
        ]:
            with self.subTest(words):
                self.write(content)
                self.assert_refused(2, words)
        (self.directory / "s.json").unlink()
        self.assert_refused(2, "no such file")

    def test_bad_outputs(self):
        self.write(report({("strong", 1): [1.0]}))
        self.assert_refused(1, "nowhere", "-o", "nowhere/s.png")
        self.assert_refused(2, "s.xyz: the name of a figure ends in .png, .pdf or .svg", "-o", "s.xyz")

    def assert_refused(self, status, words, *options):
        done = self.draw(*options)
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        self.assertRegex(done.stderr, r"\Ascaling: [^\n]*\n\Z")
        self.assertIn(words, done.stderr)
        self.assertFalse((self.directory / "s.png").exists())


if __name__ == "__main__":
    fishergrid.main()
