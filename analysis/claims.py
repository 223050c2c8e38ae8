"""Findings on the figures: sentences whose numbers and verdicts are computed from the samples in the file.

A finding is a function of the View of a data set, or of those of the first data set and another. It returns whether
its first line holds, a sentence that is right either way, and perhaps the reason why it holds; or None.
"""

from dataclasses import dataclass

import numpy as np

from lines import geodesics, length
from network import between, matrices, shift
from scales import number, terms

FEWEST_SIDE = 16  # cells along an axis: fewer are too few for findings on the grid
TENFOLD = 10.0  # what is called a large change
SAME = 1e-6  # relative difference of what is equal up to rounding


@dataclass(frozen=True)
class Claim:
    name: str
    figure: str  # it belongs to
    holds: bool
    sentence: str


def percent(share):
    return f"{number(100 * share, 2 if 0 < share < 0.9 else 3)} %"


def natural(view):
    """How the natural gradient is made of g."""
    return "(F + λI)⁻¹g" if view.damping else "F⁻¹g"


def of_minimum(finding):
    """finding(view, {field: value} there), or None without a minimum."""

    def found(view):
        point = view.minimum
        return None if point is None else finding(view, view.network.at(point.phi, point.r))

    found.__name__, found.__doc__ = finding.__name__, finding.__doc__
    return found


def known(values):
    return values[np.isfinite(values)]


# --- samples and loss -------------------------------------------------------------------------------------------------


@of_minimum
def boundary(view, _):
    """The line of minimum loss separates the classes."""
    samples, point = view.samples, view.minimum
    margins = np.sin(point.phi) * samples.x0 + np.cos(point.phi) * samples.x1 + point.r
    wrong = np.count_nonzero((margins > 0) != (samples.y == 0))
    fewer = min(np.count_nonzero(samples.y == label) for label in (0, 1))
    return 2 * wrong < fewer, (
        f"The line of minimum loss leaves {wrong} of {len(samples.y)} samples of {view.name} on the wrong side; one answer "
        f"for all would leave {fewer}."
    )


def shifted(first, other):
    """The second data set is the first, moved."""
    move = shift(first.samples, other.samples)
    return move and (True, (
        f"{other.name} is {first.name} moved by ({', '.join(number(d) for d in move)}). For the network this is the same as "
        f"replacing r by r {terms(move)}."
    ))  # fmt: skip


def stationary(view):
    """The loss has a single minimum inside the grid."""
    if not view.points:
        return False, f"The loss of {view.name} has no minimum inside this grid."
    points = []  # of those whole turns of phi apart one
    for point in view.points:
        if all(between((point.phi, point.r), (p.phi, p.r)) > SAME for p in points):
            points.append(point)
    kinds = [point.kind for point in points]
    found = [
        f"a {p.kind} at φ = {number(p.phi, 6)}, r = {number(p.r, 6)} with L = {number(view.network.at(p.phi, p.r)['loss'], 6)}"
        for p in points
    ]
    return kinds.count("minimum") == 1, f"{view.name} has {' and '.join(found)}."


def valley(view):
    """The floor of the valley is where the line goes through the mean of the samples."""
    phi, r = view.local.phi, view.local.r
    floor, lowest = view.network.floor(phi), r[np.argmin(view.local.values["loss"], axis=1)]
    off = np.abs(floor - lowest)[(floor > r[0]) & (floor < r[-1]) & ~np.isin(lowest, r[[0, -1]])]
    if not off.size:
        return None
    m0, m1 = view.network.centre()
    return off.max() < 0.1 * np.ptp(r), (
        f"The floor of the valley of {view.name} (dashed), r = −({number(m0)} sin φ + {number(m1)} cos φ), has the amplitude "
        f"{number(np.hypot(m0, m1))}. At every φ the smallest loss is within {number(off.max(), 2)} of it."
    ), "On the floor the line goes through the mean of the samples."


def sheared(first, other):
    """n_φ of moved data is that of the first data at the other r, as the loss is."""
    move = shift(first.samples, other.samples)
    if move is None or any(not np.array_equal(a.values, b.values) for a, b in zip(first.axes, other.axes)):
        return None
    names = {"loss": "L", "fisher_r_r": "F_rr", "gradient_r": "g_r", "natural_gradient_phi": "n_φ",
             "fisher_phi_phi": "F_φφ", "gradient_phi": "g_φ", "natural_gradient_r": "n_r"}  # fmt: skip
    off = {}
    for name, symbol in names.items():
        mine, theirs = other.local.values[name], first.moved(move).values[name]
        off[symbol] = np.max(np.abs(known(mine - theirs)), initial=0) / np.max(np.abs(known(mine)), initial=1e-300)
    equal, changed = ([symbol for symbol in off if (off[symbol] < SAME) == same] for same in (True, False))
    return "n_φ" in equal, (
        f"{', '.join(equal)} of {other.name} at (φ, r) are those of {first.name} at (φ, r {terms(move)})"
        f"{'; ' + ', '.join(changed) + ' are not' if changed else ''}."
    ), "The landscape is sheared along r. The natural gradient moves with it as an arrow does; the gradient does not."


