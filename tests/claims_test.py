#!/usr/bin/env python3
"""Tests what analysis/ computes from a file: derived quantities, extremes, and the claims of the report, each where
it holds and where it does not.

    claims_test.py PROGRAM
"""

import re
import unittest

import fishergrid_program
import h5py
import numpy as np
from fishergrid_program import FIELDS, ProgramTest
from sweep_file import write_csv, write_file

import claims
import fishergrid_file
import quantities
import report
from survey import survey

GRID = ["--phi", "161", "--r", "161"]  # fine enough for the narrow valley of B


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
        np.testing.assert_allclose(quantities.sqrt_det(*self.entries), np.sqrt(values.prod(axis=1)), rtol=1e-10)
        cosines = np.sum(self.points.prod(-1), 1) / np.sqrt(np.prod(np.sum(self.points**2, 1), -1))
        np.testing.assert_allclose(quantities.correlation(*self.entries), cosines, rtol=1e-10)

    def test_stiff_angles(self):
        values, vectors = np.linalg.eigh(self.matrices)
        v = np.random.default_rng(2).normal(size=(300, 2))
        across, along = (np.abs(np.einsum("ni,ni->n", v, vectors[:, :, k])) for k in (0, 1))
        plain = np.degrees(np.arctan2(across, along))
        measured = np.degrees(np.arctan2(across * np.sqrt(values[:, 0]), along * np.sqrt(values[:, 1])))
        # 1e-8 degrees: roundings of the direction, as above
        np.testing.assert_allclose(quantities.stiff_angle(*self.entries, *v.T), plain, atol=1e-8)
        np.testing.assert_allclose(quantities.stiff_fisher_angle(*self.entries, *v.T), measured, atol=1e-8)

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
        self.assertAlmostEqual(quantities.sqrt_det(*entries)[0] / 1e308, np.sqrt(0.75))
        self.assertEqual(quantities.size(np.array([1e308]), np.array([1.7e308]))[0], quantities.LARGEST)

    def test_rank_one_has_neither_condition_nor_volume(self):
        entries = [np.array([x]) for x in (9.0, 3.0, 1.0)]
        self.assertTrue(np.isnan(quantities.condition(*entries)[0]) and np.isnan(quantities.sqrt_det(*entries)[0]))


    def test_what_rounding_hides_is_unknown(self):
        """What is shown of rounded matrices is right to two digits and a little: errors are those of first order."""
        fields = dict(zip(quantities.FISHER, self.entries))
        drawn = {q.name: q for q in quantities.DERIVED}
        random = np.random.default_rng(4)
        for error in (6e-8, 5e-7, 5e-4):
            rounding = dict.fromkeys(fields, error)
            rounded = {name: x * (1 + error * random.choice([-1, 1], x.shape)) for name, x in fields.items()}
            for name in ("fisher_condition", "fisher_sqrt_det"):
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
        write_file(self.directory / "x.h5", loss.shape, {"loss": loss})
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

    def test_the_picture_holds_cells_of_the_file(self):
        self.succeed("sweep", "-q", *GRID, "-o", "x.h5")
        for view in views_of(self.directory / "x.h5", side=20):
            with h5py.File(self.directory / "x.h5") as file:
                for name in ("loss", "natural_gradient_r"):
                    field = file[f"entry/{view.name}/{name}"][:]
                    np.testing.assert_array_equal(view.values[name], field[np.ix_(view.rows, view.columns)])
                    self.assertEqual((view.extremes[name].low, view.extremes[name].high), (field.min(), field.max()))
                    self.assertEqual((np.min(view.values[name]), np.max(view.values[name])), (field.min(), field.max()))


ALWAYS = {  # claim: verdicts for A, B, or for the pair
    "boundary": [True, True],
    "unsure": [True, True],
    "periodic": [True, True],
    "one_minimum": [True, True],
    "saturation": [True, True],
    "undone": [False, True],
    "phi_prevails": [False, True],
    "grows_with_saturation": [True, True],
    "acute": [True, True],
    "parallel": [True, True],
    "ways": [False, True],
    "vanish": [True, True],
    "degenerate": [False, True],
    "natural_not_degenerate": [True, True],
    "shifted": [True],
    "sheared_loss": [True],
    "phi_information": [True],
    "dependent": [True],
    "conditioning": [True],
    "same_volume": [True],
    "nearly_perpendicular": [True],
    "covariant": [True],
    "narrow": [True],
}


# Of rounded values the smallest |g|, the agreement of two, and the cells of a flat extreme are others.
UNSTEADY = {"periodic", "vanish", "sheared_loss", "same_volume", "covariant", "boundary", "one_minimum"}


