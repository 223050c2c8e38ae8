#!/usr/bin/env python3
"""The program as its users meet it: help, dry run, progress, summary, info, point, options that change results.

    program_test.py PATH_TO_FISHERGRID
"""

import fcntl
import itertools
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fishergrid_program as fishergrid
from fishergrid_program import FIELDS, GEOMETRY

try:
    import h5py
except ImportError:
    h5py = None

HELP = {  # what --help lists, and words that --help=all has
    "sweep": (
        "phi r phi-range r-range data samples-per-class spread seed method reduction damping fields tile part config output "
        "force unless-done threads max-time sync dry-run sbatch progress quiet json help version",
        [*FIELDS, *GEOMETRY, "512", "0:2pi", "-5:5", "A and B", "500", "0.3", "sum", "auto", "radians", "dimensionless", "2147483648"]
        + ["OMP_NUM_THREADS", "FISHERGRID_ISA", "Exit codes"],
    ),
    "point": (
        "phi r data samples-per-class spread seed reduction damping fields json help version",
        ["A and B", "500", "0.3", "sum", "radians", "dimensionless"],
    ),
    "info": ("config json help version", ["Exit codes"]),
    "merge": (
        "output force unless-done threads max-time sync progress quiet json help version",
        ["OMP_NUM_THREADS", "60", "Exit codes"],
    ),
    "pack": (
        "force deflate keep-digits float32 threads progress quiet json help version",
        ["OMP_NUM_THREADS", "default 4", "Exit codes"],
    ),
    "xdmf": ("output force help version", [".xmf in place of .h5", "Exit codes"]),
    "verify": ("threads cells seed json help version", ["1000", "Exit codes"]),
    "bench": (
        "phi r phi-range r-range data samples-per-class spread seed method reduction damping fields tile threads repetitions "
        "directory json help version",
        ["512", "A and B", "7", "auto", "radians", "dimensionless"],
    ),
}
JOBS = Path(__file__).resolve().parent.parent / "jobs"
SMALL = ["--phi", "9", "--r", "7", "--samples-per-class", "20"]


def solve(matrix, vector):
    """The solution of a symmetric 2 x 2 system (a, b, d) by Cramer's rule."""
    a, b, d = matrix
    determinant = a * d - b * b
    return (d * vector[0] - b * vector[1]) / determinant, (a * vector[1] - b * vector[0]) / determinant


class HelpTest(fishergrid.ProgramTest):
    def test_help_of_the_program(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            text = self.succeed(*arguments)
            for word in [*HELP, "--version", "sin(phi)", "cos(phi)"]:
                self.assertIn(word, text)

    def test_help_of_every_command(self):
        """It fits a screen: a line for each option, with headings."""
        for command, (options, _) in HELP.items():
            with self.subTest(command):
                lines = self.succeed(command, "--help").splitlines()
                self.assertLessEqual(len(lines), 40)
                self.assertEqual([line for line in lines if len(line) > 79], [])
                found = [match[1] for match in map(re.compile(r" +(?:-.,)? +--([a-z0-9-]+)").match, lines) if match]
                self.assertEqual(found, options.split())

    def test_help_with_every_detail(self):
        for command, (options, words) in HELP.items():
            with self.subTest(command):
                text = self.succeed(command, "--help=all")
                self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])
                self.assertEqual(sorted(re.findall(r"(?m)^ {2,6}(?:-., )?--([a-z0-9-]+)", text)), sorted(options.split()))
                for word in words:
                    self.assertIn(word, " ".join(text.split()))  # lines are broken anywhere

    def test_help_wins_over_what_is_missing(self):
        for command in HELP:
            for option in ("-h", "-?"):
                self.assertEqual(self.succeed(command, option), self.succeed(command, "--help"))
            done = fishergrid.run(command, "--help=most")
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1))
            self.assertIn(b"--help=all", done.stderr)

    def test_version(self):
        version = self.succeed("--version")
        self.assertRegex(version, r"\Afishergrid \d+\.\d+\.\d+\S*( with MPI)?\n\Z")
        for command in HELP:
            self.assertEqual(self.succeed(command, "--version"), version)

    def test_closed_streams(self):
        """The number of a closed stream goes to the next file opened: not to one of ours."""
        sweep = f"{shlex.quote(fishergrid.PROGRAM)} sweep {' '.join(SMALL)} --progress always --force -o x.h5"
        for closed, code in [("<&-", 0), ("2>&-", 0), (">&-", 1), ("<&- >&- 2>&-", 1), (">&- -q", 0)]:
            with self.subTest(closed):
                command = ["sh", "-c", f"{sweep} {closed}"]
                done = subprocess.run(command, cwd=self.directory, env=fishergrid.environment(), capture_output=True)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertTrue(self.succeed_json("info", "x.h5")["complete"])

    def test_standard_output_that_cannot_be_written(self):
        """A full disk behind the pipe is a failure, not silence."""
        self.succeed("sweep", *SMALL, "-q", "-o", "sweep.h5")
        cell = ["point", "--phi", "0", "--r", "0"]
        sweep = ["sweep", *SMALL, "--force", "-o", "x.h5"]
        dry = [*sweep, "--dry-run"]
        commands = [cell, ["info", "sweep.h5"], sweep, dry]
        for arguments in [*commands, *([*command, "--json"] for command in commands), ["--help"], ["--version"]]:
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                done = fishergrid.run(
                    *arguments, cwd=self.directory, capture_output=False, stdout=full, stderr=subprocess.PIPE
                )
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr.decode(), r"\Afishergrid[^\n]*standard output: No space left on device\n\Z")


