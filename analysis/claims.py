"""Findings on the figures: sentences whose numbers and verdicts come from the file.

A finding on one data set is a function of its View, one on two of both Views (the first data set and another). It
returns whether what its first line says holds, a sentence that is right either way, and perhaps the reason, which is
told once; or None where the file cannot tell. Numbers have as many digits as rounded fields allow.
"""

from dataclasses import dataclass

import numpy as np

from quantities import TWO_DIGITS
from scales import number

CLOSE = 10.0  # degrees
TENFOLD = 10.0  # what is called a large change
FEWEST_SIDE = 16  # cells along an axis: fewer are too few for findings on the fields
MOST_POINTS = 6  # zeros of a gradient that are told one by one
MOSTLY = 0.75
CLOSELY = 0.05  # relative difference of what shall be equal; linear interpolation between cells costs some of it


@dataclass(frozen=True)
class Claim:
    name: str
    figure: str  # it belongs to
    holds: bool
    sentence: str


# --- words ------------------------------------------------------------------------------------------------------------


def percent(share):
    return f"{number(100 * share, 2 if 0 < share < 0.9 else 3)} %"


def place(view, cell):
    phi, r = view.where(cell)
    return f"φ = {number(phi)}, r = {number(r)}"


def has(view, *names):
    """Whether the file has values of these quantities; of rounded ones with two digits in most cells."""
    return all(name in view.values and known(view, name) for name in names)


def known(view, name):
    count, error = view.spread_evenly(name).size, view.error(name)
    most = np.count_nonzero(view.computed[np.ix_(*view.even)]) / 2
    return count > 0 and (not error or error <= TWO_DIGITS and count >= most)


def told(view, name, value, most=4):
    """A value of a quantity in as many digits as its rounding allows."""
    error = view.error(name)
    return number(value, max(1, min(most, int(-np.log10(error)))) if error else most)


def median(view, name):
    return float(np.median(view.spread_evenly(name)))


def of_cells(view, name):
    """Words for the cells with a value of a quantity, if these are not all."""
    count, computed = view.spread_evenly(name).size, np.count_nonzero(view.computed[np.ix_(*view.even)])
    return "" if count == computed else f" of the {count} cells (of {computed} drawn) where it is known"


def natural(view):
    """How the natural gradient is made of g."""
    return "(F + λI)⁻¹g" if view.damping else "F⁻¹g"


# --- samples and loss -------------------------------------------------------------------------------------------------


def margins(samples, phi, r):
    """a of every sample: its signed distance from the line, positive on the side called class 0."""
    return np.sin(phi) * samples.x0 + np.cos(phi) * samples.x1 + r


def boundary(view):
    """The line at the minimum loss separates the classes."""
    if not has(view, "loss") or view.samples is None:
        return None
    samples, cell, alike = view.samples, view.minimum_cell(), view.alike()
    wrong = int(np.count_nonzero((margins(samples, *view.where(cell)) > 0) != (samples.y == 0)))
    fewer = int(min(np.count_nonzero(samples.y == label) for label in (0, 1)))
    at = place(view, cell)
    where = f"at {at}" if alike == 1 else f"in {alike} of the cells drawn, the first at {at}"
    sentence = (
        f"{view.name} has its minimum loss, {told(view, 'loss', view.at('loss', cell), 6)}, {where}; the line there "
        f"leaves {wrong} of {len(samples.y)} samples on the wrong side"
    )
    if fewer == 0:
        return False, f"{sentence}. All samples are of one class, so there is nothing to separate."
    if 2 * wrong < fewer:
        return True, f"{sentence}."
    return False, f"{sentence}. The same answer for all samples would be wrong for {fewer}."