def numbers_in(sentence):
    """The numbers of a sentence as text, without those of places and powers of ten."""
    sentence = re.sub(r"φ = [^,]*, r = \S+", "", sentence).replace("−", "-")
    return re.findall(r"(?<![\w-])-?\d+(?:\.\d+)?", sentence)


def n(value, digits=4):
    """A number as sentences have it, unless it is very small or large."""
    return f"{float(f'{value:.{digits}g}'):.12g}".replace("-", "−")


def percent(share):
    return f"{n(100 * share, 2 if share < 0.9 else 3)} %"


class Plain:
    """A data set of a file, and what sentences tell of it, by plain NumPy."""

    def __init__(self, file, name):
        self.name = name
        self.phi, self.r = file["phi"][:], file["r"][:]
        self.steps = self.phi[1] - self.phi[0], self.r[1] - self.r[0]
        self.x0, self.x1, self.y = (file[f"entry/samples_{name}/{key}"][:] for key in ("x0", "x1", "y"))
        loss, self.pp, self.rp, self.rr, g_phi, g_r, n_phi, n_r = (file[f"entry/{name}/{f}"][:] for f in FIELDS[:8])
        self.loss, self.g, self.n = loss, np.stack([g_phi, g_r], -1), np.stack([n_phi, n_r], -1)
        self.least = np.unravel_index(np.argmin(loss), loss.shape)
        matrices = np.stack([self.pp, self.rp, self.rp, self.rr], -1).reshape(*loss.shape, 2, 2)
        self.eigenvalues, vectors = np.linalg.eigh(matrices)
        self.v, self.across = vectors[..., 1], vectors[..., 0]
        self.condition = self.eigenvalues[..., 1] / self.eigenvalues[..., 0]
        self.rho = self.rp / np.sqrt(self.pp * self.rr)
        self.sizes = {"g": np.hypot(g_phi, g_r), "n": np.hypot(n_phi, n_r)}
        self.angle = self.degrees(self.g, self.n)

    def degrees(self, a, b):
        cosine = np.sum(a * b, -1) / np.sqrt(np.sum(a * a, -1) * np.sum(b * b, -1))
        return np.degrees(np.arccos(np.clip(cosine, -1, 1)))

    def to_v(self, vector, by_fisher=False):
        """Angle of vectors and the line of v, in the plane or measured by F."""
        along, across = (np.abs(np.sum(vector * e, -1)) for e in (self.v, self.across))
        if by_fisher:
            along, across = along * np.sqrt(self.eigenvalues[..., 1]), across * np.sqrt(self.eigenvalues[..., 0])
        return np.degrees(np.arctan2(across, along))

    def place(self, cell):
        return f"φ = {n(self.phi[cell[0]])}, r = {n(self.r[cell[1]])}"

    def place_of(self, values, choose):
        return self.place(np.unravel_index(choose(values), values.shape))

    def outputs(self, phi, r):
        """a of the samples, and its slopes along phi and r."""
        a_phi = np.cos(phi) * self.x0 - np.sin(phi) * self.x1
        return np.sin(phi) * self.x0 + np.cos(phi) * self.x1 + r, np.stack([a_phi, np.ones_like(a_phi)])

    def outputs_at(self, cell):
        return self.outputs(self.phi[cell[0]], self.r[cell[1]])

    def distance(self, values, choose):
        return n(np.mean(np.abs(self.outputs_at(np.unravel_index(choose(values), values.shape))[0])), 3)

    def zero_near(self, place, step=1e-5):
        """Where the gradient is zero, by Newton's method with differences."""

        def gradient(place):
            a, slopes = self.outputs(*place)
            return slopes @ (1 / (1 + np.exp(-a)) - (self.y == 0))

        for _ in range(20):
            shifts = step * np.eye(2)
            hessian = np.stack([(gradient(place + e) - gradient(place - e)) / (2 * step) for e in shifts], 1)
            place = place - np.linalg.solve(hessian, gradient(place))
        return place

    def width(self, axis):
        """Of the valley around the minimum loss, up to 1.1 times it."""
        i, j = self.least
        x, loss = (self.phi, self.loss[:, j]) if axis == 0 else (self.r, self.loss[i])
        fine = np.linspace(x[0], x[-1], 1000001)
        above = fine[np.interp(fine, x, loss) > 1.1 * self.loss.min()]
        middle = (self.phi, self.r)[axis][self.least[axis]]
        return above[above > middle].min() - above[above < middle].max()

    def sheared(self, other, values, others):
        """{|difference| / |value|} of `other` and of this at r + 5 sin phi, and which cells that is known of."""
        target = self.r + 5 * np.sin(self.phi)[:, None]
        inside = (target >= -5) & (target <= 5)
        read = np.array([np.interp(row, self.r, base) for row, base in zip(target, values)])
        return (np.abs(read - others) / np.abs(others))[inside]


