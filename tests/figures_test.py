#!/usr/bin/env python3
"""Tests analysis/plot.py and analysis/report.py: the figures of small sweeps and of files made by hand, and what they
say of bad files. The page in a browser: page_test.py.

    figures_test.py PROGRAM
"""

import contextlib
import re
import subprocess
import sys

import fishergrid_program
import h5py
import matplotlib.image
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.quiver import Quiver
from fishergrid_program import ProgramTest, start_sweep
from sweep_file import ANALYSIS, write_file

import figures  # of ANALYSIS
import fishergrid_file
import plot
from survey import survey

GRID = ["--phi", "24", "--r", "20", "--samples-per-class", "50"]
VECTOR = ["natural_gradient_phi", "natural_gradient_r"]
MAPS = [
    "loss", "fisher_phi_phi", "fisher_r_r", "fisher_r_phi", "fisher_correlation", "fisher_condition", "fisher_sqrt_det",
    "gradient_size", "natural_gradient_size", "angle",
]  # fmt: skip
FIGURES = ["samples", "arrows", "streams", "alignment", "cuts"]


class FiguresTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.directory = self.directory / "with a space"
        self.directory.mkdir()
        self.file = self.directory / "x.h5"

    def sweep(self, *options):
        self.succeed("sweep", "-q", *GRID, *options, "-o", "x.h5")

    def run_script(self, script, *arguments):
        command = [sys.executable, ANALYSIS / script, *map(str, arguments)]
        return subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)

    def plot(self, *arguments):
        """Runs plot.py on the file, asserts success; returns standard output."""
        done = self.run_script("plot.py", self.file, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def report(self, *arguments):
        """Runs report.py on the file, asserts success and figures that are not blank; returns page and their names."""
        done = self.run_script("report.py", self.file, "-o", "report", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        pictures = sorted((self.directory / "report").glob("*.png"))
        for picture in pictures:
            self.assert_picture(picture)
            self.assertEqual(picture.with_suffix(".pdf").read_bytes()[:5], b"%PDF-")
        page = (self.directory / "report" / "report.html").read_text(encoding="utf-8")
        self.assertIn(f"and {len(pictures)} figures", done.stdout)
        return page, {picture.stem for picture in pictures}

    def assert_picture(self, path):
        pixels = matplotlib.image.imread(path)[:, :, :3]
        self.assertGreater(min(pixels.shape[:2]), 350, path)
        self.assertGreater(pixels.std(), 0.04, f"{path} is blank")

    def assert_refused(self, words, *arguments):
        for script in ("plot.py", "report.py"):
            done = self.run_script(script, self.file, *(arguments or ["loss"] if script == "plot.py" else []))
            self.assertEqual((done.returncode, done.stdout), (2, ""), script)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertFalse((self.directory / "report").exists())

    # --- one figure ---

    def test_everything_listed_can_be_plotted(self):
        self.sweep()
        names = [line.split()[0] for line in self.plot("--list").splitlines()[1:]]
        self.assertLessEqual({*MAPS, *FIGURES, *fishergrid_program.FIELDS}, set(names))
        for name in names:
            with contextlib.redirect_stdout(None):
                self.assertEqual(plot.main([str(self.file), name, "-o", str(self.directory / f"{name}.png")]), 0)
            self.assert_picture(self.directory / f"{name}.png")
        self.assertEqual(self.plot("loss"), "wrote loss.png\n")  # the default name

    def test_the_flag_has_categories(self):
        """A colour and a name for each, and no difference of data sets."""
        self.sweep()
        with fishergrid_file.open_sweep(self.file) as sweep:
            figure = figures.map_figure(survey(sweep.data_sets), fishergrid_file.FLAG)
        maps, bar = [ax for ax in figure.axes if ax.get_title()], figure.axes[-1]
        self.assertEqual([ax.get_title() for ax in maps], ["A", "B"])
        self.assertEqual([t.get_text() for t in bar.get_yticklabels()], ["regular", "recomputed", "undefined"])
        self.assertEqual(maps[0].images[0].cmap.N, 3)

    def test_options_of_plot(self):
        self.sweep()
        self.plot("loss", "--data", "B", "--log", "-o", "one.png")
        self.plot("loss", "-o", "two.pdf")
        self.plot("loss", "-o", "three.svg")
        self.assertEqual(self.plot("loss", "-o", "four"), "wrote four.png\n")
        widths = [matplotlib.image.imread(self.directory / f"{name}.png").shape[1] for name in ("one", "four")]
        self.assertGreater(widths[1], 2 * widths[0])  # A, B and their ratio beside each other

    def test_what_plot_refuses(self):
        self.sweep("--data", "A", "--fields", "loss")
        for arguments, words in (
            (["nothing"], "nothing cannot be drawn from this file; --list"),
            (["fisher_condition"], "cannot be drawn"),
            (["loss", "--data", "C"], "no data set C; there are: A"),
            ([], "FIELD is missing"),
        ):
            done = self.run_script("plot.py", self.file, *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)
        for output in ("x.nonsense", "no/such/directory.png"):
            done = self.run_script("plot.py", self.file, "loss", "-o", output)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
        (self.directory / "loss.png").mkdir()
        done = self.run_script("plot.py", self.file, "loss")
        self.assertEqual((done.returncode, done.stderr), (1, "plot: cannot write loss.png: Is a directory\n"))

    def vector_panels(self, draw):
        """[(panel, its quiver, (phi, r), loss, (phi, r) components of the field it shows)] of A and B, -g and -n."""
        self.succeed("sweep", "-q", "--phi", "90", "--r", "80", "-o", "x.h5")
        with fishergrid_file.open_sweep(self.file) as sweep:
            figure = draw(survey(sweep.data_sets))
        panels = [(ax, c) for ax in figure.axes for c in ax.collections if isinstance(c, Quiver)]
        names = [(name, kind) for name in "AB" for kind in ("gradient", "natural_gradient")]
        self.assertEqual(len(panels), len(names))
        with h5py.File(self.file) as file:
            axes = file["phi"][:], file["r"][:]
            for (ax, quiver), (name, kind) in zip(panels, names):
                self.assertTrue(ax.get_title().startswith(f"{name}: "))
                loss, *vectors = (file[f"entry/{name}/{f}"][:] for f in ("loss", f"{kind}_phi", f"{kind}_r"))
                yield ax, quiver, axes, loss, vectors

    @staticmethod
    def cells(axes, places):
        return tuple(np.abs(axis[:, None] - x).argmin(axis=0) for axis, x in zip(axes, np.transpose(places)))

    def test_arrows_are_the_vectors_of_the_file_downhill(self):
        for _, quiver, axes, _, vectors in self.vector_panels(figures.arrow_figure):
            cells = self.cells(axes, quiver.XY)
            np.testing.assert_allclose(np.transpose(quiver.XY), [axis[k] for axis, k in zip(axes, cells)])
            expected = -np.array([v[cells] for v in vectors])
            np.testing.assert_allclose([quiver.U, quiver.V], expected / np.hypot(*expected), atol=1e-12)

    def test_stream_lines_run_downhill_along_the_vectors(self):
        for ax, heads, axes, loss, vectors in self.vector_panels(figures.stream_figure):
            (lines,) = (c.get_segments() for c in ax.collections if isinstance(c, LineCollection))
            self.assertGreater(len(lines), 30)
            begin, end = (loss[self.cells(axes, [line[k] for line in lines])] for k in (0, -1))
            self.assertGreater(np.mean(end < begin), 0.95)  # a line may begin and end in one cell
            here = -np.array([v[self.cells(axes, heads.XY)] for v in vectors])
            cosines = np.sum(here * [heads.U, heads.V], axis=0) / np.hypot(*here)
            # across the valley of B the gradient turns round within a cell
            self.assertGreater(np.mean(cosines > 0.9), 0.9)

    def test_stream_lines_follow_a_valley_narrower_than_a_cell(self):
        """The descent of B from the valley's wall runs down the valley's floor to the least loss, straight."""
        for ax, _, axes, loss, _ in list(self.vector_panels(figures.stream_figure))[2:3]:
            (lines,) = (c.get_segments() for c in ax.collections if isinstance(c, LineCollection))
            least = [axis[k] for axis, k in zip(axes, np.unravel_index(loss.argmin(), loss.shape))]
            past = [line for line in lines if np.hypot(*(line - least).T).min() < 0.1]
            self.assertTrue(past)
            longest = max(past, key=len)
            self.assertGreater(np.ptp(longest[:, 1]), 3)
            steps = np.diff(longest, axis=0)
            turns = np.sum(steps[1:] * steps[:-1], axis=1) / np.hypot(*steps[1:].T) / np.hypot(*steps[:-1].T)
            self.assertGreater(np.mean(turns > 0.9), 0.95)

    # --- reports ---

    def test_report_of_both_data_sets(self):
        self.sweep()
        page, names = self.report()
        self.assertEqual(names, {*MAPS, *FIGURES})
        self.assertIn("φ in [0, 2π] rad, r in [−5, 5]:\n  data sets A, B on 24 x 20 cells", page)
        self.assertNotIn('id="notes"', page)
        self.assertIsNone(re.search(r"(src|href|srcset|url)\s*[=(]\s*[\"']?(https?:)?//", page))

    def test_text_of_the_file_is_text_in_the_page(self):
        self.sweep("--data", "A", "--fields", "loss")
        with h5py.File(self.file, "r+") as file:
            file["entry/provenance/parameters/command_line"][()] = "</script><script>alert(1)</script>"
            file["loss_A"].attrs["long_name"] = "</script><b>loss"
        page, _ = self.report()
        self.assertIn("&lt;/script&gt;&lt;script&gt;alert(1)", page)
        self.assertNotIn("<script>alert", page)
        self.assertNotIn("<b>loss", page)
        self.assertEqual(page.count("<script"), 2)

    def test_report_of_some_fields(self):
        self.sweep("--data", "A", "--fields", "fisher_r_phi,gradient_phi,gradient_r")
        page, names = self.report()
        self.assertEqual(names, {"samples", "fisher_r_phi", "gradient_size", "arrows", "streams"})
        self.assertIn("not in the file: loss, fisher_phi_phi, fisher_r_r, natural_gradient_phi", page)

    def test_report_of_chosen_data_sets(self):
        self.sweep("--fields", "loss")
        page, _ = self.report("--data", "B")
        self.assertIn("data set B on", page)
        self.assertIn("Not shown: A.", page)

    def test_report_of_many_data_sets(self):
        name = "N" * 63
        (self.directory / "a.csv").write_text("x0,x1,y\n1,2,0\n2,1,1\n0,0,1\n")
        self.sweep("--fields", "loss,gradient_phi,gradient_r", *(f"--data={name}{k}=a.csv" for k in range(8)))
        page, names = self.report()
        self.assertIn(f"Not shown: {name}6, {name}7.", page)
        self.assertEqual(names, {"samples", "loss", "gradient_size", "arrows", "streams", "cuts"})

    def test_a_running_sweep(self):
        slow = [*fishergrid_program.SLOW, "--data", "A", "--fields", "loss"]
        process = start_sweep(self.directory, *slow, tiles=1)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.file = self.directory / "x.h5.part"
        page, names = self.report()
        self.assertIn("The sweep is not complete.", page)
        self.assertRegex(page, r"A: \d+ of 90000 cells are computed")
        self.assertIn("loss", names)

    def test_cells_not_computed_and_undefined(self):
        shape = (12, 9)
        flag = np.full(shape, 1, "u1")
        flag[8:], flag[:, :3] = 0, 3
        values = np.where(flag == 1, 2.0, np.where(flag == 3, np.nan, 0.0))
        write_file(self.file, shape, {**dict.fromkeys(VECTOR, values), "natural_gradient_flag": flag})
        page, names = self.report()
        self.assertEqual(names, {"arrows", "streams", "natural_gradient_size"})
        self.assertIn(f"A: {np.count_nonzero(flag)} of 108 cells are computed", page)
        self.assertIn(f"in {np.count_nonzero(flag == 3)} cells the Fisher matrix has rank 1", page)
        self.assertIn("the file has no samples", page)

    def test_nothing_computed_yet(self):
        write_file(self.file, (6, 5), dict.fromkeys(["loss", "fisher_r_r", *VECTOR], np.zeros((6, 5))))
        page, names = self.report()
        self.assertIn("A: 0 of 30 cells are computed", page)
        self.assertLessEqual({"loss", "fisher_r_r", "arrows"}, names)

    def test_values_as_large_and_small_as_doubles_are(self):
        shape = (9, 8)
        ramp = np.linspace(-307, 308, 72).reshape(shape)
        fields = {name: 10.0**ramp for name in ("loss", "fisher_phi_phi", "fisher_r_r")}
        fields["fisher_r_phi"] = 0.5 * fields["loss"]
        for name in ("gradient_phi", "gradient_r", *VECTOR):
            fields[name] = np.where(np.arange(8) % 2, 1, -1) * 10.0**ramp
        write_file(self.file, shape, fields)
        _, names = self.report()
        self.assertLessEqual({*MAPS, "arrows", "streams", "cuts"}, names)

    def test_constant_fields(self):
        write_file(self.file, (5, 4), {name: np.full((5, 4), 2.0) for name in ("loss", "fisher_r_r", "gradient_r")})
        _, names = self.report()
        self.assertEqual(names, {"loss", "fisher_r_r", "cuts"})

    def test_smallest_grids(self):
        for cells in (["2", "2"], ["1", "30"], ["30", "1"]):
            with self.subTest(cells=cells):
                grid = ["--phi", cells[0], "--r", cells[1], "--data", "A"]
                self.succeed("sweep", "-q", "--force", *grid, "-o", "x.h5")
                _, names = self.report()
                self.assertEqual(names, {*MAPS, *FIGURES})

    # --- bad files ---

    def test_nothing_to_draw_is_refused(self):
        write_file(self.file, (5, 5), {"other": np.ones((5, 5))})
        done = self.run_script("report.py", self.file, "-o", "report")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.plot("other")  # a field nobody knows is a field

    def test_no_file_is_refused(self):
        self.assert_refused("no such file")

    def test_text_is_refused(self):
        self.file.write_text("phi,r\n")
        self.assert_refused("not a readable HDF5 file")

    def test_foreign_hdf5_is_refused(self):
        with h5py.File(self.file, "w") as file:
            file["x"] = 1
        self.assert_refused("not a file of fishergrid")

    def test_cut_file_is_refused(self):
        write_file(self.file, (60, 50), {"loss": np.ones((60, 50))})
        content = self.file.read_bytes()
        self.file.write_bytes(content[: len(content) // 2])
        self.assert_refused("not a readable HDF5 file")

    def test_a_directory_that_cannot_be_made(self):
        self.sweep("--data", "A", "--fields", "loss")
        (self.directory / "taken").write_text("")
        done = self.run_script("report.py", self.file, "-o", "taken")
        self.assertEqual((done.returncode, done.stderr), (1, "report: cannot write taken: File exists\n"))

    def test_a_figure_that_cannot_be_written(self):
        self.sweep("--data", "A", "--fields", "loss")
        (self.directory / "report" / "loss.pdf").mkdir(parents=True)
        done = self.run_script("report.py", self.file, "-o", "report")
        self.assertEqual((done.returncode, done.stderr), (1, "report: cannot write report/loss.pdf: Is a directory\n"))


if __name__ == "__main__":
    fishergrid_program.main()