# --- Fisher matrix, Hessian, empirical Fisher matrix ------------------------------------------------------------------


@of_minimum
def free(view, cell):
    """Most of the information on φ is lost when r is free to follow."""
    f, c = cell["fisher_phi_phi"], cell["independent"]
    return c < f / 2, f"At the minimum of {view.name} F_φφ is {number(f)}; C = F_φφ − F_rφ²/F_rr = {number(c)}.", (
        "C is the information on φ that is left if r may follow."
    )


@of_minimum
def lever(view, cell):
    """The slope of the long axis of F at the minimum is the lever arm."""
    (m0, m1), phi = view.network.centre(), view.minimum.phi
    arm, slope = np.cos(phi) * m0 - np.sin(phi) * m1, -cell["fisher_r_phi"] / cell["fisher_r_r"]
    return abs(slope + arm) < 0.1 * abs(arm), (
        f"At the minimum of {view.name} −F_rφ/F_rr is {number(slope)} and the lever arm is {number(abs(arm))}."
    ), "Turning the line about the origin moves it at the samples by the lever arm times the angle; r has to undo that."


def saturation(view):
    """F falls by a large factor where all samples are far from the line."""
    values = known(view.local.values["fisher_r_r"])
    low, high, most = np.min(values), np.max(values), view.network.weight * len(view.samples.y) / 4
    return low * TENFOLD < high, (
        f"F_rr of {view.name} reaches {number(high)} of at most {number(most)}, and falls to {number(low)}."
    ), "z(1 − z) decays as e^−|a|: samples far from the line say little about φ and r."


@of_minimum
def longer(view, cell):
    """At the minimum the Hessian is larger than the Fisher matrix, as the loss wants longer weights."""
    f, e = cell["fisher_phi_phi"], cell["empirical_fisher_phi_phi"]
    h = cell["hessian_phi_phi"] - f
    return h > SAME * f, (
        f"At the minimum of {view.name} H_φφ = F_φφ + h = {number(f)} + {number(h)}, and E_φφ = {number(e)}."
    ), (
        "h is −dL/d(length of the weights): longer weights would make the loss smaller. H and F differ in no other entry. "
        "E, unlike F, depends on the labels."
    )


def indefinite(view):
    """The Hessian is indefinite in some of the grid, the Fisher matrix nowhere."""
    values = view.local.values
    below = known(values["independent"] + values["hessian_phi_phi"] - values["fisher_phi_phi"]) < 0
    if not below.size:
        return None
    return below.any(), (
        f"The Hessian of {view.name} is indefinite in {percent(below.mean())} of the grid, the Fisher matrix nowhere."
    )


# --- vectors ----------------------------------------------------------------------------------------------------------


@of_minimum
def turning(view, _):
    """n_φ is zero at nearly the same φ for every r."""
    phi, n = view.local.phi, view.local.values["natural_gradient_phi"]
    i, j = np.nonzero((n[:-1] < 0) & (n[1:] >= 0))
    off = np.full(n.shape[1], np.inf)
    zero = phi[i] - n[i, j] * (phi[i + 1] - phi[i]) / (n[i + 1, j] - n[i, j])
    np.minimum.at(off, j, np.abs(zero - view.minimum.phi))
    if not off.max() < 0.2:
        return False, f"n_φ of {view.name} is not zero near the φ of the minimum for every r."
    return True, (
        f"n_φ of {view.name} is zero within {number(off.max(), 2)} of the φ of the minimum, for every r in the grid."
    ), "A natural step turns the line about the samples first, wherever it is, and then moves it."


def grows(view):
    """The natural gradient grows by a large factor more than the gradient."""
    sizes = [known(view.local.values[f"{name}_size"]) for name in ("gradient", "natural_gradient")]
    if not all(size.size for size in sizes):
        return None
    (g, n), (most_g, most_n) = ([f(size) for size in sizes] for f in (np.median, np.max))
    reason = f"Where the network is sure and wrong, F decays and g does not, so n = {natural(view)} grows "
    reason += f"{'up to |g|/λ' if view.damping else 'as e^|a|'}: a full step along −n is much too long there."
    return most_n / n > TENFOLD * most_g / g, (
        f"In {view.name} |g| is {number(g, 3)} in the median and at most {number(most_g, 3)}; |n| is {number(n, 3)} and at "
        f"most {number(most_n, 3)}."
    ), reason


