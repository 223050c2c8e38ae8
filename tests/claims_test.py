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
from fishergrid_program import FIELDS, SLOW, ProgramTest, start_sweep
from sweep_file import write_csv, write_file

import claims
import fishergrid_file
import quantities
import report
from script import BadInput
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
        self.assertGreater(view.alike(), 10)

    def test_the_picture_holds_cells_of_the_file(self):
        self.succeed("sweep", "-q", *GRID, "-o", "x.h5")
        for view in views_of(self.directory / "x.h5", side=20):
            with h5py.File(self.directory / "x.h5") as file:
                for name in ("loss", "natural_gradient_r"):
                    field = file[f"entry/{view.name}/{name}"][:]
                    np.testing.assert_array_equal(view.values[name], field[np.ix_(view.rows, view.columns)])
                    self.assertEqual((view.extremes[name].low, view.extremes[name].high), (field.min(), field.max()))
                    self.assertEqual((np.min(view.values[name]), np.max(view.values[name])), (field.min(), field.max()))


VERDICTS = {  # claim: verdicts for A and B, or for the pair
    "boundary": [True, True],
    "one_minimum": [True, True],
    "saturation": [True, True],
    "grows": [True, True],
    "acute": [True, True],
    "along_stiff": [False, True],
    "shifted": [True],
    "sheared": [True],
    "conditioning": [True],
}


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
        self.x0, self.x1, self.y = (file[f"entry/samples_{name}/{key}"][:] for key in ("x0", "x1", "y"))
        loss, self.pp, self.rp, self.rr, g_phi, g_r, n_phi, n_r = (file[f"entry/{name}/{f}"][:] for f in FIELDS[:8])
        self.loss, self.g, self.n = loss, np.stack([g_phi, g_r], -1), np.stack([n_phi, n_r], -1)
        self.minimum = np.unravel_index(np.argmin(loss), loss.shape)
        matrices = np.stack([self.pp, self.rp, self.rp, self.rr], -1).reshape(*loss.shape, 2, 2)
        self.eigenvalues, vectors = np.linalg.eigh(matrices)
        self.v = vectors[..., 1]
        self.condition = self.eigenvalues[..., 1] / self.eigenvalues[..., 0]
        self.rho = self.rp / np.sqrt(self.pp * self.rr)

    @staticmethod
    def degrees(a, b):
        cosine = np.sum(a * b, -1) / np.sqrt(np.sum(a * a, -1) * np.sum(b * b, -1))
        return np.degrees(np.arccos(np.clip(cosine, -1, 1)))

    def along_v(self, vector):
        """Share of the cells in which it is within 10 degrees of the line of v."""
        angle = self.degrees(vector, self.v)
        return np.mean(np.minimum(angle, 180 - angle) <= 10)

    def place(self, values, choose):
        i, j = np.unravel_index(choose(values), values.shape)
        return f"φ = {n(self.phi[i])}, r = {n(self.r[j])}"

    def gradient(self, place):
        phi, r = place
        a = np.sin(phi) * self.x0 + np.cos(phi) * self.x1 + r
        a_phi = np.cos(phi) * self.x0 - np.sin(phi) * self.x1
        return np.stack([a_phi, np.ones_like(a_phi)]) @ (1 / (1 + np.exp(-a)) - (self.y == 0))

    def zero_near(self, place, step=1e-5):
        """Where the gradient is zero, by Newton's method with differences."""
        for _ in range(20):
            shifts = step * np.eye(2)
            hessian = [(self.gradient(place + e) - self.gradient(place - e)) / (2 * step) for e in shifts]
            place = place - np.linalg.solve(np.transpose(hessian), self.gradient(place))
        return place

    def findings(self):
        """{claim: what the sentence has}."""
        i, j = self.minimum
        a = np.sin(self.phi[i]) * self.x0 + np.cos(self.phi[i]) * self.x1 + self.r[j]
        g, size = np.hypot(*np.moveaxis(self.g, -1, 0)), np.hypot(*np.moveaxis(self.n, -1, 0))
        angle = self.degrees(self.g, self.n)
        return {
            "boundary": f"{self.name} has its minimum loss, {n(self.loss.min(), 6)}, at "
            f"{self.place(self.loss, np.argmin)}; the line there leaves {np.sum((a > 0) != (self.y == 0))} of 1000 samples",
            "one_minimum": f"The gradient of {self.name} is zero at a minimum near ",
            "saturation": f"F_rr of {self.name} is largest, {n(self.rr.max())}, at {self.place(self.rr, np.argmax)}, and "
            f"smallest, {n(self.rr.min())}, at {self.place(self.rr, np.argmin)}.",
            "grows": f"In {self.name} |g| is {n(np.median(g), 3)} in the median and at most {n(g.max())}; |n| is "
            f"{n(np.median(size), 3)} in the median and at most {n(size.max())}, at {self.place(size, np.argmax)}.",
            "acute": f"In {self.name} the angle is {n(np.median(angle), 3)}° in the median and at most {n(angle.max())}°.",
            "along_stiff": f"In {self.name} g is within 10° of the stiff direction v in {percent(self.along_v(self.g))} of "
            f"the cells, n in {percent(self.along_v(self.n))}.",
        }


