"""Tests sweeps in parts and their merge: the same bytes as a sweep of the whole grid, or a refusal with a reason."""

import functools
import json
import random
import resource
import shutil
import subprocess
import time
import unittest

import fishergrid_program as fishergrid

GRID = ["--phi", "60", "--r", "50", "--samples-per-class", "20", "--tile", "200", "-q"]
CSV = "x0,x1,y\n0.1,-70,0\n-0.1,-70.2,1\n0.05,80.1,0\n0,80,1\n"  # half of its cells are recomputed
CONFIG = "entry/provenance/parameters/config_json"
OF_THE_MERGE = {"entry/provenance/parameters/command_line", "entry/provenance/parameters/threads"}


@unittest.skipUnless(fishergrid.h5py, "h5py is not installed: cannot look into files")
class PartsTest(fishergrid.ProgramTest):
    def path(self, name):
        return self.directory / name

    def parts(self, n, *options, prefix="p"):
        """Computes all n parts and returns their names."""
        names = [f"{prefix}{k}.h5" for k in range(1, n + 1)]
        for k, name in enumerate(names, 1):
            self.succeed("sweep", *GRID, *options, "--part", f"{k}/{n}", "-o", name)
        return names

    def whole(self, *options):
        self.succeed("sweep", *GRID, *options, "--force", "-o", "whole.h5")
        return self.contents("whole.h5")

    def contents(self, name):
        found = fishergrid.contents(self.path(name))
        found[CONFIG] = {**json.loads(found[CONFIG]), "threads": None}  # a merge has other threads
        return {key: value for key, value in found.items() if key not in OF_THE_MERGE}

    def refused(self, files, *words, output="m.h5"):
        done = fishergrid.run("merge", "-q", "-o", output, *files, cwd=self.directory)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr.decode(), r"\Afishergrid merge: [^\n]*\n\Z")
        for word in words:
            self.assertRegex(done.stderr.decode(), word)
        self.assertFalse(self.path("m.h5").exists())

    def test_what_others_have_added(self):
        """A part with an attribute of its user is merged, and a message names what is left out."""
        files = self.parts(2)
        with fishergrid.h5py.File(self.path(files[1]), "a") as file:
            file["loss_A"].attrs["mine"] = 1
        done = fishergrid.run("merge", "-o", "m.h5", *files, cwd=self.directory)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr.decode(), r"\Ap2\.h5: 1 object or attribute [^\n]* not be in m\.h5, such as [^\n]*mine\n\Z")
        self.assertEqual(self.contents("m.h5"), self.whole())

    def test_the_whole_of_any_parts_in_any_order(self):
        self.path("x.csv").write_text(CSV)
        for n, options in [
            (1, []),
            (2, ["--method", "direct"]),
            (3, ["--method", "chebyshev", "--reduction", "mean", "--damping", "0.5"]),
            (7, ["--fields", "gradient_r,natural_gradient_phi", "--data", "B"]),
            (15, ["--data", "X=x.csv", "--phi-range", "-1:1", "--r-range", "0:0.5"]),
            (4, ["--phi", "41", "--r", "97", "--tile", "30", "--data", "A", "--fields", "loss"]),
        ]:
            with self.subTest(n=n, options=options):
                files = self.parts(n, *options)
                random.Random(n).shuffle(files)
                self.succeed("merge", "-q", "-o", "m.h5", *files)
                self.succeed("verify", "--cells", "20", files[0])
                for name in files:  # values are copied: the whole needs no part any more
                    self.path(name).unlink()
                self.assertEqual(self.contents("m.h5"), self.whole(*options))
                self.succeed("verify", "--cells", "20", "m.h5")
                self.path("m.h5").unlink()

    def test_tiles_of_the_default_size(self):
        """Without --tile, parts have the tiles of the whole grid."""
        grid = ["--phi", "300", "--r", "200", "--data", "A", "-q"]
        self.succeed("sweep", *grid, "-o", "whole.h5")
        for k in (1, 2):
            self.succeed("sweep", *grid, "--part", f"{k}/2", "-o", f"{k}.h5")
        self.succeed("merge", "-q", "1.h5", "2.h5", "-o", "merged.h5")
        whole, merged = (fishergrid.contents(self.directory / f"{name}.h5") for name in ("whole", "merged"))
        self.assertEqual(whole["loss_A"], merged["loss_A"])

    def test_each_part_is_its_rows_of_the_whole(self):
        self.whole()
        rows = []
        for name in self.parts(4):
            with fishergrid.h5py.File(self.path(name)) as part, fishergrid.h5py.File(self.path("whole.h5")) as whole:
                first = sum(rows)
                rows.append(len(part["phi"]))
                self.assertEqual(part["loss_B"][()].tobytes(), whole["loss_B"][first : first + rows[-1]].tobytes())
                self.assertEqual(part["phi"][()].tobytes(), whole["phi"][first : first + rows[-1]].tobytes())
        self.assertEqual((sum(rows), min(rows)), (60, 12))  # 15 rows of tiles, of 4 rows each

    def test_words(self):
        self.parts(2)
        text = self.succeed("merge", "p1.h5", "p2.h5", "-o", "m.h5")
        self.assertIn("m.h5: 6000 cells", text)
        found = self.succeed_json("merge", "p1.h5", "p2.h5", "--force", "-o", "m.h5")
        self.assertEqual(found["cells"], 6000)
        self.assertEqual(found["data"], self.succeed_json("sweep", *GRID[:-1], "-o", "w.h5")["data"])

    def test_parts_that_make_no_whole(self):
        p1, p2, p3 = self.parts(3)
        self.refused([p1, p3], "part 2 of 3 is missing; there are 2")
        self.refused([p1, p2], "part 3 of 3 is missing")
        self.refused([p1, p2, p3, p2], "both part 2 of 3")
        self.refused([p1, p2, p2], "both part 2 of 3")
        self.parts(3, "--seed", "9", prefix="other")
        self.refused([p1, p2, "other3.h5"], "p1.h5 and other3.h5 are parts of different sweeps: seed 0 and 9\n")
        for option, words in [
            (["--damping", "0.5"], "damping 0 and 0.5"),
            (["--phi-range=0:3"], r"phi_high 6\.28\d* and 3"),
            (["--phi", "59"], "phi_cells 60 and 59"),
            (["--fields", "loss,gradient_r"], "fields loss,.* and loss,gradient_r"),
            (["--data", "A"], "data A,B and A"),
            (["--method", "direct"], "method auto and direct"),
            (["--data", "A", "--data", "B=x.csv"], r"checksum_of_B \d+ and \d+|samples_of_B 40 and 4"),
        ]:
            self.path("x.csv").write_text(CSV)
            self.parts(3, *option, "--force", prefix="other")
            self.refused([p1, p2, "other3.h5"], f"p1.h5 and other3.h5 are parts of different sweeps: {words}\n")
        self.parts(2, prefix="half")
        self.refused([p1, p2, "half2.h5"], "one of 3 parts", "one of 2")
        self.succeed("sweep", *GRID, "-o", "whole.h5")
        self.refused(["whole.h5"], "whole.h5 is not a part")
        self.refused([p1, p2, "nowhere.h5"], "nowhere.h5: No such file")
        self.path("text.h5").write_text("text")
        self.refused([p1, p2, "text.h5"], "text.h5: not an HDF5 file")
        self.refused([], "an argument is missing; write: fishergrid merge -o FILE.h5 PART.h5...")
        self.refused([p1, p2], "other1.h5 exists", output="other1.h5")
        for force in ([], ["--force"]):
            self.refused([p1, p2, p3, *force], "would replace the input 'p2.h5'", output="p2.h5")
        self.assertFalse(self.path("m.h5.part").exists())

    def test_a_part_that_is_not_complete(self):
        p1, p2 = self.parts(2)
        slow = ["--phi", "600", "--r", "500", "--method", "direct", "--samples-per-class", "4000"]
        process = fishergrid.start_sweep(self.directory, *GRID, *slow, "--part", "1/2", output="s.h5", tiles=1)
        process.terminate()
        process.communicate()
        self.assertEqual(process.returncode, 75)
        self.refused(["s.h5.part", p2], "s.h5.part is not complete; run the sweep")

    def test_a_part_that_has_changed(self):
        for where in ["loss_A", "natural_gradient_flag_B", "entry/tiles_A/checksum", "entry/samples_B/x0"]:
            with self.subTest(where=where):
                p1, p2 = self.parts(2, "--force")
                with fishergrid.h5py.File(self.path(p2), "r+") as file:
                    file[where][0 if file[where].ndim == 1 else (0, 0)] += 1
                if where == "entry/samples_B/x0":  # read from the first part only
                    p1 = shutil.copy(self.path(p2), self.path("copy.h5"))
                    self.parts(1, "--force", prefix="whole")
                    with fishergrid.h5py.File(self.path("whole1.h5"), "r+") as file:
                        file[where][0] += 1
                    self.refused(["whole1.h5"], "samples of B have changed")
                else:
                    self.refused([p1, p2], "p2.h5")
                    self.path("m.h5.part").unlink(missing_ok=True)

    def test_axes_follow_from_the_setup(self):
        """Changed values of an axis in a part do not get into the merged file."""
        p1, p2 = self.parts(2)
        with fishergrid.h5py.File(self.path(p2), "r+") as file:
            file["phi"][0] += 1
        self.succeed("merge", "-q", "-o", "m.h5", p1, p2)
        self.assertEqual(self.contents("m.h5"), self.whole())

    def test_a_part_whose_setup_has_changed(self):
        """If one setup has changed, the parts are of different sweeps. If all have changed, no mark of a tile fits."""
        p1, p2 = self.parts(2)
        right = {name: self.path(name).read_bytes() for name in (p1, p2)}
        for name, value, of_one, of_both in [
            ("seed", 7, "seed 0 and 7", r"p1.h5: tile \d of data set A has changed"),
            ("damping", 0.25, "damping 0 and 0.25", r"p1.h5: tile \d of data set A has changed"),
            ("drawn_B", 0, "drawn_B 1 and 0", r"p1.h5: tile \d of data set A has changed"),
            ("phi_high", 5.0, r"phi_high 6\.28\d+ and 5", r"p1.h5: tile \d of data set A has changed"),
            ("arithmetic", 1, r"arithmetic \d+ and 1", r"p1.h5: tile \d of data set A has changed"),
            ("part", 1, r"p2\.h5: .*/phi has another shape", r"p2\.h5: .*/phi has another shape"),
            ("parts", 3, r"p2\.h5: .*/phi has another shape", r"p1\.h5: .*/phi has another shape"),
            ("fields", "loss", "damaged: its fields", "damaged: its fields"),
            ("method", "fast", "p2.h5: .*'fast'", "p1.h5: .*'fast'"),
        ]:
            with self.subTest(name):
                for changed, words in [([p2], of_one), ([p1, p2], of_both)]:
                    for part, content in right.items():
                        self.path(part).write_bytes(content)
                    for part in changed:
                        with fishergrid.h5py.File(self.path(part), "r+") as file:
                            file[f"entry/setup/{name}"][()] = value
                    self.refused([p1, p2], words)
                    self.path("m.h5.part").unlink(missing_ok=True)

    def test_killed_and_continued(self):
        """Kills the merge 20 times at random moments."""
        options = ["--phi", "900", "--r", "500", "--tile", "500"]
        files = self.parts(3, *options)
        expected = self.whole(*options)
        command = [fishergrid.PROGRAM, "merge", "-q", "-o", "m.h5", *files]
        chance, killed = random.Random(1), 0
        while killed < 20:
            process = subprocess.Popen(command, cwd=self.directory, env=fishergrid.environment())
            time.sleep(chance.uniform(0, 0.2))
            process.kill()
            killed += process.wait() == -9
            if self.path("m.h5").exists() and not self.path("m.h5.lock").exists():
                self.assertEqual(self.contents("m.h5"), expected)
                self.path("m.h5").unlink()
        self.assertIn(fishergrid.run("merge", "-q", "-o", "m.h5", *files, cwd=self.directory).returncode, (0,))
        self.assertEqual(self.contents("m.h5"), expected)

    def test_merged_again(self):
        """A restarted job merges again: the file is complete, and is not changed."""
        files = self.parts(2)
        self.succeed("merge", "-q", "-o", "m.h5", *files)
        whole = self.path("m.h5").read_bytes()
        done = fishergrid.run("merge", "--unless-done", "-o", "m.h5", *files, cwd=self.directory)
        self.assertEqual((done.returncode, done.stderr), (0, b"m.h5 is complete: nothing is left to do\n"))
        self.assertEqual(self.path("m.h5").read_bytes(), whole)
        others = self.parts(2, "--damping", "0.5", prefix="q")
        done = fishergrid.run("merge", "--unless-done", "-o", "m.h5", *others, cwd=self.directory)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"m.h5 exists, but was made with damping 0, this is 0.5 (--damping); name another output", done.stderr)
        self.assertEqual(self.path("m.h5").read_bytes(), whole)

    def test_more_parts_than_open_files(self):
        """The merge raises the limit of open files. If that is impossible, the message names the limit and no part."""
        files = self.parts(12, "--tile", "7")
        limit = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE)
        self.succeed("merge", "-q", "-o", "m.h5", *files, preexec_fn=lambda: limit((16, 100)))
        done = fishergrid.run("merge", "--force", "-o", "m.h5", *files, cwd=self.directory, preexec_fn=lambda: limit((16, 16)))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr.decode(), r"\Afishergrid merge: 12 parts are more than the 16 files [^\n]*ulimit -Hn\)\n\Z")

    def test_bad_parts(self):
        for part in ["0/3", "4/3", "3", "/3", "3/", "a/b", "1/2/3", "-1/3", "1/1000001", "", "1/16"]:
            with self.subTest(part=part):
                done = fishergrid.run("sweep", *GRID, f"--part={part}", "-o", "x.h5", cwd=self.directory)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr.decode(), r"\Afishergrid sweep: --part: [^\n]*\n\Z")
        self.assertEqual(list(self.directory.iterdir()), [])


if __name__ == "__main__":
    fishergrid.main()