def one_minimum(view):
    """The loss has a single minimum inside the grid."""
    if not has(view, "loss", "gradient_size"):
        return None
    level = view.extremes["gradient_size"].zeros
    if level > MOST_POINTS:
        losses = view.values["loss"][view.values["gradient_size"] == 0]
        low, high = (told(view, "loss", value) for value in (np.min(losses), np.max(losses)))
        between = low if low == high else f"between {low} and {high}"
        return False, (
            f"The gradient of {view.name} is 0 in {level} of {view.n_computed} cells; the loss there is {between}."
        )
    points = zeros(view)
    if points is None or len(points) > MOST_POINTS:
        return None
    kinds = [kind(view, point) for point in points]
    if not points:
        return False, f"The gradient of {view.name} has no zero inside this grid."
    at = " and ".join(f"a {k} near φ = {number(p[0], 3)}, r = {number(p[1], 3)}" for k, p in zip(kinds, points))
    return kinds.count("minimum") == 1, f"The gradient of {view.name} is zero at {at}."


def zeros(view):
    """[(phi, r, turns)] of the zeros of the gradient: squares of four cells around which it turns once.

    turns is 1 at a minimum or a maximum, -1 at a saddle point. Of zeros whole turns of phi apart there is one. None
    where the gradient is reversed from one cell to the next, so that the way it turns is not known.
    """
    at = np.arctan2(view.values["gradient_r"], view.values["gradient_phi"])
    around = [at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]]
    steps = [np.angle(np.exp(1j * (b - a))) for a, b in zip(around, around[1:] + around[:1])]
    doubt = max(2 * view.error("gradient_size"), 1e-9)  # radians; 1e-9: rounding of doubles stays far below
    if any(np.any(np.abs(step) > np.pi - doubt) for step in steps):
        return None
    turns = np.nan_to_num(sum(steps) / (2 * np.pi))
    phi, r = ((axis[:-1] + axis[1:]) / 2 for axis in (view.phi, view.r))
    apart = [2.5 * np.max(np.diff(axis)) for axis in (view.phi, view.r)]
    points = []
    for i, j in np.argwhere(np.abs(turns) > 0.5):
        point = float(phi[i]), float(r[j]), round(turns[i, j])
        for other in points:
            step = point[0] - other[0]
            again = abs(step) > np.pi and abs(np.angle(np.exp(1j * step))) <= apart[0]
            if view.axes[0].unit == "rad" and again and abs(point[1] - other[1]) <= apart[1]:
                break
        else:
            points.append(point)
    return points


def kind(view, point):
    """The loss is level at the point, and bent upwards along r or not."""
    phi, r, turns = point
    i, j = np.searchsorted(view.phi, phi), np.searchsorted(view.r, r)
    slope = view.values["gradient_r"][i, j] - view.values["gradient_r"][i, j - 1]
    return "saddle point" if turns < 0 else "minimum" if slope > 0 else "maximum"


# --- one data set is another, moved -----------------------------------------------------------------------------------


def shift(first, other):
    """(d0, d1) if the samples of the second are those of the first plus that, to rounding; else None."""
    a, b = first.samples, other.samples
    if a is None or b is None or not np.array_equal(a.y, b.y):
        return None
    moves = [b.x0 - a.x0, b.x1 - a.x1]
    middle = [float(np.median(move)) for move in moves]
    largest = max(float(np.max(np.abs(x))) for x in (a.x0, a.x1, b.x0, b.x1))
    rounding = 4 * np.finfo(float).eps * largest  # of an addition, or of coordinates written with 17 digits
    is_moved = all(np.max(np.abs(move - m)) <= rounding for move, m in zip(moves, middle)) and any(middle)
    return middle if is_moved else None


def terms(factors):
    """Such as '+ 5 sin φ': what (for sin φ, for cos φ) add."""
    listed = [(d, f) for d, f in zip(factors, ("sin φ", "cos φ")) if d]
    return " ".join(f"{'−' if d < 0 else '+'} {number(abs(d))} {f}" for d, f in listed)


def shifted(first, other):
    """The second data set is the first, moved."""
    move = shift(first, other)
    if move is None:
        return None
    by = ", ".join(number(d) for d in move)
    return True, (
        f"{other.name} is {first.name} moved by ({by}). For the network this is the same as replacing r by "
        f"r {terms(move)}."
    )


def difference(first, other, name, move):
    """Median relative difference of a quantity of `other` and of `first` at r moved as the data are; None if unknown."""
    if not has(first, name) or not has(other, name):
        return None
    targets = first.r + (move[0] * np.sin(first.phi) + move[1] * np.cos(first.phi))[:, None]
    moved = [np.interp(t, first.r, v, left=np.nan, right=np.nan) for t, v in zip(targets, first.values[name])]
    with np.errstate(all="ignore"):
        found = np.abs(np.array(moved) / other.values[name] - 1)
    found = found[np.isfinite(found)]
    return float(np.median(found)) if found.size else None


