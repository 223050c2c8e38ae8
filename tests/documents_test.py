#!/usr/bin/env python3
"""What the documents print can be typed, in its order, and what they name is there.

    documents_test.py PATH_TO_FISHERGRID
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = ["*.md", "analysis/*.md", "include/*/*.md", "jobs/*.md", "tests/data/*/*.md"]
DOCUMENTS = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAME = re.compile(r"`((?:analysis|include|jobs|src|tests)/[^\s`]*)`")
SCRIPT = re.compile(r"\b((?:analysis|jobs|tests)/[\w./-]+\.(?:py|sh|sbatch))\b")
MADE = {"jobs/site.sh"}  # by the reader of the documents
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"\bfishergrid ([a-z]+)\b([^|;&>#)`\n]*)")
OPTION = re.compile(r"(?<!\S)--?[A-Za-z][a-z0-9-]*")
OPTIONS_OF_OTHERS = {"--map-by", "--mpi"}  # of mpirun and srun
COLUMNS = 120
README_LINES = 130


def section(heading, document="README.md"):
    """The text of the document under `## heading`."""
    return (ROOT / document).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]


def anchors(path):
    """What a link can name after #: the headings, as GitHub spells them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def exists(name):
    """Whether the repository has such a file, or the reader makes it; NAME stands for any word."""
    return name in MADE or any(ROOT.glob(name.replace("NAME", "*")))


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
        pages = {"analysis/README.md", "include/fishergrid/FORMAT.md", "jobs/README.md", "jobs/SCALING.md", "jobs/SPEED.md"}
        self.assertLessEqual({"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} | pages, set(found))
        self.assertEqual({name: some for name, some in found.items() if some}, {})

    def test_links_lead_to_files(self):
        def broken(path, text):
            links = (link for link in LINK.findall(text) if not re.match(r"[a-z]+:|#", link))
            return (link for link in links if not (path.parent / link.split("#")[0]).exists())

        self.check(broken)

    def test_links_lead_to_headings(self):
        def broken(path, text):
            for name, anchor in re.findall(r"\]\(([^)\s:#]*)#([^)\s]+)\)", text):
                if anchor not in anchors(path.parent / name if name else path):
                    yield f"{name}#{anchor}"

        self.check(broken)

    def test_readme_links_what_there_is_more(self):
        links = set(LINK.findall(section("More")))
        self.assertLessEqual({"CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "jobs/SCALING.md"}, links)
        self.assertLessEqual({"analysis/README.md", "jobs/README.md", "jobs/SPEED.md"}, links)

    def test_readme_is_short(self):
        lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        self.assertLessEqual(len(lines), README_LINES)

    def test_scripts(self):
        self.check(lambda _, text: (name for name in SCRIPT.findall(text) if not exists(name)))

    def test_presets(self):
        presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))
        known = {preset["name"] for preset in presets["configurePresets"] if not preset.get("hidden")}
        self.check(lambda _, text: set(re.findall(r"--preset (\w+)", text)) - known)

    def test_names_of_files(self):
        self.check(lambda _, text: (name for name in NAME.findall(text) if not exists(name)))

    def test_lines(self):
        self.check(lambda _, text: (number for number, line in prose(text) if len(line) > COLUMNS))


class TypedTest(fishergrid.ProgramTest):
    def after_local(self, *options):
        """Makes the scratch directory what jobs/local.sh makes of a clone, by a sweep with these options."""
        program = self.directory / "build/release/fishergrid"
        program.parent.mkdir(parents=True)
        program.symlink_to(fishergrid.PROGRAM)
        (self.directory / "results").mkdir()
        self.succeed("sweep", "-q", *options, "-o", "results/sweep.h5")

    def shell(self, script, **changes):
        """What the lines say; each of them must succeed."""
        command = ["bash", "-euo", "pipefail", "-c", script]
        env = fishergrid.environment(**changes)
        done = subprocess.run(command, cwd=self.directory, env=env, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stderr}")
        return done.stdout

    def python(self, script):
        """What the script prints; it must not complain."""
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def known_options(self, command):
        """As the help lists them, short ones too."""
        found = re.findall(r"^ +(?:(-\S), +)?(--[\w-]+)", self.succeed(command, "--help"), re.M)
        return {option for pair in found for option in pair if option}


class ReadmeTest(TypedTest):
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
        loss, phi, _ = map(float, self.python(python).splitlines()[1].split())
        dumped = dict(re.findall(r"^ +\((100(?:,200)?)\): ([-0-9.e+]+)", said, re.M))
        self.assertAlmostEqual(float(dumped["100,200"]), loss, delta=1e-5 * loss)
        self.assertAlmostEqual(float(dumped["100"]), phi, delta=1e-5 * phi)
        self.assertIn("fishergrid sweep", said)


class PagesTest(TypedTest):
    def test_figures(self):
        """The commands make the report and the figures."""
        if not all(importlib.util.find_spec(name) for name in ["h5py", "jinja2", "matplotlib"]):
            self.skipTest("h5py, Jinja or Matplotlib is not installed")
        (block,) = blocks(section("Figures", "analysis/README.md"), "bash")
        self.after_local("--phi", "64", "--r", "48")
        (self.directory / "analysis").symlink_to(ROOT / "analysis")
        said = self.shell(f'python3() {{ "{sys.executable}" "$@"; }}\n{block}')
        for name in ["results/figures/report.html", "loss.png", "flows.png", "condition.pdf"]:
            self.assertTrue((self.directory / name).is_file(), name)
        self.assertIn("fisher_condition", said)

    def test_xarray(self):
        if not importlib.util.find_spec("xarray"):
            self.skipTest("xarray is not installed")
        (script,) = blocks(section("What is in the file", "analysis/README.md"), "python")
        self.after_local()
        shown = [float(number) for number in self.python(script).split()]
        point = self.succeed_json("point", "--data", "A", "--phi", "3", "--r", "1.5")["data"]["A"]
        self.assertAlmostEqual(shown[0], point["loss"], delta=0.02 * point["loss"])  # the nearest cell is half a cell away

    def test_objects_of_the_file(self):
        """What the table names is there."""
        if not fishergrid.h5py:
            self.skipTest("h5py is not installed")
        rows = re.findall(r"^\| (`/.*?) \|.*$", section("What is in the file", "analysis/README.md"), re.M)
        names = re.findall(r"`(/\w+(?:/\w+)*)`", "".join(rows))
        self.assertEqual(len(names), 9)
        self.after_local("--phi", "8", "--r", "8")
        with fishergrid.h5py.File(self.directory / "results/sweep.h5") as file:
            self.assertEqual([name for name in [*names, "entry/A/loss"] if name not in file], [])

    def test_slurm(self):
        """The dry runs, with an sbatch that reads the script only; `slurm_test.py` submits the scripts."""
        (block,) = blocks(section("On a cluster with Slurm", "jobs/README.md"), "bash")
        lines = [line for line in block.splitlines() if line.startswith(("fishergrid ", "eval "))]
        self.assertEqual(len(lines), 2)
        self.after_local("--phi", "8", "--r", "8")
        path = os.pathsep.join([str(self.directory / "build/release"), os.environ["PATH"]])
        said = self.shell("\n".join(['sbatch() { bash -n "$3" && grep -c SBATCH "$3"; }', *lines]), PATH=path)
        self.assertRegex(said, r"(?m)^ask Slurm .*--cpus-per-task")
        self.assertRegex(said, r"(?m)^\d+$")

    def test_options(self):
        """Every command that is printed takes the options it is printed with, and every option that is named exists."""
        commands = re.findall(r"^  ([a-z]+) ", self.succeed("--help"), re.M)
        known = {command: self.known_options(command) for command in commands}
        every = set().union(*known.values(), OPTIONS_OF_OTHERS)
        for path in DOCUMENTS:
            text = path.read_text(encoding="utf-8")
            code = [*blocks(text, "bash"), *re.findall(r"`([^`\n]+)`", text)]
            for command, rest in COMMAND.findall("\n".join(code)):
                self.assertIn(command, known, path)
                self.assertEqual(set(OPTION.findall(rest)) - known[command], set(), f"{path}: {command}{rest}")
            self.assertEqual(set(re.findall(r"`(--[a-z0-9-]+)", text)) - every, set(), path)

    def test_blocks_are_bash(self):
        for path in DOCUMENTS:
            for script in blocks(path.read_text(encoding="utf-8"), "bash"):
                self.shell(f"bash -n <<'END'\n{script}\nEND")


if __name__ == "__main__":
    fishergrid.main()