def findings(p):
    """{claim: what the sentence has} of one data set."""
    wrong = np.sum((p.outputs_at(p.least)[0] > 0) != (p.y == 0))
    g, size = np.abs(p.g), p.sizes
    dark, to_v = p.angle <= 10, p.to_v(p.g)
    way = np.stack(np.meshgrid(p.phi - p.phi[p.least[0]], p.r - p.r[p.least[1]], indexing="ij"), -1)
    way[..., 0] -= 2 * np.pi * np.round(way[..., 0] / (2 * np.pi))
    near = p.loss < 2 * p.loss.min()
    near[p.least] = False
    degenerate = "is nearly degenerate" if np.mean(to_v <= 10) >= 0.75 else "is not degenerate"
    return {
        "boundary": f"{p.name} has its minimum loss, {n(p.loss.min(), 6)}, at {p.place(p.least)}; the line there leaves "
        f"{wrong} of 1000 samples",
        "unsure": f"minimum loss of {p.name} on this grid is {n(p.loss.min() / 1000)} a sample, "
        f"{percent(p.loss.min() / 1000 / np.log(2))} of what",
        "periodic": f"The loss of {p.name} at φ = 2π is that at φ = 0, to ",
        "one_minimum": f"The loss of {p.name} has one minimum on this grid; it is level at a minimum near",
        "saturation": f"F_rr of {p.name} falls from {n(p.rr.max())} at {p.place_of(p.rr, np.argmax)}, where samples "
        f"are on average {p.distance(p.rr, np.argmax)} from the line, to {n(p.rr.min())} at "
        f"{p.place_of(p.rr, np.argmin)}, where samples are on average {p.distance(p.rr, np.argmin)} from the line",
        "undone": f"In {p.name} ρ² is above 0.9 in {percent(np.mean(p.rho**2 > 0.9))} of the cells and "
        f"{n(np.median(p.rho**2))} in the median",
        "phi_prevails": f"In {p.name} |g_φ| is more than twice |g_r| in {percent(np.mean(g[..., 0] > 2 * g[..., 1]))} "
        f"of the cells, and |g| at most {n(size['g'].max())}, at {p.place_of(size['g'], np.argmax)}",
        "grows_with_saturation": f"|n| of {p.name} reaches {n(size['n'].max())} at {p.place_of(size['n'], np.argmax)}, "
        f"{n(size['n'].max() / np.median(size['n']), 3)} times its median; |g| at most {n(size['g'].max())}, "
        f"{n(size['g'].max() / np.median(size['g']), 3)} times its median",
        "acute": f"In {p.name} the angle is {n(np.median(p.angle), 3)}° in the median and at most {n(p.angle.max())}°",
        "parallel": f"In {p.name} g and n are within 10° of each other in {percent(dark.mean())} of the cells: in "
        f"{percent(np.mean(to_v[dark] <= 10))} of these g is as near to v, in {percent(np.mean(to_v[dark] >= 80))} to "
        "the direction across",
        "vanish": f"at the cells around, |g| comes down to {n(size['g'].min(), 3)} and |n| to {n(size['n'].min(), 3)}",
        "ways": f"Where the loss of {p.name} is less than twice its least, −n points within "
        f"{n(np.median(p.degrees(p.n[near], way[near])), 2)}° of the straight way to it in the median, −g within "
        f"{n(np.median(p.degrees(p.g[near], way[near])), 2)}°",
        "degenerate": f"The gradient field of {p.name} {degenerate}: in {percent(np.mean(to_v <= 10))} of the cells it "
        f"is within 10° of the stiff direction v of F (measured by F, at {n(np.median(p.to_v(p.g, True)), 2)}° to it",
        "natural_not_degenerate": f"The natural gradient of {p.name} is not degenerate: measured by F it is at "
        f"{n(np.median(p.to_v(p.n, True)), 3)}° to v in the median; in the plane of the figures it is within 10° of "
        f"the direction across v in {percent(np.mean(p.to_v(p.n) > 80))} of the cells",
    }


