#!/usr/bin/env python3
"""A file reproduces itself: `info --config` prints the options that `sweep --config` takes.

    config_test.py PATH_TO_FISHERGRID
"""

import json
import os
import shlex
import subprocess

import fishergrid_program as fishergrid

GRID = ["--phi", "23", "--r", "17", "--samples-per-class", "20"]
CSV = "x0,x1,y\n1,2,0\n2.5,-1,1\n0,3,1\n"
# Options of runs, each unlike the defaults in something else.
RUNS = {
    "defaults": [],
    "ranges": ["--phi-range=-0.5pi:pi", "--r-range=-1.1:0.7"],
    "samples": ["--data", "B", "--samples-per-class", "7", "--spread", "0.1", "--seed", str(2**64 - 1)],
    "file": ["--data", "mine=my points.csv", "--data", "A"],
    "numbers": ["--damping", "0.1", "--reduction", "mean", "--method", "direct"],
    "fields": ["--fields", "natural_gradient_r,loss"],
    "tiles": ["--tile", "30", "--threads", "1"],
    "part": ["--tile", "30", "--part", "2/3"],
    "part of the default tiles": ["--phi", "300", "--r", "200", "--data", "A", "--part", "1/2"],
}


class ConfigTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        (self.directory / "my points.csv").write_text(CSV)

    def write(self, name="options.json", **values):
        (self.directory / name).write_text(json.dumps(values))
        return name

    def sweep(self, *arguments, output="x.h5"):
        self.succeed("sweep", *arguments, "-q", "--force", "-o", output)
        return fishergrid.contents(self.directory / output)

    def config(self, name="x.h5"):
        return json.loads(self.succeed("info", "--config", name))

    def assert_reproduced(self, old, new="new.h5"):
        """As the README does it: from a pipe."""
        program = shlex.quote(fishergrid.PROGRAM)
        line = f"{program} sweep --config <({program} info --config {old}) -q --force -o {new}"
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.directory, env=fishergrid.environment(), capture_output=True, check=False
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        self.assertEqual(*(fishergrid.contents(self.directory / name) for name in (old, new)))
        self.assertEqual(self.config(old), self.config(new))

    def test_a_file_reproduces_itself(self):
        for what, options in RUNS.items():
            with self.subTest(what):
                self.sweep(*GRID, *options, output="old.h5")
                self.assert_reproduced("old.h5")

    def test_merged_parts_reproduce_the_whole(self):
        for k in (1, 2, 3):
            self.succeed("sweep", *GRID, "--tile", "30", "--part", f"{k}/3", "-q", "-o", f"{k}.h5")
        self.succeed("merge", "1.h5", "2.h5", "3.h5", "-q", "-o", "merged.h5")
        whole = self.sweep("--config", self.write(**self.config("merged.h5")))
        merged = fishergrid.contents(self.directory / "merged.h5")
        for field in fishergrid.FIELDS:
            self.assertEqual(whole[f"{field}_A"], merged[f"{field}_A"])

    def test_info_prints_what_the_file_holds(self):
        self.sweep(*GRID, "--damping", "0.25")
        config = self.config()
        self.assertEqual(config, self.succeed_json("info", "x.h5")["provenance"]["config"])
        self.assertEqual((config["phi"], config["damping"], config["part"]), (23, 0.25, None))

    def test_the_command_line_wins(self):
        """Before the file or after it, also where the file says something that cannot be."""
        self.sweep(*GRID, "--damping", "0.25", "--data", "mine=my points.csv", output="old.h5")
        name = self.write(**self.config("old.h5"), **{"no-such": 1})
        for given in (["--damping", "3", "--config", name], ["--config", name, "--damping", "3"]):
            self.assertEqual(fishergrid.run("sweep", *given, "-o", "x.h5", cwd=self.directory).returncode, 2)
        name = self.write(**{**self.config("old.h5"), "damping": "nonsense"})
        for given in (["--damping", "3", "--config", name], ["--config", name, "--damping", "3"]):
            self.sweep(*given)
            self.assertEqual(self.config(), {**self.config("old.h5"), "damping": 3.0})
        self.sweep("--config", name, "--damping", "3", "--data", "B")
        self.assertEqual(self.config()["data"], ["B"])

    def test_some_options_and_none(self):
        """What neither says has its default; numbers may be written as on the command line."""
        self.sweep("--config", self.write(phi=5, r="6", **{"phi-range": "0:pi"}))
        config = self.config()
        self.assertEqual((config["phi"], config["r"], config["data"], config["damping"]), (5, 6, ["A", "B"], 0.0))
        self.assertEqual(self.succeed_json("info", "x.h5")["phi"]["high"], 3.141592653589793)
        plain = self.sweep(*GRID)
        self.assertEqual(self.sweep(*GRID, "--config", self.write()), plain)

    def test_a_dry_run_foretells_it(self):
        name = self.write(phi=31, r=40)
        plan = self.succeed_json("sweep", "--config", name, "-o", "x.h5", "--dry-run")
        self.succeed("sweep", "--config", name, "-o", "x.h5", "--json")
        self.assertEqual(plan["file_bytes"], (self.directory / "x.h5").stat().st_size)
        self.assertIn(f"--config {name}", self.succeed_json("info", "x.h5")["provenance"]["command_line"])

    def refused(self, words, *arguments):
        done = fishergrid.run("sweep", "-o", "x.h5", *arguments, cwd=self.directory)
        line = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (2, b""), line)
        self.assertRegex(line, r"\Afishergrid sweep: --config: [^\n]*\n\Z")
        for word in words:
            self.assertIn(word, line)
        self.assertFalse(list(self.directory.glob("x.h5*")))

    def test_bad_values(self):
        for name, values in {
            "phi": [0, -1, 2**31 + 1, 0.5, "x", "", True, None, [3], {}],
            "damping": [-1, 1e-300, "x", [0.5], False],
            "phi-range": ["1:0", "1", 1, ["0:1"]],
            "method": ["fast", "", 1, None],
            "fields": ["losss", ["loss", "loss"], [1], [None], 7],
            "data": ["C", ["A", "A"], ["X="], [1], 7, None, [["A"]]],
            "part": ["0/1", "3/2", "1", 1, ["1/2"]],
            "seed": [-1, str(2**64), 1.5],
            "output": ["y.h5"],  # not of the record
            "phix": [1],
            "line\nbreak": [1],
        }.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    # what damping may be besides 0 is found out when all is known, and has its own line
                    if (name, value) != ("damping", 1e-300):
                        self.refused(["options.json", name.replace("\n", "?")], "--config", self.write(**{name: value}))

    def test_bad_files(self):
        for text, words in {
            "": ["not a JSON object"],
            "[1, 2]": ["not a JSON object"],
            "3": ["line 1"],
            "{": ["line 1"],
            '{"phi": 3,\n"phi": 4}': ["line 2", "duplicate"],
            '{"phi": 3} x': ["line 1"],
            "phi: 3": ["line 1"],
            '{"data": ["X=\\u0000"]}': ["line 1"],
            "[" * 100_000: ["line 1"],
            " " * (5 << 20): ["longer than"],
        }.items():
            with self.subTest(text[:40]):
                (self.directory / "bad.json").write_text(text)
                self.refused(["bad.json", *words], "--config", "bad.json")
        (self.directory / "bad.json").write_bytes(b'{"\xff": 1}')
        self.refused(["bad.json", "line 1"], "--config", "bad.json")
        self.refused(["missing.json", os.strerror(2)], "--config", "missing.json")
        self.refused([os.strerror(21)], "--config", ".")

    def test_a_file_without_a_record(self):
        self.sweep(*GRID)
        path = self.directory / "x.h5"
        data = path.read_bytes()
        start = data.index(b'"samples-per-class"')
        path.write_bytes(data[:start] + b"x" + data[start + 1 :])
        done = fishergrid.run("info", "--config", path)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"no record of the options", done.stderr)


if __name__ == "__main__":
    fishergrid.main()
