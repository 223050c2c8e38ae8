#!/usr/bin/env python3
"""Tests what analysis/ computes from a file: derived quantities, extremes, and the claims of the report, each where
it holds and where it does not.

    claims_test.py PROGRAM
"""

import re
import unittest

import fishergrid_program
import h5py
import matplotlib
import numpy as np
from fishergrid_program import FIELDS, SLOW, ProgramTest, start_sweep
from PIL import Image
from sweep_file import ANALYSIS, value_of, write_csv, write_file, zero_of_gradient

import claims
import figures
import fishergrid_file
import lines
import quantities
import report
from script import BadInput
from survey import survey

GRID = ["--phi", "80", "--r", "60"]  # few enough for findings to see every cell


def local_cells(view):
    """Positions in the picture of the cells of view.local."""
    return np.searchsorted(view.rows, view.local.rows), np.searchsorted(view.columns, view.local.columns)


def views_of(path, **options):
    with fishergrid_file.open_sweep(path) as sweep:
        return survey(sweep.data_sets, **options)


class QuantitiesTest(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(1)
        self.points = random.normal(size=(300, 5, 2)) * [3, 1]
        self.matrices = np.einsum("nki,nkj->nij", self.points, self.points)
        self.entries = self.matrices[:, 0, 0], self.matrices[:, 0, 1], self.matrices[:, 1, 1]

    def test_fisher_quantities_are_those_of_the_matrix(self):
        values = np.linalg.eigvalsh(self.matrices)
        # 1e-10: a few roundings, times a condition number of some thousands at most
        np.testing.assert_allclose(quantities.condition(*self.entries), values[:, 1] / values[:, 0], rtol=1e-10)
        np.testing.assert_allclose(quantities.volume(*self.entries), np.sqrt(values.prod(axis=1)), rtol=1e-10)
        cosines = np.sum(self.points.prod(-1), 1) / np.sqrt(np.prod(np.sum(self.points**2, 1), -1))
        np.testing.assert_allclose(quantities.correlation(*self.entries), cosines, rtol=1e-10)

    def test_angles_of_vectors(self):
        a, b = np.random.default_rng(5).normal(size=(2, 300, 2))
        turn = np.angle((a @ [1, 1j]) / (b @ [1, 1j]), deg=True)
        np.testing.assert_allclose(quantities.angle(*a.T, *b.T), np.abs(turn), atol=1e-10)
        np.testing.assert_allclose(quantities.size(*a.T), np.linalg.norm(a, axis=1), rtol=1e-15)

    def test_angle_is_right_for_the_largest_and_smallest_vectors(self):
        for scale in (1e-308, 1.0, 1e308):
            found = quantities.angle(*(np.array([x * scale]) for x in (1.0, 0.0, 1.0, 1.0)))
            self.assertAlmostEqual(found[0], 45.0)
        self.assertTrue(np.isnan(quantities.angle(*np.zeros((4, 1)))[0]))

    def test_no_overflow(self):
        entries = [np.array([x]) for x in (1e308, 0.5e308, 1e308)]
        self.assertAlmostEqual(quantities.condition(*entries)[0], 3.0)
        self.assertAlmostEqual(quantities.volume(*entries)[0] / 1e308, np.sqrt(0.75))
        self.assertEqual(quantities.size(np.array([1e308]), np.array([1.7e308]))[0], quantities.LARGEST)

    def test_rank_one_has_neither_condition_nor_volume(self):
        entries = [np.array([x]) for x in (9.0, 3.0, 1.0)]
        self.assertTrue(np.isnan(quantities.condition(*entries)[0]) and np.isnan(quantities.volume(*entries)[0]))


    def test_what_rounding_hides_is_unknown(self):
        """What is shown of rounded matrices is right to two digits and a little: errors are those of first order."""
        fields = dict(zip(quantities.FISHER, self.entries))
        drawn = {q.name: q for q in quantities.DERIVED}
        random = np.random.default_rng(4)
        for error in (6e-8, 5e-7, 5e-4):
            rounding = dict.fromkeys(fields, error)
            rounded = {name: x * (1 + error * random.choice([-1, 1], x.shape)) for name, x in fields.items()}
            for name in ("fisher_condition", "fisher_volume"):
                exact = drawn[name].values(fields, dict.fromkeys(fields, 0))
                found = drawn[name].values(rounded, rounding)
                shown = np.isfinite(found)
                self.assertTrue(shown.any())
                self.assertTrue(np.isnan(drawn[name].values(rounded, dict.fromkeys(fields, 0.3))).all())
                np.testing.assert_allclose(found[shown], exact[shown], rtol=1.1 * quantities.TWO_DIGITS)
            self.assertEqual(shown.all(), error < 5e-4)


class SurveyTest(ProgramTest):
    def test_extremes_come_from_all_cells(self):
        """Also from those between the cells of the picture, and across the slabs in which a field is read."""
        loss = np.full((50, 40), 3.0)
        loss[31, 17], loss[2, 3], loss[49] = 0.5, 7.0, 0.0  # the last row is not computed
        flag = np.where(np.arange(50)[:, None] < 49, np.ones(loss.shape, "u1"), 0).astype("u1")
        write_file(self.directory / "x.h5", loss.shape, {"loss": loss, "natural_gradient_flag": flag})
        slab_cells, fishergrid_file.SLAB_CELLS = fishergrid_file.SLAB_CELLS, 80
        self.addCleanup(setattr, fishergrid_file, "SLAB_CELLS", slab_cells)
        (view,) = views_of(self.directory / "x.h5", side=4)
        extremes = view.extremes["loss"]
        self.assertEqual(
            (extremes.low, extremes.low_cell, extremes.high, extremes.high_cell), (0.5, (31, 17), 7.0, (2, 3))
        )
        self.assertEqual((extremes.cells, view.n_computed, view.n_cells), (49 * 40, 49 * 40, 50 * 40))
        self.assertEqual((view.at("loss", (31, 17)), view.at("loss", (2, 3))), (0.5, 7.0))
        self.assertEqual(view.values["loss"].shape, (6, 6))  # four even ones, and those of the two extremes
        self.assertTrue(np.isnan(view.values["loss"][-1]).all())

    def test_cells_that_are_not_computed_have_no_values(self):
        """Neither by their flag nor, in files without it, by the marks of the tiles."""
        for fields in ("loss", "loss,natural_gradient_phi"):
            for tile in ("128", "2100"):  # a part of a row, and seven rows
                with self.subTest(fields=fields, tile=tile):
                    options = [*SLOW, "--data=A", f"--fields={fields}", f"--tile={tile}"]
                    process = start_sweep(self.directory, *options, tiles=2)
                    process.kill()
                    process.communicate()
                    part = self.directory / "x.h5.part"
                    (view,) = views_of(part)
                    with h5py.File(part) as file:
                        raw, marks = file["loss_A"][:], file["entry/tiles_A/checksum"][:] != 0
                    part.unlink()
                    shown = np.isfinite(view.values["loss"])
                    np.testing.assert_array_equal(shown, view.computed)
                    np.testing.assert_array_equal(view.values["loss"][shown], raw[shown])
                    self.assertGreater(raw[shown].min(), 0)
                    self.assertTrue(view.partial)
                    if fields == "loss":
                        i, j = np.indices((300, 300))
                        tiles = 3 * i + j // 128 if tile == "128" else i // 7  # of 1 x 128 or 7 x 300 cells
                        np.testing.assert_array_equal(view.computed, marks[tiles])

    def test_a_complete_file_is_computed_where_it_is_zero(self):
        write_csv(self.directory / "k.csv", [1000, -1000], [0, 0], [0, 1])
        self.succeed("sweep", "-q", "--phi=20", "--r=20", "--data=k=k.csv", "--fields=loss", "-o", "x.h5")
        (view,) = views_of(self.directory / "x.h5")
        self.assertEqual((view.n_computed, view.extremes["loss"].low), (400, 0))

    def test_the_picture_holds_cells_of_the_file(self):
        self.succeed("sweep", "-q", *GRID, "-o", "x.h5")
        for view in views_of(self.directory / "x.h5", side=20):
            with h5py.File(self.directory / "x.h5") as file:
                for name in ("loss", "natural_gradient_r"):
                    field = file[f"entry/{view.name}/{name}"][:]
                    np.testing.assert_array_equal(view.values[name], field[np.ix_(view.rows, view.columns)])
                    self.assertEqual((view.extremes[name].low, view.extremes[name].high), (field.min(), field.max()))
                    self.assertEqual((np.min(view.values[name]), np.max(view.values[name])), (field.min(), field.max()))


AT_MINIMUM = {"free", "lever", "turning", "rates", "longer", "shortest"}
NAMES = {finding.name for finding in (*claims.ON_GRID, *claims.AT_MINIMUM, *claims.OF_PAIRS)}


def n(value, digits=4):
    """A number as sentences have it, unless it is very small or large."""
    return f"{float(f'{value:.{digits}g}'):.12g}".replace("-", "−")


class Plain:
    """A data set of a file by plain NumPy: the point matrices and the fields over the cells of the file."""

    def __init__(self, file, name):
        self.name = name
        self.phi, self.r = file["phi"][:], file["r"][:]
        self.x0, self.x1, self.y = (file[f"entry/samples_{name}/{key}"][:] for key in ("x0", "x1", "y"))
        self.fields = {field: file[f"entry/{name}/{field}"][:] for field in FIELDS[:8]}
        i, j = np.unravel_index(np.argmin(self.fields["loss"]), self.fields["loss"].shape)
        self.minimum = zero_of_gradient(file, name, (self.phi[i], self.r[j]))
        self.saddle = zero_of_gradient(file, name, (self.minimum[0] + np.pi, -self.minimum[1]))
        self.saddle[0] %= 2 * np.pi

    def loss(self, place):
        phi, r = place
        a = np.sin(phi) * self.x0 + np.cos(phi) * self.x1 + r
        return np.sum(np.logaddexp(0, np.where(self.y == 0, -a, a)))

    def matrices(self, place):
        """Fisher matrix, Hessian (by differences of gradients) and empirical Fisher matrix."""
        def scores(place):
            phi, r = place
            a = np.sin(phi) * self.x0 + np.cos(phi) * self.x1 + r
            z, a_phi = 1 / (1 + np.exp(-a)), np.cos(phi) * self.x0 - np.sin(phi) * self.x1
            return z, np.stack([a_phi, np.ones_like(a_phi)]), z - (self.y == 0)

        z, jacobian, rho = scores(place)
        steps = 1e-5 * np.eye(2)
        columns = []
        for step in steps:
            (_, j1, rho1), (_, j0, rho0) = scores(place + step), scores(place - step)
            columns.append((j1 @ rho1 - j0 @ rho0) / 2e-5)
        return (jacobian * z * (1 - z)) @ jacobian.T, np.transpose(columns), (jacobian * rho**2) @ jacobian.T

    def findings(self):
        """{finding: words of this data set}; numbers that the thinned grid decides are compared elsewhere."""
        phi, r = self.minimum
        fisher, hessian, empirical = self.matrices(self.minimum)
        sizes = np.linalg.eigvals(np.linalg.solve(fisher, hessian)).real
        return {
            "points": f"a minimum at φ = {n(phi, 6)}, r = {n(r, 6)} with L = {n(self.loss(self.minimum), 6)} and a "
            f"saddle at φ = {n(self.saddle[0], 6)}, r = {n(self.saddle[1], 6)} with L = {n(self.loss(self.saddle), 6)}, "
            f"where guessing has {n(1000 * np.log(2), 6)}, in {self.name}",
            "free": f"{n(fisher[0, 0])} and {n(np.linalg.det(fisher) / fisher[1, 1])} in {self.name}",
            "lever": f"{n(fisher[0, 1] / fisher[1, 1])} in {self.name}",
            "rates": f"{n(np.linalg.cond(hessian))} and {n(sizes.max())} in {self.name}",
            "longer": f"{n(fisher[0, 0])}, {n((hessian - fisher)[0, 0])} and {n(empirical[0, 0])} in {self.name}",
            "sheared": "L, F_rr, g_r and n_φ of A at (φ, r + 5 sin φ) are those at (φ, r) in B.",
        }


class RoundingTest(ProgramTest):
    def test_errors_are_read_from_attributes_and_types(self):
        path, loss = self.directory / "x.h5", np.ones((4, 5))
        for values, told, error in (
            (loss, None, 0),
            (loss, 5e-4, 5e-4),
            (loss.astype("f4"), None, 2**-24),
            (loss.astype("f4"), 5e-4, 5e-4),
        ):
            write_file(path, loss.shape, {"loss": values})
            if told is not None:
                with h5py.File(path, "r+") as file:
                    file["loss_A"].attrs[fishergrid_file.ROUNDING] = told
            self.assertEqual(views_of(path)[0].error("loss"), error)

    def test_what_is_no_error_is_refused(self):
        path = self.directory / "x.h5"
        for bad in ("much", np.nan, np.inf, -1.0, [1e-3, 1e-3]):
            write_file(path, (4, 5), {"loss": np.ones((4, 5))})
            with h5py.File(path, "r+") as file:
                file["loss_A"].attrs[fishergrid_file.ROUNDING] = bad
            with self.assertRaises(BadInput):
                views_of(path)


class ClaimsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.file = self.directory / "x.h5"

    def sweep(self, *options):
        self.succeed("sweep", "-q", "--force", *GRID, *options, "-o", "x.h5")

    def sweep_samples(self, text, *options):
        """A coarse sweep of a data set "own" with these lines of a CSV file."""
        (self.directory / "own.csv").write_text(f"x0,x1,y\n{text}\n")
        self.sweep("--phi=64", "--r=33", "--data=own=own.csv", *options)

    def told(self, views=None):
        """{finding: sentence} of the file, or of Views."""
        return {claim.name: claim.sentence for claim in claims.claims_of(views or views_of(self.file))}

    def notes(self):
        with fishergrid_file.open_sweep(self.file) as sweep:
            return " ".join(report.notes_of(sweep, survey(sweep.data_sets)))

    def change(self, field, edit):
        with h5py.File(self.file, "r+") as file:
            file[field][...] = edit(file[field][:])

    def samples_of_a(self):
        self.sweep("--data", "A")
        with h5py.File(self.file) as file:
            return [file[f"entry/samples_A/{name}"][:] for name in ("x0", "x1", "y")]

    def test_numbers_at_the_points(self):
        self.sweep()
        told = self.told()
        self.assertEqual(set(told), NAMES)
        with h5py.File(self.file) as file:
            for name in "AB":
                for finding, words in Plain(file, name).findings().items():
                    self.assertIn(words, told[finding])

    def numbers(self, sentence):
        return [value_of(text) for text in re.findall(r"(?<![\w₀-₉])−?\d+(?:\.\d+)?(?: × 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", sentence)]

    def test_numbers_over_the_grid(self):
        """Against the fields of the file, to the digits that are told."""
        self.sweep("--fields", "exercise,hessian_phi_phi")
        told = self.told()
        with h5py.File(self.file) as file:
            for k, name in enumerate("AB"):
                f = {field: file[f"entry/{name}/{field}"][:] for field in (*FIELDS[:8], "hessian_phi_phi")}
                g, nat = ([f[f"{kind}_{x}"] for x in ("phi", "r")] for kind in ("gradient", "natural_gradient"))
                angle = np.degrees(np.arccos(np.sum(np.multiply(g, nat), axis=0) / np.hypot(*g) / np.hypot(*nat)))
                h_det = f["hessian_phi_phi"] * f["fisher_r_r"] - f["fisher_r_phi"] ** 2
                for finding, expected, error in (
                    ("grows", [np.median(np.hypot(*nat)), np.hypot(*nat).max()], 0.006),  # three digits
                    ("apart", [np.median(angle)], 0.006),
                    ("indefinite", [100 * np.mean(h_det < 0)], 0.06),  # two
                ):
                    words = told[finding].partition(". ")[0].split("; ")[k]
                    found = self.numbers(words)[: len(expected)]
                    np.testing.assert_allclose(found, expected, rtol=error, err_msg=f"{finding} of {name}")

    def test_numbers_along_lines(self):
        """Of n_φ and of descents, as the figures have them."""
        self.sweep()
        views, told = views_of(self.file), self.told()
        for k, view in enumerate(views):
            turns = view.values["natural_gradient_phi"]
            zeros = view.phi[[np.flatnonzero((column[:-1] < 0) & (column[1:] >= 0))[0] for column in turns.T]]
            few, found = view.network.thinned(), lines.geodesics(view)
            n_sum, g_sum, least = (
                sum(lines.length(few, each[kind]) for each in found)
                for kind in ("natural_gradient", "gradient", "geodesic")
            )
            for finding, expected, error in (
                ("turning", [np.abs(zeros - view.minimum.phi).max()], np.diff(view.local.phi).max()),
                ("shortest", [n_sum / least, g_sum / least], 0.006),  # three digits
            ):
                words = told[finding].partition(". ")[0].split("; ")[k]
                found = self.numbers(words)[: len(expected)]
                np.testing.assert_allclose(found, expected, rtol=0, atol=error)

    def test_curvature_is_that_of_the_metric(self):
        """By Brioschi's formula on differences of F, at places off the origin; two samples lie in a plane."""
        self.sweep("--phi=20", "--r=20")
        for view in views_of(self.file):
            for place in ((1.0, 0.5), (3.0, 1.0), (5.5, -2.0)):
                step = 0.003  # in B F changes over 0.1 or so, which leaves 1e-4 to differences of fourth order

                def entries(i, j):
                    found = view.network.at(place[0] + i * step, place[1] + j * step)
                    return np.array([found[f"fisher_{entry}"] for entry in ("phi_phi", "r_phi", "r_r")])

                weights = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
                bends = {-2: -1 / 12, -1: 4 / 3, 0: -5 / 2, 1: 4 / 3, 2: -1 / 12}
                e, f, g = entries(0, 0)
                (ex, fx, gx), (ey, fy, gy) = (
                    sum(w * entries(*(k * way for way in ways)) for k, w in weights.items()) / step
                    for ways in ((1, 0), (0, 1))
                )
                eyy = sum(w * entries(0, k)[0] for k, w in bends.items()) / step**2
                gxx = sum(w * entries(k, 0)[2] for k, w in bends.items()) / step**2
                fxy = sum(v * w * entries(k, l)[1] for k, v in weights.items() for l, w in weights.items()) / step**2
                first = np.array([[fxy - eyy / 2 - gxx / 2, ex / 2, fx - ey / 2], [fy - gx / 2, e, f], [gy / 2, f, g]])
                second = np.array([[0, ey / 2, gx / 2], [ey / 2, e, f], [gx / 2, f, g]])
                expected = (np.linalg.det(first) - np.linalg.det(second)) / (e * g - f * f) ** 2
                found = view.network.at(*place)["fisher_curvature"]
                self.assertAlmostEqual(found / expected, 1, delta=1e-3)
        self.sweep_samples("1,2,0\n2,1,1\n1,2,0\n2,1,1")
        (view,) = views_of(self.file)
        self.assertLess(abs(view.network.at(1.0, 0.5)["fisher_curvature"]), 1e-12)

    def test_what_the_network_computes_is_what_the_file_holds(self):
        """Of every field, with and without options."""
        names = ["hessian_phi_phi", "empirical_fisher_phi_phi", "empirical_fisher_r_phi", "empirical_fisher_r_r",
                 "newton_phi", "newton_r"]  # fmt: skip
        for options in ([], ["--reduction=mean", "--damping=0.01"]):
            self.sweep("--phi=40", "--r=30", "--fields=all", *options)
            for view in views_of(self.file):
                for name in (*FIELDS[:8], *names):
                    mine, theirs = view.local.values[name], view.values[name][np.ix_(*local_cells(view))]
                    # 1e-9: Newton's step near a singular Hessian; all others are far better
                    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12 * np.abs(theirs).max(), err_msg=name)

    # --- what is special about some data follows the flags and values ---

    def test_no_cell_is_called_singular_that_is_not(self):
        """Far samples: loss and gradient are 0 in many cells, and the natural gradient is too large in others."""
        self.sweep_samples("1000,0,0\n-1000,0,1")
        with h5py.File(self.file) as file:
            components = [file[f"entry/own/{name}"][:] for name in ("natural_gradient_phi", "natural_gradient_r")]
            flag = file["entry/own/natural_gradient_flag"]
            words = dict(zip(flag.attrs["flag_values"], flag.attrs["flag_meanings"].decode().split()))
            flags = [words[value] for value in flag[:].ravel()]
        told, notes = self.told(), self.notes()
        self.assertNotIn("a minimum", told.get("points", ""))  # it is at no finite r
        self.assertFalse(AT_MINIMUM & set(told))
        self.assertEqual("singular" in notes, "undefined" in flags)
        infinite = np.count_nonzero(np.isinf(components[0]) | np.isinf(components[1]))
        self.assertIn(f"in {infinite} cells the natural gradient overflows: ", notes)

    def test_a_flag_nobody_knows_is_named(self):
        self.sweep_samples("1,2,0\n2,1,1")
        with h5py.File(self.file, "r+") as file:
            flag = file["natural_gradient_flag_own"]
            flag[:2] = 77
            flag.attrs["flag_values"] = np.append(flag.attrs["flag_values"], 77)
            flag.attrs["flag_meanings"] = np.bytes_(flag.attrs["flag_meanings"] + b" very_odd")
        self.assertIn("own: in 66 cells the flag of the natural gradient is “very odd”.", self.notes())

    def test_data_without_a_minimum(self):
        for text in ("0,0,0\n0,0,1", "1,2,0\n1,2,1", "1,2,0", "1,2,0\n2,1,0\n0,0,0"):
            with self.subTest(text):
                self.sweep_samples(text)
                self.assertFalse({"points", *AT_MINIMUM} & set(self.told()))

    def test_separable_samples_have_a_minimum(self):
        """For the weights have one length."""
        self.sweep_samples("1,1,0\n0,1,0\n1,2,1\n0,2,1")
        self.assertLessEqual(AT_MINIMUM - {"turning"}, set(self.told()))

    def test_of_every_other_sample_nothing_is_told_of_the_minimum(self):
        most, fishergrid_file.MOST_SAMPLES = fishergrid_file.MOST_SAMPLES, 600
        self.addCleanup(setattr, fishergrid_file, "MOST_SAMPLES", most)
        self.sweep("--phi=64", "--r=33")
        told = self.told()
        self.assertFalse((AT_MINIMUM - {"shortest"}) & set(told))
        self.assertIn("a minimum at φ = 3.14267, r = 1.49974", told["points"])  # that of the file
        self.assertIn("of 1000 samples every 2-th is used", self.notes())

    def test_points_whole_turns_apart_are_one(self):
        self.sweep("--data", "A", "--phi-range=-2pi:2pi")
        sentence = self.told()["points"]
        self.assertEqual((sentence.count("a minimum"), sentence.count("a saddle")), (1, 1))

    def test_a_minimum_beyond_the_grid_is_none(self):
        self.sweep("--data", "A", "--phi-range=-1:1")
        self.assertTrue(self.told()["points"].startswith("The loss has a saddle at "))

    def test_many_samples_are_thinned_where_a_figure_allows(self):
        """Points are those of all samples."""
        random = np.random.default_rng(2)
        y = np.arange(30000) % 2
        write_csv(self.directory / "many.csv", random.normal(size=30000) + 2 * y, random.normal(size=30000), y)
        self.sweep("--phi=32", "--r=32", "--data=many=many.csv")
        (view,) = views_of(self.file)
        with h5py.File(self.file) as file:
            place = zero_of_gradient(file, "many", (view.minimum.phi, view.minimum.r))
        np.testing.assert_allclose([view.minimum.phi, view.minimum.r], place, atol=1e-9)
        loss = view.values["loss"][np.ix_(*local_cells(view))]
        # of 4000 samples: one over their root is 0.016
        np.testing.assert_allclose(view.local.values["loss"], loss, rtol=0.05)
        (angle,) = self.numbers(self.told()["apart"].partition("° in many.")[0])
        self.assertAlmostEqual(angle, np.median(view.values["angle"]), delta=0.05 * angle)
        self.assertEqual(angle, float(f"{angle:.2g}"))  # two digits
        self.assertIn("use 4000 of them", self.notes())

    def test_findings_are_told_of_data_that_show_them_only(self):
        x0, x1, y = self.samples_of_a()

        def check(*options, lacks):
            self.sweep(*options)
            told = self.told()
            self.assertFalse(lacks & set(told))
            self.assertLess(lacks, NAMES)
            self.assertNotRegex(" ".join(told.values()), "[+−] ?−")  # numbers keep their signs

        check("--data", "A", "--damping", "0.1", lacks={"rates"})
        check("--data", "A", "--phi-range", "4:4.4", "--r-range", "0:0.3", lacks={"grows"})
        check("--data", "A", "--phi-range", "3.1:3.2", "--r-range", "1.4:1.6", lacks={"indefinite"})
        points = np.random.default_rng(3).normal(size=(2, 400)) - 2
        write_csv(self.directory / "mixed.csv", *points, np.arange(400) % 2)  # h is negative
        check("--data", "A", "--data", "mixed=mixed.csv", lacks={"sheared"})
        self.assertNotIn("mixed", self.told()["rates"])
        self.assertRegex(self.told()["longer"], r"; [\d.]+, −[\d.]+ and [\d.]+ in mixed\.")
        write_csv(self.directory / "turned.csv", np.cos(1) * x0 + np.sin(1) * x1, np.cos(1) * x1 - np.sin(1) * x0, y)
        check("--data", "A", "--data", "turned=turned.csv", lacks={"sheared"})
        write_csv(self.directory / "moved.csv", x0 - 1.5, x1 + 0.25, y)
        check("--data", "A", "--data", "moved=moved.csv", lacks=set())
        self.assertIn(" of A at (φ, r − 1.5 sin φ + 0.25 cos φ) are those at (φ, r) in moved.", self.told()["sheared"])

    # --- what the file cannot tell ---

    def test_rounded_and_unfinished_files_tell_the_same(self):
        """Findings come from the samples, which no packing rounds."""
        self.sweep("--phi=60", "--r=60")
        exact = self.told()
        self.succeed("pack", "-q", "--force", "x.h5", "rounded.h5", "--keep-digits", "1")
        self.assertEqual(self.told(views_of(self.directory / "rounded.h5")), exact)
        for name in "AB":
            self.change(f"natural_gradient_flag_{name}", lambda flag: np.where(np.arange(60)[:, None] < 20, flag, 0))
        self.assertEqual(self.told(), exact)

    def test_few_cells_tell_nothing_and_few_fields_the_same(self):
        for shape in ((3, 3), (1, 40), (40, 1), (15, 100)):
            self.sweep("--phi", shape[0], "--r", shape[1])
            self.assertEqual(self.told(), {})
        self.sweep("--data", "A")
        exact = self.told()
        self.sweep("--data", "A", "--fields", "loss")
        self.assertEqual(self.told(), exact)

    # --- the rest of the page ---

    def test_readme_says_what_the_findings_say(self):
        """Its numbers, and its picture with Matplotlib 3.6, which drew it: other versions place panels elsewhere."""
        self.succeed("sweep", "-q", "-o", "x.h5")
        views = views_of(self.file)
        text = " ".join((ANALYSIS.parent / "README.md").read_text(encoding="utf-8").split())
        told = self.told(views)
        a, second, b, same = self.numbers(told["rates"].partition(" are ")[2])[:4]
        self.assertEqual(same, second)
        self.assertIn(f"is {a:g} in A and {b:g} in B", text)
        self.assertIn(f"the eigenvalues of F^-1 H, 1 and {second:g},", text)
        self.assertIn("r + 5 sin φ", told["sheared"])
        self.assertIn("which is A moved right by 5.", text)
        self.assertEqual({self.numbers(told["points"])[k] for k in (2, 9)}, {479.121})
        self.assertIn("has L = 479.121", text)
        shown = Image.open(ANALYSIS / "example.png").convert("L")
        drawn = figures.picture(figures.draw(views, "flows")).convert("L").resize(shown.size)
        blurred = [np.asarray(each.resize((80, 33), Image.BOX), float) for each in (shown, drawn)]
        if matplotlib.__version__.startswith("3.6."):
            # of 255; 0 with the fonts of Debian 12, and labels of other fonts change some
            self.assertLess(np.mean(np.abs(blurred[1] - blurred[0])), 1)

    def test_captions_depend_on_the_file(self):
        cases = (
            ([], ["F_rr = Σ", "n = F⁻¹g", "so angles are what", "a = 0", "a star is the minimum"]),
            (["--damping", "0.1"], ["n = (F + λI)⁻¹g"]),
            (["--reduction", "mean"], ["F_rr = mean of"]),
            (["--phi-range", "3:3.3"], ["so angles are not what"]),
            (["--phi-range", "0.5:1"], ["!a = 0", "!a star"]),
        )
        for options, words in cases:
            self.sweep("--data", "A", *options)
            views = views_of(self.file)
            text = " ".join(report.caption_of(caption, views) for _, listed in report.SECTIONS for _, caption in listed)
            for each in words:
                (self.assertNotIn if each[0] == "!" else self.assertIn)(each.removeprefix("!"), text)

    def test_data_sets_share_their_words(self):
        """A reason is given once, and numbers that are the same are given once."""
        write_csv(self.directory / "again.csv", *self.samples_of_a())
        self.sweep("--data", "A", "--data", "again=again.csv")
        told = self.told()
        self.assertEqual(told["turning"].count("A natural step turns the line"), 1)
        self.assertIn(" are 250.4 and 20.85 in A and again. ", told["free"])


if __name__ == "__main__":
    fishergrid_program.main()