def uphill(view):
    """Newton steps point uphill in some of the grid, natural steps nowhere."""
    along = {}
    with np.errstate(over="ignore"):
        for name in ("newton", "natural_gradient"):
            products = (view.local.values[f"gradient_{x}"] * view.local.values[f"{name}_{x}"] for x in ("phi", "r"))
            along[name] = known(sum(products))
    if not all(values.size for values in along.values()):
        return None
    newton, natural_ = (float(np.mean(values < 0)) for values in along.values())
    return newton > 0 and natural_ == 0, (
        f"The Newton step −H⁻¹g of {view.name} points uphill in {percent(newton)} of the grid, the natural step −n in "
        f"{percent(natural_)}."
    )


def natural_rates(cell):
    """The eigenvalues of F⁻¹H, 1 and 1 + h/C."""
    with np.errstate(all="ignore"):
        return 1.0, float(1 + (cell["hessian_phi_phi"] - cell["fisher_phi_phi"]) / np.float64(cell["independent"]))


def conditions(cell):
    """Condition numbers that decide the speed of gradient descent, of H, and of natural gradient descent, of F⁻¹H."""
    low, high = sorted(natural_rates(cell))
    return float(np.linalg.cond(matrices(cell)[1])), high / low


@of_minimum
def rates(view, cell):
    """Lines along −n end along r."""
    low, high = natural_rates(cell)
    return high > low, (
        f"At the minimum of {view.name} the eigenvalues of F⁻¹H are {number(low)} and {number(high)}."
    ), (
        "The eigenvalue 1 belongs to r, 1 + h/C to the direction of the floor. So lines along −n first come to the φ of the "
        "minimum, parallel to the floor, and end along r. Lines along −g fall to the floor first and end along it."
    )


def conditioning(first, other):
    """Moving the data makes gradient descent much slower, and changes nothing for natural gradient descent."""
    if any(view.minimum is None for view in (first, other)):
        return None
    h, n = zip(*(conditions(view.network.at(view.minimum.phi, view.minimum.r)) for view in (first, other)))
    return h[1] > TENFOLD * h[0] and abs(n[1] / n[0] - 1) < SAME, (
        f"The condition number of H at the minimum, which decides the speed of gradient descent, is {number(h[0])} in "
        f"{first.name} and {number(h[1])} in {other.name}. The ratio of the eigenvalues of F⁻¹H, which decides that of natural "
        f"gradient descent, is {number(n[0])} and {number(n[1])}."
    )


# --- geometry ---------------------------------------------------------------------------------------------------------


def bent(view):
    """The Fisher metric is curved."""
    with np.errstate(over="ignore"):
        found = known(view.network.weight * len(view.samples.y) * view.local.values["fisher_curvature"])
    if not found.size:
        return None
    return np.max(np.abs(found)) > SAME, (
        f"The curvature of {view.name} times the number of samples is between {number(found.min(), 3)} and "
        f"{number(found.max(), 3)}."
    ), "No coordinates can make this metric that of a plane."


def shortest(view):
    """Neither descent is the shortest way."""
    found = [lines for lines in geodesics(view) if lines["geodesic"] is not None]
    if not found:
        return None
    few = view.network.thinned()
    g, n, shortest_ = (sum(length(few, lines[kind]) for lines in found) for kind in ("gradient", "natural_gradient", "geodesic"))
    return min(n, g) > shortest_, (
        f"Measured by F, the lines along −n of {view.name} are {number(n / shortest_, 3)} times as long as the geodesics, those "
        f"along −g {number(g / shortest_, 3)} times."
    ), "−n is the steepest direction in this metric, not the shortest way."


# --- the list ---------------------------------------------------------------------------------------------------------

SINGLE = {  # figure: findings on one data set
    "samples": [boundary], "loss": [stationary, valley], "fisher_phi_phi": [free], "fisher_r_phi": [lever],
    "fisher_r_r": [saturation], "natural_gradient_phi": [turning], "natural_gradient_r": [grows], "flows": [rates],
    "matrices": [longer], "ellipses": [indefinite], "steps": [uphill], "curvature": [bent], "geodesics": [shortest],
}  # fmt: skip
PAIR = {"samples": [shifted], "loss": [sheared], "flows": [conditioning]}  # on the first data set and another


def too_few_cells(view):
    """Whether a grid is too small for findings on it."""
    return min(view.shape) < FEWEST_SIDE


def claims_of(views):
    """All Claims the file can tell, in the order of the lists above. A reason is given once."""
    calls = [(f, name, (view,)) for name, functions in SINGLE.items() for f in functions for view in views]
    calls += [(f, name, (views[0], view)) for name, functions in PAIR.items() for f in functions for view in views[1:]]
    found, given = [], set()
    for function, figure, subjects in calls:
        told = all(view.network is not None and not too_few_cells(view) for view in subjects)
        answer = function(*subjects) if told else None
        if answer is None:
            continue
        holds, sentence, *reason = answer
        reason = [r for r in reason if holds and r not in given]
        given.update(reason)
        found.append(Claim(function.__name__, figure, bool(holds), " ".join([sentence, *reason])))
    return found
