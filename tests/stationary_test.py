#!/usr/bin/env python3
"""Stationary points of the loss, compared with a dense scan of the profile and with 50 digits of mpmath.

    stationary_test.py PATH_TO_FISHERGRID
"""

import math
import sys
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "analysis"))
try:
    import h5py
    import mpmath
    import numpy
    from fishergrid_file import open_sweep

    mpmath.mp.dps = 50
except ImportError:
    h5py = None

SMALL = ["--phi", "16", "--r", "12", "-q"]
ULPS = 2  # of the coordinate or of its scale: what the header promises


def clouds(seed, n0, n1, spread, *centres):
    """(x0, x1, y) of two gaussian clouds."""
    random = numpy.random.default_rng(seed)
    x = numpy.concatenate([random.normal(centre, spread, (n, 2)) for n, centre in zip((n0, n1), centres)])
    return x[:, 0], x[:, 1], numpy.repeat([0, 1], [n0, n1])


def data_sets():
    """{name: ((x0, x1, y), range of r)}, each with zeros that rounding determines."""
    line = numpy.linspace(-1, 2, 9)
    return {
        "unbalanced": (clouds(1, 3, 200, 0.4, (1, 1), (1, 2)), 20),
        "separable": (clouds(2, 20, 30, 0.2, (4, 1), (-5, 2)), 20),
        "saturated": (clouds(3, 12, 12, 1, (90, 100), (-110, -80)), 300),
        "large": (clouds(4, 6, 7, 600, (0, 0), (300, 100)), 3000),
        "tiny": (clouds(5, 40, 50, 1e-3, (1e-3, 0), (0, 1e-3)), 20),
        "narrow": (clouds(6, 30, 30, 1e-4, (1000, 1000), (1000, 1000.0002)), 3000),
        "line": ((1 + 2 * line, 3 - line, numpy.array([0, 1, 0, 0, 1, 1, 0, 1, 1])), 20),
        "two": ((numpy.array([1.0, 2.0, 2.0]), numpy.array([1.0, -1.0, -1.0]), numpy.array([0, 1, 0])), 20),
    }


def profile(data, phi):
    """N at the minimum over r for each phi, by bisection of G0; tails keep their digits."""
    x0, x1, y = data
    sign = numpy.where(y == 0, 1.0, -1.0)
    e0, e1 = x0 - x0.mean(), x1 - x1.mean()  # so that r is about the mean, whose a_phi adds G0 = 0 times itself
    u = numpy.outer(numpy.sin(phi), e0) + numpy.outer(numpy.cos(phi), e1)
    d = numpy.outer(numpy.cos(phi), e0) - numpy.outer(numpy.sin(phi), e1)
    low, high = numpy.full(len(phi), -numpy.abs(u).max() - 20), numpy.full(len(phi), numpy.abs(u).max() + 20)
    for _ in range(80):
        r = (low + high) / 2
        m = sign * (u + r[:, None])
        tail = numpy.exp(-abs(m)) / (1 + numpy.exp(-abs(m)))
        G0 = numpy.where(m < 0, -sign, 0).sum(1) + numpy.where(m < 0, sign * tail, -sign * tail).sum(1)
        low, high = numpy.where(G0 < 0, r, low), numpy.where(G0 < 0, high, r)
    rho = numpy.where(m < 0, -sign + sign * tail, -sign * tail)
    return (rho * d).sum(1)


def true_point(data, phi, r):
    """The zero of the gradient next to (phi, r), its loss and the determinant of H, in 50 digits: each step of Newton
    doubles the digits that are right, so three are enough from a point that is right to eight."""
    x = [tuple(map(mpmath.mpf, row)) for row in zip(*(map(float, column) for column in data))]
    phi, r = mpmath.mpf(phi), mpmath.mpf(r)
    for _ in range(3):
        sine, cosine = mpmath.sin(phi), mpmath.cos(phi)
        sums = [mpmath.mpf(0)] * 6
        for x0, x1, y in x:
            u, v = sine * x0 + cosine * x1, cosine * x0 - sine * x1
            s = 1 if y == 0 else -1
            q = mpmath.exp(-s * (u + r))
            p = q / (1 + q)
            rho, w = -s * p, p / (1 + q)
            terms = (rho * v, rho, w * v * v - rho * u, w * v, w, mpmath.log1p(q))
            sums = [total + term for total, term in zip(sums, terms)]
        g_phi, g_r, h_pp, h_rp, h_rr, loss = sums
        det = h_pp * h_rr - h_rp**2
        phi, r = phi - (h_rr * g_phi - h_rp * g_r) / det, r - (h_pp * g_r - h_rp * g_phi) / det
    return phi, r, loss, det


