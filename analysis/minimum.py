"""What page and findings say of a data set at its minimum, computed from the samples.

The page computes the same, and more, by itself (page/geometry.js). Symbols are those of include/fishergrid/kernel.h.
"""

from dataclasses import dataclass

import numpy as np

from network import matrices


@dataclass(frozen=True)
class Point:
    """A line and what there is to say about it."""

    phi: float
    r: float
    loss: float
    fisher: np.ndarray  # [2, 2]
    hessian: np.ndarray
    empirical: np.ndarray  # Fisher matrix
    lever: float  # F_rphi / F_rr: where along the line the data are, from the foot of the origin

    @property
    def hessian_condition(self):
        low, high = np.sort(np.abs(np.linalg.eigvalsh(self.hessian)))
        return float(high / low)

    @property
    def independent(self):
        """C = F_phiphi - F_rphi^2 / F_rr."""
        return self.fisher[0, 0] - self.fisher[0, 1] ** 2 / self.fisher[1, 1]

    @property
    def length_slope(self):
        """h = H_phiphi - F_phiphi, which is -dL/d(length of the weights)."""
        return (self.hessian - self.fisher)[0, 0]

    @property
    def second(self):
        """The second eigenvalue of F^-1 H, 1 + h/C. The first is 1, along r."""
        return float(1 + self.length_slope / self.independent)


MOST_STEPS = 50  # of Newton's method; what takes more has no minimum


def free(network):
    """(length of the weights, loss) where the weights may have any length; None where the loss has no minimum then, as
    that of separable samples."""
    m0, m1 = network.centre()
    x = np.column_stack([network.x0 - m0, network.x1 - m1, np.ones(len(network.y))])
    weights, s = np.zeros(3), np.where(network.y == 0, 1.0, -1.0)
    for _ in range(MOST_STEPS):
        p = np.exp(-np.logaddexp(0, s * (x @ weights)))  # of the wrong label
        try:
            step = np.linalg.solve((x.T * (p * (1 - p))) @ x, x.T @ (s * p))
        except np.linalg.LinAlgError:
            return None
        weights = weights + step
        if not np.isfinite(weights).all():
            return None
        if np.abs(step).max() < 1e-9 * np.abs(weights).max():
            loss = network.weight * np.logaddexp(0, -s * (x @ weights)).sum()
            return float(np.hypot(*weights[:2])), float(loss)
    return None


def minimum(view):
    """The Point of the minimum of the loss; None where there is none, or not all samples are at hand."""
    place = view.minimum
    if place is None or view.network is None or view.samples.step > 1:
        return None
    found = view.network.at(place.phi, place.r)
    fisher, hessian, empirical = matrices(found)
    return Point(place.phi, place.r, found["loss"], fisher, hessian, empirical, float(fisher[0, 1] / fisher[1, 1]))