def sheared(first, other):
    """Loss, volume element and n_φ of moved data are those of the others at another r."""
    move, same_grid = shift(first, other), np.array_equal(first.r, other.r) and np.array_equal(first.phi, other.phi)
    if move is None or not same_grid:
        return None
    names = {"loss": "the loss", "fisher_sqrt_det": "√det F", "natural_gradient_phi": "n_φ", "gradient_phi": "g_φ"}
    found = {words: difference(first, other, name, move) for name, words in names.items()}
    found = {words: value for words, value in found.items() if value is not None}
    if "the loss" not in found:
        return None
    differ = ", ".join(f"{words} by {percent(value)}" for words, value in found.items())
    sentence = (
        f"{other.name} at r and {first.name} at r {terms(move)} differ in the median as follows, with linear "
        f"interpolation between cells: {differ}."
    )
    if any(value > CLOSELY for words, value in found.items() if words != "g_φ"):
        return False, sentence
    return True, sentence, (
        f"The landscape of {other.name} is that of {first.name}, sheared along r. A shear keeps areas, and so √det F. The "
        "natural gradient does not depend on the coordinates, so n_φ stays the same; the gradient does, and g_φ changes."
    )


# --- Fisher matrix ----------------------------------------------------------------------------------------------------


def conditioning(first, other):
    """The Fisher matrix of one data set is much worse conditioned than the other's."""
    names = "fisher_condition", "fisher_correlation"
    if not all(has(view, "loss", *names) for view in (first, other)):
        return None
    at_minimum = {view.name: [view.at(name, view.minimum_cell()) for name in names] for view in (first, other)}
    if any(None in values for values in at_minimum.values()):
        return None
    better, worse = sorted((first, other), key=lambda view: at_minimum[view.name][0])
    (k1, rho1), (k0, rho0) = at_minimum[worse.name], at_minimum[better.name]
    sentence = (
        f"At the minimum loss κ(F) is {told(worse, names[0], k1)} in {worse.name} and {told(better, names[0], k0)} in "
        f"{better.name}; the correlation of r and φ is {told(worse, names[1], rho1, 5)} and "
        f"{told(better, names[1], rho0, 5)}."
    )
    move = shift(better, worse)
    if k1 <= TENFOLD * k0 or move is None:
        return k1 > TENFOLD * k0, sentence
    return True, sentence, (
        f"Moving {better.name} to {worse.name} adds {terms((-move[1], move[0])).removeprefix('+ ')} to a_φ of every "
        "sample. Where this is most of a_φ, turning the line and moving it change the outputs in nearly the same way, "
        "so F is nearly singular."
    )


def saturation(view):
    """F falls by a large factor where all samples are far from the line."""
    if not has(view, "fisher_r_r"):
        return None
    extremes = view.extremes["fisher_r_r"]
    sentence = (
        f"F_rr of {view.name} is largest, {told(view, 'fisher_r_r', extremes.high)}, at "
        f"{place(view, extremes.high_cell)}, and smallest, {told(view, 'fisher_r_r', extremes.low)}, at "
        f"{place(view, extremes.low_cell)}."
    )
    if extremes.low * TENFOLD >= extremes.high:
        return False, sentence
    reason = "z(1 − z) decays as e^−|a|: samples far from the line tell next to nothing about φ and r."
    return True, sentence, reason


# --- vector fields ----------------------------------------------------------------------------------------------------


