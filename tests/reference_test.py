#!/usr/bin/env python3
"""Every row of data/reference/*.ref.csv through `fishergrid point`, for every instruction set of this processor.

    reference_test.py PATH_TO_FISHERGRID

Tolerance: TOLERANCE of the scale that the table gives for each value. A sum of n terms, each right to a few units in
the last place (2^-53 = 1.1e-16), is right to n 2^-53 of the sum of their absolute values: 2e-14 for the 200 samples of
the largest table. A term's own error is that of its exponent: a margin of up to 13 is itself rounded to 13 * 2^-53.
What remains up to 1e-13 is for the quotients of such sums. The largest errors seen are printed: 2.5e-14 of the scale in
the natural gradient, 2e-15 elsewhere.
"""

import csv
import json
import math
import unittest
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import fishergrid_program as fishergrid

TABLES = Path(__file__).resolve().parent / "data" / "reference"
DATA = ["a", "b", "one", "separable-wide"]
TOLERANCE = Decimal("1e-13")

# (field, column of its value, column of its error scale). Sums of terms that are all positive are their own scale.
COLUMNS = [
    ("loss", "loss", "loss"),
    ("fisher_phi_phi", "F_phiphi", "F_phiphi"),
    ("fisher_r_phi", "F_rphi", "abs_F_rphi"),
    ("fisher_r_r", "F_rr", "F_rr"),
    ("gradient_phi", "grad_phi", "abs_grad_phi"),
    ("gradient_r", "grad_r", "abs_grad_r"),
    ("natural_gradient_phi", "n_phi", "abs_n_phi"),
    ("natural_gradient_r", "n_r", "abs_n_r"),
]
UNDEFINED = 3

# In `one` three places are close to phi = pi/4, where a_phi = cos(phi) - sin(phi) vanishes. Sine and cosine are each
# right to 2^-53 at best, so a_phi is only right to the sum of both, absolutely, and so is what carries it as a factor.
PI_4 = Decimal("0.7853981633974483")
CLOSE = Decimal("1e-3")
A_PHI_ERROR = Decimal(2) ** -52


def read_table(name):
    with open(TABLES / f"{name}.ref.csv", newline="", encoding="ascii") as file:
        return list(csv.DictReader(file))


def extra_tolerance(name, row, field):
    """What is allowed on top for the cells where a_phi nearly vanishes."""
    if name != "one" or abs(Decimal(row["phi"]) - PI_4) > CLOSE:
        return 0
    weight = Decimal(row["F_rr"])
    a_phi = abs(Decimal(row["F_rphi"])) / weight
    return {
        "gradient_phi": A_PHI_ERROR * Decimal(row["abs_grad_r"]),
        "fisher_r_phi": A_PHI_ERROR * weight,
        "fisher_phi_phi": (2 * a_phi + A_PHI_ERROR) * A_PHI_ERROR * weight,
    }.get(field, 0)


def point(isa, name, row):
    """The program's cell, or what it said instead."""
    command = ["point", "--json", "--phi", row["phi"], "--r", row["r"], "--data", f"X={TABLES / name}.csv"]
    done = fishergrid.run(*command, env={"FISHERGRID_ISA": isa})
    if done.returncode != 0 or done.stderr:
        return done.stderr.decode(errors="replace") or f"exit code {done.returncode}"
    return json.loads(done.stdout)["data"]["X"]


class ReferenceTest(unittest.TestCase):
    def compare(self, name, row, cell, worst):
        """One cell with one row; notes the largest error of each field in `worst`."""
        for field, column, scale_column in COLUMNS:
            if row[column] == "nan":
                self.assertIsNone(cell[field], f"{field} must be null where it does not exist")
                continue
            self.assertIsInstance(cell[field], float, f"{field} is {cell[field]}, not {row[column]}")
            self.assertTrue(math.isfinite(cell[field]), field)
            error, scale = abs(Decimal(cell[field]) - Decimal(row[column])), Decimal(row[scale_column])
            extra = extra_tolerance(name, row, field)
            self.assertLessEqual(error, TOLERANCE * scale + extra, f"{field} is {cell[field]}, not {row[column]}")
            if not extra and scale > 0:
                worst[field] = max(worst.get(field, 0), error / scale)
        self.assertIn(cell["natural_gradient_flag"], [UNDEFINED] if row["n_phi"] == "nan" else [1, 2])

    def test_every_row_of_every_table(self):
        for isa, runs in fishergrid.instruction_sets():
            with self.subTest(instruction_set=isa):
                if not runs:
                    self.skipTest(f"this program and processor have no {isa}")
                self.every_row(isa)

    def every_row(self, isa):
        worst = {}
        with ThreadPoolExecutor() as pool:
            for name in DATA:
                rows = read_table(name)
                self.assertGreater(len(rows), 30, "the table is not whole")
                for row, cell in zip(rows, pool.map(lambda row: point(isa, name, row), rows)):
                    with self.subTest(instruction_set=isa, data=name, phi=row["phi"], r=row["r"]):
                        self.assertIsInstance(cell, dict, cell)
                        self.compare(name, row, cell, worst)
        print(f"largest errors, {isa}:", *(f"{field} {error:.1e}" for field, error in worst.items()), sep="\n  ")

    def test_the_reduction_to_a_mean(self):
        """Divides everything but the natural gradient by the number of samples."""
        row = read_table("a")[10]
        command = ["point", "--json", "--phi", row["phi"], "--r", row["r"], "--data", f"X={TABLES / 'a.csv'}"]
        cell = json.loads(fishergrid.run(*command, "--reduction", "mean").stdout)["data"]["X"]
        for field, column, scale in COLUMNS:
            n = 1 if field.startswith("natural") else 200
            error = abs(Decimal(cell[field]) * n - Decimal(row[column]))
            self.assertLessEqual(error, TOLERANCE * Decimal(row[scale]), field)


if __name__ == "__main__":
    fishergrid.main()
