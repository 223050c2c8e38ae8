#!/usr/bin/env python3
"""Runs tests of analysis/ with the newest packages that analysis/requirements.txt allows. They come from PyPI, once,
into a virtual environment below build/. The oldest are those of Debian 12, with which all tests run there.

    versions_test.py PATH_TO_FISHERGRID
"""

import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "analysis/requirements.txt"
NEWEST = ROOT / "build/newest_python"
RANGE = re.compile(r"^(\w+)>=([\d.]+),<([\d.]+)$", re.M)
TESTS = {  # those that draw every figure, with and without gaps, and compute every finding; the others ask no more
    "claims": ["QuantitiesTest", "SurveyTest", "ClaimsTest.test_numbers_at_the_points",
               "ClaimsTest.test_data_without_a_minimum"],
    "figures": [f"FiguresTest.test_{name}" for name in (
        "report_of_both_data_sets", "report_of_coincident_samples", "cells_not_computed_and_undefined",
        "values_as_large_and_small_as_doubles_are", "the_flag_has_categories", "options_of_plot",
        "arrows_are_the_vectors_of_the_file_downhill", "ellipses_are_those_of_the_matrices")],
    "scaling": [],
}  # fmt: skip
VERSIONS = """
import importlib, json, sys
modules = {"pillow": "PIL"}
print(json.dumps({name: importlib.import_module(modules.get(name, name)).__version__ for name in sys.argv[1:]}))
"""


def numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def newest_python():
    """The interpreter with the newest packages; raises SkipTest where PyPI is out of reach."""
    python, made_of = NEWEST / "bin/python", NEWEST / "requirements.txt"
    if made_of.exists() and made_of.read_text() == REQUIREMENTS.read_text():
        return python
    shutil.rmtree(NEWEST, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", NEWEST], check=True)
    install = ["install", "-q", "--retries", "1", "--only-binary", ":all:", "-r", REQUIREMENTS]
    command = [sys.executable, "-m", "pip", "--python", python, *install]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest(f"no packages from PyPI: {(done.stderr.splitlines() or ['no pip'])[-1]}")
    shutil.copy(REQUIREMENTS, made_of)
    return python


class VersionsTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        self.ranges = {name: (low, high) for name, low, high in RANGE.findall(REQUIREMENTS.read_text())}
        self.assertEqual(set(self.ranges), {"h5py", "numpy", "scipy", "matplotlib", "jinja2", "pillow"})

    def assert_in_range(self, python):
        done = subprocess.run([python, "-c", VERSIONS, *self.ranges], capture_output=True, text=True, check=True)
        versions = json.loads(done.stdout)
        for name, (low, high) in self.ranges.items():
            self.assertTrue(numbers(low) <= numbers(versions[name]) < numbers(high), (name, versions[name]))
        return versions

    def test_the_packages_of_this_system_are_allowed(self):
        versions = self.assert_in_range(sys.executable)
        system = Path("/etc/debian_version")
        if sys.executable == "/usr/bin/python3" and system.exists() and system.read_text().startswith("12"):
            for name, (low, _) in self.ranges.items():
                self.assertEqual(numbers(versions[name])[:2], numbers(low)[:2], name)

    def test_the_newest_packages(self):
        python = newest_python()
        print("with", *self.assert_in_range(python).items(), file=sys.stderr)
        for test, names in TESTS.items():
            with self.subTest(test):
                command = [python, ROOT / f"tests/{test}_test.py", fishergrid.PROGRAM, *names]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    fishergrid.main()