def pair_findings(a, b):
    """{claim: what the sentence has} of A and of B, which is A moved."""

    def differ(values, others):
        target = a.r + 5 * np.sin(a.phi)[:, None]
        inside = (target >= -5) & (target <= 5)
        read = np.array([np.interp(row, a.r, base) for row, base in zip(target, values)])
        return percent(np.median((np.abs(read - others) / np.abs(others))[inside]))

    roots = [np.sqrt(np.prod(p.eigenvalues, -1)) for p in (a, b)]
    k, rho = ([getattr(p, name)[p.minimum] for p in (b, a)] for name in ("condition", "rho"))
    return {
        "shifted": "B is A moved by (5, 0). For the network this is the same as replacing r by r + 5 sin φ.",
        "sheared": f"the loss by {differ(a.loss, b.loss)}, √det F by {differ(*roots)}, n_φ by "
        f"{differ(a.n[..., 0], b.n[..., 0])}, g_φ by {differ(a.g[..., 0], b.g[..., 0])}.",
        "conditioning": f"At the minimum loss κ(F) is {n(k[0])} in B and {n(k[1])} in A; the correlation of r and φ is "
        f"{n(rho[0], 5)} and {n(rho[1], 5)}. Moving A to B adds 5 cos φ to a_φ",
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
        """{claim: [(verdict, sentence)]} of the file, or of Views."""
        found = {}
        for claim in claims.claims_of(views or views_of(self.file)):
            found.setdefault(claim.name, []).append((claim.holds, claim.sentence))
        return found

    def notes(self):
        with fishergrid_file.open_sweep(self.file) as sweep:
            return " ".join(report.notes_of(sweep, survey(sweep.data_sets)))

    def change(self, field, edit):
        with h5py.File(self.file, "r+") as file:
            file[field][...] = edit(file[field][:])

    def say_rounded(self, error, *fields):
        with h5py.File(self.file, "r+") as file:
            for field in fields:
                file[field].attrs[fishergrid_file.ROUNDING] = error

    def samples_of_a(self):
        self.sweep("--data", "A")
        with h5py.File(self.file) as file:
            return [file[f"entry/samples_A/{name}"][:] for name in ("x0", "x1", "y")]

    def test_verdicts_and_every_number_are_those_of_the_file(self):
        self.sweep()
        told = self.told()
        self.assertEqual({name: [holds for holds, _ in said] for name, said in told.items()}, VERDICTS)
        with h5py.File(self.file) as file:
            a, b = (Plain(file, name) for name in "AB")
        expected = {name: [of, b.findings()[name]] for name, of in a.findings().items()}
        expected |= {name: [of] for name, of in pair_findings(a, b).items()}
        self.assertEqual(set(expected), set(told))
        for name, findings in expected.items():
            for finding, (_, sentence) in zip(findings, told[name], strict=True):
                self.assertIn(finding, sentence)
        for plain, (_, sentence) in zip((a, b), told["one_minimum"]):
            found = re.findall(r"a (minimum|saddle point) near φ = ([\d.]+), r = (−?\d+\.\d+)", sentence)
            self.assertEqual([kind for kind, _, _ in found], ["minimum", "saddle point"])
            for _, *place in found:
                place = np.array([float(text.replace("−", "-")) for text in place])
                steps = plain.phi[1] - plain.phi[0], plain.r[1] - plain.r[0]
                # the middle of four cells, in three digits
                self.assertLess(np.max(np.abs(plain.zero_near(place) - place) / steps), 0.7)

    def test_the_order_of_the_data_does_not_matter(self):
        self.sweep("--phi=60", "--r=60")
        first = self.told()["conditioning"][0][1].partition(" Moving")[0]
        self.sweep("--phi=60", "--r=60", "--data=B", "--data=A")
        self.assertEqual(self.told()["conditioning"][0][1].partition(" Moving")[0], first)

    # --- what is special about some data follows the flags and values ---

    def test_no_cell_is_called_singular_that_is_not(self):
        """Far samples: loss and gradient are 0 in many cells, and the natural gradient is too large in others."""
        self.sweep_samples("1000,0,0\n-1000,0,1")
        with h5py.File(self.file) as file:
            loss, *vectors = (file[f"entry/own/{name}"][:] for name in FIELDS if name not in FIELDS[1:4])
            *components, flag = vectors
            words = dict(zip(file["entry/own/natural_gradient_flag"].attrs["flag_values"],
                             file["entry/own/natural_gradient_flag"].attrs["flag_meanings"].decode().split()))
        flags = [words[value] for value in flag.ravel()]
        level = (components[0] == 0) & (components[1] == 0)
        infinite = np.count_nonzero(np.isinf(components[2]) | np.isinf(components[3]))
        told, notes = self.told(), self.notes()
        sentence = f"The gradient of own is 0 in {np.count_nonzero(level)} of {level.size} cells; the loss there is 0."
        self.assertEqual(told["one_minimum"], [(False, sentence)])
        self.assertIn(f"loss, 0, in {np.count_nonzero(loss == loss.min())} of the cells drawn", told["boundary"][0][1])
        self.assertEqual("singular" in notes, "undefined" in flags)
        self.assertIn(f"in {infinite} cells the natural gradient overflows: ", notes)
        self.assertIn(f"In {infinite} cells n is infinite.", told["grows"][0][1])

    def test_a_flag_nobody_knows_is_named(self):
        self.sweep_samples("1,2,0\n2,1,1")
        with h5py.File(self.file, "r+") as file:
            flag = file["natural_gradient_flag_own"]
            flag[:2] = 77
            flag.attrs["flag_values"] = np.append(flag.attrs["flag_values"], 77)
            flag.attrs["flag_meanings"] = np.bytes_(flag.attrs["flag_meanings"] + b" very_odd")
        self.assertIn("own: in 66 cells the flag of the natural gradient is “very odd”.", self.notes())

    def test_data_without_a_natural_gradient(self):
        for text, minimum in (("0,0,0\n0,0,1", "The gradient of own is 0 in 64 of 2112 cells; the loss there is 1.386."),
                              ("1,2,0\n1,2,1", None),  # zero on a curve between the cells
                              ("1,2,0", "The gradient of own has no zero inside this grid.")):
            with self.subTest(text):
                self.sweep_samples(text)
                told = self.told()
                self.assertIn("own: in 2112 cells the Fisher matrix is singular", self.notes())
                self.assertEqual(told.get("one_minimum"), minimum and [(False, minimum)])
                self.assertFalse({"grows", "acute"} & set(told))

    def test_classes_that_cannot_be_separated(self):
        self.sweep_samples("0,0,0\n0,0,1")
        self.assertIn("1 of 2 samples on the wrong side. The same answer for all", self.told()["boundary"][0][1])
        self.sweep_samples("1,2,0\n2,1,0\n0,0,0")
        sentence = "leaves 0 of 3 samples on the wrong side. All samples are of one class"
        self.assertIn(sentence, self.told()["boundary"][0][1])
        self.sweep("--data", "A", "--phi-range=-1:1")
        self.assertFalse(self.told()["boundary"][0][0])
        self.assertIn("zero at a saddle point near", self.told()["one_minimum"][0][1])

    def test_points_whole_turns_apart_are_one(self):
        self.sweep("--data", "A", "--phi-range=-2pi:2pi")
        (holds, sentence), = self.told()["one_minimum"]
        self.assertEqual((holds, sentence.count("minimum near"), sentence.count("saddle point near")), (True, 1, 1))

    def test_damping_is_in_the_reasons(self):
        self.sweep("--damping", "0.1")
        told = " ".join(sentence for said in self.told().values() for _, sentence in said)
        self.assertIn("(F + λI)⁻¹g", told)
        self.assertNotIn("F⁻¹g", told.replace("(F + λI)⁻¹g", ""))
        self.assertNotIn("as e^|a|", told)

    def test_every_claim_is_false_somewhere(self):
        x0, x1, y = self.samples_of_a()
        seen = {"shifted"}  # which is not told of other data
        self.assertEqual(set(self.told()) | {"shifted", "sheared", "conditioning"}, set(VERDICTS))

        def check(*names):
            told = self.told()
            self.assertEqual({name: told[name][-1][0] for name in names}, dict.fromkeys(names, False))
            seen.update(names)

        self.sweep("--data", "A", "--phi-range", "4:4.4", "--r-range", "0:0.3")
        check("one_minimum", "saturation", "grows")
        self.sweep()
        self.change("loss_B", lambda loss: 1.1 * loss)
        check("sheared")
        self.sweep()
        self.change("natural_gradient_phi_B", lambda values: -values)
        check("acute")
        points = np.random.default_rng(3).normal(size=(2, 400))
        write_csv(self.directory / "mixed.csv", *points, np.arange(400) % 2)
        self.sweep("--data", "mixed=mixed.csv")
        check("boundary", "along_stiff")
        write_csv(self.directory / "turned.csv", np.cos(1) * x0 + np.sin(1) * x1, np.cos(1) * x1 - np.sin(1) * x0, y)
        self.sweep("--data", "A", "--data", "turned=turned.csv")
        check("conditioning")
        self.assertFalse({"shifted", "sheared"} & set(self.told()))
        self.assertEqual(seen, set(VERDICTS))

    # --- what the file cannot tell ---

    def test_rounded_files_tell_the_same_or_less(self):
        """Verdicts are those of the unrounded file; a rounding that leaves one digit leaves only what needs none."""
        self.sweep()
        exact = self.told()
        for options, lost in (
            (["--keep-digits", "3"], {"conditioning"}),
            (["--float32"], set()),
            (["--keep-digits", "1"], set(VERDICTS) - {"shifted"}),
        ):
            with self.subTest(options):
                self.succeed("pack", "-q", "--force", "x.h5", "rounded.h5", *options)
                rounded = self.told(views_of(self.directory / "rounded.h5"))
                self.assertEqual(set(exact) - set(rounded), lost)
                for name, said in rounded.items():
                    self.assertEqual([holds for holds, _ in said], [holds for holds, _ in exact[name]], name)

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
        self.assertNotIn("one_minimum", self.told())

    def test_unfinished_sweeps_are_told_of_what_is_computed(self):
        self.sweep("--phi=60", "--r=60")
        for name in "AB":
            self.change(f"natural_gradient_flag_{name}", lambda flag: np.where(np.arange(60)[:, None] < 20, flag, 0))
        told = self.told()
        self.assertNotIn("computed", told.pop("shifted")[0][1])
        for name, said in told.items():
            for _, sentence in said:
                self.assertTrue(sentence.startswith("In the cells computed so far: "), name)
                self.assertNotIn("this grid", sentence)

    def test_few_cells_and_few_fields_tell_less(self):
        for shape in ((3, 3), (1, 40), (40, 1), (15, 100)):
            self.sweep("--phi", shape[0], "--r", shape[1])
            self.assertLessEqual(set(self.told()), {f.__name__ for f in claims.ON_FEW_CELLS})
        self.sweep("--data", "A", "--fields", "loss")
        self.assertEqual(set(self.told()), {"boundary"})

    def test_medians_of_few_cells_say_of_how_many(self):
        self.sweep("--data", "B")
        for axis in ("phi", "r"):
            self.change(f"natural_gradient_{axis}_B", lambda x: np.where(np.arange(161)[:, None] < 40, x, np.nan))
        told = self.told()
        for name in ("acute", "grows", "along_stiff"):
            self.assertIn("of the 6440 cells (of 25921 drawn) where it is known", told[name][0][1])

    # --- the rest of the page ---

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

    def test_what_is_undefined_at_the_minimum_loss_is_no_number(self):
        self.sweep("--data", "A")
        (view,) = views_of(self.file)
        i, j = view.minimum_cell()
        with h5py.File(self.file, "r+") as file:
            file["fisher_r_phi_A"][i, j] = np.sqrt(file["fisher_r_r_A"][i, j] * file["fisher_phi_phi_A"][i, j])
        _, table = report.minimum_table(views_of(self.file))
        self.assertEqual({symbol for _, symbol, values in table if values == [None]}, {"κ(F)", "√det F"})

    def test_a_reason_is_given_once(self):
        self.sweep()
        first, second = (sentence for _, sentence in self.told()["acute"])
        self.assertIn("downhill everywhere", first)
        self.assertNotIn("downhill everywhere", second)


if __name__ == "__main__":
    fishergrid_program.main()
