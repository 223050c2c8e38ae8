#!/usr/bin/env python3
"""Tests analysis/plot.py and analysis/report.py: the figures of small sweeps and of files made by hand, and what they
say of bad files. The page in a browser: page_test.py.

    figures_test.py PROGRAM
"""

import contextlib
import itertools
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import fishergrid_program
import h5py
import matplotlib.image
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import same_color
from matplotlib.quiver import Quiver
from fishergrid_program import ProgramTest, start_sweep
from sweep_file import ANALYSIS, value_of, write_file

import figures  # of ANALYSIS
import fishergrid_file
import page
import plot
import report
import scales
from survey import survey

GRID = ["--phi", "24", "--r", "20", "--samples-per-class", "50"]
VECTOR = ["natural_gradient_phi", "natural_gradient_r"]
MAPS = [
    "loss", "fisher_phi_phi", "fisher_r_r", "fisher_r_phi", "fisher_correlation", "fisher_condition", "fisher_sqrt_det",
    "gradient_size", "natural_gradient_size", "angle",
]  # fmt: skip
FIGURES = ["samples", "arrows", "streams", "alignment", "cuts"]


class FiguresTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """Two sweeps of A and B, a coarse and a fine one, that most tests look at."""
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-figures-")
        cls.addClassCleanup(scratch.cleanup)
        cls.coarse, cls.fine = (Path(scratch.name) / f"{name}.h5" for name in ("coarse", "fine"))
        fishergrid_program.run("sweep", "-q", *GRID, "-o", cls.coarse)
        fishergrid_program.run("sweep", "-q", "--phi", "90", "--r", "80", "-o", cls.fine)

    def setUp(self):
        super().setUp()
        self.directory = self.directory / "with a space"
        self.directory.mkdir()
        self.file = self.directory / "x.h5"

    @staticmethod
    def views_of(path, names=None):
        with fishergrid_file.open_sweep(path) as sweep:
            return survey(sweep.data_sets, names)

    @staticmethod
    def contents_of(path):
        """(phi, r, {data set: {field: values}}) without the code under test."""
        with h5py.File(path) as file:
            sets = {n: {f: file[f"entry/{n}/{f}"][:] for f in fishergrid_program.FIELDS} for n in "AB"}
            return file["phi"][:], file["r"][:], sets

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
        text = (self.directory / "report" / "report.html").read_text(encoding="utf-8")
        self.assertIn(f"and {len(pictures)} figures", done.stdout)
        return text, {picture.stem for picture in pictures}

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
        self.file = self.coarse
        names = [line.split()[0] for line in self.plot("--list").splitlines()[1:]]
        self.assertLessEqual({*MAPS, *FIGURES, *fishergrid_program.FIELDS}, set(names))
        for name in {*names} - {*MAPS, *FIGURES} | {"loss", "samples"}:  # the others are in the report
            with contextlib.redirect_stdout(None):
                self.assertEqual(plot.main([str(self.file), name, "-o", str(self.directory / f"{name}.png")]), 0)
            self.assert_picture(self.directory / f"{name}.png")
        self.assertEqual(self.plot("loss"), "wrote loss.png\n")  # the default name

    def test_the_flag_has_categories(self):
        """A colour and a name for each, and no difference of data sets."""
        figure = figures.map_figure(self.views_of(self.coarse), fishergrid_file.FLAG)
        maps, bar = [ax for ax in figure.axes if ax.get_title()], figure.axes[-1]
        self.assertEqual([ax.get_title() for ax in maps], ["A", "B"])
        with h5py.File(self.coarse) as file:
            words = file["entry/A/natural_gradient_flag"].attrs["flag_meanings"].decode().split()[1:]
        self.assertEqual([t.get_text() for t in bar.get_yticklabels()], words)
        self.assertEqual(maps[0].images[0].cmap.N, len(words))
        self.assertEqual(maps[0].images[0].get_interpolation(), "nearest")

    def test_options_of_plot(self):
        self.file = self.coarse
        self.plot("loss", "--data", "B", "--log", "-o", "one.png")
        self.plot("loss", "-o", "two.pdf")
        self.plot("loss", "-o", "three.svg")
        self.assertEqual(self.plot("loss", "-o", "four"), "wrote four.png\n")
        widths = [matplotlib.image.imread(self.directory / f"{name}.png").shape[1] for name in ("one", "four")]
        self.assertGreater(widths[1], 2 * widths[0])  # A, B and their ratio beside each other
        with mock.patch.object(figures, "save") as save, contextlib.redirect_stdout(None):
            plot.main([str(self.file), "fisher_correlation", "--data", "A"])
            plot.main([str(self.file), "gradient_r", "--data", "A"])
            plot.main([str(self.file), "gradient_r", "--data", "A", "--log"])
        ticks = [[t.get_text() for t in call.args[0].axes[-1].get_yticklabels()] for call in save.call_args_list]
        self.assertEqual([any("10" in tick for tick in labels) for labels in ticks], [False, False, True])

    def test_what_plot_refuses(self):
        self.sweep("--data", "A", "--fields", "loss")
        for arguments, words in (
            (["nothing"], "nothing cannot be drawn from this file; --list"),
            (["los"], "los cannot be drawn from this file; did you mean loss?"),
            (["Loss"], "did you mean loss?"),
            (["fisher_condition"], "cannot be drawn"),
            (["loss", "--data", "C"], "no data set C; there are: A"),
            (["loss", "--data", "a"], "no data set a; did you mean A?"),
            ([], "FIELD is missing"),
            (["loss", "-o", "x.nonsense"], "x.nonsense: the name of a figure ends in .png, .pdf or .svg"),
        ):
            done = self.run_script("plot.py", self.file, *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)
        done = self.run_script("plot.py", self.file, "loss", "-o", "no/x.png")
        self.assertEqual((done.returncode, done.stderr), (1, "plot: cannot write no/x.png: No such file or directory\n"))
        (self.directory / "loss.png").mkdir()
        done = self.run_script("plot.py", self.file, "loss")
        self.assertEqual((done.returncode, done.stderr), (1, "plot: cannot write loss.png: Is a directory\n"))

    # --- what the figures show is what the file holds ---

    def assert_panel(self, ax, title):
        """The plane of the coarse sweep, to the borders of its cells."""
        phi, r, _ = self.contents_of(self.coarse)
        self.assertEqual((ax.get_title(), ax.get_ylabel()), (title, "$r$"))
        self.assertRegex(ax.get_xlabel(), r"^\$\\varphi *\$ \[rad\]$")
        for limits, x in ((ax.get_xlim(), phi), (ax.get_ylim(), r)):
            half = (x[1] - x[0]) / 2
            np.testing.assert_allclose(limits, [x[0] - half, x[-1] + half])

    def assert_image(self, ax, fractions):
        """Of [phi, r] fractions of the colours, phi to the right and r upwards."""
        (image,) = ax.images
        self.assertEqual((image.origin, image.get_clim(), image.get_interpolation()), ("lower", (0, 1), "antialiased"))
        np.testing.assert_allclose(image.get_extent(), [*ax.get_xlim(), *ax.get_ylim()])
        np.testing.assert_allclose(image.get_array(), fractions.T, atol=1e-9)

    def assert_ticks(self, ticks, labels, values, fractions):
        """Labels stand where the colours of their numbers are."""
        self.assertGreater(len(labels), 1)
        order = np.argsort(values, axis=None)
        values, fractions = values.ravel()[order], fractions.ravel()[order]
        for place, value in zip(ticks, (value_of(label.get_text()) for label in labels)):
            below, above = fractions[values <= value].max(initial=0), fractions[values >= value].min(initial=1)
            self.assertTrue(below - 1e-9 <= place <= above + 1e-9, (place, value))

    def test_maps_are_the_fields(self):
        """Colours, axes, bar and star of A and B, one scale for both; then how they compare."""
        views = self.views_of(self.coarse)
        phi, r, sets = self.contents_of(self.coarse)

        def angle(g_phi, g_r, n_phi, n_r):
            return np.degrees(np.arccos((g_phi * n_phi + g_r * n_r) / np.hypot(g_phi, g_r) / np.hypot(n_phi, n_r)))

        for name, label, of in (
            ("loss", "$L$", lambda f: f["loss"]),
            ("gradient_r", "$g_{r}$", lambda f: f["gradient_r"]),
            ("fisher_r_phi", r"$F_{r\varphi }$", lambda f: f["fisher_r_phi"]),
            ("angle", r"$\angle (g, n)$ [°]", lambda f: angle(*(f[k] for k in fishergrid_program.FIELDS[4:8]))),
        ):
            a, b = both = np.array([of(sets[data]) for data in "AB"])
            scale, most = figures.shared_scale(views, name), np.abs(both).max()
            if name == "loss":
                fractions = np.log(both / both.min()) / np.log(both.max() / both.min())
            elif name == "fisher_r_phi":
                size = np.log1p(np.abs(both) / scale.low) / np.log1p(most / scale.low)
                fractions = 0.5 + 0.5 * np.sign(both) * size
            else:
                fractions = both / 90 if name == "angle" else 0.5 + 0.5 * both / most
            difference = np.log(b / a) if name == "loss" else b - a
            compared = 0.5 + 0.5 * difference / (90 if name == "angle" else np.abs(difference).max())
            figure = figures.map_figure(views, name)
            maps = [ax for ax in figure.axes if ax.images]
            bars = [ax for ax in figure.axes if not ax.images]
            with self.subTest(name):
                sign = "/" if name == "loss" else "\N{MINUS SIGN}"
                for ax, title, shown in zip(maps, ("A", "B", f"B {sign} A"), (*fractions, compared)):
                    self.assert_panel(ax, title)
                    self.assert_image(ax, shown)
                for ax, data in zip(maps, "AB"):
                    i, j = np.unravel_index(sets[data]["loss"].argmin(), (len(phi), len(r)))
                    (star,) = (line for line in ax.lines if line.get_marker() == "*")
                    np.testing.assert_array_equal(star.get_xydata(), [[phi[i], r[j]]])
                kind = "ratio" if name == "loss" else "difference"
                self.assertEqual([bar.get_ylabel() for bar in bars], [label, f"{kind} of {label}"])
                values = both, np.exp(difference) if name == "loss" else difference
                for bar, value, shown in zip(bars, values, (fractions, compared)):
                    self.assert_ticks(bar.get_yticks(), bar.get_yticklabels(), value, shown)
                signed = [ax.images[0].get_cmap().name for ax in maps]
                self.assertEqual(signed, [*2 * ["PuOr_r" if both.min() < 0 else "cividis"], "PuOr_r"])

    def test_data_sets_of_unlike_size_have_their_own_colours(self):
        (self.directory / "a.csv").write_text("x0,x1,y\n1,2,0\n2,1,1\n0,0,1\n")
        self.sweep("--data=A", "--data=few=a.csv", "--data=B", "--samples-per-class=500")
        figure = figures.map_figure(self.views_of(self.file), "loss")
        maps = {ax.get_title(): ax.images[0].get_array() for ax in figure.axes if ax.images}
        self.assertEqual(len(figure.axes), 2 * len(maps))  # a bar for each
        for shown in (maps["few"], maps["few / A"], np.concatenate([maps["A"], maps["B"]])):
            np.testing.assert_allclose([shown.min(), shown.max()], [0, 1])
        self.assertLess(maps["A"].max(), 1)
        arrows = figures.arrow_figure(self.views_of(self.file))
        shown = [c.get_array() for ax in arrows.axes for c in ax.collections if isinstance(c, Quiver)]
        self.assertGreater(shown[2].max(), 0.9)  # g of few

    def test_samples_and_boundary(self):
        phi, r, sets = self.contents_of(self.coarse)
        figure = figures.sample_figure(self.views_of(self.coarse))
        for ax, name in zip(figure.axes, "AB"):
            i, j = np.unravel_index(sets[name]["loss"].argmin(), (len(phi), len(r)))
            zero, one, *lines = ax.lines
            with h5py.File(self.coarse) as file:
                x0, x1, y = (file[f"entry/samples_{name}/{key}"][:] for key in ("x0", "x1", "y"))
            for marks, label, marker, colour in ((zero, 0, "o", "#d55e00"), (one, 1, "^", "#0072b2")):
                np.testing.assert_array_equal(marks.get_xydata(), np.transpose([x0, x1])[y == label])
                self.assertEqual((marks.get_marker(), marks.get_color()), (marker, colour))
                self.assertEqual(marks.get_label(), f"$y={label}$")
            for line, z, style in zip(lines, (1 / 2, 3 / 4, 1 / 4), "- -- --".split()):
                a = np.sin(phi[i]) * line.get_xdata() + np.cos(phi[i]) * line.get_ydata() + r[j]
                np.testing.assert_allclose(1 / (1 + np.exp(-a)), z, atol=1e-9)
                self.assertEqual(line.get_linestyle(), style)
            self.assertEqual([line.get_label() for line in lines[:2]], ["$z=1/2$", "$z=1/4,\\ 3/4$"])
            self.assertEqual((ax.get_xlabel(), ax.get_ylabel()), ("$x_0$", "$x_1$"))

    def test_cuts_go_through_the_minimum_loss(self):
        phi, r, sets = self.contents_of(self.coarse)
        axes = figures.cut_figure(self.views_of(self.coarse)).axes
        self.assertEqual([ax.get_title() for ax in axes], ["loss", "Fisher matrix", "vectors", "", "", ""])
        columns = [["loss"], ["fisher_phi_phi", "fisher_r_phi", "fisher_r_r"], ["gradient", "natural_gradient"]]
        for k, ax in enumerate(axes):
            lines = iter(ax.lines)
            for data in "AB":
                fields = sets[data]
                i, j = np.unravel_index(fields["loss"].argmin(), (len(phi), len(r)))
                for field in columns[k % 3]:
                    parts = [fields[field]] if field in fields else [fields[f"{field}_{axis}"] for axis in ("phi", "r")]
                    values = np.sqrt(sum(part**2 for part in parts))
                    expected = [phi, np.log10(values[:, j])] if k < 3 else [r, np.log10(values[i])]
                    line = next(lines)
                    np.testing.assert_allclose(np.transpose(line.get_xydata()), expected)
                    self.assertTrue(line.get_label().startswith(f"{data}  "))
            self.assertIsNone(next(lines, None))
            self.assertEqual(ax.get_xlabel().strip("$"), r"\varphi $ [rad]" if k < 3 else "r")
            low, high = ax.get_ylim()
            shown = [t for t in ax.yaxis.get_major_locator().tick_values(low, high) if low < t < high]
            self.assertTrue(shown)
            for tick in shown:
                self.assertAlmostEqual(value_of(ax.yaxis.get_major_formatter()(tick, 0)) / 10**tick, 1, delta=0.01)

    def test_shares_of_aligned_cells(self):
        """By NumPy's eigenvectors, in the plane and by F."""
        _, _, sets = self.contents_of(self.coarse)
        axes = figures.alignment_figure(self.views_of(self.coarse)).axes
        self.assertEqual([ax.get_title() for ax in axes], ["as drawn", "measured by $F$"])
        for ax, by_f in zip(axes, (False, True)):
            self.assertEqual(len(ax.lines), 4)
            for line, (data, kind) in zip(ax.lines, ((d, k) for d in "AB" for k in ("gradient", "natural_gradient"))):
                f = sets[data]
                entries = [f[f"fisher_{entry}"] for entry in ("phi_phi", "r_phi", "r_phi", "r_r")]
                sizes, vectors = np.linalg.eigh(np.stack(entries, -1).reshape(*f["loss"].shape, 2, 2))
                v = np.stack([f[f"{kind}_phi"], f[f"{kind}_r"]], -1)
                parts = np.abs(np.einsum("ijk,ijkl->ijl", v, vectors)) * (np.sqrt(sizes) if by_f else 1)
                across, along = np.moveaxis(parts, -1, 0)
                angles = np.degrees(np.arctan2(across, along))
                self.assertTrue(line.get_label().startswith(f"{data}  ${kind[0]}$"))
                for angle, share in line.get_xydata():
                    below, upto = (100 * np.mean(angles <= angle + off) for off in (-1e-6, 1e-6))
                    self.assertTrue(below < share <= upto + 1e-9, (angle, share))
                self.assertEqual(line.get_ydata()[-1], 100)

    def test_ticks_have_room(self):
        for low, high in itertools.product((1.0, 1.9, 4.9, 6.0), (50.0, 99.0, 100.0, 501.0, 2e3, 1e9)):
            scale = scales.Scale("log", low, high)
            self.assertTrue(all(2 <= len(scale.ticks(most)) <= most + 1 for most in (4, 8)), scale)

    def test_arrows_are_evenly_spaced(self):
        for length in range(1, 200):
            chosen = figures.middles(length, 27)
            self.assertTrue(min(length, 27) / 2 <= len(chosen) <= 27, length)
            self.assertLessEqual(np.ptp(np.diff(chosen)) if len(chosen) > 1 else 0, 0, length)
            self.assertLessEqual(abs(chosen[0] - (length - 1 - chosen[-1])), 1, length)

    def vector_panels(self, draw):
        """[(panel, its quiver, (phi, r), loss, (phi, r) components of the field it shows)] of A and B, -g and -n."""
        self.file = self.fine
        figure = draw(self.views_of(self.file))
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
        panels = list(self.vector_panels(figures.arrow_figure))
        for k, (ax, quiver, axes, _, vectors) in enumerate(panels):
            cells = self.cells(axes, quiver.XY)
            sizes = np.hypot(*vectors)
            both = np.array([np.hypot(*panels[n][4]) for n in (k % 2, k % 2 + 2)])  # A and B
            fractions = np.log(both / both.min()) / np.log(both.max() / both.min())
            np.testing.assert_allclose(quiver.get_array(), fractions[k // 2][cells])
            self.assertEqual(quiver.get_clim(), (0, 1))
            dark, bright = quiver.get_cmap()([0.0, 1.0])[:, :3].sum(axis=1)
            self.assertLess(dark, bright)
            bar = ax.figure.axes[len(panels) + k]
            self.assertEqual(bar.get_xlabel(), ["$|g|$", "$|n|$"][k % 2])
            self.assert_ticks(bar.get_xticks(), bar.get_xticklabels(), both, fractions)
            np.testing.assert_allclose(np.transpose(quiver.XY), [axis[k] for axis, k in zip(axes, cells)])
            expected = -np.array([v[cells] for v in vectors])
            np.testing.assert_allclose([quiver.U, quiver.V], expected / np.hypot(*expected), atol=1e-12)

    def test_stream_lines_run_downhill_along_the_vectors(self):
        for ax, heads, axes, loss, vectors in self.vector_panels(figures.stream_figure):
            self.assertEqual(ax.images[0].get_interpolation(), "antialiased")
            (lines,) = (c.get_segments() for c in ax.collections if isinstance(c, LineCollection))
            self.assertGreater(len(lines), 30)
            begin, end = (loss[self.cells(axes, [line[k] for line in lines])] for k in (0, -1))
            self.assertGreater(np.mean(end < begin), 0.95)  # a line may begin and end in one cell
            here = -np.array([v[self.cells(axes, heads.XY)] for v in vectors])
            cosines = np.sum(here * [heads.U, heads.V], axis=0) / np.hypot(*here)
            # across the valley of B the gradient turns round within a cell
            self.assertGreater(np.mean(cosines > 0.9), 0.9)

    def test_stream_lines_follow_a_valley_narrower_than_a_cell(self):
        """The descent of B from the valley's wall runs down the valley's floor to the minimum loss, straight."""
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
        self.file = self.coarse
        text, names = self.report()
        self.assertEqual(names, {*MAPS, *FIGURES})
        self.assertIn("φ in [0, 2π] rad, r in [−5, 5]:\n  data sets A, B on 24 x 20 cells", text)
        self.assertNotIn('id="notes"', text)
        self.assertIsNone(re.search(r"(src|href|srcset|url)\s*[=(]\s*[\"']?(https?:)?//", text))

    def test_report_of_coincident_samples(self):
        """Every cell is undefined, which a framed legend says, also on dark paper."""
        (self.directory / "t.csv").write_text("x0,x1,y\n1,2,0\n1,2,1\n")
        self.succeed("sweep", "-q", "--phi=16", "--r=16", "--data=t=t.csv", "-o", "x.h5")
        text, names = self.report()
        self.assertEqual(names, {*MAPS, *FIGURES})
        self.assertIn("in 256 cells the Fisher matrix is singular", text)
        figure = figures.darken(figures.draw(self.views_of(self.file), "natural_gradient_size"))
        (legend,) = (ax.get_legend() for ax in figure.axes if ax.get_legend() is not None)
        self.assertTrue(all(same_color(text.get_color(), figures.INK) for text in legend.get_texts()))
        self.assertTrue(same_color(figure.axes[0].title.get_color(), figures.PALE_INK))

    def test_table_and_notes(self):
        phi, r, sets = self.contents_of(self.coarse)
        names, table = report.minimum_table(self.views_of(self.coarse))
        self.assertEqual(names, ["A", "B"])
        rows = {symbol: values for _, symbol, values in table}
        for k, name in enumerate(names):
            i, j = np.unravel_index(sets[name]["loss"].argmin(), (len(phi), len(r)))
            cell = {field: values[i, j] for field, values in sets[name].items()}
            expected = {"φ": phi[i], "r": r[j], "|g|": np.hypot(cell["gradient_phi"], cell["gradient_r"])}
            expected |= {"L": cell["loss"], "F_φφ": cell["fisher_phi_phi"]}
            expected |= {"F_rφ": cell["fisher_r_phi"], "F_rr": cell["fisher_r_r"]}
            for symbol, value in expected.items():
                self.assertEqual(rows[symbol][k], value, symbol)
        self.succeed("sweep", "-q", "--phi=4", "--r=4", "--samples-per-class=5", "--damping=0.01", "-o", "x.h5")
        with fishergrid_file.open_sweep(self.file) as sweep:
            self.assertIn("n = (F + λI)⁻¹g with λ = 0.01", " ".join(report.notes_of(sweep, survey(sweep.data_sets))))

    def test_text_of_the_file_is_text_in_the_page(self):
        self.sweep("--data", "A", "--fields", "loss")
        with h5py.File(self.file, "r+") as file:
            file["entry/provenance/parameters/command_line"][()] = "</script><script>alert(1)</script>"
            file["loss_A"].attrs["long_name"] = "</script><b>loss"
        text, _ = self.report()
        self.assertIn("&lt;/script&gt;&lt;script&gt;alert(1)", text)
        self.assertNotIn("<script>alert", text)
        self.assertNotIn("<b>loss", text)
        self.assertEqual(text.count("<script"), 2)

    def test_report_of_some_fields(self):
        self.sweep("--data", "A", "--fields", "fisher_r_phi,gradient_phi,gradient_r")
        text, names = self.report()
        self.assertEqual(names, {"samples", "fisher_r_phi", "gradient_size", "arrows", "streams"})
        self.assertIn("not in the file: loss, fisher_phi_phi, fisher_r_r, natural_gradient_phi", text)

    def test_report_of_chosen_data_sets(self):
        self.sweep("--fields", "loss")
        text, _ = self.report("--data", "B")
        self.assertIn("data set B on", text)
        self.assertIn("Not shown: A.", text)

    def test_report_of_many_data_sets(self):
        name = "N" * 63
        (self.directory / "a.csv").write_text("x0,x1,y\n1,2,0\n2,1,1\n0,0,1\n")
        self.sweep("--fields", "loss", *(f"--data={name}{k}=a.csv" for k in range(8)))
        text, names = self.report()
        self.assertIn(f"Not shown: {name}6, {name}7.", text)
        self.assertEqual(names, {"samples", "loss", "cuts"})

    def test_a_running_sweep(self):
        slow = [*fishergrid_program.SLOW, "--data", "A", "--fields", "loss"]
        process = start_sweep(self.directory, *slow, tiles=1)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.file = self.directory / "x.h5.part"
        text, names = self.report()
        self.assertIn("The sweep is not complete.", text)
        self.assertRegex(text, r"A: \d+ of 90000 cells are computed")
        self.assertIn("loss", names)

    def test_cells_not_computed_and_undefined(self):
        shape = (12, 9)
        flag = np.full(shape, 1, "u1")
        flag[8:], flag[:, :3] = 0, 3
        values = np.where(flag == 1, 2.0, np.where(flag == 3, np.nan, 0.0))
        loss = np.where(flag == 3, 1.0, 2.0)
        write_file(self.file, shape, {"loss": loss, **dict.fromkeys(VECTOR, values), "natural_gradient_flag": flag})
        text, names = self.report()
        self.assertEqual(names, {"arrows", "streams", "natural_gradient_size", "loss", "cuts"})
        self.assertIn("<td>–</td>", text)  # |n| at the minimum loss
        self.assertNotIn(">nan<", text)
        self.assertIn(f"A: {np.count_nonzero(flag)} of 108 cells are computed", text)
        self.assertIn(f"in {np.count_nonzero(flag == 3)} cells the flag of the natural gradient is “flag 3”", text)
        self.assertIn("the file has no samples", text)

    def test_nothing_computed_yet(self):
        fields = dict.fromkeys(["loss", "fisher_r_r", *VECTOR], np.zeros((6, 5)))
        write_file(self.file, (6, 5), fields, complete=0)
        text, names = self.report()
        self.assertIn("A: 0 of 30 cells are computed", text)
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
        for cells in (["1", "30"], ["30", "1"], ["2", "2"], ["1", "1"]):
            with self.subTest(cells=cells):
                grid = ["--phi", cells[0], "--r", cells[1], "--data", "A"]
                self.succeed("sweep", "-q", "--force", *grid, "-o", "x.h5")
                views = self.views_of(self.file)
                names = {name for name in (*MAPS, *FIGURES) if report.drawable(name, views)}
                self.assertEqual(names, {*MAPS, *FIGURES} - ({"cuts"} if cells == ["1", "1"] else set()))
                if cells == ["1", "30"]:
                    self.assertEqual(self.report()[1], names)
                    continue
                for name in names:  # as the report does
                    figure = figures.draw(views, name)
                    figures.picture(figure)
                    self.assertTrue(name != "cuts" or len(figure.axes) == 3 * sum(count != "1" for count in cells))
                page.sets_data(views)

    # --- the setup ---

    def options_of(self, setup):
        """Of a file made by hand with these scalars in /entry/setup; None: without it."""
        write_file(self.file, (5, 4), {"loss": np.ones((5, 4))})
        with h5py.File(self.file, "r+") as file:
            for name, value in (setup or {}).items():
                file[f"entry/setup/{name}"] = value
        with fishergrid_file.open_sweep(self.file) as sweep:
            self.assertEqual([data.options for data in sweep.data_sets], [sweep.options])
            return sweep.options, sweep.provenance

    def test_what_the_setup_tells(self):
        """And nothing else, above all no text that was made for people."""
        everything = {"method": "direct", "reduction": "mean", "damping": 0.1}
        made = {"kernel": "avx2", "seed": np.uint64(2**64 - 1), "phi_cells": 5}
        options, provenance = self.options_of({**everything, **made})
        self.assertEqual(options, everything)
        self.assertEqual((provenance["kernel"], provenance["seed"]), ("avx2", str(2**64 - 1)))
        self.assertEqual(self.options_of({"damping": 2.5})[0], {"damping": 2.5})
        self.assertEqual(self.options_of({"reduction": ["mean"], "damping": [1.0, 2.0]})[0], {})
        self.assertEqual(self.options_of(None), ({}, {}))
        self.succeed("sweep", "-q", "--phi=4", "--r=4", "--reduction=mean", "--damping=0.25", "-o", "x.h5", "--force")
        with h5py.File(self.file, "r+") as file:
            file["entry/provenance/parameters/config_json"][()] = '{"damping": 7, "reduction": "sum"}'
        with fishergrid_file.open_sweep(self.file) as sweep:
            self.assertEqual(sweep.options, {"method": "auto", "reduction": "mean", "damping": 0.25})

    def test_a_damping_that_is_no_number_is_refused(self):
        write_file(self.file, (5, 4), {"loss": np.ones((5, 4))})
        with h5py.File(self.file, "r+") as file:
            file["entry/setup/damping"] = "much"
        self.assert_refused("damping")

    # --- bad files ---

    def test_nothing_to_draw_is_refused(self):
        write_file(self.file, (5, 5), {"other": np.ones((5, 5))})
        done = self.run_script("report.py", self.file, "-o", "report")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.plot("other")  # a field nobody knows is a field

    def test_no_file_is_refused(self):
        self.assert_refused("x.h5: no such file")
        (self.directory / "x.h5.part").write_text("")
        self.assert_refused("x.h5: no such file; did you mean x.h5.part?")

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