def pair_findings(a, b):
    """{claim: what the sentence has} of A and of B, which is A moved."""

    def at_least(name):
        return [getattr(p, name)[p.least] for p in (b, a)]

    def shear(values, others):
        return f"(to {n(np.quantile(a.sheared(b, values, others), 0.99), 2)} or better in 99 % of the cells;"

    (pp_b, pp_a), (rp_b, rp_a), (rr_b, rr_a), (k_b, k_a), rho = map(at_least, ("pp", "rp", "rr", "condition", "rho"))
    rest = [n(1 - x * x, 3) for x in rho]
    a_phi = [p.outputs_at(p.least)[1][0] for p in (b, a)]
    spread = [f"{n(x.mean(), 3)} ± {n(x.std(), 2)}" for x in a_phi]
    widths = [[p.width(axis) for p in (b, a)] for axis in (0, 1)]
    roots = [np.sqrt(np.prod(p.eigenvalues, -1)) for p in (a, b)]
    middles = [n(np.median(p.condition), 3) for p in (b, a)]
    angles = [n(np.median(p.angle), 3) for p in (b, a)]
    return {
        "shifted": "B is A moved by (5, 0), sample by sample (exactly). Moving the data does to the network what "
        "replacing r by r + 5 sin φ does",
        "sheared_loss": f"read at r + 5 sin φ, the loss of A gives that of B {shear(a.loss, b.loss)} straight lines "
        "between cells cannot tell more). Along φ the valley around the minimum loss is "
        f"{n(widths[0][1] / widths[0][0], 2)} times narrower in B than in A",
        "phi_information": "at the minimum loss a_φ = cos φ x₀ − sin φ x₁ has the weighted mean F_rφ/F_rr = "
        f"{n(rp_b / rr_b)} in B (A: {n(rp_a / rr_a)}); F_φφ is {n(pp_b)} ({n(pp_a)}), {n(pp_b / pp_a, 3)} times as "
        f"large, F_rr {n(rr_b)} ({n(rr_a)}), about the same",
        "dependent": f"in B than in A: at the minimum loss ρ = F_rφ/√(F_φφ F_rr) is {n(rho[0], 5)} in B and "
        f"{n(rho[1], 5)} in A, 1 − ρ² is {rest[0]} and {rest[1]}, a_φ is {spread[0]} in B and {spread[1]} in A",
        "conditioning": f"The Fisher matrix of B is {n(k_b / k_a, 3)} times worse conditioned than that of A: κ at the "
        f"minimum loss is {n(k_b)} in B and {n(k_a)} in A (medians over the grid {middles[0]} and {middles[1]})",
        "same_volume": f"√det F of B is that of A at r + 5 sin φ {shear(*roots)}",
        "nearly_perpendicular": f"In B the two point nearly at right angles, {angles[0]}° in the median (A: "
        f"{angles[1]}°): the gradient in the stiff direction of F, across the valley, the natural gradient along it",
        "covariant": f"n_φ of B is n_φ of A at r + 5 sin φ {shear(a.n[..., 0], b.n[..., 0])}",
        "narrow": f"the loss is within 10 % of its least value over {n(widths[0][0], 3)} rad in B and "
        f"{n(widths[0][1], 3)} rad in A along φ, over {n(widths[1][0], 3)} and {n(widths[1][1], 3)} along r",
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

    def test_what_is_no_error_is_a_bad_file(self):
        path = self.directory / "x.h5"
        for bad in ("much", np.nan, np.inf, -1.0, [1e-3, 1e-3]):
            write_file(path, (4, 5), {"loss": np.ones((4, 5))})
            with h5py.File(path, "r+") as file:
                file["loss_A"].attrs[fishergrid_file.ROUNDING] = bad
            with self.assertRaises(fishergrid_file.BadFile):
                views_of(path)


class ClaimsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.file = self.directory / "x.h5"

    def sweep(self, *options):
        self.succeed("sweep", "-q", "--force", *GRID, *options, "-o", "x.h5")

    def told(self, views=None):
        """{claim: [(verdict, sentence)]} of the file, or of Views."""
        found = {}
        for claim in claims.claims_of(views or views_of(self.file)):
            found.setdefault(claim.name, []).append((claim.holds, claim.sentence))
        return found

    def change(self, field, edit):
        with h5py.File(self.file, "r+") as file:
            file[field][...] = edit(file[field][:])

    def test_a_and_b(self):
        self.sweep()
        self.assertEqual({name: [holds for holds, _ in said] for name, said in self.told().items()}, ALWAYS)

    def test_every_number_is_that_of_the_file(self):
        self.sweep()
        told = self.told()
        with h5py.File(self.file) as file:
            a, b = (Plain(file, name) for name in "AB")
        checked = set()
        for k, plain in enumerate((a, b)):
            for name, finding in findings(plain).items():
                self.assertIn(finding, told[name][k][1])
                checked.add(name)
        for name, finding in pair_findings(a, b).items():
            self.assertIn(finding, told[name][0][1])
            checked.add(name)
        self.assertEqual(checked, set(ALWAYS))

    def test_zeros_are_where_the_samples_have_them(self):
        self.sweep()
        told = self.told()
        with h5py.File(self.file) as file:
            for k, name in enumerate("AB"):
                plain = Plain(file, name)
                for claim in ("one_minimum", "vanish"):
                    sentence = told[claim][k][1]
                    found = re.findall(r"a (minimum|saddle point) near φ = ([\d.]+), r = (−?\d+\.\d+)", sentence)
                    self.assertEqual([kind for kind, _, _ in found], ["minimum", "saddle point"])
                    for _, *place in found:
                        place = np.array([float(text.replace("−", "-")) for text in place])
                        # the middle of four cells, in three digits
                        self.assertLess(np.max(np.abs(plain.zero_near(place) - place) / plain.steps), 0.7)

    def assert_said(self, told, **expected):
        """The last sentence of each of these claims has all the words expected, and none with a ! before."""
        for name, words in expected.items():
            sentence = told[name][-1][1]
            for each in words:
                check = self.assertNotIn if each.startswith("!") else self.assertIn
                check(each.removeprefix("!"), sentence, name)

    def test_sentences_do_not_depend_on_the_order_of_the_data(self):
        self.sweep()
        first = self.told()
        self.sweep("--data", "B", "--data", "A")
        second = self.told()
        for name in ("phi_information", "dependent", "conditioning", "nearly_perpendicular", "narrow"):
            self.assertEqual(first[name], second[name])
        for told in (first, second):
            self.assert_said(
                told,
                sheared_loss=["times narrower in B than in A"],
                same_volume=["the Fisher matrix of B is worse conditioned than that of A"],
                phi_information=["times as large", "in B (A: "],
                narrow=["much narrower in B"],
                covariant=["The gradient does not have this property"],
                shifted=["sample by sample (exactly)"],
            )

    def test_sentences_on_a_shear_that_changes_little(self):
        """Moved by 0.01, neither width nor conditioning is another, and the gradient hardly."""
        self.sweep("--data", "A")
        with h5py.File(self.file) as file:
            x0, x1, y = (file[f"entry/samples_A/{name}"][:] for name in ("x0", "x1", "y"))
        for name, move, classes in (("near", 0.01, y), ("same", 0, y), ("swapped", 0, 1 - y)):
            write_csv(self.directory / f"{name}.csv", x0 + move, x1, classes)
        self.sweep("--data", "A", "--data", "near=near.csv")
        told = self.told()
        self.assert_said(told, sheared_loss=["!narrower"], same_volume=["!conditioned"])
        self.assert_said(told, phi_information=["is not much larger"], conditioning=["not much worse"])
        self.sweep("--data", "A", "--data", "same=same.csv")
        self.assert_said(self.told(), shifted=["The samples of same are those of A"])
        self.sweep("--data", "A", "--data", "swapped=swapped.csv")
        self.assert_said(self.told(), shifted=["their classes differ"], phi_information=["!0.9", "!grows"])

    def test_sentences_on_data_moved_up(self):
        """Then a_phi at the minimum loss has its part of x1. The minimum loss is at the edge: no descent ends there."""
        self.sweep("--data", "A")
        with h5py.File(self.file) as file:
            x0, x1, y = (file[f"entry/samples_A/{name}"][:] for name in ("x0", "x1", "y"))
        write_csv(self.directory / "up.csv", x0, x1 + 6, y)
        self.sweep("--data", "A", "--data", "up=up.csv")
        with h5py.File(self.file) as file:
            up = Plain(file, "up")
        a_phi = up.outputs_at(up.least)[1][0]
        told = self.told()
        means = f"a_φ is {n(a_phi.mean(), 3)} ± {n(a_phi.std(), 2)} in up"
        self.assert_said(told, dependent=["adds the same −6 sin φ", means])
        self.assert_said(told, shifted=["moved by (0, 6)", "r by r + 6 cos φ does"], ways=["!shrink"])

    def test_a_wide_valley_does_not_tell_how_a_descent_goes(self):
        self.sweep("--data", "A", "--phi-range", "3:3.3")
        self.assert_said(self.told(), ways=["−n points within 21°", "−g within 44°", "!creeps"])

    def test_a_curve_of_zeros_is_not_told_as_points(self):
        (self.directory / "same.csv").write_text("x0,x1,y\n1,1,0\n1,1,1\n")
        self.sweep("--data", "same=same.csv")
        self.assertFalse({"one_minimum", "vanish"} & set(self.told()))

    def test_sentences_on_a_range_without_the_least_loss(self):
        self.sweep("--data", "A", "--phi-range=-1:1")
        told = self.told()
        self.assert_said(told, boundary=["of the lines of this grid", "does not part", "!no line parts"])
        self.assert_said(told, unsure=["No line of this grid does better than guessing", "!%"])
        self.assert_said(told, one_minimum=["no minimum on this grid; it is level at a saddle point", "!minima"])
        self.assertFalse(told["unsure"][0][0])

    def test_sentences_on_one_class(self):
        (self.directory / "one.csv").write_text("x0,x1,y\n1,2,0\n2,1,0\n0,0,0\n")
        self.sweep("--data", "one=one.csv")
        told = self.told()
        self.assert_said(told, boundary=["all samples are of one class", "!does not part", "0 of 3 samples"])
        self.assert_said(told, unsure=["!both sides"], one_minimum=["level nowhere"])

    def test_points_whole_turns_apart_are_one(self):
        self.sweep("--data", "A", "--phi-range=-2pi:2pi")
        told = self.told()
        self.assertTrue(told["one_minimum"][0][0] and told["vanish"][0][0])
        self.assert_said(told, one_minimum=["one minimum", "whole turns"], periodic=["at φ = 2π is that at φ = −2π"])
        self.assertEqual(told["one_minimum"][0][1].count("minimum near"), 1)

    def test_rounded_files_tell_the_same_or_less(self):
        """Verdicts are those of the unrounded file, and so are numbers, to a unit of their last digit."""
        self.sweep()
        exact = self.told()
        for options, lost in (
            (["--keep-digits", "3"], {"dependent", "conditioning", "same_volume", "natural_not_degenerate"}),
            (["--keep-digits", "6"], set()),
            (["--float32"], set()),
            (["--keep-digits", "1"], set(ALWAYS) - {"shifted"}),
        ):
            with self.subTest(options):
                self.succeed("pack", "-q", "--force", "x.h5", "rounded.h5", *options)
                views = views_of(self.directory / "rounded.h5")
                rounded = self.told(views)
                self.assertEqual(set(exact) - set(rounded), lost)
                for name, said in rounded.items():
                    for (holds, sentence), (truth, sharp) in zip(said, exact[name], strict=True):
                        self.assertEqual(holds, truth, sentence)
                        if name not in UNSTEADY:
                            self.assert_as_sharp(sentence, sharp)
                for view in views:
                    with h5py.File(self.file) as file:
                        loss = file[f"entry/{view.name}/loss"][:]
                    self.assertLessEqual(loss[view.least()], loss.min() * (1 + 2 * view.rounding["loss"]))

    def test_ends_that_differ_by_rounding_are_the_same(self):
        self.sweep("--data", "A")
        self.change("loss_A", lambda x: np.concatenate([x[:-1], (1 + 9e-4) * x[-1:]]))
        for rounding, same in ((4e-4, False), (5e-4, True)):
            self.say_rounded(rounding, "loss_A")
            self.assertEqual(self.told()["periodic"][0][0], same)

    def say_rounded(self, error, *fields):
        with h5py.File(self.file, "r+") as file:
            for field in fields:
                file[field].attrs[fishergrid_file.ROUNDING] = error

    def test_an_obtuse_angle_may_be_rounding(self):
        self.sweep("--data", "A")
        with h5py.File(self.file, "r+") as file:
            g = file["gradient_phi_A"][3, 4], file["gradient_r_A"][3, 4]
            turn = np.radians(90.1)  # four errors of 5e-4 radians are 0.115 degrees
            file["natural_gradient_phi_A"][3, 4] = np.cos(turn) * g[0] - np.sin(turn) * g[1]
            file["natural_gradient_r_A"][3, 4] = np.sin(turn) * g[0] + np.cos(turn) * g[1]
        fields = [f"{name}_A" for name in (*quantities.GRADIENT, *quantities.NATURAL)]
        for rounding, holds in ((0, False), (4e-4, False), (5e-4, True)):
            self.say_rounded(rounding, *fields)
            self.assertEqual(self.told()["acute"][0][0], holds)

    def test_zeros_of_rounded_fields_are_left_out_where_they_may_turn_either_way(self):
        """From one wall of the valley of B to the other the gradient turns by half a turn, nearly."""
        self.sweep("--data", "B")
        self.say_rounded(0.004, "gradient_phi_B", "gradient_r_B")
        self.assertFalse({"one_minimum", "vanish"} & set(self.told()))

    def test_cells_that_rounding_makes_alike(self):
        self.sweep()
        self.say_rounded(5e-4, "loss_A", "loss_B")
        told = self.told()
        self.assert_said(told, boundary=["one of several cells"])
        self.assert_said(told, conditioning=["κ at the cell taken for the minimum loss"])

    def assert_as_sharp(self, sentence, sharp):
        """Numbers besides those of places are the same, to one unit of the last digit."""
        if "measured by F" not in sentence:
            sharp = re.sub(r" \(measured by F[^)]*\)", "", sharp)
        found, wanted = numbers_in(sentence), numbers_in(sharp)
        self.assertEqual(len(found), len(wanted), (sentence, sharp))
        for text, other in zip(found, wanted):
            zeros = len(text) - len(text.rstrip("0"))
            unit = 10.0 ** (-len(text.partition(".")[2]) if "." in text else zeros)
            self.assertLessEqual(abs(float(text) - float(other)), 1.01 * unit, (sentence, sharp))

    def test_unfinished_sweeps_are_told_of_what_is_computed(self):
        self.sweep()
        for name in "AB":
            self.change(f"natural_gradient_flag_{name}", lambda flag: np.where(np.arange(161)[:, None] < 40, flag, 0))
        told = self.told()
        self.assert_said(told, one_minimum=["no minimum on these cells"], shifted=["!computed"])
        for name in set(told) - {"shifted"}:
            self.assert_said(told, **{name: ["In the cells computed so far: ", "!this grid"]})

    def test_a_coarse_grid_says_so(self):
        self.sweep("--phi", "60", "--r", "50")
        told = self.told()
        words = ["too coarse to tell whether n_φ of B is n_φ of A at r + 5 sin φ: 98.6 %", "!only"]
        self.assert_said(told, covariant=words)
        self.sweep("--r-range", "-50:50")
        self.assert_said(self.told(), same_volume=["too coarse to tell whether √det F of B is that of A", "99.7 %"])
        for shape in ((3, 3), (1, 40), (40, 1), (15, 100)):
            self.sweep("--phi", shape[0], "--r", shape[1])
            self.assertLessEqual(set(self.told()), {f.__name__ for f in claims.ON_FEW_CELLS})

    def test_medians_of_few_cells_say_of_how_many(self):
        self.sweep()
        for axis in ("phi", "r"):
            self.change(f"natural_gradient_{axis}_B", lambda x: np.where(np.arange(161)[:, None] < 40, x, np.nan))
        few = "of the 6440 cells (of 25921 drawn) where this is known"
        told = self.told()
        self.assert_said(told, acute=[few], nearly_perpendicular=[few], grows_with_saturation=[few])
        self.assert_said(told, natural_not_degenerate=[f"in the median {few}", f"% {few}"])
        self.assert_said(told, degenerate=["% of the cells"])

    def test_sums_over_other_numbers_of_samples_are_told_a_sample(self):
        (self.directory / "two.csv").write_text("x0,x1,y\n1,1,0\n1,3,1\n")
        said = []
        for reduction in ("sum", "mean"):
            self.sweep("--data", "A", "--data", "two=two.csv", "--reduction", reduction)
            said.append(self.told()["phi_information"][-1][1])
        self.assertIn("F_φφ a sample is", said[0])
        self.assertEqual(said[0].replace(" a sample", ""), said[1])

    def test_the_mean_distance_is_left_out_where_few_samples_near_the_line_count(self):
        points = np.random.default_rng(3).normal(size=(2, 100)) * 1e5
        write_csv(self.directory / "wide.csv", *points, np.arange(100) % 2)
        self.sweep("--data", "A", "--data", "wide=wide.csv")
        told = self.told()
        self.assertIn("where samples are on average 0.2", told["saturation"][0][1])
        distances = [float(text) for text in re.findall(r"on average (\S+)", told["saturation"][1][1])]
        self.assertIn(len(distances), (0, 2))
        self.assertEqual(distances, sorted(distances))

    def test_damping_is_in_the_reasons(self):
        self.sweep("--damping", "0.1")
        told = [sentence for said in self.told().values() for _, sentence in said]
        self.assertTrue(any("(F + λI)⁻¹g" in sentence for sentence in told))
        self.assertFalse(any("F⁻¹g" in sentence or "as e^|a|" in sentence for sentence in told))

    def test_captions_depend_on_the_file(self):
        cases = (
            ([], ["F_rr = Σ", "n = F⁻¹g", "so angles are what", "a = 0"]),
            (["--damping", "0.1"], ["n = (F + λI)⁻¹g"]),
            (["--reduction", "mean"], ["F_rr = mean of"]),
            (["--phi-range", "3:3.3"], ["so angles are not what"]),
            (["--fields", "gradient_phi,gradient_r"], ["!a = 0"]),
        )
        for options, words in cases:
            self.sweep("--data", "A", *options)
            views = views_of(self.file)
            text = " ".join(report.caption_of(caption, views) for _, listed in report.SECTIONS for _, caption in listed)
            for each in words:
                (self.assertNotIn if each[0] == "!" else self.assertIn)(each.removeprefix("!"), text)

    def test_what_is_undefined_at_the_least_loss_is_no_number(self):
        self.sweep("--data", "A")
        (view,) = views_of(self.file)
        i, j = view.least()
        with h5py.File(self.file, "r+") as file:
            file["fisher_r_phi_A"][i, j] = np.sqrt(file["fisher_r_r_A"][i, j] * file["fisher_phi_phi_A"][i, j])
        _, table = report.least_table(views_of(self.file))
        self.assertEqual({symbol for _, symbol, values in table if values == [None]}, {"κ(F)", "√det F"})

    def test_a_reason_is_given_once(self):
        self.sweep()
        told = self.told()
        first, second = (sentence for _, sentence in told["acute"])
        self.assertIn("right angle", first)
        self.assertNotIn("right angle", second)
        self.assertIn("n = F⁻¹g grows as e^|a|,", told["grows_with_saturation"][0][1])
        # where A does not need it, the reason follows the verdict on B
        self.assertTrue(told["degenerate"][1][1].startswith("The gradient field of B is nearly degenerate"))
        self.assertTrue(told["degenerate"][1][1].endswith("how to cross the valley, not how to follow it."))

    # Files for which claims are false; each returns the names of these.

    def mixed_classes(self):
        points = np.random.default_rng(3).normal(size=(2, 400))
        write_csv(self.directory / "mixed.csv", *points, np.arange(400) % 2)
        self.sweep("--data", "mixed=mixed.csv")
        return ["boundary", "degenerate"]

    def classes_far_apart(self):
        points, y = np.random.default_rng(3).normal(size=(2, 400)) * 0.3, np.arange(400) % 2
        write_csv(self.directory / "far.csv", points[0], points[1] + np.where(y, -20, 20), y)
        self.sweep("--data", "far=far.csv")
        return ["unsure"]

    def turned_data(self):
        """A turned about the origin by 1: every phi is another, nothing else."""
        self.sweep("--data", "A")
        with h5py.File(self.file) as file:
            x0, x1, y = (file[f"entry/samples_A/{name}"][:] for name in ("x0", "x1", "y"))
        turned = np.cos(1) * x0 + np.sin(1) * x1, np.cos(1) * x1 - np.sin(1) * x0
        write_csv(self.directory / "turned.csv", *turned, y)
        self.sweep("--data", "A", "--data", "turned=turned.csv")
        pair = ["shifted", "phi_information", "dependent", "conditioning", "nearly_perpendicular", "narrow"]
        return ["undone", "phi_prevails", *pair]

    def a_corner_without_zeros_or_saturation(self):
        self.sweep("--data", "A", "--phi-range", "4:4.4", "--r-range", "0:0.3")
        return ["one_minimum", "vanish", "saturation", "grows_with_saturation"]

    def much_damping(self):
        """The natural gradient is a small gradient."""
        self.sweep("--damping", "1e9")
        return ["natural_not_degenerate", "covariant", "ways", "parallel"]

    def another_loss(self):
        self.sweep()
        self.change("loss_B", lambda x: 1.01 * x)
        return ["sheared_loss"]

    def another_end_of_phi(self):
        self.sweep()
        self.change("loss_B", lambda x: np.concatenate([x[:-1], 1.001 * x[-1:]]))
        return ["periodic"]

    def another_fisher_matrix(self):
        self.sweep()
        self.change("fisher_r_r_B", lambda x: 1.3 * x)
        return ["same_volume"]

    def a_natural_gradient_uphill(self):
        self.sweep()
        self.change("natural_gradient_phi_B", lambda x: -x)
        return ["acute"]

    def a_natural_gradient_that_vanishes_elsewhere(self):
        self.sweep()
        self.change("natural_gradient_phi_B", lambda x: x + 1)
        return ["vanish"]

    def test_every_claim_is_false_somewhere(self):
        seen = set()
        for make in (
            self.mixed_classes,
            self.classes_far_apart,
            self.turned_data,
            self.a_corner_without_zeros_or_saturation,
            self.much_damping,
            self.another_loss,
            self.another_end_of_phi,
            self.another_fisher_matrix,
            self.a_natural_gradient_uphill,
            self.a_natural_gradient_that_vanishes_elsewhere,
        ):
            with self.subTest(make.__name__):
                names, told = make(), self.told()
                if "periodic" in names:
                    self.assert_said(told, periodic=["loss of B is not periodic", "1 turn(s)", "up to 0.001 of"])
                self.assertEqual({name: told[name][-1][0] for name in names}, dict.fromkeys(names, False))
                seen.update(names)
        self.assertEqual(seen, set(ALWAYS))
        functions = {f.__name__ for listed in (*claims.SINGLE.values(), *claims.PAIR.values()) for f in listed}
        self.assertEqual(functions, set(ALWAYS))

    def test_what_the_file_cannot_tell_is_not_claimed(self):
        self.turned_data()
        self.assertFalse({"sheared_loss", "same_volume", "covariant"} & set(self.told()))
        self.a_corner_without_zeros_or_saturation()
        self.assertNotIn("periodic", self.told())

    def test_some_fields_tell_less(self):
        self.sweep("--data", "A", "--fields", "loss")
        self.assertEqual(set(self.told()), {"boundary", "unsure", "periodic"})


if __name__ == "__main__":
    fishergrid_program.main()
