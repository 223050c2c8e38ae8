"""Numbers of the findings in claims.py, from the samples in the file: {name: number or words} of each data set.

A number that a data set does not have, such as one at the minimum without a minimum, is left out.
"""

import numpy as np

from lines import geodesics, length
from minimum import minimum
from network import MOST_SAMPLES, between, shift
from scales import number, terms

FEWEST_SIDE = 16  # cells along an axis: fewer are too few for findings on the grid
SAME = 1e-6  # relative difference of what is equal up to rounding
NEAR = 0.2  # rad
COMPARED = {  # of a data set and the same one, moved: quantity, symbol
    "loss": "L", "fisher_r_r": "F_rr", "gradient_r": "g_r", "natural_gradient_phi": "n_φ",
    "fisher_phi_phi": "F_φφ", "gradient_phi": "g_φ", "natural_gradient_r": "n_r",
}  # fmt: skip


class Number(float):
    """A number that sentences format by digits, {x:3}, or as a percentage, {x:%}."""

    def __format__(self, spec):
        value = float(self)
        if spec == "%":
            return f"{number(100 * value, 2 if 0 < value < 0.9 else 3)} %"
        return number(value, int(spec or 4))


class Rough(Number):
    """A number from some of the samples: two digits at most."""

    def __format__(self, spec):
        return super().__format__(spec if spec == "%" else "2")


def natural(view):
    """How the natural gradient is made of g."""
    return "(F + λI)⁻¹g" if view.damping else "F⁻¹g"


def too_few_cells(view):
    """Whether a grid is too small for findings on it."""
    return min(view.shape) < FEWEST_SIDE


def facts_of(view):
    """All facts of a data set."""
    if view.network is None or too_few_cells(view):
        return {}
    words = {"name": view.name, "natural": natural(view), "growth": "up to |g|/λ" if view.damping else "as e^|a|"}
    local = Rough if len(view.samples.y) > MOST_SAMPLES else Number
    known = {}
    for kind, found in (
        (Number, at_minimum(view)), (local, over_grid(view)), (local, near_floor(view)), (local, along_lines(view)),
    ):  # fmt: skip
        known |= {n: x if isinstance(x, int) else kind(x) for n, x in found.items() if np.isfinite(x)}
    return words | {"points": points_of(view)} | known


def points_of(view):
    """The stationary points in words; those whole turns of φ apart are one."""
    words = []
    for k, p in enumerate(view.points):
        if all(between((p.phi, p.r), (q.phi, q.r)) > SAME for q in view.points[:k]):
            loss = view.network.at(p.phi, p.r)["loss"]
            words.append(f"a {p.kind} at φ = {number(p.phi, 6)}, r = {number(p.r, 6)} with L = {number(loss, 6)}")
    return " and ".join(words) or "none inside this grid"


def at_minimum(view):
    point, samples = minimum(view), view.samples
    if point is None:
        return {}
    (m0, m1), sin, cos = view.network.centre(), np.sin(point.phi), np.cos(point.phi)
    wrong = np.count_nonzero((sin * samples.x0 + cos * samples.x1 + point.r > 0) != (samples.y == 0))
    return {
        "wrong": wrong, "count": samples.total, "fewer": min(np.count_nonzero(samples.y == label) for label in (0, 1)),
        "F": point.fisher[0, 0], "C": point.independent, "E": point.empirical[0, 0], "h": point.length_slope,
        "slope": -point.lever, "arm": abs(cos * m0 - sin * m1), "condition": point.hessian_condition,
        "slow": min(1, point.second), "fast": max(1, point.second), "turn": off_minimum(view, point.phi),
    }  # fmt: skip


def off_minimum(view, phi):
    """How far n_φ is zero from the φ of the minimum, at the worst r; NaN if at some r it is not zero near it."""
    local, n = view.local.phi, view.local.values["natural_gradient_phi"]
    i, j = np.nonzero((n[:-1] < 0) & (n[1:] >= 0))
    off = np.full(n.shape[1], np.inf)
    zeros = local[i] - n[i, j] * (local[i + 1] - local[i]) / (n[i + 1, j] - n[i, j])
    np.minimum.at(off, j, np.abs(zeros - phi))
    return off.max() if off.max() < NEAR else np.nan


def over_grid(view):
    """Over the cells of view.local that have a value: least, largest, largest size, median, and share below zero."""
    values = view.local.values
    with np.errstate(over="ignore", invalid="ignore"):
        values = values | {
            "hessian": values["independent"] + values["hessian_phi_phi"] - values["fisher_phi_phi"],  # det H / F_rr
            "curvature": view.network.weight * len(view.samples.y) * values["fisher_curvature"],
        }
        for kind in ("newton", "natural_gradient"):  # how much the loss falls along the step
            values[kind] = sum(values[f"gradient_{axis}"] * values[f"{kind}_{axis}"] for axis in ("phi", "r"))
    found = {}
    for name, known in values.items():
        known = known[np.isfinite(known)]
        if known.size:
            found |= {f"least_{name}": known.min(), f"most_{name}": known.max(), f"size_{name}": np.abs(known).max(),
                      f"median_{name}": np.median(known), f"negative_{name}": np.mean(known < 0)}  # fmt: skip
    return found


def near_floor(view):
    """How far the smallest loss is from the lines through the mean of the samples, at the worst φ."""
    phi, r = view.local.phi, view.local.r
    floor, lowest = view.network.floor(phi), r[np.argmin(view.local.values["loss"], axis=1)]
    off = np.abs(floor - lowest)[(floor > r[0]) & (floor < r[-1]) & ~np.isin(lowest, r[[0, -1]])]
    return {"off": off.max(), "amplitude": np.hypot(*view.network.centre()), "r_span": np.ptp(r)} if off.size else {}


def along_lines(view):
    """How long descents are, in lengths of the geodesics to the minimum."""
    found = [lines for lines in geodesics(view) if lines["geodesic"] is not None]
    few = view.network.thinned()
    g, n, least = (
        sum(length(few, lines[kind]) for lines in found) for kind in ("gradient", "natural_gradient", "geodesic")
    )
    return {"n_length": n / least, "g_length": g / least} if found else {}


def facts_of_pair(first, other):
    """Facts of a data set that is the first one, moved."""
    move = shift(first.samples, other.samples)
    if move is None or any(view.network is None or too_few_cells(view) for view in (first, other)):
        return {}
    found = {"name": other.name, "first": first.name, "move": f"({', '.join(map(number, move))})", "added": terms(move)}
    if all(np.array_equal(a.values, b.values) for a, b in zip(first.axes, other.axes)):
        symbols = {True: [], False: []}
        for name, symbol in COMPARED.items():
            mine, theirs = other.local.values[name], first.moved(move).values[name]
            off, largest = (np.nanmax(np.abs(x), initial=0) for x in (mine - theirs, mine))
            symbols[bool(off <= SAME * largest)].append(symbol)
        found["equal"] = ", ".join(symbols[True]) or "None"
        found["changed"] = f"; {', '.join(symbols[False])} are not" if symbols[False] else ""
    return found
