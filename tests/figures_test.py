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
from matplotlib.collections import EllipseCollection
from matplotlib.colors import same_color
from matplotlib.quiver import Quiver
from fishergrid_program import ProgramTest, paused, start_sweep
from sweep_file import ANALYSIS, value_of, write_csv, write_file, zero_of_gradient

import figures  # of ANALYSIS
import fishergrid_file
import lines
import page_sets
import plot
import report
import scales
from network import between, matrices
from survey import survey

GRID = ["--phi", "24", "--r", "20", "--samples-per-class", "50"]
VECTOR = ["natural_gradient_phi", "natural_gradient_r"]
MAPS = [
    "loss", "fisher_phi_phi", "fisher_r_r", "fisher_r_phi", "gradient_phi", "gradient_r", *VECTOR
]  # fmt: skip
FROM_SAMPLES = ["flows", "matrices", "ellipses", "steps", "curvature"]
FIGURES = ["samples", "arrows", *FROM_SAMPLES, "geodesics"]


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

    def minimum(self, name):
        """(phi, r) of the minimum of a data set of the coarse sweep."""
        phi, r, sets = self.contents_of(self.coarse)
        i, j = np.unravel_index(sets[name]["loss"].argmin(), (len(phi), len(r)))
        with h5py.File(self.coarse) as file:
            return zero_of_gradient(file, name, (phi[i], r[j]))

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

    def report(self, *arguments, suffixes=("png",)):
        """Writes the report of the file in this process; returns page and names of figures, which are not blank."""
        def draw(views, names, directory):
            report.draw_figures(views, names if suffixes else (), directory, suffixes)

        directory = self.directory / "report"
        with mock.patch.object(report, "draw_in_parallel", draw), contextlib.redirect_stdout(None):
            self.assertEqual(report.main([str(self.file), "-o", str(directory), *arguments]), 0)
        for picture in directory.glob("*.png"):
            self.assert_picture(picture)
        text = (directory / "report.html").read_text(encoding="utf-8")
        return text, set(re.findall('<li id="([a-z_]+)">', text))

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
        self.assertEqual([ax.get_title()[:2] for ax in maps], ["A:", "B:"])
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
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "plot: cannot write no/x.png: No such file or directory\n")
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
        """Colours, axes, bar and star of A and B, one scale for both; then B minus A at the other r."""
        views = self.views_of(self.coarse)
        _, _, sets = self.contents_of(self.coarse)

        def angle(g_phi, g_r, n_phi, n_r):
            return np.degrees(np.arccos((g_phi * n_phi + g_r * n_r) / np.hypot(g_phi, g_r) / np.hypot(n_phi, n_r)))

        nats = "sum over 100 samples]"
        for name, title, label, of, changes in (
            ("loss", "$L$\ncross-entropy loss", f"$L$ [nats, {nats}", lambda f: f["loss"], False),
            ("gradient_r", "$g_{r}$\nderivative of the loss by r", f"$g_{{r}}$ [nats, {nats}",
             lambda f: f["gradient_r"], False),
            ("fisher_r_phi", "$F_{r\\varphi }$\nFisher information\nbetween r and φ",
             rf"$F_{{r\varphi }}$ [nats/rad, {nats}", lambda f: f["fisher_r_phi"], True),
            ("angle", "$\\angle (g, n)$\nangle between gradient and\nnatural gradient", r"$\angle (g, n)$ [°]",
             lambda f: angle(*(f[k] for k in fishergrid_program.FIELDS[4:8])), True),
        ):  # fmt: skip
            both = np.array([of(sets[data]) for data in "AB"])
            symbol = title.partition("\n")[0]
            scale, most = figures.shared_scale(views, name), np.abs(both).max()
            if name == "loss":
                fractions = np.log(both / both.min()) / np.log(both.max() / both.min())
            elif name == "fisher_r_phi":
                size = np.log1p(np.abs(both) / scale.low) / np.log1p(most / scale.low)
                fractions = 0.5 + 0.5 * np.sign(both) * size
            else:
                fractions = both / 90 if name == "angle" else 0.5 + 0.5 * both / most
            figure = figures.map_figure(views, name)
            maps = [ax for ax in figure.axes if ax.images]
            bars = [ax for ax in figure.axes if not ax.images]
            with self.subTest(name):
                for ax, data, shown in zip(maps, "AB", fractions):
                    self.assert_panel(ax, f"{data}: {title}")
                    self.assert_image(ax, shown)
                    (star,) = (line for line in ax.lines if line.get_marker() == "*")
                    np.testing.assert_allclose(star.get_xydata(), [self.minimum(data)], atol=1e-6)
                difference = f"difference {label[label.index('['):]}"
                self.assertEqual([bar.get_ylabel() for bar in bars], [label, *[difference] * changes])
                self.assert_ticks(bars[0].get_yticks(), bars[0].get_yticklabels(), both, fractions)
                self.assertEqual(maps[2].get_title(), f"B − A: {symbol}\nwith A at (φ, r + 5 sin φ)")
                shown = maps[2].images[0].get_array()
                self.assertEqual(np.ptp(shown) > 0.1, changes)
                self.assertEqual(["no difference"] * (not changes), [text.get_text() for text in maps[2].texts])
                signed = [ax.images[0].get_cmap().name for ax in maps]
                self.assertEqual(signed, [*2 * ["PuOr_r" if both.min() < 0 else "cividis"], "PuOr_r"])

    def test_differences_are_those_of_the_same_lines(self):
        """F_φφ of B minus that of A, whose lines are turned about a point 5 away: 10 cos φ F_rφ + 25 cos² φ F_rr."""
        first, other = self.views_of(self.coarse)
        values, _ = figures.comparison(other, first, "fisher_phi_phi")
        a = first.moved((5.0, 0.0)).values
        cos = np.cos(other.local.phi)[:, None]
        expected = 10 * cos * a["fisher_r_phi"] + 25 * cos**2 * a["fisher_r_r"]
        np.testing.assert_allclose(values, expected, atol=1e-9 * np.abs(expected).max())  # what counts as none

    def test_data_sets_of_unlike_size_have_their_own_colours(self):
        (self.directory / "a.csv").write_text("x0,x1,y\n1,2,0\n2,1,1\n0,0,1\n")
        self.sweep("--data=A", "--data=few=a.csv", "--data=B", "--samples-per-class=500")
        figure = figures.map_figure(self.views_of(self.file), "loss")
        maps = {ax.get_title().partition(":")[0]: ax.images[0].get_array() for ax in figure.axes if ax.images}
        self.assertEqual(set(maps), {"A", "few", "B", "B − A"})  # few is not A, moved
        self.assertEqual(len(figure.axes), 4 + 3)  # bars of A, few and B
        for shown in (maps["few"], np.concatenate([maps["A"], maps["B"]])):
            np.testing.assert_allclose([shown.min(), shown.max()], [0, 1])
        self.assertLess(maps["A"].max(), 1)

    def test_samples_and_boundary(self):
        figure = figures.sample_figure(self.views_of(self.coarse))
        for ax, name in zip(figure.axes, "AB"):
            phi, r = self.minimum(name)
            zero, one, *lines, lever, origin = ax.lines
            with h5py.File(self.coarse) as file:
                x0, x1, y = (file[f"entry/samples_{name}/{key}"][:] for key in ("x0", "x1", "y"))
            for marks, label, marker, colour in ((zero, 0, "o", "#d55e00"), (one, 1, "^", "#0072b2")):
                np.testing.assert_array_equal(marks.get_xydata(), np.transpose([x0, x1])[y == label])
                self.assertEqual((marks.get_marker(), marks.get_color()), (marker, colour))
                self.assertEqual(marks.get_label(), f"$y={label}$")
            for line, z, style in zip(lines, (1 / 2, 3 / 4, 1 / 4), "- -- --".split()):
                a = np.sin(phi) * line.get_xdata() + np.cos(phi) * line.get_ydata() + r
                np.testing.assert_allclose(1 / (1 + np.exp(-a)), z, atol=1e-6)
                self.assertEqual(line.get_linestyle(), style)
            self.assertEqual([line.get_label() for line in lines[:2]], ["$z=1/2$", "$z=1/4,\\ 3/4$"])
            self.assertEqual((ax.get_xlabel(), ax.get_ylabel()), ("$x_0$", "$x_1$"))
            (foot, end), arm = lever.get_xydata(), np.cos(phi) * x0.mean() - np.sin(phi) * x1.mean()
            self.assertAlmostEqual(np.hypot(*(end - foot)), abs(arm))
            self.assertAlmostEqual(foot @ (end - foot), 0)  # the foot of the origin
            self.assertEqual(lever.get_label(), f"lever arm, {float(f'{abs(arm):.3g}'):g}")
            np.testing.assert_array_equal(origin.get_xydata(), [[0, 0]])

    def test_no_title_or_label_is_cut(self):
        for path in (self.coarse, self.fine):
            views = self.views_of(path)
            for name in (*MAPS, *FIGURES):
                self.assert_readable(figures.draw(views, name), name)

    def assert_readable(self, figure, name):
        """No title or label is cut, no titles overlap, and one unit of phi is as long as one of r."""
        width, height = figures.picture(figure).size
        titles, panels = [], []
        for ax in figure.axes:
            for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
                box = text.get_window_extent()
                inside = -1 <= box.x0 and box.x1 <= width + 1 and -1 <= box.y0 and box.y1 <= height + 1
                self.assertTrue(inside or not text.get_text(), (name, text.get_text(), box))
            if "varphi" in ax.get_xlabel():
                self.assertEqual(ax.get_aspect(), 1, name)
                panels.append(ax)
            if ax.get_title():
                titles.append(ax.title.get_window_extent())
        for first, second in itertools.combinations(titles, 2):
            self.assertFalse(first.overlaps(second), name)
        heights = [panel.get_window_extent().height for panel in panels]
        for bar in (ax for ax in figure.axes if ax.get_label() == "<colorbar>"):
            if bar.get_window_extent().height > bar.get_window_extent().width:
                self.assertLess(min(abs(bar.get_window_extent().height - h) for h in heights), 1.5, name)  # pixels
        for left, right in zip(panels, panels[1:]):  # what is the same in a row stands on the left
            in_a_row = left.get_window_extent().y0 == right.get_window_extent().y0
            if in_a_row and left.get_ylim() == right.get_ylim():
                self.assertEqual(right.get_ylabel(), "", name)
                self.assertFalse(any(label.get_visible() for label in right.get_yticklabels()), name)

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
        """Their colours cover the middle nine tenths of those of A and B, so that most can be told apart."""
        panels = list(self.vector_panels(figures.arrow_figure))
        both = [np.hypot(*vectors)[self.cells(axes, quiver.XY)] for _, quiver, axes, _, vectors in panels]
        for k, (ax, quiver, axes, _, vectors) in enumerate(panels):
            cells = self.cells(axes, quiver.XY)
            sizes = np.hypot(*vectors)[cells]
            low, high = np.quantile([both[k % 2], both[k % 2 + 2]], [0.05, 0.95])
            np.testing.assert_allclose(quiver.get_array(), np.clip(np.log(sizes / low) / np.log(high / low), 0, 1))
            self.assertEqual(quiver.get_clim(), (0, 1))
            dark, bright = quiver.get_cmap()([0.0, 1.0])[:, :3].sum(axis=1)
            self.assertLess(dark, bright)
            bar = ax.figure.axes[len(panels) + k]
            self.assertEqual(bar.get_xlabel(), ["$|g|$", "$|n|$"][k % 2])
            self.assert_ticks(bar.get_xticks(), bar.get_xticklabels(), sizes, np.asarray(quiver.get_array()))
            np.testing.assert_allclose(np.transpose(quiver.XY), [axis[k] for axis, k in zip(axes, cells)])
            expected = -np.array([v[cells] for v in vectors])
            np.testing.assert_allclose([quiver.U, quiver.V], expected / np.hypot(*expected), atol=1e-12)

    def test_flow_lines_are_complete(self):
        """A dozen a panel, each downhill along the vectors of the file and to the minimum, whatever the valley does."""
        with h5py.File(self.fine) as file:
            ends = {name: zero_of_gradient(file, name, (3.14, 1.5)) for name in "AB"}
            phi, r = file["phi"][:], file["r"][:]
            for view in self.views_of(self.fine):
                for kind, found in lines.flows(view).items():
                    self.assertEqual(len(found), 12)
                    aligned = 0
                    vectors = [file[f"entry/{view.name}/{kind}_{axis}"][:] for axis in ("phi", "r")]
                    for line in found:
                        off = line[-1] - ends[view.name]
                        self.assertLess(np.hypot(np.angle(np.exp(1j * off[0])), off[1]), 0.011)
                        losses = [view.network.at(*place)["loss"] for place in line[::10]]
                        self.assertLess(np.max(np.diff(losses)), 0)
                        cell = np.abs(phi - line[0, 0]).argmin(), np.abs(r - line[0, 1]).argmin()
                        way, down = line[1] - line[0], -np.array([v[cell] for v in vectors])
                        aligned += way @ down > 0.9 * np.hypot(*way) * np.hypot(*down)
                    self.assertGreaterEqual(aligned, 10)  # the gradient of B may turn round within the nearest cell

    def test_flow_lines_of_a_tall_grid_are_complete(self):
        self.succeed("sweep", "-q", "--phi=32", "--r=32", "--r-range=-300:300", "-o", "tall.h5")
        for view in self.views_of(self.directory / "tall.h5"):
            for line in (line for found in lines.flows(view).values() for line in found):
                self.assertLess(between(line[-1], (view.minimum.phi, view.minimum.r)), 0.011)

    def test_lines_go_on_at_the_other_side(self):
        view = self.views_of(self.fine)[1]
        line = np.array([[6.0, 1], [6.2, 2], [6.4, 3], [13.0, 4]])
        shown = figures.wrapped(line, view)
        np.testing.assert_allclose(shown[[0, 1, 3, 5], 0], np.mod(line[:, 0], 2 * np.pi))
        self.assertEqual(np.isnan(shown[:, 0]).nonzero()[0].tolist(), [2, 4, 6])

    def test_geodesics_are_shorter_than_descents(self):
        """And than lines beside them, up to what the solver's 1e-3 does to a length, which is of second order."""
        for view in self.views_of(self.fine):
            network = view.network
            for found in lines.geodesics(view):
                geodesic = found["geodesic"]
                for name in ("gradient", "natural_gradient"):
                    np.testing.assert_allclose(geodesic[0], found[name][0])
                    self.assertLess(lines.length(network, geodesic), lines.length(network, found[name]))
                bump = np.sin(np.linspace(0, np.pi, len(geodesic)))[:, None]
                for way in ([0.1, 0], [0, 0.1], [-0.1, 0], [0, -0.1]):
                    beside = lines.length(network, geodesic + bump * way)
                    self.assertLess(lines.length(network, geodesic), (1 + 1e-5) * beside)

    def test_ellipses_are_those_of_the_matrices(self):
        """Their long axis is the eigenvector of the smaller eigenvalue; H has none where it is indefinite."""
        (view, _) = self.views_of(self.coarse)
        ax = figures.ellipse_figure([view]).axes[0]
        fisher, hessian, empirical = (c for c in ax.collections if isinstance(c, EllipseCollection))
        self.assertLess(len(hessian.get_offsets()), len(fisher.get_offsets()))
        for name, drawn in (("fisher", fisher), ("empirical_fisher", empirical), ("hessian", hessian)):
            for (phi, r), turn, width, height in zip(drawn.get_offsets(), drawn._angles, drawn._widths, drawn._heights):
                found = view.network.at(phi, r)
                f, h, e = matrices(found)
                matrix = {"fisher": f, "hessian": h, "empirical_fisher": e}[name]
                values, vectors = np.linalg.eigh(matrix)
                self.assertGreater(values[0], 0)
                self.assertAlmostEqual(abs(vectors[:, 0] @ [np.cos(turn), np.sin(turn)]), 1, places=6)
                self.assertAlmostEqual(height / width, max(np.sqrt(values[0] / values[1]), 0.02), places=6)

    def test_steps_are_those_of_the_samples(self):
        (view, _) = self.views_of(self.coarse)
        ax = figures.step_figure([view]).axes[0]
        quivers = [c for c in ax.collections if isinstance(c, Quiver)]
        for quiver, colour in zip(quivers, ("newton", "gradient", "natural_gradient")):
            self.assertTrue(same_color(quiver.get_facecolor()[0], figures.KINDS[colour]))
            for (phi, r), u, v in zip(quiver.XY, quiver.U, quiver.V):
                f, h, _ = matrices(view.network.at(phi, r))
                g = [view.network.at(phi, r)[f"gradient_{axis}"] for axis in ("phi", "r")]
                step = -np.linalg.solve({"newton": h, "gradient": np.eye(2), "natural_gradient": f}[colour], g)
                np.testing.assert_allclose([u, v], step / np.hypot(*step), atol=1e-8)

    def test_entries_that_share_a_unit_share_their_colours(self):
        """Those of one data set, and those of data sets of like size."""
        views = self.views_of(self.coarse)
        axes = [ax for ax in figures.matrix_figure(views).axes if ax.images]
        self.assertEqual(len(axes), 14)
        panels = {ax.get_title(): ax.images[0].get_array() for ax in axes}
        entries = [view.local.values[name] for view in views for name, _ in figures.ENTRIES[0]]
        scale = scales.scale_of(entries)
        titles = [f"{view.name}\n{figures.title_tex(title)}" for view in views for _, title in figures.ENTRIES[0]]
        self.assertEqual(titles[4], "B\nHessian, $H_{\\varphi \\varphi }$")
        for title, entry in zip(titles, entries):
            np.testing.assert_allclose(panels[title], scale.fraction(entry).T, atol=1e-12)
        for view in views:  # both r r entries show what they do, on one scale
            for title in ("Fisher, F_rr = H_rr", "empirical, E_rr"):
                self.assertGreater(np.ptp(panels[f"{view.name}\n{figures.title_tex(title)}"]), 0.4, title)

    def test_contours_of_the_curvature_do_not_crowd(self):
        """Its ridges are narrow: with linear colours five of eight contours lie in an eighth of the map."""
        views = [view.local for view in self.views_of(self.coarse)]
        self.assertEqual(figures.shared_scale(views, "fisher_curvature").kind, "log")

    # --- reports ---

    def test_report_of_both_data_sets(self):
        """As a person runs it, with all files."""
        done = self.run_script("report.py", self.coarse, "-o", "report")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        pictures = sorted((self.directory / "report").glob("*.png"))
        self.assertEqual({picture.stem for picture in pictures}, {*MAPS, *FIGURES})
        self.assertIn(f"and {len(pictures)} figures", done.stdout)
        for picture in pictures:
            self.assert_picture(picture)
            self.assertEqual(picture.with_suffix(".pdf").read_bytes()[:5], b"%PDF-")
        text = (self.directory / "report" / "report.html").read_text(encoding="utf-8")
        self.assertIn("24 x 20", text)
        self.assertNotIn("The sweep is not complete", text)
        self.assertIsNone(re.search(r"(src|href|srcset|url)\s*[=(]\s*[\"']?(https?:)?//", text))

    def test_report_of_coincident_samples(self):
        """Every cell is undefined, which a legend says."""
        (self.directory / "t.csv").write_text("x0,x1,y\n1,2,0\n1,2,1\n")
        self.succeed("sweep", "-q", "--phi=16", "--r=16", "--data=t=t.csv", "-o", "x.h5")
        text, names = self.report()
        self.assertEqual(names, {*MAPS, *FIGURES} - {"geodesics"})
        self.assertIn("in 256 cells the Fisher matrix is singular", text)

    def test_report_of_hard_data(self):
        """Unbalanced, separable, one class, on a line, saturated, and tiny samples, beside each other and alone."""
        random = np.random.default_rng(6)
        points, half = random.normal(size=(2, 60)), np.arange(60) % 2
        data = {
            "unbalanced": (*points, np.arange(60) // 58), "separable": (points[0], points[1] + 20 * half, half),
            "one": (*points, 0 * half), "line": (points[0], 2 * points[0] + 1, half),
            "far": (1000 * points[0], points[1], half), "a_name_of_a_data_set_that_is_long": (*(1e-3 * points), half),
        }  # fmt: skip
        for name, samples in data.items():
            write_csv(self.directory / f"{name}.csv", *samples)
        sets = [f"--data={name}={name}.csv" for name in data]
        self.succeed("sweep", "-q", "--phi=24", "--r=20", *sets, "-o", "x.h5")
        views = self.views_of(self.file)
        drawn = [(views, (*MAPS, *FIGURES)), *(([view], FROM_SAMPLES) for view in views)]
        for some, names in drawn:
            for name in names:
                if report.drawable(name, some):
                    self.assert_readable(figures.draw(report.drawable(name, some), name), name)

    def test_damping_is_noted(self):
        self.succeed("sweep", "-q", "--phi=4", "--r=4", "--samples-per-class=5", "--damping=0.01", "-o", "x.h5")
        with fishergrid_file.open_sweep(self.file) as sweep:
            self.assertIn("n = (F + λI)⁻¹g with λ = 0.01", " ".join(report.notes_of(sweep, survey(sweep.data_sets))))

    def test_text_of_the_file_is_text_in_the_page(self):
        self.sweep("--data", "A", "--fields", "loss")
        with h5py.File(self.file, "r+") as file:
            file["entry/provenance/parameters/command_line"][()] = "</script><script>alert(1)</script>"
            file["loss_A"].attrs["long_name"] = "</script><b>loss"
        text, _ = self.report(suffixes=())
        self.assertIn("&lt;/script&gt;&lt;script&gt;alert(1)", text)
        self.assertNotIn("<script>alert", text)
        self.assertNotIn("<b>loss", text)
        self.assertEqual(text.count("<script"), 3)  # two of the page, one of its worker

    def test_report_of_some_fields(self):
        self.sweep("--data", "A", "--fields", "fisher_r_phi,gradient_phi,gradient_r")
        text, names = self.report()
        drawn = {"samples", "fisher_r_phi", "gradient_phi", "gradient_r", "arrows", "geodesics"}
        self.assertEqual(names, {*drawn, *FROM_SAMPLES})
        self.assertIn("not in the file: loss, fisher_phi_phi, fisher_r_r, natural_gradient_phi", text)

    def test_report_of_chosen_data_sets(self):
        self.sweep("--fields", "loss")
        text, _ = self.report("--data", "B", suffixes=())
        self.assertIn("data set B on", text)
        self.assertIn("Not shown: A.", text)

    def test_report_of_many_data_sets(self):
        name = "N" * 63
        (self.directory / "a.csv").write_text("x0,x1,y\n1,2,0\n2,1,1\n0,0,1\n")
        self.sweep("--fields", "loss", *(f"--data={name}{k}=a.csv" for k in range(8)))
        text, names = self.report()
        self.assertIn(f"Not shown: {name}6, {name}7.", text)
        self.assertEqual(names, {"samples", "loss", "geodesics", *FROM_SAMPLES})

    def test_a_running_sweep(self):
        slow = [*fishergrid_program.SLOW, "--data", "A", "--fields", "loss"]
        process = start_sweep(self.directory, *slow, tiles=1)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.file = self.directory / "x.h5.part"
        with paused(process):
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
        text, names = self.report(suffixes=("png", "pdf"))
        self.assertEqual(names, {"arrows", *VECTOR, "loss"})
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
        _, names = self.report(suffixes=("png", "pdf"))
        self.assertEqual({*MAPS, "arrows"}, names)

    def test_constant_fields(self):
        write_file(self.file, (5, 4), {name: np.full((5, 4), 2.0) for name in ("loss", "fisher_r_r", "gradient_r")})
        _, names = self.report()
        self.assertEqual(names, {"loss", "fisher_r_r", "gradient_r"})

    def test_smallest_grids(self):
        for cells in (["1", "30"], ["30", "1"], ["2", "2"], ["1", "1"]):
            with self.subTest(cells=cells):
                grid = ["--phi", cells[0], "--r", cells[1], "--data", "A"]
                self.succeed("sweep", "-q", "--force", *grid, "-o", "x.h5")
                views = self.views_of(self.file)
                names = {name for name in (*MAPS, *FIGURES) if report.drawable(name, views)}
                plane = {*FROM_SAMPLES, "geodesics"} if "1" in cells else set()
                self.assertEqual(names, {*MAPS, *FIGURES} - plane)
                if cells == ["1", "30"]:
                    self.assertEqual(self.report()[1], names)
                    continue
                for name in names:  # as the report does
                    figures.picture(figures.draw(views, name))
                page_sets.sets_data(views)

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
