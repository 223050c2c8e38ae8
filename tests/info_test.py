#!/usr/bin/env python3
"""What `info` sees of the values in a file: ranges, and a small map of the loss.

    info_test.py PATH_TO_FISHERGRID
"""

import re

import h5py
import numpy as np

import fishergrid_program as fishergrid

REAL = [field for field in fishergrid.FIELDS if field != "natural_gradient_flag"]
RAMP = ".,:-=+*#%@"
HALF = "\N{UPPER HALF BLOCK}"


def spread(n, most=128):
    """The cells of an axis that a look at a large file takes."""
    return np.arange(n) if n < most else np.arange(most) * (n - 1) // (most - 1)


def means(loss, across=32, up=20):
    """[across, up] means over what each place covers; a cell on a border belongs to both sides."""
    n, m = loss.shape

    def cells(place, places, number):
        return slice(place * number // places, -(-(place + 1) * number // places))

    return np.array([[loss[cells(x, across, n), cells(y, up, m)].mean() for y in range(up)] for x in range(across)])


class InfoTest(fishergrid.ProgramTest):
    def sweep(self, *options):
        self.succeed("sweep", "--samples-per-class", "20", *options, "-q", "--force", "-o", "x.h5")

    def ranges(self, name, taken=None):
        with h5py.File(self.directory / "x.h5") as file:
            for field in REAL:
                if f"{field}_{name}" in file:
                    values = file[f"{field}_{name}"][()]
                    values = values[np.ix_(*taken)] if taken else values
                    values = values[np.isfinite(values)]
                    yield field, {"low": values.min(), "high": values.max()} if values.size else {"low": None, "high": None}

    def map_of(self, text):
        """The lines of the map below its heading."""
        lines = text.split("loss, phi to the right and r upwards:")[1].splitlines()[1:11]
        self.assertTrue(all(line.startswith(" " * 11) for line in lines))
        return [line[11:] for line in lines]

    def test_ranges_of_all_cells(self):
        for options in [[], ["--phi", "1", "--r", "1"], ["--fields", "gradient_r,loss"], ["--phi", "7", "--r", "300"]]:
            with self.subTest(options):
                self.sweep("--phi", "70", "--r", "90", *options)
                info = self.succeed_json("info", "x.h5")
                for name in "AB":
                    seen = info["data"][name]["ranges"]
                    self.assertEqual((seen.pop("cells_phi"), seen.pop("cells_r")), (info["phi"]["cells"], info["r"]["cells"]))
                    self.assertEqual(seen, dict(self.ranges(name)))
                self.assertNotIn("seen in", self.succeed("info", "x.h5"))

    def test_values_that_are_not_finite(self):
        """One sample: no natural gradient anywhere."""
        (self.directory / "one.csv").write_text("x0,x1,y\n1,1,0\n")
        self.sweep("--phi", "5", "--r", "5", "--data", "X=one.csv")
        seen = self.succeed_json("info", "x.h5")["data"]["X"]["ranges"]
        self.assertEqual(seen["natural_gradient_phi"], {"low": None, "high": None})
        self.assertRegex(self.succeed("info", "x.h5"), r"\n +natural_gradient_phi\n")
        self.assertEqual({name: seen[name] for name in REAL}, dict(self.ranges("X")))

    def test_large_features_are_to_be_centred_and_scaled(self):
        """Said by the summary and by `info`, with the numbers, also of a packed file; once scaled, nothing is missing."""
        chance = np.random.default_rng(1)
        y = np.arange(100) % 2
        income, age = 45000 + 12000 * (chance.normal(size=100) + y), 40 + 12 * chance.normal(size=100)
        grid = ["--phi", "60", "--r", "41"]

        def sweep(x0, x1, *options):
            lines = "".join(f"{a:.17g},{b:.17g},{c}\n" for a, b, c in zip(x0, x1, y))
            (self.directory / "people.csv").write_text("x0,x1,y\n" + lines)
            text = self.succeed("sweep", *grid, "--data", "d=people.csv", *options, "--force", "-o", "x.h5")
            return text, self.succeed_json("info", "x.h5")["data"]["d"]["scaling"]

        text, hint = sweep(income, age)
        with h5py.File(self.directory / "x.h5") as file:
            missing = int(np.isnan(file["natural_gradient_phi_d"][()]).sum())
        self.assertGreaterEqual(hint["cells"], missing)
        for name, values in [("x0", income), ("x1", age)]:
            np.testing.assert_allclose([hint[name]["mean"], hint[name]["spread"]], [values.mean(), values.std()], rtol=1e-12)
        words = "no natural gradient in {} cells, because features are large; centre and scale x0 (mean {:.6g}, spread {:.6g}) and x1 (mean {:.6g}, spread {:.6g})\n"
        line = words.format(hint["cells"], income.mean(), income.std(), age.mean(), age.std())
        self.assertIn(f"\n  {line}", text)
        self.assertIn(f"\n           {line}", self.succeed("info", "x.h5"))
        self.succeed("pack", "-q", "x.h5", "packed.h5")
        self.assertIn(line, self.succeed("info", "packed.h5"))
        for x0, x1, options in [
            ((income - income.mean()) / income.std(), (age - age.mean()) / age.std(), []),
            (income, age, ["--damping", "1"]),  # which makes every Fisher matrix regular
            (np.full(100, 45000.1), np.full(100, 40.1), []),  # equal samples stay equal
            (y + 1, np.zeros(100), []),  # rank 1 at sin(phi) = 0 only
        ]:
            text, hint = sweep(x0, x1, *options)
            self.assertIsNone(hint)
            self.assertNotIn("scale", text)

    def test_one_of_each(self):
        (self.directory / "one.csv").write_text("x0,x1,y\n1,2,0\n")
        self.succeed("sweep", "--phi", "1", "--r", "1", "-d", "one=one.csv", "-q", "-o", "one.h5")
        for command in ("info", "verify"):
            told = self.succeed(command, "one.h5")
            self.assertRegex(told, r"\b1 sample\b")
            self.assertNotRegex(told, r"\b1 (sample|cell|value|object)s\b")

    def test_a_path_that_is_not_utf8(self):
        """JSON and XDMF are UTF-8, and a name that is changed leads nowhere."""
        (self.directory / "one.csv").write_text("x0,x1,y\n1,2,0\n")
        for data, status in (("one=one.csv", 2), ("A", 0)):
            self.succeed("sweep", "--phi", "2", "--r", "2", "-d", data, "-q", "-o", b"n\xff.h5", "--force")
            done = fishergrid.run("info", "--config", b"n\xff.h5", cwd=self.directory)
            self.assertEqual((done.returncode, b"not UTF-8; rename it\n" in done.stderr), (status, status == 2), done)
        done = fishergrid.run("xdmf", b"n\xff.h5", cwd=self.directory)
        self.assertEqual((done.returncode, b"not UTF-8; rename it\n" in done.stderr), (2, True), done)
        self.assertEqual(list(self.directory.glob("*.xmf")), [])

    def test_overflow_is_counted(self):
        """Summary, marks, values and ranges tell the same cells, also after packing."""
        (self.directory / "far.csv").write_text("x0,x1,y\n1000,0,0\n-1000,0,1\n")
        self.sweep("--phi", "64", "--r", "33", "--tile", "300", "--data", "X=far.csv")
        with h5py.File(self.directory / "x.h5") as file:
            infinite = [np.isinf(file[f"natural_gradient_{axis}_X"][()]) for axis in ("phi", "r")]
            overflow = np.logical_or(*infinite)
            np.testing.assert_array_equal(file["natural_gradient_flag_X"][()] == 4, overflow)
            self.assertEqual(file["entry/tiles_X/cells_overflow"][()].sum(), overflow.sum())
        self.succeed("verify", "--cells", "50", "x.h5")
        self.succeed("pack", "-q", "x.h5", "packed.h5")
        for name in "x.h5", "packed.h5":
            info = self.succeed_json("info", name)
            self.assertGreater(info["summary"]["data"]["X"]["cells_overflow"], 64 * 33 / 8)
            self.assertEqual(info["summary"]["data"]["X"]["cells_overflow"], overflow.sum())
            self.assertEqual(info["summary"]["data"]["X"]["cells_undefined"], 0)
            for axis, cells in zip(("phi", "r"), infinite):
                self.assertEqual(info["data"]["X"]["ranges"][f"natural_gradient_{axis}"]["infinite"], cells.sum())
                self.assertRegex(
                    self.succeed("info", name), rf"natural_gradient_{axis} .* \(infinite in {cells.sum()} cells\)\n"
                )
            self.assertIn(f"; natural gradient overflows in {overflow.sum()} cells\n", self.succeed("info", name))

    def test_a_large_file_is_looked_at_here_and_there(self):
        for n, m in [(1100, 1000), (3, 400_000), (600_000, 2)]:
            with self.subTest(n=n, m=m):
                self.sweep("--phi", n, "--r", m, "--data", "A", "--fields", "loss,gradient_r")
                seen = self.succeed_json("info", "x.h5")["data"]["A"]["ranges"]
                taken = (spread(n), spread(m)) if n * m > 1 << 20 else (np.arange(n), np.arange(m))
                self.assertEqual((seen.pop("cells_phi"), seen.pop("cells_r")), tuple(map(len, taken)))
                self.assertEqual(seen, dict(self.ranges("A", taken)))
                if n * m > 1 << 20:
                    text = self.succeed("info", "x.h5")
                    self.assertIn(f"(seen in {len(taken[0])} x {len(taken[1])} of {n} x {m} cells)", text)

    def test_the_map_ranks_means_of_the_loss(self):
        for n, m in [(200, 150), (64, 40), (9, 7), (1, 1)]:
            with self.subTest(n=n, m=m):
                self.sweep("--phi", n, "--r", m, "--data", "B")
                with h5py.File(self.directory / "x.h5") as file:
                    values = means(file["loss_B"][()])
                lines = self.map_of(self.succeed("info", "x.h5"))
                shades = np.array([[RAMP.index(c) for c in line] for line in reversed(lines)]).T  # [across, up]
                self.assertEqual(shades.shape, (32, 10))
                ordered = np.sort(values, axis=None)
                below = np.searchsorted(ordered, values[:, ::2] * (1 + 1e-12))  # sums in another order
                above = np.searchsorted(ordered, values[:, ::2] * (1 - 1e-12))
                self.assertTrue((shades <= below * 10 // values.size).all() and (shades >= above * 10 // values.size).all())

    def test_what_is_not_done_is_not_seen(self):
        slow = ["--phi", "64", "--r", "64", "--tile", "64", "--data", "A", "--samples-per-class", "500000", "--method", "direct"]
        process = fishergrid.start_sweep(self.directory, *slow, "--threads", "1", tiles=3)
        process.kill()
        process.communicate()
        (self.directory / "x.h5.part").rename(self.directory / "x.h5")
        info = fishergrid.run("info", "x.h5", cwd=self.directory)
        self.assertEqual(info.returncode, 1)
        with h5py.File(self.directory / "x.h5") as file:
            computed = np.repeat(file["entry/tiles_A/checksum"][()] != 0, 64).reshape(64, 64)  # a tile a row
            loss = file["loss_A"][()][computed]
        self.assertTrue(0 < loss.size < computed.size)
        self.assertRegex(info.stdout.decode(), rf"\n +loss +{re.escape(f'{loss.min():.6g}')} to {re.escape(f'{loss.max():.6g}')}\n")
        blank = np.array([[c == " " for c in line] for line in reversed(self.map_of(info.stdout.decode()))]).T
        self.assertTrue((blank == (means(computed) == 0)[:, ::2]).all())

    def test_colours_only_where_they_are_wanted(self):
        self.sweep("--phi", "70", "--r", "90", "--data", "A")
        term = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": None}
        coloured = self.on_a_terminal("info", "x.h5", env=term)
        self.assertIn("\x1b[", coloured)
        self.assertEqual(coloured.count(HALF), 10 * 32 + len(RAMP))
        plain = self.succeed("info", "x.h5", env=term)
        self.assertNotIn("\x1b", plain)
        for change in [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": None}, {"LC_ALL": "C"}, {"LC_ALL": None}]:
            with self.subTest(change):
                said = self.on_a_terminal("info", "x.h5", env={**term, **change})
                self.assertEqual(said.replace("\r\n", "\n"), plain)
        self.assertEqual(self.on_a_terminal("info", "x.h5", env={**term, "NO_COLOR": ""}), coloured)


if __name__ == "__main__":
    fishergrid.main()
