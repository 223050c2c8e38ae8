"""What the page says of a data set at its minimum, in words that need no JavaScript: computed from the samples.

The page computes the same, and more, by itself (page/geometry.js); the symbols are those of include/fishergrid/kernel.h.
"""

from dataclasses import dataclass

import numpy as np

MOST_STEPS = 60
LONGEST = 0.5  # step of Newton's method


@dataclass(frozen=True)
class Point:
    """A line and what there is to say about it."""

    phi: float
    r: float
    loss: float
    gradient: np.ndarray  # [phi, r]
    fisher: np.ndarray  # [2, 2]
    hessian: np.ndarray
    lever: float  # F_rphi / F_rr: where along the line the data are, from the foot of the origin

    @property
    def hessian_condition(self):
        low, high = np.sort(np.abs(np.linalg.eigvalsh(self.hessian)))
        return float(high / low)

    @property
    def second(self):
        """The second eigenvalue of F^-1 H, 1 + h/C. The first is 1, along r."""
        curvature = self.fisher[0, 0] - self.fisher[0, 1] ** 2 / self.fisher[1, 1]
        return float(1 + (self.hessian - self.fisher)[0, 0] / curvature)


def evaluate(samples, phi, r, mean):
    """The Point of a line."""
    sine, cosine = np.sin(phi), np.cos(phi)
    u, v = sine * samples.x0 + cosine * samples.x1, cosine * samples.x0 - sine * samples.x1
    margin = np.where(samples.y == 0, 1, -1) * (u + r)
    p = np.exp(-np.logaddexp(0, margin))  # of the wrong label
    rho, w = np.where(samples.y == 0, -p, p), p * np.exp(-np.logaddexp(0, -margin))
    share = 1 / len(samples.y) if mean else 1
    fisher = share * np.array([[w @ v**2, w @ v], [w @ v, w.sum()]])
    hessian = fisher - share * np.array([[rho @ u, 0], [0, 0]])
    loss, gradient = np.logaddexp(0, -margin).sum(), np.array([rho @ v, rho.sum()])
    with np.errstate(all="ignore"):
        lever = float(fisher[0, 1] / fisher[1, 1])
    return Point(float(phi), float(r), float(share * loss), share * gradient, fisher, hessian, lever)


def minimum(view):
    """The Point where the gradient is 0, by Newton's method from the cell of minimum loss; None where this finds none."""
    cell, samples = view.minimum_cell(), view.samples
    if cell is None or samples is None or samples.step > 1 or len(samples.y) == 0:
        return None
    phi, r = view.where(cell)
    with np.errstate(all="ignore"):
        for _ in range(MOST_STEPS):
            point = evaluate(samples, phi, r, view.mean)
            if not np.all(np.isfinite(point.hessian)) or np.linalg.cond(point.hessian) > 1e14:
                return None
            step = np.linalg.solve(point.hessian, point.gradient)
            size = np.hypot(*step)
            if size < 1e-12 * (1 + abs(r)):  # some roundings of phi and r
                return point if np.linalg.eigvalsh(point.hessian)[0] > 0 else None
            phi, r = np.array([phi, r]) - step * min(1, LONGEST / size)
    return None