@unittest.skipUnless(h5py, "h5py, mpmath or numpy is not installed")
class StationaryTest(fishergrid.ProgramTest):
    def points(self, *options, output="x.h5", notes=()):
        self.succeed("sweep", *SMALL, *options, "-o", output)
        with open_sweep(self.directory / output) as sweep:
            self.assertEqual([data.stationary_notes() for data in sweep.data_sets], [list(notes)] * len(sweep.data_sets))
            return [data.stationary_points() for data in sweep.data_sets]

    def given(self, data):
        lines = [f"{float(a)!r},{float(b)!r},{int(y)}" for a, b, y in zip(*data)]
        (self.directory / "given.csv").write_text("x0,x1,y\n" + "\n".join(lines) + "\n")
        return ["--data", "D=given.csv"]

    def check_point(self, data, point):
        phi, r, loss, det = true_point(data, point.phi, point.r)
        scale = float(max(1, abs(r), numpy.hypot(data[0], data[1]).max()))
        self.assertLessEqual(abs(phi - point.phi), ULPS * math.ulp(max(1, abs(point.phi))))
        self.assertLessEqual(abs(r - point.r), ULPS * math.ulp(scale))
        self.assertLessEqual(abs(loss / mpmath.mpf(point.loss) - 1), 1e-13 * (1 + scale))  # a is rounded
        self.assertEqual(point.kind, "minimum" if det > 0 else "saddle")
        product = point.hessian_eigenvalues[0] * point.hessian_eigenvalues[1]
        self.assertLess(abs(product / det - 1), 1e-6)

    def test_default_data(self):
        found = self.points()
        for points, r in zip(found, (1.49974486, 1.50511080)):
            self.assertEqual([point.kind for point in points], ["minimum", "saddle"])
            self.assertEqual([round(points[0].phi, 8), round(points[0].r, 8)], [3.14266584, r])
            self.assertEqual([round(points[0].loss, 10), round(points[1].loss, 2)], [479.1210549489, 992.29])
        with h5py.File(self.directory / "x.h5") as file:
            for name, points in zip("AB", found):
                samples = file[f"entry/samples_{name}"]
                for point in points:
                    self.check_point([samples[column][()] for column in ("x0", "x1", "y")], point)

    def test_every_zero_of_the_profile_is_found(self):
        for name, (data, bound) in data_sets().items():
            with self.subTest(name):
                options = [*self.given(data), f"--r-range=-{bound}:{bound}", "--force"]
                (points,) = self.points(*options)
                phi = numpy.linspace(0.01, 0.01 + 2 * math.pi, 4001)
                N = numpy.concatenate([profile(data, part) for part in numpy.array_split(phi[:-1], 4)])
                changes = numpy.count_nonzero((N < 0) != (numpy.roll(N, -1) < 0))
                self.assertEqual(len(points), changes)
                for point in points:
                    self.check_point(data, point)

    def test_same_bytes_whatever_else_the_run_computes(self):
        """Tiles, threads, fields, method, cells and parts change no byte of the group."""

        def columns(output):
            with h5py.File(self.directory / output) as file:
                return {
                    (name, column): node[()].tobytes()
                    for name in "AB"
                    for column, node in file[f"entry/stationary_points_{name}"].items()
                }

        self.points()
        whole, parts = columns("x.h5"), ["1.h5", "2.h5"]
        for options in (
            ["--tile", "7", "--threads", "3"],
            ["--fields", "gradient_phi"],
            ["--method", "direct", "--phi", "5"],
        ):
            self.points(*options, output="y.h5")
            self.assertEqual(columns("y.h5"), whole, options)
            (self.directory / "y.h5").unlink()
        for k, part in enumerate(parts, 1):
            self.points("--part", f"{k}/2", "--tile", "7", output=part)
            self.assertEqual(columns(part), whole, part)
        self.succeed("merge", "-o", "merged.h5", "-q", *parts)
        self.succeed("pack", "-q", "merged.h5", "packed.h5")
        for name in ("merged.h5", "packed.h5"):
            self.assertEqual(columns(name), whole, name)
            self.succeed("verify", "--cells", "50", name)

    def test_sources(self):
        """The scan sums sources of many samples, whatever the sweep sums: also where the profile is flat, and where
        nearly all samples are far on their side of the line, so that sources say little."""
        sets = {
            "overlap": (clouds(7, 3000, 3000, 0.3, (1, 1), (1, 2)), 20),
            "unbalanced": (clouds(8, 20, 9000, 0.5, (1, 1), (0, 2)), 20),
            "apart": (clouds(9, 3000, 3000, 0.2, (1, 4), (1, -4)), 20),
            "far apart": (clouds(10, 3000, 3000, 0.2, (1, 40), (1, -40)), 100),
        }
        for name, (data, bound) in sets.items():
            with self.subTest(name):
                options = [*self.given(data), "--fields", "loss", "--force", "--phi=400", "--r=400", f"--r-range=-{bound}:{bound}"]
                (quick,) = self.points(*options, output="quick.h5")
                (exact,) = self.points(*options, "--phi=8", "--r=8", "--method", "direct", output="exact.h5")
                with h5py.File(self.directory / "quick.h5") as file:
                    self.assertGreater(file["entry/setup/sources_of_D"][()], 0)
                self.assertGreater(len(exact), 0)
                self.assertEqual(quick, exact)
                for point in quick:
                    self.check_point(data, point)

    def test_what_cannot_be_listed_is_said(self):
        point, labels = numpy.ones(5), numpy.array([0, 1, 1, 0, 1])
        one_class = (numpy.arange(5.0), point, 0 * labels)
        coincident = (point, 2 * point, labels)
        for data, note in ((one_class, "one_class"), (coincident, "level")):
            (points,) = self.points(*self.given(data), "--force", notes=[note])
            self.assertEqual(points, [])

    def test_ranges(self):
        """Points outside do not count, the ends of whole turns are no edge, and each turn has its own points."""
        minimum, saddle = self.points("--data", "A")[0]
        below = ["--r-range=-5:1.4"]
        (points,) = self.points("--data", "A", *below, "--force", notes=["minimum_outside"])
        self.assertEqual(points, [saddle])
        turns = [f"--phi-range=-{4 * math.pi!r}:{200 * math.pi!r}"]
        (points,) = self.points("--data", "A", *turns, "--force", notes=["more_points"])
        self.assertEqual(len(points), 64)
        self.assertTrue(all(point.kind == "minimum" for point in points))
        with h5py.File(self.directory / "x.h5") as file:
            self.assertEqual(file["entry/stationary_points_A/found"][()], 2 * 102)
        (points,) = self.points("--data", "A", f"--phi-range={minimum.phi!r}:6", "--force", notes=["minimum_outside"])
        self.assertEqual(points, [])

    def test_points_of_equal_loss_are_ordered_by_place(self):
        """Quarter turns of the samples leave the loss as it is, but for its rounding."""
        x0, x1, y = clouds(11, 15, 10, 1, (1, 2), (2, -1))
        turned = [(x0, x1), (-x1, x0), (-x0, -x1), (x1, -x0)]
        data = *map(numpy.concatenate, zip(*turned)), numpy.tile(y, 4)
        for turns in (1, 2):
            options = [*self.given(data), f"--phi-range=0:{2 * math.pi * turns!r}", "--r-range=-20:20"]
            (points,) = self.points(*options, "--force")
            runs = [[points[0]]]
            for before, point in zip(points, points[1:]):
                if point.loss - before.loss > 1e-9 * point.loss:
                    runs.append([])
                runs[-1].append(point)
            self.assertGreater(len(runs), 1)
            for run in runs:
                self.assertEqual(len(run) % (4 * turns), 0)
                places = [(point.phi, point.r) for point in run]
                self.assertEqual(places, sorted(places))

    def test_mean(self):
        (sums,), (means,) = self.points("--data", "A"), self.points("--data", "A", "--reduction", "mean", "--force")
        for point, mean in zip(sums, means):
            self.assertEqual((point.kind, point.phi, point.r), (mean.kind, mean.phi, mean.r))
            self.assertAlmostEqual(mean.loss * 1000 / point.loss, 1, delta=1e-15)
            self.assertEqual(mean.natural_hessian_eigenvalues, point.natural_hessian_eigenvalues)


if __name__ == "__main__":
    fishergrid.main()
