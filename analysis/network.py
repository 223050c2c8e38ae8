"""The network at any place (phi, r), from the samples of a file: the formulas of include/fishergrid/kernel.h in NumPy.

The figures and findings need it where the file has no value: between the cells, beyond the grid, and for quantities
that the sweep did not store. Values are good to some 1e-10, which is far more than a figure shows.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

MOST_SAMPLES = 4000  # that take part on a grid and in lines; of more some, with more weight
CANDIDATES = 64, 48  # the grid on which stationary points are looked for
NEWTON_STEPS = 60
CONVERGED = 1e-8  # length of the last Newton step; rounding of the gradient makes less of it
SINGULAR = 1e-12  # ratio of the eigenvalues of the Hessian below which a zero of the gradient is no point
BEYOND = 8.0  # the grid reaches so far beyond the samples, where the network is sure to e^-8
TURN = 2 * np.pi
FAR = 0.5  # length of the longest Newton step


@dataclass(frozen=True)
class Point:
    """A stationary point of the loss."""

    phi: float
    r: float
    kind: str  # minimum, saddle or maximum


def matrices(found):
    """Fisher matrix, Hessian and empirical Fisher matrix, [2, 2] each, of {field: value} at one place."""
    def symmetric(kind):
        pp, rp, rr = (found[f"{kind}_{entry}"] for entry in ("phi_phi", "r_phi", "r_r"))
        return np.array([[pp, rp], [rp, rr]])

    fisher, empirical = symmetric("fisher"), symmetric("empirical_fisher")
    hessian = fisher.copy()
    hessian[0, 0] = found["hessian_phi_phi"]
    return fisher, hessian, empirical


def shift(a, b):
    """(d0, d1) if the samples of the second are those of the first plus that, to rounding; else None."""
    if a is None or b is None or not np.array_equal(a.y, b.y):
        return None
    moves = [b.x0 - a.x0, b.x1 - a.x1]
    middle = [float(np.median(move)) for move in moves]
    largest = max(float(np.max(np.abs(x))) for x in (a.x0, a.x1, b.x0, b.x1))
    rounding = 4 * np.finfo(float).eps * largest  # of an addition, or of coordinates written with 17 digits
    is_moved = all(np.max(np.abs(move - m)) <= rounding for move, m in zip(moves, middle)) and any(middle)
    return tuple(middle) if is_moved else None


def between(place, other):
    """Distance of two places (phi, r), by whole turns of phi."""
    return float(np.hypot(np.angle(np.exp(1j * (place[0] - other[0]))), place[1] - other[1]))


@dataclass(frozen=True)
class Network:
    """The samples of a data set, each with the weight with which it enters sums."""

    x0: np.ndarray
    x1: np.ndarray
    y: np.ndarray
    weight: float = 1.0  # 1, or one over their number for means
    damping: float = 0.0

    def thinned(self, most=MOST_SAMPLES):
        """The same of fewer samples with as much weight; drawn, as their order may have a period. Always the same.

        The classes keep their shares, to which the gradient tends far from the samples.
        """
        if len(self.y) <= most:
            return self
        random = np.random.default_rng(0)
        ones = np.flatnonzero(self.y)
        of_class = round(most * len(ones) / len(self.y))
        drawn = np.concatenate([
            random.choice(np.flatnonzero(self.y == 0), most - of_class, replace=False),
            random.choice(ones, of_class, replace=False),
        ])  # fmt: skip
        weight = self.weight * len(self.y) / most
        return replace(self, x0=self.x0[drawn], x1=self.x1[drawn], y=self.y[drawn], weight=weight)

    def moved(self, move):
        """The same with the samples moved by (d0, d1)."""
        return replace(self, x0=self.x0 + move[0], x1=self.x1 + move[1])

    def centre(self):
        """Mean of the samples."""
        return float(np.mean(self.x0)), float(np.mean(self.x1))

    def floor(self, phi):
        """r of the lines through the centre of the samples: the floor of the valley."""
        m0, m1 = self.centre()
        return -(m0 * np.sin(phi) + m1 * np.cos(phi))

    def row(self, phi, r):
        """{field: [r]} at one phi, under the names that the fields have in the file."""
        u, v = np.sin(phi) * self.x0 + np.cos(phi) * self.x1, np.cos(phi) * self.x0 - np.sin(phi) * self.x1
        a = np.atleast_1d(r)[:, None] + u
        e = np.exp(-np.abs(a))
        s = np.where(self.y == 0, 1.0, -1.0)
        p = np.where(s * a > 0, e, 1.0) / (1 + e)  # of the wrong label
        rho, w = -s * p, e / (1 + e) ** 2
        wt = -np.sign(a) * (1 - e) / (1 + e) / 2 * w
        c, k = v.mean(), u.mean()  # so that little cancels in C, also if the samples are far from the origin
        d, q = v - c, u - k
        one = np.ones_like(d)
        with np.errstate(all="ignore"):
            W0, W1, W2 = (w @ np.stack([one, d, d * d], 1)).T
            T0, T1, T2, T3, X = (wt @ np.stack([one, d, d * d, d**3, q], 1)).T
            U0, U1 = (w @ np.stack([q, q * d], 1)).T
            G0, G1, h = (rho @ np.stack([one, d, -u], 1)).T
            E0, E1, E2 = ((p * p) @ np.stack([one, v, v * v], 1)).T
            m = W1 / W0
            C, N = W2 - m * W1, G1 - m * G0
            T1, T2, T3 = T1 - m * T0, T2 - 2 * m * T1 + m * m * T0, T3 - 3 * m * T2 + 3 * m * m * T1 - m**3 * T0
            U1 = U1 - m * U0
            K = (-X + (T1**2 - T0 * (T2 - U0)) / W0 + (T2**2 - T1 * (T3 - U1)) / C) / W0 / C
            K[~(C > 1e-10 * W2)] = np.nan  # too few digits are left
            sums = {
                "loss": (np.log1p(e) + np.maximum(-s * a, 0)).sum(axis=1),
                "fisher_phi_phi": W2 + 2 * c * W1 + c * c * W0, "fisher_r_phi": W1 + c * W0, "fisher_r_r": W0,
                "gradient_phi": G1 + c * G0, "gradient_r": G0,
                "empirical_fisher_phi_phi": E2, "empirical_fisher_r_phi": E1, "empirical_fisher_r_r": E0,
            }  # fmt: skip
            sums["hessian_phi_phi"] = sums["fisher_phi_phi"] + h
            found = {name: self.weight * values for name, values in sums.items()}
            natural = self.damped(found) if self.damping else (N / C, G0 / W0 - (m + c) * N / C)
            newton = N / (C + h)
            found |= dict(zip(("natural_gradient_phi", "natural_gradient_r"), natural))
            found |= {"newton_phi": newton, "newton_r": G0 / W0 - (m + c) * newton, "fisher_curvature": K / self.weight}
            found["independent"] = self.weight * C  # F_phiphi - F_rphi^2 / F_rr: of phi, when r is free
        return found

    def damped(self, found):
        """(F + damping I)^-1 g."""
        f, l = {name.removeprefix("fisher_"): found[name] for name in found if name.startswith("fisher_")}, self.damping
        ratio = f["r_phi"] / (f["r_r"] + l)
        n = (found["gradient_phi"] - ratio * found["gradient_r"]) / (f["phi_phi"] + l - ratio * f["r_phi"])
        return n, found["gradient_r"] / (f["r_r"] + l) - ratio * n

    def grid(self, phi, r, move=(0.0, 0.0)):
        """{field: [phi, r]}, every r replaced by r + d0 sin phi + d1 cos phi. From at most MOST_SAMPLES samples."""
        few = self.thinned()

        def row(angle):
            return few.row(angle, r + move[0] * np.sin(angle) + move[1] * np.cos(angle))

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:  # NumPy lets go of Python's lock
            rows = list(threads.map(row, phi))
        return {name: np.array([each[name] for each in rows]) for name in rows[0]}

    def at(self, phi, r):
        """{field: value} at one place."""
        return {name: float(values[0]) for name, values in self.row(phi, r).items()}


    # --- stationary points ---

    def zero_near(self, place, descend):
        """(place, Hessian) where Newton's method ends, None if it gets nowhere.

        `descend`: on the way the eigenvalues of the Hessian count by their sizes, so every step points downhill.
        """
        place, length = np.array(place, float), np.inf
        for _ in range(NEWTON_STEPS):
            found = self.at(*place)
            hessian = matrices(found)[1]
            if not np.isfinite(hessian).all():
                return None
            sizes, vectors = np.linalg.eigh(hessian)
            if not np.abs(sizes).min() > SINGULAR * np.abs(sizes).max():
                return None
            if length < CONVERGED:
                return place, hessian
            gradient = np.array([found["gradient_phi"], found["gradient_r"]])
            step = -vectors @ ((gradient @ vectors) / (np.abs(sizes) if descend else sizes))
            step *= min(1, FAR / max(np.hypot(*step), 1e-300))
            while descend and np.hypot(*step) > 1e-3 and self.at(*(place + step))["loss"] > found["loss"]:
                step = step / 2
            place, length = place + step, np.hypot(*step)
        return None

    def stationary_points(self, phi_range, r_range):
        """The Points where the gradient is zero, within these ranges, by Newton's method on the samples.

        It starts at the smallest loss of a coarse grid about the floor, and where the gradient is smaller than around.
        The samples are moved to the origin, where turning the line does not change its distance from them.
        """
        few = self.thinned()
        m0, m1 = few.centre()
        centred = few.moved((-m0, -m1))
        reach = np.hypot(centred.x0, centred.x1).max() + BEYOND
        phi, s = (np.linspace(*limits, count) for limits, count in zip((phi_range, (-reach, reach)), CANDIDATES))
        coarse = centred.grid(phi, s)
        size = np.hypot(coarse["gradient_phi"], coarse["gradient_r"])
        wide = np.pad(size, 1, constant_values=np.inf)
        steps = [(i, j) for i in (0, 1, 2) for j in (0, 1, 2) if (i, j) != (1, 1)]
        around = [wide[i : i + len(phi), j : j + len(s)] for i, j in steps]
        lowest = np.unravel_index(np.nanargmin(coarse["loss"]), size.shape)
        starts = [(lowest, True), *((cell, False) for cell in np.argwhere(size < np.min(around, axis=0)))]
        points = []
        for (i, j), descend in starts:
            found = centred.zero_near((phi[i], s[j]), descend)
            if found is None:
                continue
            (angle, distance), hessian = found
            if phi_range[1] - phi_range[0] > TURN - 1e-9:
                angle = phi_range[0] + (angle - phi_range[0]) % TURN
            place = self.refined((angle, distance + few.floor(angle)))
            if place is None or not phi_range[0] <= place[0] <= phi_range[1] or not r_range[0] < place[1] < r_range[1]:
                continue
            signs = np.sign(np.linalg.eigvalsh(hessian))
            kind = "minimum" if signs[0] > 0 else "maximum" if signs[1] < 0 else "saddle"
            if min((between(place, (p.phi, p.r)) for p in points), default=1.0) > 1e-6:
                points.append(Point(*place, kind))
        return points

    def refined(self, place):
        """(phi, r) of the zero of the gradient near a place that is nearly one; None if there is none."""
        m0, m1 = self.centre()
        phi, r = place
        found = self.moved((-m0, -m1)).zero_near((phi, r - self.floor(phi)), False)
        if found is None:
            return None
        phi, s = map(float, found[0])
        return phi, float(s + self.floor(phi))
