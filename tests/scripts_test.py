#!/usr/bin/env python3
"""Tests how the scripts of analysis/ run and end under odd locales, streams, names and installations: with their
result, or with one line.

    scripts_test.py PATH_TO_FISHERGRID
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import fishergrid_program as fishergrid
import h5py

ANALYSIS = Path(__file__).resolve().parent.parent / "analysis"
ENVIRONMENTS = [
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},  # ASCII for names of files, too
    {"LC_ALL": "tr_TR.UTF-8"},
    {"LC_ALL": "no_such_locale"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1:strict", "PYTHONUTF8": "0"},
    {"HOME": "/proc", "XDG_CONFIG_HOME": "/proc", "XDG_CACHE_HOME": "/proc"},  # nothing can be written there
]
PACKAGES = {  # that a script needs to do anything
    "plot.py": ["h5py", "numpy"],
    "report.py": ["h5py", "numpy", "scipy", "matplotlib", "jinja2", "PIL"],
    "scaling.py": ["matplotlib"],
    "cost.py": ["matplotlib"],
    "peers.py": ["h5py", "numpy"],
}
BENCH = {
    "bench": "scaling",
    "machine": dict.fromkeys(["host", "cpu", "version", "compiler", "time", "OMP_PLACES", "OMP_PROC_BIND"], "é")
    | {"cores_allowed": 2, "cores_online": 2, "numa_nodes": 1},
    "problem": {"data": [{"name": "A", "samples": 20}], "kernel": "avx2"},
    "result": {
        "scaling": [{"method": "direct", "timed": "file", "kind": "weak", "threads": 1, "phi": 8, "r": 6}],
        "cases": [{"seconds": [1.0]}],
    },
}


class ScriptsTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        self.directory = self.directory / "Größe und Maß"
        self.directory.mkdir()
        grid = ["--phi=8", "--r=6", "--samples-per-class=5", "--fields=loss", "--data=A"]
        self.succeed("sweep", "-q", *grid, "-o", "φ r.h5")
        with h5py.File(self.directory / "φ r.h5", "r+") as file:
            del file["entry/samples_A"]  # of which reports draw ten figures
        (self.directory / "s.json").write_text(json.dumps(BENCH))

    def run_script(self, script, *arguments, env=None, shell=""):
        """Runs a script, behind redirections of a shell; the result has text."""
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", sys.executable, ANALYSIS / script, *arguments]
        environment = fishergrid.environment(**{"PYTHONIOENCODING": None, **(env or {})})
        done = subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, check=False)
        done.stdout, done.stderr = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        return done

    def assert_one_line(self, done, status, words):
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertRegex(done.stderr, r"\A\w+: [^\n]+\n\Z")
        self.assertIn(words, done.stderr)

    def test_every_environment(self):
        for env in ENVIRONMENTS:
            with self.subTest(env):
                for script, *arguments in (
                    ("plot.py", "φ r.h5", "--list"),
                    ("plot.py", "φ r.h5", "loss", "-o", "ä b.png"),
                    ("report.py", "φ r.h5", "-o", "rép ort"),
                    ("scaling.py", "s.json", "-o", "ö.pdf"),
                ):
                    done = self.run_script(script, *arguments, env=env)
                    self.assertEqual((done.returncode, done.stderr), (0, ""), script)
                    self.assertTrue(done.stdout)
                for name in ("ä b.png", "ö.pdf", "rép ort/report.html"):
                    (self.directory / name).unlink()
                self.assert_one_line(self.run_script("plot.py", "φφ.h5", "loss", env=env), 2, "no such file")
                self.assert_one_line(self.run_script("report.py", "s.json", env=env), 2, "not a readable HDF5 file")
                self.assert_one_line(self.run_script("scaling.py", "φ r.h5", env=env), 2, "not JSON")
                done = self.run_script("peers.py", "--program", "φ", "--peers", "numpy", env=env)
                self.assert_one_line(done, 1, "No such file or directory")

    def test_streams(self):
        for shell, words in ((">&-", "Bad file descriptor"), (">/dev/full", "No space left on device")):
            for script, *arguments in (
                ("plot.py", "φ r.h5", "--list"), ("plot.py", "φ r.h5", "loss"), ("scaling.py", "s.json")
            ):  # fmt: skip
                with self.subTest(script, shell=shell, arguments=arguments):
                    done = self.run_script(script, *arguments, shell=shell)
                    self.assert_one_line(done, 1, f"cannot write standard output: {words}")
        self.assertEqual((self.directory / "loss.png").read_bytes()[:4], b"\x89PNG")
        done = self.run_script("plot.py", "none.h5", "loss", shell="2>&-")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", ""))
        done = self.run_script("plot.py", "φ r.h5", "--list", shell="<&- 2>&-")
        self.assertEqual(done.returncode, 0)
        self.assertIn("loss", done.stdout)

    def test_names_that_are_no_text(self):
        name = os.fsencode(self.directory) + b"/\xff\xfe.h5"
        os.link(self.directory / "φ r.h5", name)
        done = self.run_script("report.py", os.fsdecode(name), "-o", os.fsdecode(b"\xff"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        os.unlink(name)
        self.assert_one_line(self.run_script("report.py", os.fsdecode(name)), 2, "no such file")

    def test_names_that_are_no_text_to_python(self):
        """Bytes of UTF-8 under EUC-JP: Python has another codec than the C library."""
        made = self.directory / "ja_JP.EUC-JP"
        make = ["localedef", "-i", "ja_JP", "-f", "EUC-JP", made]
        if subprocess.run(make, capture_output=True, check=False).returncode:
            self.skipTest("there is no source of locales")
        env = {"LOCPATH": str(self.directory), "LC_ALL": made.name}
        os.link(self.directory / "φ r.h5", self.directory / "größe.h5")
        for script, *arguments in (
            ("plot.py", "größe.h5", "loss"), ("report.py", "größe.h5"), ("scaling.py", "größe.json")
        ):  # fmt: skip
            self.assert_one_line(self.run_script(script, *arguments, env=env), 2, "python3 -X utf8 ")
        self.assertEqual(self.run_script("plot.py", "größe.h5", "loss", env={**env, "PYTHONUTF8": "1"}).returncode, 0)

    def test_places_that_cannot_be_written(self):
        (self.directory / "full.png").symlink_to("/dev/full")
        for script, *arguments, place in (
            ("plot.py", "φ r.h5", "loss", "/proc/x.png"), ("report.py", "φ r.h5", "/proc/x"),
            ("scaling.py", "s.json", "/proc/x.pdf"), ("plot.py", "φ r.h5", "loss", "full.png"),
        ):  # fmt: skip
            self.assert_one_line(self.run_script(script, *arguments, "-o", place), 1, f"cannot write {place}")

    def test_missing_packages(self):
        for script, names in PACKAGES.items():
            for name in names:
                with self.subTest(script, package=name):
                    # in front of the installed package, and no package
                    absent = self.directory / "absent" / name
                    absent.mkdir(parents=True, exist_ok=True)
                    error = f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n"
                    (absent / "__init__.py").write_text(error)
                    done = self.run_script(script, "φ r.h5", env={"PYTHONPATH": str(absent.parent)})
                    debian = {"PIL": "python3-pil"}.get(name, f"python3-{name}")
                    self.assert_one_line(done, 1, f"No module named '{name}'; install {debian}, or: pip install -r")
                    shutil.rmtree(absent)
        (self.directory / "matplotlib.py").write_text("raise ImportError('half\\ninstalled')")
        env = {"PYTHONPATH": str(self.directory)}
        self.assert_one_line(self.run_script("plot.py", "φ r.h5", "los", env=env), 2, "did you mean loss?")  # at once
        self.assert_one_line(self.run_script("plot.py", "φ r.h5", "loss", env=env), 1, "half")

    def test_suggestions(self):
        self.assert_one_line(self.run_script("scaling.py", "s.jsn"), 2, "s.jsn: no such file; did you mean s.json?")
        self.assert_one_line(self.run_script("report.py", "φ_r.h5"), 2, "did you mean φ r.h5?")
        self.assert_one_line(self.run_script("report.py", "φ r.h5", "--data", "a"), 2, "no data set a; did you mean A?")
        done = self.run_script("peers.py", "--peers", "numpi")
        self.assertIn("unknown peer 'numpi'; did you mean numpy?", done.stderr)


if __name__ == "__main__":
    fishergrid.main()
