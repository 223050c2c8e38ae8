"""Findings on the figures: a sentence each, with the numbers it states, computed from the samples in the file.

A data set that does not show a finding is left out of its sentence. Data sets with the same numbers share their words:
"7.425 and 9.324 in A; 1692 and 9.324 in B", or "250.4 in A and B".
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from lines import geodesics, length
from minimum import minimum
from network import MOST_SAMPLES, between, shift
from scales import number, terms

FEWEST_SIDE = 16  # cells along an axis: fewer are too few for findings on the grid
SAME = 1e-6  # relative difference of what is equal up to rounding
NEAR = 0.2  # rad
TENFOLD = 10.0  # what is called a large change


@dataclass(frozen=True)
class Claim:
    name: str
    figure: str  # it belongs to
    sentence: str


@dataclass(frozen=True)
class Finding:
    name: str
    figure: str
    words: Callable  # of a View, and of its minimum or the first View: its numbers; None if it does not show this
    sentence: str  # {each}: these words, and in which data sets
    reason: str = ""


def known(view, name):
    """The values of a quantity over view.local, without NaN."""
    values = view.local.values[name]
    return values[np.isfinite(values)]


def over(view, value, digits):
    """A number over view.local: of some of the samples it has two digits at most."""
    return number(float(value), min(digits, 2) if len(view.samples.y) > MOST_SAMPLES else digits)


def points(view, _):
    """The stationary points; those whole turns of φ apart are one."""
    words = []
    for k, p in enumerate(view.points):
        if all(between((p.phi, p.r), (q.phi, q.r)) > SAME for q in view.points[:k]):
            loss = view.network.at(p.phi, p.r)["loss"]
            words.append(f"a {p.kind} at φ = {number(p.phi, 6)}, r = {number(p.r, 6)} with L = {number(loss, 6)}")
    guess = number(view.network.weight * len(view.samples.y) * np.log(2), 6)
    return f"{' and '.join(words)}, where guessing has {guess}," if words else None


def sheared(view, first):
    """By what the first data set is moved, where that makes this one of it."""
    move, names = shift(first.samples, view.samples), ("loss", "fisher_r_r", "gradient_r", "natural_gradient_phi")
    if move is None or not all(np.array_equal(a.values, b.values) for a, b in zip(first.axes, view.axes)):
        return None
    pairs = [[v.values[name] for v in (view.local, first.moved(move))] for name in names]
    same = all(np.nanmax(np.abs(mine - its)) <= SAME * np.nanmax(np.abs(mine)) for mine, its in pairs)
    return f"of {first.name} at (φ, r {terms(move)}) are those at (φ, r)" if same else None


def turning(view, point):
    """How far n_φ is zero from the φ of the minimum, at the worst r."""
    phi, n = view.local.phi, view.local.values["natural_gradient_phi"]
    i, j = np.nonzero((n[:-1] < 0) & (n[1:] >= 0))
    off = np.full(n.shape[1], np.inf)
    np.minimum.at(off, j, np.abs(phi[i] - n[i, j] * (phi[i + 1] - phi[i]) / (n[i + 1, j] - n[i, j]) - point.phi))
    return over(view, off.max(), 2) if off.max() < NEAR else None


def grows(view, _):
    sizes = known(view, "natural_gradient_size")
    middle, most = (np.median(sizes), sizes.max()) if sizes.size else (0, 0)
    return f"{over(view, middle, 3)} and {over(view, most, 3)}" if most > TENFOLD * middle else None


def apart(view, _):
    angles = known(view, "angle")
    return f"{over(view, np.median(angles), 3)}°" if angles.size else None


def indefinite(view, _):
    f = view.local.values
    share = 100 * np.mean(f["independent"] + f["hessian_phi_phi"] - f["fisher_phi_phi"] < 0)  # det H / F_rr
    return f"{over(view, share, 2)} % of the grid" if share > 0 else None


def shortest(view, _):
    found, few = [lines for lines in geodesics(view) if lines["geodesic"] is not None], view.network.thinned()
    kinds = ("natural_gradient", "gradient", "geodesic")
    n, g, least = (sum(length(few, lines[kind]) for lines in found) for kind in kinds)
    return f"{over(view, n / least, 3)} and {over(view, g / least, 3)}" if min(n, g) > least else None


ON_GRID = [
    Finding("points", "loss", points, "The loss has {each}."),
    Finding("grows", "natural_gradient_r", grows, "|n| has the median and the maximum {each}.",
            "Where the network is sure and wrong, F decays and g does not: a full step along −n is too long."),
    Finding("apart", "arrows", apart, "The angle between −g and −n has the median {each}.",
            "−g is the steepest way per length in this plane, −n per change of the outputs."),
    Finding("indefinite", "ellipses", indefinite, "H is indefinite in {each}.",
            "F never is. Where H is, it has no ellipse, and Newton’s step may point uphill."),
    Finding("shortest", "geodesics", shortest,
            "Measured by F, the lines along −n and along −g are longer than the geodesics by the factors {each}.",
            "−n is the steepest direction in this metric, not the shortest way."),
]  # fmt: skip
AT_MINIMUM = [
    Finding("free", "fisher_phi_phi", lambda _, p: f"{number(p.fisher[0, 0])} and {number(p.independent)}",
            "At the minimum F_φφ and C = F_φφ − F_rφ²/F_rr are {each}.",
            "C is the information on φ that is left if r may follow."),
    Finding("lever", "fisher_r_phi", lambda _, p: number(p.lever),
            "At the minimum F_rφ/F_rr, the lever arm, is {each}.",
            "Turning the line about the origin moves it at the samples by this times the angle, which r has to undo."),
    Finding("turning", "natural_gradient_phi", turning, "At every r, n_φ is zero near the φ of the minimum: within "
            "{each}.", "A natural step turns the line about the samples first, wherever it is, and then moves it."),
    Finding("rates", "flows",
            lambda view, p: None if view.damping or p.second <= 1 + SAME
            else f"{number(p.hessian_condition)} and {number(p.second)}",
            "At the minimum the condition number of H and the second eigenvalue of F⁻¹H (the first is 1) are {each}.",
            "Gradient descent takes steps as the former, natural gradient descent as the latter. Lines along −n first "
            "come to the φ of the minimum and end along r; lines along −g fall to the floor first and end along it."),
    Finding("longer", "matrices",
            lambda _, p: "{}, {} and {}".format(*map(number, (p.fisher[0, 0], p.length_slope, p.empirical[0, 0]))),
            "At the minimum F_φφ, h = H_φφ − F_φφ and E_φφ are {each}.",
            "h is −dL/d(length of the weights). E, unlike F, depends on the labels."),
]  # fmt: skip
OF_PAIRS = [
    Finding("sheared", "loss", sheared, "L, F_rr, g_r and n_φ {each}.", "The landscape is sheared along r. The natural "
            "gradient moves with it as an arrow does; the gradient does not."),
]  # fmt: skip


def claim_of(finding, views, given):
    """The Claim of the views that show the finding, None without any. `given`: what else its words are of."""
    names = {}  # of the data sets, by their words
    for view in views:
        words = given(view) and finding.words(view, given(view))
        if words:
            names.setdefault(words, []).append(view.name)
    each = "; ".join(f"{words} in {' and '.join(named)}" for words, named in names.items())
    sentence = f"{finding.sentence} {finding.reason}".strip().replace("{each}", each)
    return Claim(finding.name, finding.figure, sentence) if names else None


def claims_of(views):
    """All Claims on the data sets whose samples and grid are large enough."""
    views = [view for view in views if view.network is not None and min(view.shape) >= FEWEST_SIDE]
    found = [claim_of(finding, views, lambda view: view) for finding in ON_GRID]
    found += [claim_of(finding, views, minimum) for finding in AT_MINIMUM]
    found += [claim_of(finding, views[1:], lambda _: views[0]) for finding in OF_PAIRS]
    return [claim for claim in found if claim is not None]