class DryRunTest(fishergrid.ProgramTest):
    GRIDS = [(1, 1), (1, 5), (5, 1), (17, 33), (400, 301)]
    SETS = [[], ["--data", "A"], ["--data", "A", "--data", "B", "--data", "long_name_of_a_set=x.csv"]]
    FIELD_LISTS = [[], ["--fields", "loss"], ["--fields", "natural_gradient_flag"], ["--fields", "gradient_phi,loss"]]

    def test_bytes_of_the_file(self):
        """Of the same command without --dry-run, which the file records. Each grid meets each list of fields, with the
        sets, text and JSON in turns."""
        (self.directory / "x.csv").write_text("x0,x1,y\n1,1,0\n")
        cases = itertools.product(self.GRIDS, self.FIELD_LISTS)
        for number, ((n, m), fields) in enumerate(cases):
            sets = self.SETS[number % 3]
            with self.subTest(n=n, m=m, sets=sets, fields=fields):
                command = ["sweep", "--phi", n, "--r", m, "--samples-per-class", 1 + number % 5, *sets, *fields]
                command += ["-o", f"{number}.h5", *(["--json"] if number % 2 else [])]
                cells = n * m * max(len(sets) // 2, 1 if sets else 2)
                before = set(self.directory.iterdir())
                plan = self.succeed(*command, "--dry-run")
                self.assertEqual(set(self.directory.iterdir()), before, "a dry run made a file")
                self.succeed(*command)
                size = (self.directory / f"{number}.h5").stat().st_size
                if "--json" in command:
                    plan = json.loads(plan)
                    self.assertEqual((plan["cells"], plan["file_bytes"]), (cells, size))
                else:
                    self.assertRegex(plan, rf"(?m)^cells +{cells} .*\nfile +{size} bytes$")

    def test_bytes_of_a_file_of_many_data_sets(self):
        """What is known only at the end, the summary above all, has its room from the beginning."""
        (self.directory / "x.csv").write_text("x0,x1,y\n1,1,0\n")
        for n in [1, 6, 24, 64]:
            with self.subTest(n=n):
                data = [f"--data={'n' * 62}{k:02}=x.csv" for k in range(n)]
                command = ["sweep", "--phi", "3", "--r", "3", *data, "-o", f"{n}.h5"]
                plan = self.succeed_json(*command, "--dry-run")
                self.succeed(*command, "--json")  # the command line is part of the file
                self.assertEqual(plan["file_bytes"], (self.directory / f"{n}.h5").stat().st_size)
                self.assertEqual(len(self.succeed_json("info", f"{n}.h5")["summary"]["data"]), n)

    def test_the_option_alone_makes_no_difference(self):
        """Neither a short form of it nor twice; but a value that looks like it is a value."""
        sweep = ["sweep", *SMALL, "-o", "--dry"]
        plain = self.succeed_json(*sweep, "--dry-run")["file_bytes"]
        for words in [["--dry-ru"], ["--dr"], ["--dry-run", "--dry"]]:
            self.assertEqual(self.succeed_json(*sweep, *words)["file_bytes"], plain)
        self.succeed(*sweep, "--json")
        self.assertEqual((self.directory / "--dry").stat().st_size, plain)

    def test_output_may_exist_or_not(self):
        """A dry run looks at the directory only."""
        (self.directory / "old.h5").write_bytes(b"precious")
        self.succeed("sweep", "--dry-run", "-o", "old.h5")
        self.assertEqual((self.directory / "old.h5").read_bytes(), b"precious")
        (self.directory / "new.h5.part").write_bytes(b"another sweep")
        self.succeed("sweep", "--dry-run", "-o", "new.h5")
        self.assertEqual((self.directory / "new.h5.part").read_bytes(), b"another sweep")

    def test_time(self):
        """An estimate, not a promise: so only what no machine can be too slow for."""
        for method in ["direct", "chebyshev", "auto"]:
            with self.subTest(method):
                seconds = []
                for samples in [10, 1000, 100_000]:
                    sweep = ["sweep", "--method", method, "--samples-per-class", samples, "--data", "A", "-o", "x.h5"]
                    plan = self.succeed_json(*sweep, "--dry-run")
                    seconds.append(plan["seconds_computing"])
                    self.assertAlmostEqual(plan["seconds_writing"] * 150e6 / plan["file_bytes"], 1)
                self.assertGreater(seconds[0], 0)
                self.assertGreater(seconds[2], seconds[0])  # ten thousand times the samples

    def test_time_of_a_part_and_of_more_threads(self):
        """A sixteenth, or sixteen threads: a machine would have to change its speed by a factor of four."""
        sweep = ["sweep", "--method", "direct", "--samples-per-class", 20000, "--tile", 1000, "-o", "x.h5", "--dry-run"]
        whole = self.succeed_json(*sweep, "--threads", 1)["seconds_computing"]
        for less in [["--threads", 1, "--part", "3/16"], ["--threads", 16]]:
            tries = [self.succeed_json(*sweep, *less)["seconds_computing"] for _ in range(3)]
            self.assertLess(min(tries), whole / 4)

    def test_time_of_what_takes_too_long_to_try(self):
        """Finite, positive and soon, also where a single row would take hours."""
        far = "".join(f"{1000 + k % 7 / 10},{1000 + k % 2},{k % 2}\n" for k in range(2000))
        (self.directory / "far.csv").write_text("x0,x1,y\n" + far)
        cases = [["--phi", 1 << 31, "--r", 1 << 20, "--r-range=-1e6:1e6"]]
        cases += [["--method", "chebyshev", "--phi", 100, "--phi-range=-1e6:1e6", "--r-range=-1e6:1e6"]]
        cases += [["--data", "far=far.csv", "--method", method] for method in ("direct", "chebyshev")]
        cases += [["--phi", 1, "--r", 1], ["--phi", 1 << 20, "--r", 1], ["--phi", 1, "--r", 1 << 20, "--tile", 1]]
        for options in cases:
            with self.subTest(options=options):
                plan = self.succeed_json("sweep", "--data", "A", *options, "-o", "x.h5", "--dry-run")
                self.assertTrue(0 < plan["seconds_computing"] < math.inf)

    def test_what_to_ask_slurm_for(self):
        """Text and JSON say the same; no less than the program needs; a day at most."""
        small = ["--phi", 9, "--r", 9]
        large = ["--phi", 1 << 22, "--r", 1 << 22, "--data", "A"]
        for grid, threads, time in [(small, 3, "00:05:00"), (large, 64, "24:00:00")]:
            sweep = ["sweep", *grid, "--threads", threads, "-o", "x.h5", "--dry-run"]
            plan = self.succeed_json(*sweep)
            asked = plan["slurm"]
            self.assertEqual((asked["cpus-per-task"], asked["time"]), (threads, time))
            self.assertGreater(int(asked["mem"].rstrip("M")) << 20, plan["memory_bytes"] + (256 << 20))
            words = " ".join(f"--{name}={value}" for name, value in asked.items())
            self.assertRegex(self.succeed(*sweep), rf"(?m)^ask Slurm  {words} ")

    def submitted(self, *options, env=None):
        """The words that --sbatch lets a shell give to sbatch."""
        command = [fishergrid.PROGRAM, "sweep", *SMALL, *options, "--sbatch"]
        done = subprocess.run(command, cwd=self.directory, env=fishergrid.environment(**(env or {})), capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(list(self.directory.iterdir()), [])
        shell = ["bash", "-c", b"sbatch() { printf '%s\\0' \"$@\"; }; " + done.stdout]
        return subprocess.run(shell, capture_output=True, check=True).stdout.split(b"\0")[:-1]

    def test_line_to_submit(self):
        """A shell gives sbatch the words of the command line, whatever they are, and the limits of the plan."""
        asked = self.succeed_json("sweep", *SMALL, "-o", "x.h5", "--dry-run")["slurm"]
        limits = [f"--{name}={asked[name]}".encode() for name in ("time", "cpus-per-task")]
        script = JOBS / "sweep.sbatch"
        if "with MPI" in self.succeed("--version"):
            limits, script = [b"--nodes=1", *limits], JOBS / "mpi.sbatch"
        for name in ["it's $HOME `a`.h5", "new\nline.h5", '"two".h5', b"no\xffutf8.h5", "-dash.h5"]:
            for dry in ([], ["--dry-run"]):
                with self.subTest(name=name):
                    expected = [*limits, *map(os.fsencode, [script, *SMALL, "-o", name])]
                    self.assertEqual(self.submitted("-o", name, *dry), expected)

    def test_directory_of_the_jobs(self):
        with tempfile.TemporaryDirectory() as other:
            for name in ("sweep.sbatch", "mpi.sbatch"):
                (Path(other) / name).touch()
            words = self.submitted("-o", "x.h5", env={"FISHERGRID_JOBS": other})
        self.assertIn(os.fsencode(os.path.realpath(other)), [os.path.dirname(word) for word in words])

    def test_no_job_script(self):
        shutil.copy(fishergrid.PROGRAM, self.directory / "alone")
        command = [self.directory / "alone", "sweep", *SMALL, "-o", "x.h5", "--sbatch"]
        done = subprocess.run(command, cwd=self.directory, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        said = rb"\Afishergrid sweep: --sbatch: no \w+\.sbatch beside this program; [^\n]*FISHERGRID_JOBS[^\n]*\n\Z"
        self.assertRegex(done.stderr, said)

    def test_nothing_to_submit(self):
        for options, why in [(["--json"], "not JSON"), (["--force"], "leave out --force")]:
            done = fishergrid.run("sweep", "-o", "x.h5", "--sbatch", *options, cwd=self.directory)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertRegex(done.stderr.decode(), rf"\Afishergrid sweep: --sbatch[^\n]*{why}[^\n]*\n\Z")
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_nothing_to_submit_of_what_will_be_gone(self):
        """<(...) of a shell is a pipe, which ends with it."""
        for option, name, text in [("--config", "", '{"phi": 9}'), ("--data", "X=", "x0,x1,y\n1,2,0\n-1,-2,1\n")]:
            (self.directory / "text").write_text(text)
            shell = ["bash", "-c", f'"$@" {option} {name}<(cat text)', "bash"]
            command = [*shell, fishergrid.PROGRAM, "sweep", *SMALL, "-o", "x.h5", "--dry-run"]
            for last, code in [([], 0), (["--sbatch"], 2)]:
                done = subprocess.run([*command, *last], cwd=self.directory, capture_output=True, check=False)
                self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual(done.stdout, b"")
            said = rf"\Afishergrid sweep: --sbatch: {option} /dev/fd/\d+ will not be there [^\n]*\n\Z"
            self.assertRegex(done.stderr.decode(), said)

    def test_file_that_does_not_fit(self):
        side = 1 << 27
        done = fishergrid.run("sweep", "--phi", side, "--r", side, "-o", "x.h5", "--sbatch", cwd=self.directory)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, rb"\Asbatch ")
        self.assertRegex(done.stderr, rb"\Ax\.h5: too little free disk, \d+ bytes for a file of 234\d{16}\n\Z")

    def test_free_disk(self):
        plan = self.succeed_json("sweep", "--dry-run", "-o", "x.h5")
        disk = os.statvfs(self.directory)
        self.assertAlmostEqual(plan["free_disk_bytes"] / (disk.f_bavail * disk.f_frsize), 1, delta=0.1)

    def test_long_axes_take_no_time(self):
        axes = ["--phi", "65536", "--r", "2147483648", "--r-range=-1e6:1e6"]
        plan = self.succeed_json("sweep", *axes, "--data", "A", "-o", "x.h5", "--dry-run")
        self.assertEqual(plan["cells"], 2**47)
        self.assertLess(plan["memory_bytes"], 2**28)

    def test_more_than_any_disk(self):
        """A plan needs no disk: its numbers are right for any file that could be."""
        side = 1 << 31
        plan = self.succeed_json("sweep", "--dry-run", "--phi", side, "--r", 1 << 20, "--data", "A", "-o", "x.h5")
        self.assertEqual(plan["cells"], side << 20)
        self.assertGreater(plan["file_bytes"], (side << 20) * 65)
        flag = ["--fields", "natural_gradient_flag", "--data", "A"]  # the most cells that 2^62 bytes can hold
        other = side - side // 1000
        plan = self.succeed_json("sweep", "--dry-run", "--phi", side, "--r", other, *flag, "-o", "x.h5")
        self.assertEqual(plan["cells"], side * other)
        tiles = side * -(-other // 65536)
        self.assertAlmostEqual(plan["file_bytes"] - plan["cells"], 8 * (side + other) + 64 * tiles, delta=100_000)


class ProgressTest(fishergrid.ProgramTest):
    def sweep(self, *options, **more):
        grid = ["--phi", "64", "--r", "64", "--samples-per-class", "20"]
        return fishergrid.run("sweep", *grid, "--force", "-o", "x.h5", *options, cwd=self.directory, **more)

    def test_quiet(self):
        for options in [["-q"], ["--quiet", "--json"], ["-q", "--progress", "always"]]:
            with self.subTest(options=options):
                done = self.sweep(*options)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_a_short_run_in_a_log_says_nothing_before_its_summary(self):
        for options in [[], ["--progress", "never"], ["--progress", "auto"]]:
            with self.subTest(options=options):
                self.assertEqual(self.sweep(*options).stderr, b"")

    def test_plain_lines_in_a_log(self):
        log = self.sweep("--progress", "always").stderr.decode()
        self.assertRegex(log, r"100\.0 %.*cells/s")
        self.assertTrue(log.endswith("\n"))
        for line in log.splitlines():
            self.assertTrue(line.isprintable(), f"{line!r}")

    def test_live_line_on_a_terminal(self):
        slow = [option for option in fishergrid.SLOW if option != "-q"]
        live = self.on_a_terminal("sweep", *slow, "-o", "x.h5", stream="stderr", until=b"s left")
        self.assertRegex(live, r"\A\r *\d+\.\d %  [^\r\n]*cells/s[^\r\n]* s left")

    def test_the_live_line_is_wiped_at_the_end(self):
        live = self.on_a_terminal("sweep", *SMALL, "-o", "x.h5", stream="stderr")
        self.assertRegex(live, r"\r +\r\Z")
        self.assertNotIn("\n", live)

    def test_no_live_line_where_it_is_not_wanted(self):
        for option in (["--progress", "never"], ["-q"]):
            self.assertEqual(self.on_a_terminal("sweep", *SMALL, *option, "--force", "-o", "x.h5", stream="stderr"), "")


class SummaryTest(fishergrid.ProgramTest):
    def test_text(self):
        text = self.succeed("sweep", *SMALL, "-o", "x.h5")
        size = (self.directory / "x.h5").stat().st_size
        self.assertRegex(text, rf"\Ax\.h5: 126 cells in [0-9.]+ s \([0-9.e+]+ cells/s\), {size} bytes,")
        for name in "AB":
            loss, phi, r = self.min_loss(name)
            self.assertIn(f"{name}: 40 samples, minimum loss {loss:.10g} at phi = {phi:.6f} rad, r = {r:.6f}", text)

    def test_one_cell(self):
        (self.directory / "one.csv").write_text("x0,x1,y\n1,2,0\n")
        text = self.succeed("sweep", "--phi", "1", "--r", "1", "--data", "one=one.csv", "-o", "x.h5")
        self.assertRegex(text, r"\Ax\.h5: 1 cell in ")
        self.assertIn("one: 1 sample, ", text)
        self.assertIn("natural gradient undefined in 1 cell\n", text)

    def test_rate_of_what_this_run_computed(self):
        some = ["sweep", "--method", "direct", "--phi", "300", "--r", "300", "--samples-per-class", "20000", "-o", "x.h5"]
        self.assertEqual(fishergrid.run(*some, "--max-time", "0.3", cwd=self.directory).returncode, 75)
        text = fishergrid.run(*some, cwd=self.directory).stdout.decode()
        rest, seconds, rate = re.match(r"x\.h5: 180000 cells, (\d+) of them in (\S+) s \((\S+) cells/s\)", text).groups()
        self.assertLess(int(rest), 180000)
        self.assertAlmostEqual(int(rest) / float(seconds) / float(rate), 1, places=1)

    def test_json(self):
        summary = self.succeed_json("sweep", *SMALL, "-o", "x.h5")
        self.assertEqual(summary["cells"], 126)
        self.assertGreater(summary["seconds"], 0)
        for name in "AB":
            found = summary["data"][name]
            self.assertEqual(found["samples"], 40)
            least = found["min_loss"], found["min_loss_phi"], found["min_loss_r"]
            self.assertEqual(least, self.min_loss(name))
            self.assertEqual(sum(found[f"cells_{kind}"] for kind in ("regular", "recomputed", "undefined")), 63)

    @unittest.skipUnless(h5py, "h5py is not installed: cannot look into files")
    def min_loss(self, name):
        """(loss, phi, r) from the file itself; the first cell of several."""
        with h5py.File(self.directory / "x.h5") as file:
            loss = file[f"loss_{name}"][()]
            i, j = divmod(int(loss.argmin()), loss.shape[1])
            return loss[i, j], file["phi"][i], file["r"][j]


class InfoTest(fishergrid.ProgramTest):
    def test_a_complete_file(self):
        self.succeed("sweep", *SMALL, "--seed", "7", "--fields", "loss,gradient_r", "-o", "x.h5")
        info = self.succeed_json("info", "x.h5")
        self.assertIs(info["complete"], True)
        self.assertEqual(info["phi"], {"cells": 9, "low": 0.0, "high": 2 * math.pi})
        self.assertEqual(info["r"], {"cells": 7, "low": -5.0, "high": 5.0})
        self.assertEqual(info["data"]["B"]["samples"], 40)
        self.assertEqual(info["data"]["B"]["fields"], ["loss", "gradient_r"])
        self.assertEqual(info["summary"]["cells"], 126)
        made = info["provenance"]
        self.assertEqual((info["setup"]["seed"], made["config"]["samples-per-class"]), (7, 20))
        self.assertIn("--seed 7", made["command_line"])
        self.assertEqual([key for key, value in made.items() if value in (None, "")], [])
        text = self.succeed("info", "x.h5")
        words = ["x.h5: complete", "9 cells from 0 to 6.28", "7 cells from -5 to 5", "40 samples", "\n           loss  ", "\n           gradient_r  "]
        words += ["minimum loss", f"\nkernel         {info['setup']['kernel']}\n", *(made[name] for name in ("command_line", "compiler", "host", "git_revision"))]
        for word in words:
            self.assertIn(word, text)

    def test_a_run_that_was_killed(self):
        """Nothing under the final name, and a readable file that says that it is not complete."""
        part = self.directory / "x.h5.part"
        process = fishergrid.start_sweep(self.directory, *fishergrid.SLOW)
        process.kill()
        process.communicate()
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["x.h5.lock", "x.h5.part"])
        for options in [[], ["--json"]]:
            done = fishergrid.run("info", part, *options)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, f"fishergrid info: {part} is not complete\n".encode())
            if options:
                info = json.loads(done.stdout)
                self.assertEqual((info["complete"], info["phi"]["cells"]), (False, 300))
                self.assertLess(info["tiles"]["done"], info["tiles"]["all"])
            else:
                self.assertRegex(done.stdout, rb"x.h5.part: NOT COMPLETE, \d+ of \d+ tiles are done \(cells with natural_gradient_flag 0 ")

    def test_an_unfinished_file_without_flags(self):
        """What is said of undone cells fits the file."""
        process = fishergrid.start_sweep(self.directory, *fishergrid.SLOW, "--fields", "loss")
        process.kill()
        process.communicate()
        told = fishergrid.run("info", self.directory / "x.h5.part").stdout.decode()
        self.assertRegex(told, r"NOT COMPLETE, \d+ of \d+ tiles are done \(tiles whose checksum in /entry/tiles_NAME is 0 have ")
        self.assertNotIn("flag", told.splitlines()[0])

    @unittest.skipUnless(h5py, "h5py is not installed: cannot make files")
    def test_files_of_others(self):
        self.succeed("sweep", *SMALL, "-q", "-o", "x.h5")

        def strange(change):
            data = (self.directory / "x.h5").read_bytes()
            (self.directory / "strange.h5").write_bytes(data)
            with h5py.File(self.directory / "strange.h5", "r+") as file:
                change(file)

        def summary(text):
            return lambda file: file["entry/provenance/summary_json"].__setitem__((), text)

        def other(file):
            for name in list(file):
                del file[name]
            file["temperature"] = [1.0, 2.0]

        for what, change, code in [
            ("another's file", other, 2),
            ("no axis", lambda file: file.__delitem__("phi"), 2),
            ("no entry", lambda file: file.__delitem__("entry"), 2),
            ("no setup", lambda file: file.__delitem__("entry/setup"), 2),
            ("another kernel's commands", lambda file: file["entry/setup/kernel"].__setitem__((), "\x1b[2J"), 2),
            ("no provenance", lambda file: file.__delitem__("entry/provenance"), 0),
            ("a terminal's commands", lambda file: file["entry/provenance/parameters/host"].__setitem__((), b"\x1b[2J\x9b"), 0),
            ("an axis of text", lambda file: (file.__delitem__("r"), file.__setitem__("r", ["a", "b"])), None),
            ("a group for an axis", lambda file: (file.__delitem__("r"), file.create_group("r")), 2),
            ("a link to itself", lambda file: (file.__delitem__("r"), file.__setitem__("r", h5py.SoftLink("/r"))), 2),
            ("text where JSON should be", summary("{"), 0),
            ("JSON of another kind", summary("[1]"), 0),
            ("JSON of odd types", summary('{"cells": "x", "data": {"A": 1, "B": {"min_loss": []}}}'), 0),
            ("a number for complete", lambda file: file.attrs.__setitem__("complete", "yes"), None),
        ]:
            strange(change)
            for options in [[], ["--json"]]:
                with self.subTest(what, options=options):
                    done = fishergrid.run("info", "strange.h5", *options, cwd=self.directory)
                    self.assertIn(done.returncode, (0, 1, 2) if code is None else (code,), done.stderr)
                    self.assertEqual(done.stderr.count(b"\n"), 1 if done.returncode else 0, done.stderr)
                    self.assertNotIn(b"\x1b", done.stdout)
                    self.assertTrue(options or done.stdout.decode().replace("\n", "").isprintable())


class PointTest(fishergrid.ProgramTest):
    def test_text_and_json_agree(self):
        options = ["point", "--phi", "1.25", "--r", "-0.5"]
        cells = self.succeed_json(*options)
        self.assertEqual((cells["phi"], cells["r"], list(cells["data"])), (1.25, -0.5, ["A", "B"]))
        lines = [line.split() for line in self.succeed(*options).splitlines()]
        self.assertIn(["A", "B"], lines)
        for field in FIELDS:
            number, member = (str, f"{field}_meaning") if field.endswith("_flag") else (float, field)
            row = [field, *(cells["data"][name][member] for name in "AB")]
            self.assertIn(row, [[line[0], *map(number, line[1:])] for line in lines if line[0] == field])

    def test_an_undefined_natural_gradient(self):
        (self.directory / "one.csv").write_text("x0,x1,y\n1,1,0\n")
        options = ["point", "--phi", "1", "--r", "0", "--data", "X=one.csv"]
        cell = self.succeed_json(*options)["data"]["X"]
        self.assertEqual([cell[f"natural_gradient_{part}"] for part in ("phi", "r", "flag")], [None, None, 3])
        self.assertRegex(self.succeed(*options), r"natural_gradient_phi +nan\n(.*\n)+natural_gradient_flag +undefined\n")

    def test_an_overflow_of_the_natural_gradient(self):
        (self.directory / "far.csv").write_text("x0,x1,y\n1000,0,0\n-1000,0,1\n")
        for phi, infinity in [("4.1", "inf"), ("5.3", "-inf")]:
            options = ["point", "--phi", phi, "--r", "0", "--data", "X=far.csv"]
            cell = self.succeed_json(*options)["data"]["X"]
            found = [cell[f"natural_gradient_{part}"] for part in ("phi", "r", "flag", "flag_meaning")]
            self.assertEqual(found, [infinity, 0, 4, "overflow"])
            self.assertRegex(self.succeed(*options), rf"natural_gradient_phi +{infinity}\n(.*\n)+natural_gradient_flag +overflow\n")

    def test_multiples_of_pi(self):
        for written, value in [("pi", math.pi), ("2pi", 2 * math.pi), ("-pi", -math.pi), ("0.5pi", 0.5 * math.pi)]:
            self.assertEqual(self.succeed_json("point", f"--phi={written}", "--r=0")["phi"], value)

    def test_the_formulas(self):
        """One cell by the formulas of the model, in the plainest way, where they lose nothing."""
        samples = [(0.5, -1.0, 0), (1.5, 0.25, 1), (-0.75, 2.0, 0), (0.1, 0.9, 1)]
        (self.directory / "x.csv").write_text("x0,x1,y\n" + "".join(f"{a},{b},{y}\n" for a, b, y in samples))
        phi, r = 0.7, -0.3
        expected = dict.fromkeys(FIELDS[:6], 0.0)
        for x0, x1, y in samples:
            z = 1 / (1 + math.exp(-(math.sin(phi) * x0 + math.cos(phi) * x1 + r)))
            a_phi = math.cos(phi) * x0 - math.sin(phi) * x1
            rho, w = z - (y == 0), z * (1 - z)
            terms = -math.log(z if y == 0 else 1 - z), w * a_phi**2, w * a_phi, w, rho * a_phi, rho
            for field, term in zip(FIELDS, terms):
                expected[field] += term
        gradient = expected["gradient_phi"], expected["gradient_r"]
        fisher = [expected[f"fisher_{entry}"] for entry in ("phi_phi", "r_phi", "r_r")]
        expected["natural_gradient_phi"], expected["natural_gradient_r"] = solve(fisher, gradient)
        cell = self.succeed_json("point", "--phi", phi, "--r", r, "--data", "X=x.csv")["data"]["X"]
        for field, value in expected.items():
            self.assertAlmostEqual(cell[field], value, delta=1e-13, msg=field)  # values of order 1, sums of four


@unittest.skipUnless(h5py, "h5py is not installed: cannot look into files")
class OptionsTest(fishergrid.ProgramTest):
    def sweep(self, name, *options):
        self.succeed("sweep", *SMALL, "-q", "-o", name, *options)
        return fishergrid.contents(self.directory / name)

    def test_fields(self):
        gradient = {"natural_gradient_phi", "natural_gradient_r", "natural_gradient_flag"}
        whole = self.sweep("whole.h5", "--fields", "all")
        for number, (fields, stored) in enumerate([
            ("exercise", set(FIELDS)),
            ("all", {*FIELDS, *GEOMETRY}),
            ("geometry,loss", {"loss", *GEOMETRY}),
            ("loss", {"loss"}),
            ("fisher_r_r,loss", {"loss", "fisher_r_r"}),
            ("natural_gradient_flag", {"natural_gradient_flag"}),
            ("natural_gradient_phi", gradient - {"natural_gradient_r"}),
            ("gradient_r,natural_gradient_r,natural_gradient_phi", gradient | {"gradient_r"}),
        ]):
            with self.subTest(fields=fields):
                part = self.sweep(f"{number}.h5", "--fields", fields)
                names = {f"{field}_{name}" for field in (*FIELDS, *GEOMETRY) for name in "AB"}
                self.assertEqual(names & set(part), {f"{field}_{name}" for field in stored for name in "AB"})
                for name in names & set(part):
                    self.assertEqual(part[name], whole[name], f"{name} depends on which fields are stored")

    def test_the_same_command_gives_the_same_file(self):
        first, second = self.sweep("x.h5"), self.sweep("x.h5", "--force")
        self.assertEqual(first, second)
        self.assertGreater(len(first), 100)
        for number, threads in enumerate(["1", "3"]):  # the number of threads is recorded, and nothing else changes
            other = self.sweep(f"{number}.h5", "--threads", threads, "--tile", "5")
            changed = {name for name in first if first[name] != other[name]}
            changed = {name for name in changed if not name.startswith("entry/tiles_")}
            recorded = {"provenance/parameters/threads", "provenance/parameters/config_json"}
            recorded |= {"setup/tile_cells", "setup/layout_hash"}
            self.assertLessEqual(changed, {f"entry/{name}" for name in recorded})

    def test_method(self):
        """Methods differ in the last digits of fields, and in nothing else of the file."""
        of_the_method = re.compile(r"(config_json|setup/method|layout_hash|checksum|direct_fallback_cells)$")
        made = {}
        for method in ("direct", "auto", "chebyshev"):
            cells = self.sweep(f"{method}.h5", "--method", method, "--phi", "300", "--r", "200", "--data", "A")
            made[method] = {name: value for name, value in cells.items() if not of_the_method.search(name)}
        for method in ("auto", "chebyshev"):
            self.assertEqual(made[method].keys(), made["direct"].keys())
            for name, value in made[method].items():
                self.assertEqual(type(value), type(made["direct"][name]), name)
                if (name.startswith(tuple(FIELDS)) or name.endswith("/min_loss")) and isinstance(value, bytes):
                    self.assertEqual(len(value), len(made["direct"][name]), name)
                else:
                    self.assertEqual(value, made["direct"][name], name)
        self.assertNotEqual(made["auto"]["loss_A"], made["direct"]["loss_A"], "nodes were not used")

    def test_seed(self):
        plain, zero, one = self.sweep("0.h5"), self.sweep("1.h5", "--seed", "0"), self.sweep("2.h5", "--seed", "1")
        largest = self.sweep("3.h5", "--seed", str(2**64 - 1))
        for name in ["entry/samples_A/x0", "entry/samples_B/x1", "loss_A", "natural_gradient_r_B"]:
            self.assertEqual(plain[name], zero[name])
            self.assertEqual(len({zero[name], one[name], largest[name]}), 3, f"{name} does not follow the seed")
        with h5py.File(self.directory / "3.h5") as file:
            self.assertEqual(int(file["entry/setup/seed"][()]), 2**64 - 1)
        info = self.succeed_json("info", "3.h5")
        self.assertEqual({int(info["setup"]["seed"]), int(info["provenance"]["config"]["seed"])}, {2**64 - 1})

    def test_b_is_a_with_5_added_to_x0(self):
        self.sweep("x.h5")
        with h5py.File(self.directory / "x.h5") as file:
            a, b = file["entry/samples_A"], file["entry/samples_B"]
            self.assertTrue((b["x0"][()] == a["x0"][()] + 5).all())
            self.assertTrue((b["x1"][()] == a["x1"][()]).all())
            self.assertEqual(a["y"][()].tolist(), [0] * 20 + [1] * 20)
            self.assertEqual(b["y"][()].tolist(), [0] * 20 + [1] * 20)

    def test_reduction(self):
        """The mean is the sum divided by the number of samples; the natural gradient is the same to rounding."""
        self.sweep("sum.h5", "--reduction", "sum")
        self.sweep("mean.h5", "--reduction", "mean")
        with h5py.File(self.directory / "sum.h5") as total, h5py.File(self.directory / "mean.h5") as mean:
            for field, name in itertools.product(FIELDS, "AB"):
                factor = 1 if field.startswith("natural") else 40
                expected, found = total[f"{field}_{name}"][()], mean[f"{field}_{name}"][()] * factor
                # one product, one division: a unit or two in the last place
                self.assertTrue((abs(found - expected) <= 1e-15 * abs(expected)).all(), f"{field}_{name}")

    def test_damping(self):
        """(F + lambda I)^-1 g solved directly; lambda changes nothing else."""
        plain = self.sweep("plain.h5")
        for damping, reduction in itertools.product([0.5, 10.0], ["sum", "mean"]):
            with self.subTest(damping=damping, reduction=reduction):
                name = f"{damping}{reduction}.h5"
                damped = self.sweep(name, "--damping", str(damping), "--reduction", reduction)
                if reduction == "sum":
                    for field in FIELDS[:6]:
                        self.assertEqual(plain[f"{field}_A"], damped[f"{field}_A"])
                with h5py.File(self.directory / name) as file:
                    self.check_damping(file, damping)
                    config = json.loads(file["entry/provenance/parameters/config_json"][()])
                    self.assertEqual((config["damping"], file["entry/setup/damping"][()]), (damping, damping))

    def check_damping(self, file, damping):
        for name, i, j in itertools.product("AB", range(9), range(7)):
            cell = {field: float(file[f"{field}_{name}"][i, j]) for field in FIELDS}
            a, b, d = (cell[f"fisher_{entry}"] for entry in ("phi_phi", "r_phi", "r_r"))
            a, d = a + damping, d + damping
            right = solve((a, b, d), (cell["gradient_phi"], cell["gradient_r"]))
            # The solution by Cramer's rule loses what the determinant cancels.
            loss = (a * d + b * b) / (a * d - b * b)
            size = abs(right[0]) + abs(right[1])
            for part, value in zip(("phi", "r"), right):
                self.assertAlmostEqual(cell[f"natural_gradient_{part}"], value, delta=1e-14 * loss * size)

    def test_damping_makes_a_natural_gradient_where_there_is_none(self):
        (self.directory / "one.csv").write_text("x0,x1,y\n1,1,0\n")
        options = ["point", "--phi", "1", "--r", "0", "--data", "X=one.csv"]
        self.assertEqual(self.succeed_json(*options)["data"]["X"]["natural_gradient_flag"], 3)
        cell = self.succeed_json(*options, "--damping", "1")["data"]["X"]
        fisher = cell["fisher_phi_phi"] + 1, cell["fisher_r_phi"], cell["fisher_r_r"] + 1
        right = solve(fisher, (cell["gradient_phi"], cell["gradient_r"]))
        self.assertAlmostEqual(cell["natural_gradient_phi"], right[0], delta=1e-14)
        self.assertAlmostEqual(cell["natural_gradient_r"], right[1], delta=1e-14)
        self.assertIn(cell["natural_gradient_flag"], (1, 2))

    def test_axes(self):
        """Both ends exactly, equal steps between; one cell lies at the lower end."""
        for n, m in [(1, 1), (1, 6), (5, 1), (2, 2), (101, 7)]:
            with self.subTest(n=n, m=m):
                size = ["--phi", str(n), "--r", str(m), "--phi-range", "-0.5pi:pi", "--r-range", "-1.25:0.75"]
                self.succeed("sweep", "-q", *size, "-o", f"{n}x{m}.h5")
                with h5py.File(self.directory / f"{n}x{m}.h5") as file:
                    self.assertEqual(file["loss_A"].shape, (n, m))
                    for name, low, high, count in [("phi", -0.5 * math.pi, math.pi, n), ("r", -1.25, 0.75, m)]:
                        values = file[name][()].tolist()
                        self.assertEqual((len(values), values[0]), (count, low))
                        self.assertEqual(values[-1], high if count > 1 else low)
                        for k, value in enumerate(values):
                            expected = low + k * (high - low) / max(count - 1, 1)
                            self.assertAlmostEqual(value, expected, delta=4 * math.ulp(4))

    def test_cells_of_a_sweep_are_those_of_point(self):
        self.sweep("x.h5")
        with h5py.File(self.directory / "x.h5") as file:
            for i, j in [(0, 0), (8, 6), (3, 5)]:
                place = ["--phi", repr(float(file["phi"][i])), "--r", repr(float(file["r"][j]))]
                cells = self.succeed_json("point", *place, "--samples-per-class", "20")["data"]
                for name, field in itertools.product("AB", FIELDS):
                    self.assertEqual(float(file[f"{field}_{name}"][i, j]), cells[name][field], f"{field}_{name}")


class SurroundingsTest(fishergrid.ProgramTest):
    CELL = ["point", "--phi", "0.5", "--r", "1.5", "--spread", "0.25", "--json"]

    def test_locale_and_home(self):
        expected = self.succeed(*self.CELL)
        german = "de_DE.UTF-8"  # writes a decimal comma
        for env in [
            {"LC_ALL": german},
            {"LC_NUMERIC": german, "LANG": german},
            {"HOME": None},
            {"PATH": None},
            {"TZ": "nonsense"},
        ]:
            with self.subTest(env=env):
                self.assertEqual(self.succeed(*self.CELL, env=env), expected)

    def test_odd_paths(self):
        """Files in other directories, with blanks, other alphabets and bytes that are no UTF-8 in their names."""
        samples = "x0,x1,y\n1,1,0\n1,2,1\n0,3,1\n"
        for folder in ["with a blank", "größe-µ-图", "%s%n", "-dash", "quo'te\"s"]:
            with self.subTest(folder):
                place = self.directory / folder
                place.mkdir()
                (place / "in put.csv").write_text(samples)
                size = ["sweep", "--phi", "3", "--r", "4"]
                self.succeed(*size, "--data", f"X={place}/in put.csv", "-o", place / "out put.h5")
                self.succeed(*size, "--data", "X=in put.csv", "-o", "second.h5", cwd=place)
                self.succeed(*size, "--data", "X=../in put.csv", "-o", "./../third", cwd=self.sub(place))
                for path in [place / "out put.h5", place / "second.h5", place / "third"]:
                    info = self.succeed_json("info", path)
                    self.assertTrue(info["complete"])
                    self.assertIn("in put.csv", info["provenance"]["command_line"])
                self.succeed("info", "second.h5", cwd=place)

    def test_names_that_are_no_utf8(self):
        """JSON is text, so what cannot be text is '?' there."""
        csv, output = (os.fsencode(self.directory) + b"/bad\xff\xc3" + end for end in (b".csv", b".h5"))
        with open(csv, "wb") as file:
            file.write(b"x0,x1,y\n1,1,0\n")
        self.succeed("sweep", "-q", "--phi", "3", "--r", "3", "--data", b"X=" + csv, "-o", output)
        made = self.succeed_json("info", output)["provenance"]
        self.assertEqual(made["config"]["data"], [f"X={self.directory}/bad??.h5"])

    def test_the_recorded_command_line(self):
        """A shell makes of it the words that were given, and so the same file."""
        (self.directory / "it's a $HOME `x` \"y\".csv").write_text("x0,x1,y\n1,1,0\n")
        words = [fishergrid.PROGRAM, "sweep", *SMALL, "--data", "X=it's a $HOME `x` \"y\".csv", "-qo", "--dry.h5"]
        self.succeed(*words[1:])
        line = self.succeed_json("info", "./--dry.h5")["provenance"]["command_line"]
        self.assertEqual(shlex.split(line), words)
        self.assertIn(f"sweep {' '.join(SMALL)} --data ", line)
        again = subprocess.run(["sh", "-c", f"{line} --force"], cwd=self.directory, env=fishergrid.environment())
        self.assertEqual(again.returncode, 0)

    def test_a_recorded_command_line_that_is_not_ascii(self):
        """Is stored as ASCII, and bash makes of it the same words, to the byte."""
        for name in ("größe 图's \\303.csv", b"bad\xff\xc3.csv", "two\nlines\t.csv"):
            with self.subTest(name):
                path = os.path.join(os.fsencode(self.directory), os.fsencode(name))
                with open(path, "w") as file:
                    file.write("x0,x1,y\n1,1,0\n")
                words = [fishergrid.PROGRAM, "sweep", "--phi", "3", "--r", "3", "--force", "--data", b"X=" + path, "-qo", "x.h5"]
                self.succeed(*words[1:])
                line = self.succeed_json("info", "x.h5")["provenance"]["command_line"]
                self.assertTrue(line.isascii() and line.isprintable(), line)
                said = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True).stdout
                self.assertEqual(said.split(b"\0")[:-1], [os.fsencode(word) for word in words])

    @unittest.skipUnless(h5py, "h5py is not installed: cannot look into files")
    def test_a_long_command_line(self):
        """One attribute of the file holds its beginning only."""
        (self.directory / ("a" * 200)).mkdir()
        path = "/".join(["a" * 200, ".."] * 19 + ["x.csv"])
        (self.directory / "x.csv").write_text("x0,x1,y\n1,1,0\n")
        for number, name in enumerate(["X", "XY"]):
            self.succeed("sweep", "-q", "--phi", "3", "--r", "3", "--data", f"{name}={path}", "-o", f"{number}.h5")
            with h5py.File(self.directory / f"{number}.h5") as file:
                self.assertIn(b"sweep -q", bytes(file.attrs["history"]))
                self.assertIn(path, file["entry/provenance/parameters/command_line"].asstr()[()])

    @staticmethod
    def sub(place):
        (place / "sub").mkdir()
        return place / "sub"

    def test_a_reader_with_a_lock_stops_no_sweep(self):
        """HDF5 locks what it opens, for reading too: whoever looks into a sweep must not make it fail at its end."""
        short = ["--phi", "300", "--r", "300", "--samples-per-class", "2000", "--method", "direct", "-q"]
        process = fishergrid.start_sweep(self.directory, *short)
        with open(self.directory / "x.h5.part", "rb") as reader:
            with fishergrid.paused(process):
                fcntl.flock(reader, fcntl.LOCK_SH)
            self.assertEqual((process.communicate()[1], process.returncode), (b"", 0))
        self.succeed("info", "x.h5")

    def test_nothing_else_is_left_in_the_directory(self):
        self.succeed("sweep", *SMALL, "-o", "x.h5")
        self.succeed("sweep", *SMALL, "--force", "-o", "x.h5")
        self.assertEqual([path.name for path in self.directory.iterdir()], ["x.h5"])


if __name__ == "__main__":
    fishergrid.main()
