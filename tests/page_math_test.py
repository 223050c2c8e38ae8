#!/usr/bin/env python3
"""Tests the arithmetic of the report page, analysis/page/*.js, in Node.js.

page_math_test.py PROGRAM

TOLERANCE of the scale of a value, the sum of the absolute values of its terms: the page sums in another order than the
program, and its windows are interpolated, with errors of a few 1e-14.
"""

import csv
import json
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import fishergrid_program
import h5py
import numpy as np
from fishergrid_program import ProgramTest
from reference_test import COLUMNS, DATA, TABLES, extra_tolerance, read_table
from sweep_file import ANALYSIS, write_csv

sys.path.insert(0, str(ANALYSIS))
import page_sets  # noqa: E402
from fishergrid_file import open_sweep  # noqa: E402
from survey import survey  # noqa: E402

TOLERANCE = 1e-12
RUNNER = Path(__file__).resolve().parent / "page_math.mjs"
NEWTON = ["hessian_phi_phi", "newton_phi", "newton_r"]
RANGES = {"phi": [0, 2 * np.pi], "r": [-5, 5]}


def number(value):
    return float(value.replace("Infinity", "inf")) if isinstance(value, str) else value


def sets_of(file):
    """The page's data of a file."""
    with open_sweep(file) as sweep:
        return page_sets.sets_data(survey(sweep.data_sets))


def answers(data, requests):
    """What the page's arithmetic answers to each request [function, argument, ...]."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "requests.json"
        file.write_text(json.dumps({"data": data, "requests": requests}), encoding="utf-8")
        command = ["node", RUNNER, ANALYSIS / "page", file]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(requests)
    return found


def data_of_csv(path):
    """The page's data of samples alone."""
    x0, x1, y = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2).T
    return data_of(X=(x0, x1, y))


def data_of(**sets):
    """The same of arrays x0, x1, y."""
    listed = [
        {"name": name, "count": len(y), **page_sets.packed_points(*np.asarray([x0, x1], float), np.asarray(y))}
        for name, (x0, x1, y) in sets.items()
    ]
    return {"mean": False, "damping": 0, "shear": None, **RANGES, "sets": listed}


def geometry_table():
    with open(TABLES / "geometry-A.csv", newline="", encoding="ascii") as file:
        return list(csv.DictReader(file))


def scales(samples, phi, r):
    """{field: the sum of the absolute values of its terms} at one point; the others are their own scale."""
    x0, x1, y = samples
    a, u = np.sin(phi) * x0 + np.cos(phi) * x1 + r, np.abs(np.sin(phi) * x0) + np.abs(np.cos(phi) * x1)
    v, d = np.abs(np.cos(phi) * x0) + np.abs(np.sin(phi) * x1), np.cos(phi) * x0 - np.sin(phi) * x1
    p = 1 / (1 + np.exp(np.where(y == 0, a, -a)))
    w = 1 / (4 * np.cosh(a / 2) ** 2)
    mean = np.sum(w * d) / w.sum()
    variance, h = np.sum(w * (d - mean) ** 2), np.sum(np.where(y == 0, p, -p) * (a - r))
    lever = np.sum(w * v) / w.sum()
    n_phi = np.sum(p * (np.abs(d - mean))) / variance
    newton_phi = (np.sum(p * np.abs(d - mean)) + abs(np.sum(p * np.where(y == 0, -1, 1) * (d - mean))) * (
        variance + np.sum(p * u)) / abs(variance + h)) / abs(variance + h)  # fmt: skip
    return {
        "fisher_phi_phi": np.sum(w * v * v),
        "fisher_r_phi": np.sum(w * v),
        "gradient_phi": np.sum(p * v),
        "gradient_r": p.sum(),
        "natural_gradient_phi": n_phi,
        "natural_gradient_r": p.sum() / w.sum() + lever * n_phi,
        "hessian_phi_phi": np.sum(w * v * v) + np.sum(p * u),
        "empirical_fisher_phi_phi": np.sum(p * p * v * v),
        "empirical_fisher_r_phi": np.sum(p * p * v),
        "newton_phi": newton_phi,
        "newton_r": p.sum() / w.sum() + lever * newton_phi,
        "natural_gradient_norm": p.sum() / np.sqrt(w.sum()) + np.sum(p * np.abs(d - mean)) / np.sqrt(variance),
        "fisher_eigenvector_angle": 1,
    }


class PageMathTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-page-")
        cls.addClassCleanup(scratch.cleanup)
        cls.example = Path(scratch.name) / "x.h5"
        fishergrid_program.run("sweep", "-q", "--phi", "120", "--r", "110", "--fields", "all", "-o", cls.example)
        cls.data = sets_of(cls.example)

    def test_every_field_at_random_cells(self):
        random = np.random.default_rng(1)
        with h5py.File(self.example) as file:
            for name in ("A", "B"):
                group = file[f"entry/{name}"]
                samples = [file[f"entry/samples_{name}/{x}"][:] for x in ("x0", "x1", "y")]
                fields = [f for f in group if group[f].shape == (120, 110) and group[f].dtype.kind == "f"]
                self.assertGreaterEqual(len(fields), 20)
                cells = [tuple(random.integers(n) for n in (120, 110)) for _ in range(40)]
                places = [(float(group["phi"][i]), float(group["r"][j])) for i, j in cells]
                found = answers(self.data, [["quantity", f, name, *place] for f in fields for place in places])
                for k, field in enumerate(fields):
                    for (i, j), place, value in zip(cells, places, found[k * len(cells) :]):
                        stored = group[field][i, j]
                        scale = scales(samples, *place).get(field, abs(stored))
                        self.assertLessEqual(abs(number(value) - stored), TOLERANCE * scale, (field, name, place))

    def test_evaluate_is_what_the_program_says(self):
        (found,) = answers(self.data, [["evaluate", "B", 2.5, -1.25]])
        cell = self.succeed_json("point", "--phi", "2.5", "--r", "-1.25", "--fields", "all")["data"]["B"]
        pairs = [("gradient", "gradient"), ("natural_gradient", "natural_gradient"), ("newton", "newton")]
        told = {f"{field}_{axis}": found[name][k] for name, field in pairs for k, axis in enumerate(("phi", "r"))}
        matrices = [("fisher", "fisher"), ("empirical_fisher", "empirical_fisher")]
        entries = ("phi_phi", "r_phi", "r_r")
        told |= {f"{field}_{entry}": found[name][k] for name, field in matrices for k, entry in enumerate(entries)}
        told |= {name: found[name] for name in ("loss", "hessian_phi_phi", "natural_gradient_norm", "fisher_condition")}
        for name, value in told.items():
            self.assertAlmostEqual(value / cell[name], 1, delta=1e-11, msg=name)  # nothing here cancels by more than 10
        self.assertEqual((found["state"], found["reason"]), ("regular", ""))

    def test_reduction_and_damping_are_those_of_the_sweep(self):
        options = ["--reduction", "mean", "--damping", "0.01"]
        self.succeed("sweep", "-q", "--phi=3", "--r=3", *options, "-o", "x.h5")
        names = ["loss", "fisher_phi_phi", "gradient_phi", "natural_gradient_phi", "natural_gradient_r",
                 "hessian_phi_phi", "newton_r", "natural_gradient_norm", "fisher_volume",
                 "empirical_fisher_r_r"]  # fmt: skip
        found = answers(sets_of(self.directory / "x.h5"), [["quantity", name, "A", 2.5, -1.25] for name in names])
        cell = self.succeed_json("point", "--phi=2.5", "--r=-1.25", "--fields=all", *options)["data"]["A"]
        for name, value in zip(names, found):
            self.assertAlmostEqual(value / cell[name], 1, delta=1e-11, msg=name)

    def test_reference_tables(self):
        """The tolerance is that of reference_test.py."""
        more = [("hessian_phi_phi", "H_phiphi", "abs_H_phiphi"), ("empirical_fisher_phi_phi", "E_phiphi", "E_phiphi"),
                ("empirical_fisher_r_phi", "E_rphi", "abs_E_rphi"),
                ("empirical_fisher_r_r", "E_rr", "E_rr")]  # fmt: skip
        for name in DATA:
            rows, columns = read_table(name), COLUMNS + more
            places = [(float(row["phi"]), float(row["r"])) for row in rows]
            asked = [["quantity", field, "X", *place] for place in places for field, _, _ in columns]
            found = iter(answers(data_of_csv(TABLES / f"{name}.csv"), asked))
            for row in rows:
                for field, column, scale in columns:
                    value, where = number(next(found)), (name, field, row["phi"], row["r"])
                    if row[column] == "nan":
                        self.assertTrue(np.isnan(value), where)
                        continue
                    weights = {**row, "F_rr": row["E_rr"], "F_rphi": row["E_rphi"]} if "empirical" in field else row
                    close = extra_tolerance(name, weights, field.replace("empirical_", "").replace("hessian", "fisher"))
                    allowed = Decimal("1e-13") * Decimal(row[scale]) + close
                    self.assertLessEqual(abs(Decimal(value) - Decimal(row[column])), allowed, where)

    def test_reference_table_of_the_geometry(self):
        columns = {"H_phi_phi": "hessian_phi_phi", "EF_phi_phi": "empirical_fisher_phi_phi",
                   "EF_r_phi": "empirical_fisher_r_phi", "EF_r_r": "empirical_fisher_r_r",
                   "lambda_max": "fisher_eigenvalue_max", "lambda_min": "fisher_eigenvalue_min",
                   "eigen_angle": "fisher_eigenvector_angle", "condition": "fisher_condition",
                   "curvature": "fisher_curvature"}  # fmt: skip
        rows = geometry_table()
        self.assertEqual(len(rows), 12)
        asked = [["quantity", q, "X", float(row["phi"]), float(row["r"])] for row in rows for q in columns.values()]
        found = iter(answers(data_of_csv(TABLES / "geometry-A.samples.csv"), asked))
        for row in rows:
            for column in columns:
                # sums of 1000 terms that hardly cancel: some roundings more than 1e-13
                self.assertAlmostEqual(next(found) / float(row[column]), 1, delta=TOLERANCE, msg=(column, row))

    def test_windows_are_the_points(self):
        """At any zoom, round the circle, far out, and of a shifted set, every quantity."""
        (names,) = answers(None, [["names"]])
        self.assertGreater(len(names), 25)
        random, width, height = np.random.default_rng(2), 60, 40
        windows = [
            ("A", [0, 2 * np.pi], [-5, 5]),
            ("B", [-7, 12], [-30, 20]),
            ("A", [3, 3 + 1e-6], [1, 1 + 1e-6]),
            ("+A 2.5 -1", [2, 4], [-2, 3]),
            ("A", [-3, 5], [-250, 150]),  # panels that grow with the distance
        ]
        for set_, phi, r in windows:
            pixels = [(random.integers(width), random.integers(height)) for _ in range(25)]
            places = [(phi[0] + (x + 0.5) / width * (phi[1] - phi[0]), r[1] - (y + 0.5) / height * (r[1] - r[0]))
                      for x, y in pixels]  # fmt: skip
            asked = [["window", set_, name, {"phi": phi, "r": r}, width, height] for name in names]
            asked += [["quantity", name, set_, *place] for name in names for place in places]
            found = answers(self.data, asked)
            for k, name in enumerate(names):
                values = np.array([number(value) for value in found[k]]).reshape(height, width)
                summed = [number(v) for v in found[len(names) + k * len(pixels) :][: len(pixels)]]
                inside = np.array([values[y, x] for x, y in pixels])
                # where terms cancel, of the size of what is around
                size = np.maximum(np.abs(summed), 0 if name.startswith("fisher") else 1e-3 * np.nanmax(np.abs(summed)))
                with np.errstate(invalid="ignore"):
                    off = np.where(inside == summed, 0, np.abs(inside - summed) / size)  # also where both are infinite
                self.assertLessEqual(np.max(off), 1e-9, (name, set_))
                self.assertLess(np.median(off), TOLERANCE, (name, set_))

    def test_windows_far_from_one_class(self):
        """Where every sample is right, all moments decay, and keep their digits."""
        x0, x1 = np.random.default_rng(4).normal(size=(2, 50))
        names, window = ["loss", "gradient_r", "fisher_r_r", "empirical_fisher_r_r", "fisher_curvature"], [-200, 200]
        asked = [["window", "X", name, {"phi": [1, 2], "r": window}, 20, 80] for name in names]
        rows = [(window[1] - (y + 0.5) / 80 * 400, y) for y in range(80)]
        asked += [["quantity", name, "X", 1.025, r] for name in names for r, _ in rows]
        for label in (0, 1):
            found = answers(data_of(X=(x0, x1, np.full(50, label))), asked)
            for k, name in enumerate(names):
                inside = [number(found[k][y * 20]) for _, y in rows]
                summed = [number(v) for v in found[len(names) + 80 * k :][:80]]
                # the curvature divides by C^2, which has lost two digits
                np.testing.assert_allclose(inside, summed, rtol=1e-9 if "curv" in name else TOLERANCE, err_msg=name)

    def test_a_shifted_set_is_sheared(self):
        """B(phi, r) = A(phi, r + 5 sin phi), and what F measures is the same; n moves with the coordinates."""
        self.assertEqual(self.data["shear"], [5, 0])
        phi, r = 2.2, -3
        a, b, c = answers(self.data, [["evaluate", "A", phi, r + 5 * np.sin(phi)], ["evaluate", "B", phi, r],
                                      ["evaluate", "+A 5 0", phi, r]])  # fmt: skip
        self.assertEqual(b, c)
        for name in ("loss", "natural_gradient_norm", "curvature", "fisher_volume"):
            self.assertAlmostEqual(a[name] / b[name], 1, delta=1e-10, msg=name)
        turn = 5 * np.cos(phi)
        self.assertAlmostEqual(b["natural_gradient"][0], a["natural_gradient"][0], delta=1e-11)
        straight = b["natural_gradient"][1] + turn * b["natural_gradient"][0]
        self.assertAlmostEqual(straight, a["natural_gradient"][1], delta=1e-11)
        self.assertAlmostEqual(b["gradient"][0] - turn * b["gradient"][1], a["gradient"][0], delta=1e-9)

    def test_laws_of_the_curvature(self):
        two = data_of(X=([0, 1], [1, -2], [0, 1]), Y=([0, 1, 3], [1, -2, 0], [0, 1, 1]),
                      Z=([0, 1, 3] * 2, [1, -2, 0] * 2, [0, 1, 1] * 2),
                      Q=([0, 1, 3], [1, -2, 0], [1, 1, 0]))  # fmt: skip
        flat, one, doubled, relabelled = (
            found["curvature"] for found in answers(two, [["evaluate", name, 1, 0.3] for name in "XYZQ"])
        )
        self.assertAlmostEqual(flat, 0, delta=1e-12 * abs(one))
        self.assertAlmostEqual(doubled / one, 0.5, delta=1e-12)
        self.assertAlmostEqual(relabelled / one, 1, delta=1e-12)

    def test_stationary_points(self):
        """At the minimum F^-1 H has the eigenvalues 1 and 9.324, in A and in B; the swapped classifier is a saddle."""
        found = answers(self.data, [["stationary", "A"], ["stationary", "B"]])
        for points, r, condition in zip(found, (1.49974486, 1.50511080), (7.42, 1692)):
            self.assertEqual([point["kind"] for point in points], ["minimum", "saddle"])
            least, saddle = points
            np.testing.assert_allclose((least["phi"], least["r"]), (3.14266584, r), atol=1e-8)
            np.testing.assert_allclose((least["loss"], saddle["loss"]), (479.1210549489, 992.29), atol=0.005)
            self.assertAlmostEqual(least["loss"], 479.1210549489, places=9)
            np.testing.assert_allclose(least["fisher_hessian"], (1, 9.324), atol=5e-4)
            self.assertAlmostEqual(least["hessian"][0] / least["hessian"][1] / condition, 1, delta=1e-3)
            self.assertLess(max(point["gradient_size"] for point in points), 1e-11)

    def test_the_numbers_of_the_page(self):
        (found,) = answers(self.data, [["numbers", ["A", "B"]]])
        arrived = {s: {rule: race["arrived"] for rule, race in found[s]["race"].items()} for s in found}
        self.assertEqual(arrived["A"], {"gradient": 96, "natural_gradient": 96})
        self.assertEqual(arrived["B"], {"gradient": 0, "natural_gradient": 96})
        fixed = {s: {rule: fixed["steps"] for rule, fixed in found[s]["fixed"].items()} for s in found}
        self.assertEqual(fixed["A"], {"gradient": 72, "natural_gradient": 54, "newton": 4})
        self.assertEqual(fixed["B"], {"gradient": 16398, "natural_gradient": 61, "newton": 4})
        self.assertTrue(all(f["arrived"] for s in found.values() for f in s["fixed"].values()))
        self.assertAlmostEqual(found["B"]["hessian_condition"], 1692, delta=1)

    def test_descents(self):
        """The same by samples as by patches; a fixed step is fixed; equal lines take about equal steps in A and B."""
        start = [3, 4]
        line = [3, 4 - 5 * np.sin(3)]  # in B
        natural, newton, along_b, fixed, damped, gradient, limited = answers(self.data, [
            ["descend", "A", "natural_gradient", *start], ["descend", "A", "newton", *start],
            ["descend", "B", "natural_gradient", *line],
            ["descend", "A", "natural_gradient", *start, {"step": 0.2, "max_steps": 7}],
            ["descend", "A", "damped", *start, {"damping": 1}], ["descend", "B", "gradient", *line],
            ["descend", "B", "gradient", *line, {"max_steps": 0}]])  # fmt: skip
        for found in (natural, newton, along_b, damped):
            self.assertTrue(found["arrived"], found["end"])
            self.assertEqual((found["steps"], len(found["losses"])), (len(found["path"]) - 1, len(found["path"])))
            self.assertAlmostEqual(found["loss"], 479.12105, places=3)
            self.assertTrue((np.diff(found["losses"]) < 0).all())
        self.assertLess(abs(natural["steps"] - along_b["steps"]), 0.25 * natural["steps"])
        self.assertEqual((gradient["steps"], gradient["end"], gradient["arrived"]), (2000, "steps", False))
        self.assertEqual((limited["steps"], limited["path"]), (0, [line]))
        self.assertEqual((fixed["steps"], fixed["end"]), (7, "steps"))
        (point,) = answers(self.data, [["evaluate", "A", *start]])
        np.testing.assert_array_equal(fixed["path"][1], np.array(start) - 0.2 * np.array(point["natural_gradient"]))

    def test_descents_do_not_stop_at_the_edge_of_the_grid(self):
        (found,) = answers(self.data, [["descend", "B", "natural_gradient", 2, 3]])
        self.assertTrue(found["arrived"])
        self.assertGreater(max(abs(r) for _, r in found["path"]), 5)

    def assert_points_are_the_program_s(self, data, options, tolerance):
        """Loss, gradient and natural gradient at some places, of the scale that reference_test.py would use."""
        places = [(0.5, 1), (3.1, 1.4), (4.4, -3)]
        found = answers(data, [["evaluate", "A", *place] for place in places])
        for (phi, r), point in zip(places, found):
            cell = self.succeed_json("point", "--phi", phi, "--r", r, "--data", "A", *options)["data"]["A"]
            for name in ("gradient", "natural_gradient"):
                told = [cell[f"{name}_{axis}"] for axis in ("phi", "r")]
                most = tolerance * np.abs(told).max()
                np.testing.assert_allclose(point[name], told, rtol=0, atol=most, err_msg=f"{phi} {r}")
            self.assertAlmostEqual(point["loss"] / cell["loss"], 1, delta=tolerance)

    def test_many_samples_become_sources(self):
        """Points that stand for them: every point of the landscape is still exact, and the page stays small."""
        options = ["--samples-per-class", "100000"]
        self.succeed("sweep", "-q", "--phi=20", "--r=20", *options, "-o", "x.h5")
        data = sets_of(self.directory / "x.h5")
        a, b = data["sets"]
        self.assertEqual((a["count"], b["like"], b["shift"]), (200000, "A", [5, 0]))
        self.assertIn("weights", a)
        self.assertLess(len(json.dumps(data)), 300_000)
        self.assert_points_are_the_program_s(data, options, 1e-10)
        window, *summed = answers(data, [["window", "B", "natural_gradient_r", RANGES, 60, 40]] + [
            ["quantity", "natural_gradient_r", "B", (x + 0.5) / 60 * 2 * np.pi, 5 - (x + 0.5) / 4] for x in range(40)
        ])  # fmt: skip
        inside = np.array(window).reshape(40, 60)[range(40), range(40)]
        np.testing.assert_allclose(inside, summed, rtol=1e-7)  # C is a sum of terms of both signs

    def test_too_many_boxes_become_fields(self):
        """Samples all over the plane: the file's fields, thinned, are near the program's values, and the page small."""
        random = np.random.default_rng(3)
        x = random.uniform(-80, 80, (2, 60000))
        y = (x[0] + x[1] + random.normal(0, 20, 60000) > 0).astype(int)
        write_csv(self.directory / "wide.csv", *x, y)
        options = ["--data", "A=wide.csv"]
        self.succeed("sweep", "-q", "--phi=600", "--r=100", *options, "-o", "x.h5")
        data = sets_of(self.directory / "x.h5")
        self.assertIn("fields", data["sets"][0])
        self.assertLess(len(json.dumps(data)), 1_000_000)
        near, outside = answers(data, [["evaluate", "A", 2.5, 1.25], ["evaluate", "A", 2.5, 11]])
        cell = self.succeed_json("point", "--phi", "2.5", "--r", "1.25", *options)["data"]["A"]
        self.assertAlmostEqual(near["loss"] / cell["loss"], 1, delta=1e-3)  # bilinear between cells
        self.assertEqual((outside["state"], outside["loss"]), ("missing", "NaN"))
        window, numbers = answers(data, [["window", "A", "loss", RANGES, 9, 7], ["numbers", ["A"]]])
        self.assertTrue(np.isfinite(window).all())
        self.assertEqual(numbers["A"], {"minimum": None})

    def test_a_file_without_samples(self):
        self.succeed("sweep", "-q", "--phi=30", "--r=20", "--data=A", "--fields=fisher_r_r", "-o", "x.h5")
        with h5py.File(self.directory / "x.h5", "r+") as file:
            del file["entry/samples_A"]
        (point,) = answers(sets_of(self.directory / "x.h5"), [["evaluate", "A", 1, 1]])
        self.assertEqual((point["state"], point["reason"]), ("missing", "the file holds no samples of this data set"))

    def test_unusual_samples(self):
        """States and reasons, and nothing is thrown."""
        cluster = np.full(5, 1e4)
        sets = {
            "one": ([1], [1], [0]),
            "same": ([2] * 4, [3] * 4, [0, 1, 0, 1]),
            "class0": ([0, 1, 2], [1, 0, 5], [0, 0, 0]),
            "separable": ([0, 0, 1, 1], [-8, -9, 8, 9], [0, 0, 1, 1]),
            "far": (cluster + np.arange(5), cluster, [0, 1, 0, 1, 0]),
            "saturated": ([0, 1], [300, 330], [0, 0]),
            "origin": ([0, 0], [0, 0], [0, 1]),
        }
        states = {"one": "undefined", "same": "undefined", "origin": "undefined", "far": "overflow"}
        for name, samples in sets.items():
            window = ["window", name, "natural_gradient_phi", RANGES, 8, 6]
            point, none, _, descent, _, values = answers(data_of(**{name: samples}), [
                ["evaluate", name, 0.5, 1], ["evaluate", name, "x", None], ["stationary", name],
                ["descend", name, "natural_gradient", 0.5, 1], ["descend", name, "newton", 0.5, 1], window,
            ])  # fmt: skip
            self.assertEqual(point["state"], states.get(name, "regular"), name)
            self.assertEqual(bool(point["reason"]), name in states)
            self.assertTrue(np.isfinite(number(point["loss"])))
            self.assertEqual(none["loss"], "NaN")
            self.assertIn("finite", none["reason"])
            self.assertEqual(len(values), 48)
            self.assertEqual(all(value == "NaN" for value in values), states.get(name) == "undefined", name)
            self.assertEqual(descent["end"] == "undefined", name in states)
        requests = [["evaluate", "Q", 1, 1], ["descend", "Q", "newton", 1, 1], ["stationary", "Q"]]
        none, descent, points = answers(data_of(), requests)
        self.assertEqual((none["state"], none["loss"], none["reason"]), ("missing", "NaN", "there is no such data set"))
        self.assertEqual((descent["end"], points), ("undefined", []))


if __name__ == "__main__":
    fishergrid_program.main()