def grows(view):
    """The natural gradient grows by a large factor more than the gradient."""
    if not has(view, "gradient_size", "natural_gradient_size"):
        return None
    names = {"|n|": "natural_gradient_size", "|g|": "gradient_size"}
    largest = {symbol: view.extremes[name].high for symbol, name in names.items()}
    middle = {symbol: median(view, name) for symbol, name in names.items()}
    of = {
        symbol: f"{symbol} is {told(view, name, middle[symbol], 3)} in the median{of_cells(view, name)} and at most "
        f"{told(view, name, largest[symbol])}"
        for symbol, name in names.items()
    }
    n_cell = place(view, view.extremes["natural_gradient_size"].high_cell)
    sentence = f"In {view.name} {of['|g|']}; {of['|n|']}, at {n_cell}."
    if view.infinite.get("natural gradient"):
        sentence += f" In {view.infinite['natural gradient']} cells n is infinite."
    with np.errstate(all="ignore"):
        growth = np.float64(largest["|n|"]) / middle["|n|"], np.float64(largest["|g|"]) / middle["|g|"]
    if not growth[0] > TENFOLD * growth[1]:
        return False, sentence
    return True, sentence, (
        f"Where the network saturates on the wrong side, the gradient stays finite while F decays, so n = {natural(view)} "
        f"grows {'up to |g|/λ' if view.damping else 'as e^|a|'}, and a full step along −n is much too long."
    )


def acute(view):
    """The angle between gradient and natural gradient is below a right angle."""
    if not has(view, "angle"):
        return None
    most = view.extremes["angle"].high
    sentence = (
        f"In {view.name} the angle is {told(view, 'angle', median(view, 'angle'), 3)}° in the "
        f"median{of_cells(view, 'angle')} and at most {told(view, 'angle', most)}°."
    )
    if most > 90 + np.degrees(view.error("angle")):
        return False, f"{sentence} No positive definite Fisher matrix allows this: these fields do not belong together."
    return True, sentence, f"g·n = g·{natural(view)} > 0, so both point downhill everywhere."


def along_stiff(view):
    """The gradient has the stiff direction in most cells."""
    names = "gradient_stiff_angle", "natural_gradient_stiff_angle"
    if not has(view, names[0]):
        return None
    shares = [float(np.mean(view.spread_evenly(name) <= CLOSE)) for name in names if has(view, name)]
    sentence = (
        f"In {view.name} g is within {CLOSE:g}° of the stiff direction v in {percent(shares[0])}"
        f"{of_cells(view, names[0]) or ' of the cells'}"
    )
    sentence += f", n in {percent(shares[1])}{of_cells(view, names[1])}." if len(shares) > 1 else "."
    if shares[0] < MOSTLY:
        return False, sentence
    return True, sentence, (
        "Where all samples have nearly the same a_φ, F ≈ λvvᵀ is nearly of rank 1, and g, a sum over the same (a_φ, 1), "
        "lies along v. It tells how to cross the valley, not how to follow it."
    )


# --- the list ---------------------------------------------------------------------------------------------------------

SINGLE = {  # figure: findings on one data set
    "samples": [boundary],
    "loss": [one_minimum],
    "fisher_r_r": [saturation],
    "natural_gradient_size": [grows],
    "angle": [acute],
    "alignment": [along_stiff],
}
PAIR = {  # figure: findings on the first data set and another
    "samples": [shifted],
    "loss": [sheared],
    "fisher_condition": [conditioning],
}
ON_FEW_CELLS = {boundary, shifted}  # what can be told of the coarsest grid


def too_few_cells(view):
    """Whether a grid, or what is computed of it, is too small for findings on its fields."""
    return min(view.shape) < FEWEST_SIDE or view.n_computed < FEWEST_SIDE**2


def claims_of(views):
    """All Claims the file can tell, in the order of the lists above. A reason is given once."""
    calls = [(f, name, (view,)) for name, functions in SINGLE.items() for f in functions for view in views]
    calls += [(f, name, (views[0], view)) for name, functions in PAIR.items() for f in functions for view in views[1:]]
    found, given = [], set()
    for function, figure, subjects in calls:
        few = any(map(too_few_cells, subjects)) and function not in ON_FEW_CELLS
        answer = None if few else function(*subjects)
        if answer is None:
            continue
        holds, sentence, *reason = answer
        if function is not shifted and any(view.partial for view in subjects):
            sentence = "In the cells computed so far: " + sentence.replace("this grid", "these cells")
        reason = [r for r in reason if r not in given]
        given.update(reason)
        found.append(Claim(function.__name__, figure, bool(holds), " ".join([sentence, *reason])))
    return found
