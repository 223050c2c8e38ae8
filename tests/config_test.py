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
OTHER = "x0,x1,y\n-1,0.5,0\n2,2,1\n"
POINT = ["point", "--phi", "1", "--r", "2"]
CONFIG = "entry/provenance/parameters/config_json"
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

    def reproduce(self, old, new="new.h5", cwd=None):
        """As the README does it: from a pipe."""
        cwd = cwd or self.directory
        program = shlex.quote(fishergrid.PROGRAM)
        line = f"{program} sweep --config <({program} info --config {shlex.quote(str(old))}) -q --force -o {new}"
        done = subprocess.run(["bash", "-c", line], cwd=cwd, env=fishergrid.environment(), capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        return fishergrid.contents(cwd / new)

    def test_a_file_reproduces_itself(self):
        for what, options in RUNS.items():
            with self.subTest(what):
                made = self.sweep(*GRID, *options, output="old.h5")
                self.assertEqual(self.reproduce("old.h5"), made)
                old, new = (self.config(name) for name in ("old.h5", "new.h5"))
                self.assertEqual({**old, "data": [word.replace("old.h5", "new.h5") for word in old["data"]]}, new)

    def test_it_does_so_from_anywhere_and_without_what_it_was_made_of(self):
        """Given samples are read from the file itself, also where it is named from elsewhere, was moved or packed."""
        (self.directory / "other.csv").write_text(OTHER)
        options = [*GRID, "--data", "mine=my points.csv", "--data", "A", "--data", "other=other.csv"]
        made = self.sweep(*options, "--damping", "0.25", output="old.h5")
        self.succeed("pack", "-q", "old.h5", "packed.h5")
        for name in ("my points.csv", "other.csv"):
            (self.directory / name).unlink()
        deeper = self.directory / "a b" / "c"
        deeper.mkdir(parents=True)
        self.assertEqual(self.reproduce(self.directory / "old.h5", cwd=deeper), made)
        self.assertEqual(self.reproduce("../../old.h5", cwd=deeper), made)
        self.assertEqual(self.reproduce("packed.h5"), made)
        (self.directory / "old.h5").rename(deeper / "it's moved, =.h5")
        self.assertEqual(self.reproduce("a b/c/it's moved, =.h5"), made)
        self.assertEqual(self.reproduce("it's moved, =.h5", cwd=deeper), made)
        self.assertEqual(self.reproduce("../../new.h5", cwd=deeper), made)  # and what that made

    def test_a_configuration_that_was_kept_names_its_file_from_anywhere(self):
        """Not relative to where `info` ran, and with the group of the samples as another set than those beside it."""
        deeper, other = self.directory / "a", self.directory / "b"
        deeper.mkdir()
        other.mkdir()
        (other / "points.csv").write_text(OTHER)
        (deeper / "points.csv").write_text(CSV)
        for options in (["--data", "mine=points.csv"], ["--data", "mine=points.csv", "--data", "A", "--part", "2/2", "--tile", "30"]):
            self.succeed("sweep", *GRID, *options, "-q", "--force", "-o", "r.h5", cwd=deeper)
            kept = self.succeed("info", "--config", "../a/r.h5", cwd=other)
            self.assertEqual(kept, self.succeed("info", "--config", "r.h5", cwd=deeper))
            (other / "kept.json").write_text(kept)
            self.succeed("sweep", "--config", "b/kept.json", "-q", "--force", "-o", "again.h5")
            self.assertEqual(fishergrid.contents(self.directory / "again.h5"), fishergrid.contents(deeper / "r.h5"))

    def test_samples_of_what_is_not_complete(self):
        given = ["--data", "A", "--data", "mine=my points.csv"]
        process = fishergrid.start_sweep(self.directory, *fishergrid.SLOW, *given)
        process.kill()
        process.communicate()
        done = fishergrid.run("info", "--config", "x.h5.part", cwd=self.directory)
        self.assertEqual((done.returncode, json.loads(done.stdout)["data"]), (1, ["A", f"mine={self.directory}/x.h5.part"]))
        cells = [self.succeed_json(*POINT, "--data", f"mine={name}")["data"] for name in ("my points.csv", "x.h5.part")]
        self.assertEqual(*cells)

    def test_it_does_not_replace_itself(self):
        """Its samples are needed, and not one byte of it changes."""
        self.sweep(*GRID, "--data", "mine=my points.csv")
        before = (self.directory / "x.h5").read_bytes()
        name = self.write(**self.config())
        for more in ([], ["--force"], ["--dry-run"]):
            done = fishergrid.run("sweep", "--config", name, *more, "-o", "x.h5", cwd=self.directory)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"x.h5 would replace the input '{self.directory}/x.h5'", done.stderr.decode())
        self.assertEqual((self.directory / "x.h5").read_bytes(), before)

    def test_merged_parts_reproduce_the_whole(self):
        for options, names in [([], "AB"), (["--data", "mine=my points.csv", "--data", "B"], ["mine", "B"])]:
            for k in (1, 2, 3):
                self.succeed("sweep", *GRID, *options, "--tile", "30", "--part", f"{k}/3", "-q", "--force", "-o", f"{k}.h5")
            self.succeed("merge", "1.h5", "2.h5", "3.h5", "-q", "--force", "-o", "merged.h5")
            for k in (1, 2, 3):
                (self.directory / f"{k}.h5").unlink()
            whole = self.reproduce("merged.h5")
            merged = fishergrid.contents(self.directory / "merged.h5")
            self.assertEqual(whole.keys(), merged.keys())
            differing = {name for name in whole if whole[name] != merged[name]}
            self.assertLessEqual(differing, {CONFIG, "entry/provenance/parameters/threads"})  # which tells the threads, too
            for field in fishergrid.FIELDS:
                for name in names:
                    self.assertEqual(whole[f"{field}_{name}"], merged[f"{field}_{name}"])

    def test_samples_that_have_changed(self):
        """They are not those of the file any more, so it does not reproduce itself, and says so."""
        self.sweep(*GRID, "--data", "mine=my points.csv", output="old.h5")
        with fishergrid.h5py.File(self.directory / "old.h5", "r+") as file:
            file["entry/samples_mine/x0"][1] += 0.5
        line = self.refusal("--config", self.write(**self.config("old.h5")))
        for word in ("old.h5", "samples of mine"):
            self.assertIn(word, line)

    def test_samples_of_a_result_file(self):
        """The data set of that name, or the only one, whatever it is called; else a refusal that names what there is."""
        (self.directory / "other.csv").write_text(OTHER)
        given = ["--data", "mine=my points.csv", "--data", "other=other.csv"]
        straight = self.sweep(*GRID, *given, output="two.h5")
        taken = self.sweep(*GRID, "--data", "mine=two.h5", "--data", "other=two.h5")
        self.assertEqual(taken, straight)
        one = self.sweep(*GRID, "--data", "other=two.h5", output="one.h5")
        renamed = self.sweep(*GRID, "--data", "new=one.h5")
        self.assertEqual(one["loss_other"], renamed["loss_new"])
        drawn = self.sweep(*GRID, "--data", "A", output="drawn.h5")
        self.assertEqual(self.sweep(*GRID, "--data", "A=drawn.h5")["loss_A"], drawn["loss_A"])  # given, then
        self.assertEqual(self.config()["data"], [f"A={self.directory}/x.h5"])
        cells = [self.succeed_json(*POINT, "--data", f"mine={name}")["data"] for name in ("my points.csv", "two.h5")]
        self.assertEqual(*cells)
        (self.directory / "x.h5").unlink()
        line = self.refusal("--data", "new=two.h5")
        for word in ("two.h5", "'new'", "mine", "other"):
            self.assertIn(word, line)
        (self.directory / "broken.h5").write_bytes((self.directory / "two.h5").read_bytes()[:3000])
        self.assertIn("broken.h5: not an HDF5 file, or damaged: truncated", self.refusal("--data", "mine=broken.h5"))

    def test_info_prints_what_the_file_holds(self):
        """All of it from the setup, whose scalars `info --json` tells, too."""
        self.sweep(*GRID, "--damping", "0.25", "--data", "A", "--data", "mine=my points.csv", "--threads", "2")
        config, info = self.config(), self.succeed_json("info", "x.h5")
        self.assertEqual(config, info["provenance"]["config"])
        self.assertEqual((config["phi"], config["damping"], config["part"], config["threads"]), (23, 0.25, None, 2))
        self.assertEqual(config["data"], ["A", f"mine={self.directory}/x.h5"])
        setup = info["setup"]
        for option, name in [
            ("phi", "phi_cells"), ("r", "r_cells"), ("samples-per-class", "samples_per_class"), ("spread", "spread"),
            ("seed", "seed"), ("method", "method"), ("reduction", "reduction"), ("damping", "damping"), ("tile", "tile_cells"),
        ]:  # fmt: skip
            self.assertEqual(config[option], setup[name], option)
        self.assertEqual(config["fields"], setup["fields"].split(","))
        self.assertEqual([setup[f"phi_{end}"] for end in ("low", "high")], [float(x) for x in config["phi-range"].split(":")])
        self.assertEqual((setup["data"], setup["part"], setup["parts"]), ("A,mine", 0, 0))
        told = {name: [setup[f"{kind}_{name}"] for kind in ("samples_of", "drawn")] for name in ("A", "mine")}
        self.assertEqual(told, {"A": [40, 1], "mine": [3, 0]})
        with fishergrid.h5py.File(self.directory / "x.h5") as file:
            stored = {name: value[()] for name, value in file["entry/setup"].items() if name != "layout_hash"}
        self.assertEqual(list(setup), list(stored))
        for name, value in stored.items():
            self.assertEqual(str(setup[name]), value.decode() if isinstance(value, bytes) else str(value), name)

    def test_nothing_drawn_has_no_options_of_drawing(self):
        self.sweep(*GRID, "--data", "mine=my points.csv")
        config = self.config()
        self.assertEqual([config[name] for name in ("samples-per-class", "spread", "seed")], [None] * 3)

    def test_texts_for_people_are_not_read(self):
        """The record of options in the file may say anything, or be missing; so may all that tells of the run."""
        self.sweep(*GRID, "--damping", "0.25", output="old.h5")
        config = self.config("old.h5")
        for change in [
            lambda file: file[CONFIG].__setitem__((), '{"phi": 3, "damping": 7}'),
            lambda file: file[CONFIG].__setitem__((), "["),
            lambda file: file.__delitem__(CONFIG),
            lambda file: file.__delitem__("entry/provenance"),
        ]:
            with fishergrid.h5py.File(self.directory / "old.h5", "r+") as file:
                change(file)
            found = self.config("old.h5")
            self.assertEqual({**found, "threads": None}, {**config, "threads": None})
        self.assertIsNone(found["threads"])  # nothing else of the options is of the run alone
        self.reproduce("old.h5")
        self.assertEqual({**self.config("new.h5"), "threads": None}, {**config, "threads": None})

    def test_the_command_line_wins(self):
        """Before the file or after it, also where the file says something that cannot be."""
        self.sweep(*GRID, "--damping", "0.25", "--data", "mine=my points.csv", output="old.h5")
        name = self.write(**self.config("old.h5"), **{"no-such": 1})
        for given in (["--damping", "3", "--config", name], ["--config", name, "--damping", "3"]):
            self.assertEqual(fishergrid.run("sweep", *given, "-o", "x.h5", cwd=self.directory).returncode, 2)
        name = self.write(**{**self.config("old.h5"), "damping": "nonsense"})
        for given in (["--damping", "3", "--config", name], ["--config", name, "--damping", "3"]):
            self.sweep(*given)
            self.assertEqual(self.config(), {**self.config("old.h5"), "damping": 3.0, "data": [f"mine={self.directory}/x.h5"]})
        self.sweep("--config", name, "--damping", "3", "--data", "B")
        self.assertEqual(self.config()["data"], ["B"])

    def test_null_is_the_default(self):
        plain = self.sweep(*GRID)
        names = [name for name in self.config() if name not in ("phi", "r", "samples-per-class")]
        self.assertEqual(self.sweep(*GRID, "--config", self.write(**dict.fromkeys(names))), plain)
        config = self.succeed_json("info", "x.h5")["provenance"]["config"]
        self.assertEqual((config["method"], config["data"], config["part"]), ("auto", ["A", "B"], None))

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

    def refusal(self, *arguments):
        """The line in which a sweep refuses these arguments, and makes no file."""
        done = fishergrid.run("sweep", "-o", "x.h5", *arguments, cwd=self.directory)
        line = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (2, b""), line)
        self.assertRegex(line, r"\Afishergrid sweep: [^\n]*\n\Z")
        self.assertFalse(list(self.directory.glob("x.h5*")))
        return line

    def refused(self, words, *arguments):
        line = self.refusal(*arguments)
        for word in ["fishergrid sweep: --config: ", *words]:
            self.assertIn(word, line)

    def test_bad_values(self):
        for name, values in {
            "phi": [0, -1, 2**31 + 1, 0.5, "x", "", True, [3], {}],
            "damping": [-1, 1e-300, "x", [0.5], False],
            "phi-range": ["1:0", "1", 1, ["0:1"]],
            "method": ["fast", "", 1],
            "fields": ["losss", ["loss", "loss"], [1], [None], 7],
            "data": ["C", ["A", "A"], ["X="], [1], [None], 7, [["A"]]],
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

    def test_the_option_and_the_nearest_name_are_told(self):
        for member, words in {
            '"dampign": 0': ["bad.json: 'dampign'", "did you mean 'damping'?"],
            '"method": "dirct"': ["bad.json: --method: 'dirct'", "did you mean 'direct'?"],
            '"fields" :["loss", "los"]': ["bad.json: --fields: unknown field 'los'", "did you mean 'loss'?"],
            '"fields" : ["", "loss"]': ["bad.json: --fields: unknown field ''"],
            '"damping": [0]': ["bad.json: --damping", "a number or a string works"],
        }.items():
            with self.subTest(member):
                (self.directory / "bad.json").write_text('{\n"part": null, "data": ["fields=damping.csv"],\n' + member + "\n}")
                self.refused(["bad.json", *words], "--config", "bad.json")

    def test_a_result_in_place_of_its_configuration(self):
        self.succeed("sweep", "--phi", "4", "--r", "3", "-q", "-o", "first.h5")
        self.refused(["a result itself", "'fishergrid info --config first.h5'"], "--config", "first.h5")

    def test_bad_files(self):
        for text, words in {
            "": ["line 1"],
            "[1, 2]": ["not a JSON object"],
            "3": ["line 1"],
            "{": ["line 1"],
            '{"phi": 3,\n"phi": 4}': ["line 2", "duplicate"],
            '{"phi": 3} x': ["line 1"],
            "phi: 3": ["line 1"],
            '{"data": ["X=\\u0000"]}': ["line 1"],
            "[" * 100_000: ["line 1"],
            " " * (5 << 20): ["line 1"],
        }.items():
            with self.subTest(text[:40]):
                (self.directory / "bad.json").write_text(text)
                self.refused(["bad.json", *words], "--config", "bad.json")
        (self.directory / "bad.json").write_bytes(b'{"\xff": 1}')
        self.refused(["bad.json", "line 1"], "--config", "bad.json")
        self.refused(["missing.json", os.strerror(2)], "--config", "missing.json")
        (self.directory / "gone.json").write_text('{"data": ["A", "X=gone.csv"]}')
        self.refused(["gone.json: --data X: ", "'gone.csv'", os.strerror(2)], "--config", "gone.json")
        self.refused([os.strerror(21)], "--config", ".")


if __name__ == "__main__":
    fishergrid.main()
