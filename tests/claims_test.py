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
from fishergrid_program import ProgramTest
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

    def test_stiff_angles(self):
        values, vectors = np.linalg.eigh(self.matrices)
        v = np.random.default_rng(2).normal(size=(300, 2))
        across, along = (np.abs(np.einsum("ni,ni->n", v, vectors[:, :, k])) for k in (0, 1))
        plain = np.degrees(np.arctan2(across, along))
        measured = np.degrees(np.arctan2(across * np.sqrt(values[:, 0]), along * np.sqrt(values[:, 1])))
        # 1e-8 degrees: roundings of the direction, as above
        np.testing.assert_allclose(quantities.stiff_angle(*self.entries, *v.T), plain, atol=1e-8)
        np.testing.assert_allclose(quantities.stiff_fisher_angle(*self.entries, *v.T), measured, atol=1e-8)

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

    def test_numbers_are_those_of_the_file(self):
        self.sweep()
        told = self.told()
        with h5py.File(self.file) as file:
            loss, pp, rp, rr = (file[f"entry/B/{name}"][:] for name in ("loss", *quantities.FISHER))
            phi, r = file["phi"][:], file["r"][:]
        i, j = np.unravel_index(np.argmin(loss), loss.shape)
        matrix = np.array([[pp[i, j], rp[i, j]], [rp[i, j], rr[i, j]]])
        self.assertIn(f"is {claims.number(np.linalg.cond(matrix))} in B", told["conditioning"][0][1])
        self.assertIn(f"F_rφ/F_rr = {claims.number(rp[i, j] / rr[i, j])} in B", told["phi_information"][0][1])
        self.assertIn(f"φ = {claims.number(phi[i])}, r = {claims.number(r[j])}", told["boundary"][1][1])
        self.assertIn("moved by (5, 0)", told["shifted"][0][1])

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
        for shape in ((3, 3), (1, 40), (40, 1), (15, 100)):
            self.sweep("--phi", shape[0], "--r", shape[1])
            self.assertLessEqual(set(self.told()), {f.__name__ for f in claims.ON_FEW_CELLS})

    def test_medians_of_few_cells_say_of_how_many(self):
        self.sweep()
        for axis in ("phi", "r"):
            self.change(f"natural_gradient_{axis}_B", lambda x: np.where(np.arange(161)[:, None] < 40, x, np.nan))
        few = "of the 6440 cells (of 25921 drawn) that have one"
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
        first, second = (sentence for _, sentence in self.told()["acute"])
        self.assertIn("right angle", first)
        self.assertNotIn("right angle", second)

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
