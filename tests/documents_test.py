#!/usr/bin/env python3
"""What README.md prints can be typed, in its order, and what the documents name is there.

    documents_test.py PATH_TO_FISHERGRID
"""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(path for pattern in ["*.md", "jobs/*.md", "tests/data/*/*.md"] for path in ROOT.glob(pattern))
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAME = re.compile(r"`((?:analysis|include|jobs|src|tests)/[^\s`]*)`")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
COLUMNS = 120


def section(heading):
    """The text of README.md under `## heading`."""
    return (ROOT / "README.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]


def blocks(text, language):
    return [body for kind, body in BLOCK.findall(text) if kind == language]


def prose(text):
    """[(number, line)] of what can be wrapped: neither code nor tables nor pictures."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith(("```", "    ", "|", "![")):
            yield number, line


class DocumentsTest(unittest.TestCase):
    def check(self, faults):
        """faults(path, text) of every document is empty."""
        found = {str(path.relative_to(ROOT)): list(faults(path, path.read_text(encoding="utf-8"))) for path in DOCUMENTS}
        self.assertLessEqual({"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "jobs/SCALING.md"}, set(found))
        self.assertEqual({name: some for name, some in found.items() if some}, {})

    def test_links_lead_to_files(self):
        def broken(path, text):
            links = (link for link in LINK.findall(text) if not re.match(r"[a-z]+:|#", link))
            return (link for link in links if not (path.parent / link.split("#")[0]).exists())

        self.check(broken)

    def test_readme_links_what_there_is_more(self):
        links = set(LINK.findall(section("More")))
        self.assertLessEqual({"CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "jobs/SCALING.md"}, links)

    def test_names_of_files(self):
        self.check(lambda _, text: (name for name in NAME.findall(text) if not any(ROOT.glob(name.replace("NAME", "*")))))

    def test_lines(self):
        self.check(lambda _, text: (number for number, line in prose(text) if len(line) > COLUMNS))


class ReadmeTest(fishergrid.ProgramTest):
    def after_local(self):
        """Makes the scratch directory what jobs/local.sh makes of a clone."""
        program = self.directory / "build/release/fishergrid"
        program.parent.mkdir(parents=True)
        program.symlink_to(fishergrid.PROGRAM)
        (self.directory / "results").mkdir()
        self.succeed("sweep", "-q", "-o", "results/sweep.h5")

    def shell(self, script, **changes):
        """What the lines say; each of them must succeed."""
        command = ["bash", "-euo", "pipefail", "-c", script]
        env = fishergrid.environment(**changes)
        done = subprocess.run(command, cwd=self.directory, env=env, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stderr}")
        return done.stdout

    def test_two_commands(self):
        (block,) = blocks(section("Two commands"), "bash")
        scripts = re.findall(r"^bash (\S+)", block, re.M)
        self.assertEqual(len(scripts), 2)
        for script in scripts:
            self.assertTrue((ROOT / script).is_file(), script)
        # what after_local() imitates
        local = (ROOT / "jobs/local.sh").read_text(encoding="utf-8")
        self.assertRegex(local, r"(?m)^build/release/fishergrid sweep .* -o results/sweep\.h5$")

    def test_commands(self):
        """All but the one that measures; none finds another fishergrid than the one just built."""
        (block,) = blocks(section("Commands"), "bash")
        lines = [line for line in block.splitlines() if not line.startswith("fishergrid bench ")]
        self.assertEqual(len(lines), len(block.splitlines()) - 1)
        commands = set(re.findall(r"fishergrid ([a-z]+)", re.sub(" #.*", "", block)))
        self.assertEqual(commands, set(re.findall(r"^  ([a-z]+) ", self.succeed("--help"), re.M)))
        self.after_local()
        path = os.pathsep.join(name for name in os.environ["PATH"].split(os.pathsep) if not Path(name, "fishergrid").exists())
        self.shell("\n".join(lines), PATH=path)
        made = {path.name for path in self.directory.glob("*.h5")}
        parts = {"part-1.h5", "part-2.h5", "part-3.h5"}
        self.assertEqual(made, {"mine.h5", "whole.h5", "again.h5", "packed.h5", *parts})
        self.assertTrue((self.directory / "results/sweep.xmf").is_file())
        for name in ["whole.h5", "again.h5"]:
            self.assertEqual(self.contents(name), self.contents("results/sweep.h5"), name)

    def contents(self, name):
        if not fishergrid.h5py:
            self.skipTest("h5py is not installed")
        with fishergrid.h5py.File(self.directory / name) as file:
            return {path: file[path][()].tobytes() for path in file if isinstance(file[path], fishergrid.h5py.Dataset)}

    def test_looking_into_the_file(self):
        """h5dump and Python show the same value, each in five lines."""
        if not shutil.which("h5dump") or not fishergrid.h5py:
            self.skipTest("h5dump or h5py is not installed")
        text = section("Looking into the file")
        (dump,), (python,) = blocks(text, "bash"), blocks(text, "python")
        self.assertEqual((len(dump.splitlines()), len(python.splitlines())), (5, 5))
        self.after_local()
        said = self.shell(dump)
        shown = subprocess.run([sys.executable, "-c", python], cwd=self.directory, capture_output=True, text=True, check=False)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        loss, phi, _ = map(float, shown.stdout.splitlines()[1].split())
        dumped = dict(re.findall(r"^ +\((100(?:,200)?)\): ([-0-9.e+]+)", said, re.M))
        self.assertAlmostEqual(float(dumped["100,200"]), loss, delta=1e-5 * loss)
        self.assertAlmostEqual(float(dumped["100"]), phi, delta=1e-5 * phi)
        self.assertIn("fishergrid sweep", said)

    def test_blocks_are_bash(self):
        for script in blocks((ROOT / "README.md").read_text(encoding="utf-8"), "bash"):
            self.shell(f"bash -n <<'END'\n{script}\nEND")


if __name__ == "__main__":
    fishergrid.main()
