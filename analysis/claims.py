"""What the figures show, in sentences whose numbers and verdicts come from the file.

A claim about one data set is a function of its View, one about two of both Views (the first data set and another).
It returns whether it holds, a sentence with numbers that is right either way, and perhaps a reason, which is told once;
or None where the file cannot tell. Numbers have as many digits as rounded fields allow. `claims_of` evaluates all.
"""

from dataclasses import dataclass

import numpy as np

from quantities import LEAST_INDEPENDENCE, TWO_DIGITS, angle
from scales import number, pi_text

CLOSE = 10.0  # degrees: a direction this near the stiff one is called close
TENFOLD = 10.0  # what is called a large change
TWOFOLD = 2.0  # what is called a change
MOSTLY = 0.9
LEAST_SIDE = 16  # cells along an axis: fewer are too few for statements on the fields
PERIOD_ERROR = 1e-9  # relative; rounding of phi and of margins up to 1e6 stays far below, any other field far above
MOST_POINTS = 6  # at which a field vanishes; more are a curve, seen through the cells
ALLOWED = 0.05  # interpolation that may be off by more tells nothing


@dataclass(frozen=True)
class Claim:
    name: str
    figure: str  # it belongs to
    holds: bool
    sentence: str


def percent(share):
    return f"{number(100 * share, 2 if 0 < share < MOSTLY else 3)} %"


def place(view, cell):
    phi, r = view.where(cell)
    return f"φ = {number(phi)}, r = {number(r)}"


def has(view, *names):
    """Whether the file has these quantities, values of them, and of rounded ones two digits in most cells."""
    return all(name in view.values and known(view, name) for name in names)


def known(view, name):
    count, error = view.spread_evenly(name).size, view.error(name)
    most = np.count_nonzero(view.computed[np.ix_(*view.even)]) / 2
    return np.isfinite(view.values[name]).any() and (not error or error <= TWO_DIGITS and count >= most)


def digits(error, most=4):
    """How many digits are told of a number with this relative error."""
    return most if not error else max(1, min(most, int(-np.log10(error))))


def told(view, name, value, most=4):
    """A value of a quantity in as many digits as its rounding allows."""
    return number(value, digits(view.error(name), most))


def median(view, name):
    return float(np.median(view.spread_evenly(name)))


def cells(view, name):
    """Words for the cells with a value of a quantity."""
    count, computed = view.spread_evenly(name).size, np.count_nonzero(view.computed[np.ix_(*view.even)])
    return "the cells" if count == computed else f"the {count} cells (of {computed} drawn) where this is known"


def of_cells(view, name):
    words = cells(view, name)
    return "" if words == "the cells" else f" of {words}"


def natural(view):
    """How the natural gradient is made of g."""
    return "(F + λI)⁻¹g" if view.damping else "F⁻¹g"


def at_least(*views):
    alike = max(view.alike() for view in views) > 1
    return "at the cell taken for the minimum loss" if alike else "at the minimum loss"


def share_below(values, limit):
    return float(np.mean(values <= limit)) if values.size else np.nan


# --- samples ----------------------------------------------------------------------------------------------------------


def margins(samples, phi, r):
    """a of every sample: its signed distance from the line, positive on the side called class 0."""
    return np.sin(phi) * samples.x0 + np.cos(phi) * samples.x1 + r


def boundary(view):
    """The line at the minimum loss parts the classes. It is one of this grid, which may hold no good one."""
    if not has(view, "loss") or view.samples is None:
        return None
    samples, cell = view.samples, view.least()
    wrong = int(np.count_nonzero((margins(samples, *view.where(cell)) > 0) != (samples.y == 0)))
    fewer = int(min(np.count_nonzero(samples.y == label) for label in (0, 1)))
    total = len(samples.y)
    at = f"{view.name} has its minimum loss, {told(view, 'loss', view.at('loss', cell), 6)}, at {place(view, cell)}"
    if view.alike() > 1:
        at += " (one of several cells that rounding makes alike)"
    left = f"leaves {wrong} of {total} samples on the wrong side"
    if 2 * wrong < fewer:
        return True, f"{at}; the line there {left}."
    if fewer == 0:
        return False, f"{at}; the line there {left}, but there is nothing to part: all samples are of one class."
    return False, (
        f"{at}, but of the lines of this grid the one of minimum loss does not part the classes: it {left}, where one "
        f"answer for all would miss {fewer}."
    )


def unsure(view):
    """Weights of length one keep the network from being sure of the samples."""
    if not has(view, "loss") or view.samples is None:
        return None
    samples = view.samples
    towards = margins(samples, *view.where(view.least())) * np.where(samples.y == 0, 1, -1)
    loss = float(np.mean(np.logaddexp(0, -towards)))
    distance = "The weights (sin φ, cos φ) have length 1, so |a| is the distance of a sample from the line"
    at_least = f"the minimum loss of {view.name} on this grid is {number(loss)} a sample"
    if loss >= np.log(2):
        guessing = f"guessing costs {number(np.log(2))} (ln 2)"
        return False, f"No line of this grid does better than guessing: {at_least}, {guessing}."
    if loss > 0.1 * np.log(2):
        finding = f"T{at_least[1:]}, {percent(loss / np.log(2))} of what guessing costs (ln 2)."
        return True, finding, f"{distance}, and the network can be no surer than the classes are apart."
    # a sample on the wrong side costs more than ln 2, so there are few
    finding = f"Nearly all samples are so far from it, on the side of their class, that {at_least}."
    return False, finding, f"{distance}."


def shift(first, other):
    """(d0, d1, largest deviation) if the samples of the second are those of the first, moved; else None."""
    a, b = first.samples, other.samples
    if a is None or b is None or len(a.y) != len(b.y) or not np.array_equal(a.y, b.y):
        return None
    moves = [b.x0 - a.x0, b.x1 - a.x1]
    middle = [float(np.median(move)) for move in moves]
    deviation = max(float(np.max(np.abs(move - m))) for move, m in zip(moves, middle))
    largest = max(float(np.max(np.abs(x))) for x in (a.x0, a.x1, b.x0, b.x1))
    rounding = 4 * np.finfo(float).eps * largest  # of an addition, or of coordinates written with 17 digits
    return (*middle, deviation) if deviation <= rounding and any(middle) else None


def move_text(move):
    """Where a move takes r: the terms to add to it."""
    terms = [(d, f) for d, f in zip(move, ("sin φ", "cos φ")) if d]
    return "".join(f" {'−' if d < 0 else '+'} {number(abs(d))} {f}" for d, f in terms)


def shifted(first, other):
    """One data set is the other, moved."""
    if first.samples is None or other.samples is None:
        return None
    a, b, move = first.samples, other.samples, shift(first, other)
    if move is None:
        if len(a.y) != len(b.y):
            return False, f"{other.name} is not {first.name} moved: they have {b.total} and {a.total} samples."
        if not np.array_equal(a.y, b.y):
            return False, f"{other.name} is not {first.name} moved: sample by sample, their classes differ."
        if np.array_equal(a.x0, b.x0) and np.array_equal(a.x1, b.x1):
            return False, f"The samples of {other.name} are those of {first.name}."
        return False, f"{other.name} is not {first.name} moved: their samples differ by more than a constant."
    by = ", ".join(number(d) for d in move[:2])
    exactly = f"to {number(move[2], 2)}" if move[2] else "exactly"
    return True, (
        f"{other.name} is {first.name} moved by ({by}), sample by sample ({exactly}). Moving the data does to the "
        f"network what replacing r by r{move_text(move)} does."
    )


# --- loss -------------------------------------------------------------------------------------------------------------


def periodic(view):
    """The fields are the same at both ends of phi if these are whole turns apart."""
    span = float(view.phi[-1] - view.phi[0])
    turns = round(span / (2 * np.pi))
    if not has(view, "loss") or turns < 1 or abs(span - 2 * np.pi * turns) > 1e-9 * span:
        return None
    left, right = view.values["loss"][[0, -1]]
    larger = np.maximum(np.abs(left), np.abs(right))
    if not np.isfinite(larger).all():
        return None
    error = float(np.max(np.abs(right / larger - left / larger), where=larger > 0, initial=0))
    if error <= PERIOD_ERROR + 2 * view.error("loss"):
        finding = (
            f"The loss of {view.name} at φ = {pi_text(view.phi[-1])} is that at φ = {pi_text(view.phi[0])}, "
            + (f"to {number(error, 2)} of its value." if error else "as rounded." if view.error("loss") else "exactly.")
        )
        return True, finding, "φ is an angle: the left and the right edge of every map are one line."
    return False, (
        f"The loss of {view.name} is not periodic in φ: its values at both ends of the axis, {turns} turn(s) apart, "
        f"differ by up to {number(error, 2)} of themselves."
    )


def zeros(view, name):
    """[(phi, r, index)] of the zeros of a vector field: squares of four cells around which it turns.

    Index 1: it turns once with us (a minimum or a maximum), -1: once against us (a saddle). Of zeros whole turns of phi
    apart there is one. None where rounding hides which way it turns.
    """
    phi, r = (view.values[f"{name}_{axis}"] for axis in ("phi", "r"))
    size = view.values[f"{name}_size"]
    with np.errstate(all="ignore"):
        at = np.arctan2(r / size, phi / size)
    around = [at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]]
    steps = [np.angle(np.exp(1j * (b - a))) for a, b in zip(around, around[1:] + around[:1])]
    doubt = view.error(f"{name}_size")
    if doubt and any(np.any(np.abs(step) > np.pi - 2 * doubt) for step in steps):
        return None
    turns = sum(steps) / (2 * np.pi)
    found = np.argwhere(np.abs(np.nan_to_num(turns)) > 0.5)
    centre = [(axis[:-1] + axis[1:]) / 2 for axis in (view.phi, view.r)]
    points = []
    for i, j in found:
        point = float(centre[0][i]), float(centre[1][j]), int(round(turns[i, j]))
        if not any(same_point(view, point, other) and abs(point[0] - other[0]) > np.pi for other in points):
            points.append(point)
    return points


def same_point(view, p, q):
    """Whether two zeros are of one kind and less than a few cells apart, where phi is an angle up to whole turns."""
    steps = [2.5 * np.max(np.diff(axis)) if len(axis) > 1 else 0 for axis in (view.phi, view.r)]
    apart = p[0] - q[0]
    if view.axes[0].unit == "rad":
        apart = np.angle(np.exp(1j * apart))
    return abs(apart) <= steps[0] and abs(p[1] - q[1]) <= steps[1] and p[2] == q[2]


def kind(view, point):
    """minimum, maximum or saddle point: the loss is level there, and bent upwards along r or not."""
    phi, r, index = point
    i, j = np.searchsorted(view.phi, phi), np.searchsorted(view.r, r)
    slope = view.values["gradient_r"][i, j] - view.values["gradient_r"][i, j - 1]
    return "saddle point" if index < 0 else "minimum" if slope > 0 else "maximum"


def points_text(view, points):
    return " and ".join(f"a {kind(view, p)} near φ = {number(p[0], 3)}, r = {number(p[1], 3)}" for p in points)


def one_minimum(view):
    """The loss has a single minimum inside the grid."""
    if not has(view, "gradient_size") or view.extremes["gradient_size"].high == 0:
        return None
    points = zeros(view, "gradient")
    if points is None or len(points) > MOST_POINTS:
        return None
    count = sum(kind(view, p) == "minimum" for p in points)
    minima = {0: "no minimum", 1: "one minimum"}.get(count, f"{count} minima")
    if view.axes[0].unit == "rad" and np.ptp(view.phi) > 2 * np.pi * (1 + PERIOD_ERROR):
        minima += " (points whole turns of φ apart are one)"
    level = f"it is level at {points_text(view, points)}" if points else "it is level nowhere"
    return count == 1, f"The loss of {view.name} has {minima} on this grid; {level}."


# --- one data set seen through the shear of another -------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    cells: int  # compared
    share: float  # of them that agree as well as linear interpolation between cells allows
    deviation: float  # relative; 99 of 100 cells are better
    allowed: float  # relative: what interpolation may be off by, the median


def interpolation_bound(x, values):
    """How far a straight line between neighbours may be off: h^2 max|f''| / 8, f'' from divided differences."""
    slopes = np.diff(values) / np.diff(x)
    bends = np.abs(np.diff(slopes)) * 2 / (x[2:] - x[:-2])
    bends = np.concatenate([bends[:1], bends, bends[-1:]])
    around = np.maximum(bends[:-1], bends[1:])
    around = np.maximum(around, np.maximum(np.r_[around[0], around[:-1]], np.r_[around[1:], around[-1]]))
    return np.diff(x) ** 2 / 8 * around


def sheared(first, other, name, move):
    """Agreement of a quantity of `other` with that of `first` at r moved as the data are."""
    agreeing, relative, allowed = [], [], []
    r = first.r
    rounding = [view.error(name) for view in (first, other)]
    if len(r) < 4 or not np.array_equal(r, other.r) or not np.array_equal(first.phi, other.phi):
        return None
    for phi, base, found in zip(first.phi, first.values[name], other.values[name]):
        target = r + move[0] * np.sin(phi) + move[1] * np.cos(phi)
        with np.errstate(all="ignore"):
            error = np.abs(np.interp(target, r, base) - found)
            interval = np.clip(np.searchsorted(r, target, "right") - 1, 0, len(r) - 2)
            bound = interpolation_bound(r, base)[interval] + (1e-9 + rounding[1]) * np.abs(found)
            bound += rounding[0] * np.interp(target, r, np.abs(base))
        known = (target >= r[0]) & (target <= r[-1]) & np.isfinite(error) & np.isfinite(bound) & (found != 0)
        agreeing.append(error[known] <= bound[known])
        relative.append(error[known] / np.abs(found[known]))
        allowed.append(bound[known] / np.abs(found[known]))
    agreeing, relative, allowed = map(np.concatenate, (agreeing, relative, allowed))
    if agreeing.size == 0:
        return None
    share, deviation = float(np.mean(agreeing)), float(np.quantile(relative, 0.99))
    return Agreement(agreeing.size, share, deviation, float(np.median(allowed)))


def same_sheared(first, other, name):
    """(Agreement, terms added to r), None where the file cannot tell."""
    if not has(first, name) or not has(other, name):
        return None
    move = shift(first, other)
    agreement = sheared(first, other, name, move) if move else None
    return (agreement, move_text(move)) if agreement else None


def verdict(agreement):
    """Whether the two agree; None where the grid is too coarse to tell."""
    if agreement.allowed > ALLOWED or MOSTLY <= agreement.share < 0.99:
        return None
    return agreement.share >= 0.99


def otherwise(agreement, statement):
    """What is told of a statement that is false, or of which the grid does not tell."""
    agree = "agree as well as straight lines between cells allow"
    if verdict(agreement) is None:
        allowed = f"which is to {number(agreement.allowed, 2)} of the value in the median"
        share = f"{percent(agreement.share)} of the cells {agree}, {allowed}"
        return False, f"The grid is too coarse to tell whether {statement}: {share}."
    share = f"only {percent(agreement.share)} of the cells {agree}" if agreement.share else "in no cell they agree"
    return False, f"It is not so that {statement}: {share}."


def to_what(agreement, first):
    deviation, rounded = number(agreement.deviation, 2), "rounded " * any(first.rounding.values())
    return f"to {deviation} or better in 99 % of the cells; straight lines between {rounded}cells cannot tell more"


def sheared_loss(first, other):
    """The loss of moved data is the loss of the others, sheared."""
    found = same_sheared(first, other, "loss")
    if found is None:
        return None
    agreement, terms = found
    statement = f"read at r{terms}, the loss of {first.name} gives that of {other.name}"
    if verdict(agreement):
        return True, (
            f"As {other.name} is {first.name} moved, its landscape is that of {first.name} sheared along r: "
            f"{statement} ({to_what(agreement, first)}).{narrowing(first, other)}"
        )
    return otherwise(agreement, statement)


def narrowing(first, other):
    """What the shear does to the valley, a sentence; nothing where it does little or the grid does not tell."""
    widths = [(width(view, 0), view.name) for view in (first, other)]
    if None in (widths[0][0], widths[1][0]):
        return ""
    (narrow, there), (wide, here) = sorted(widths)
    if narrow * TWOFOLD >= wide:
        return ""
    times = number(wide / narrow, min(2, width_digits(first, other)))
    return f" Along φ the valley around the minimum loss is {times} times narrower in {there} than in {here}."


def same_volume(first, other):
    """The shear leaves the volume element as it is."""
    found = same_sheared(first, other, "fisher_sqrt_det")
    if found is None:
        return None
    agreement, terms = found
    statement = f"√det F of {other.name} is that of {first.name} at r{terms}"
    if verdict(agreement):
        return True, (
            f"A shear keeps areas, so {statement} ({to_what(agreement, first)}){worse_not_smaller(first, other)}."
        )
    return otherwise(agreement, statement)


def worse_not_smaller(first, other):
    """What keeping the volume means where the conditioning changes, a clause."""
    found = at_minima(first, other, "fisher_condition")
    if found is None or max(found[0]) <= TENFOLD * min(found[0]):
        return ""
    worse, better = (other.name, first.name) if found[0][1] > found[0][0] else (first.name, other.name)
    return f": the Fisher matrix of {worse} is worse conditioned than that of {better}, not smaller"


def covariant(first, other):
    """The natural gradient turns the line of both data sets alike."""
    found = same_sheared(first, other, "natural_gradient_phi")
    if found is None:
        return None
    agreement, terms = found
    statement = f"n_φ of {other.name} is n_φ of {first.name} at r{terms}"
    if verdict(agreement):
        return True, (
            f"The natural gradient does not see the shear: {statement} "
            f"({to_what(agreement, first)}), so from the same line through the data both turn it "
            f"alike.{gradient_differs(first, other)}"
        )
    holds, sentence = otherwise(agreement, statement)
    return holds, sentence + " Damping sees the shear." * (other.damping > 0 and verdict(agreement) is False)


def gradient_differs(first, other):
    """That g_φ sees the shear, where it does, a sentence."""
    found = same_sheared(first, other, "gradient_phi")
    if found is None or verdict(found[0]) is not False:
        return ""
    share = f"only {percent(found[0].share)} of the cells" if found[0].share else "no cell"
    return f" The gradient does not have this property: g_φ agrees in {share}."


# --- Fisher matrix ----------------------------------------------------------------------------------------------------


def at_minima(first, other, *names):
    """[(value of first, value of other)] of quantities at their least losses; None where there is none."""
    if not all(has(view, "loss", *names) for view in (first, other)):
        return None
    pairs = [(first.at(name, first.least()), other.at(name, other.least())) for name in names]
    return None if any(None in pair for pair in pairs) else pairs


def phi_information(first, other):
    """Moving the data adds information on phi and none on r."""
    found = at_minima(first, other, "fisher_phi_phi", "fisher_r_phi", "fisher_r_r")
    if found is None or any(rr <= 0 for rr in found[2]) or min(found[0]) <= 0:
        return None
    found, unit = per_sample(first, other, found)
    if found is None:
        return None
    more, less = by_size(first, other, found[0])
    (pp1, pp0), (rp1, rp0), (rr1, rr0) = (pair if more is first else pair[::-1] for pair in found)
    error = first.error("fisher_correlation") + other.error("fisher_correlation")  # of ratios
    numbers = (
        f"{at_least(first, other)} a_φ = cos φ x₀ − sin φ x₁ has the weighted mean F_rφ/F_rr = "
        f"{number(rp1 / rr1, digits(error))} in {more.name} ({less.name}: {number(rp0 / rr0, digits(error))}); "
        f"F_φφ{unit} is {told(more, 'fisher_phi_phi', pp1)} ({told(less, 'fisher_phi_phi', pp0)}), "
        f"{number(pp1 / pp0, digits(error, 3))} times as large, F_rr{unit} {told(more, 'fisher_r_r', rr1)} "
        f"({told(less, 'fisher_r_r', rr0)})"
    )
    if pp1 <= TWOFOLD * pp0:
        return False, f"F_φφ of {more.name} is not much larger than that of {less.name}: {numbers}."
    if rr1 * TWOFOLD <= rr0 or rr0 * TWOFOLD <= rr1:
        return False, f"{more.name} and {less.name} differ not only in F_φφ: {numbers}."
    return True, f"Far from the origin a small turn moves the line a lot: {numbers}, about the same."


def per_sample(first, other, pairs):
    """(pairs, words): sums over different numbers of samples are told a sample. None where these are unknown."""
    views = first, other
    if first.mean or other.mean:
        return pairs, ""
    if any(view.samples is None for view in views):
        return None, ""
    counts = [view.samples.total for view in views]
    if counts[0] == counts[1]:
        return pairs, ""
    return [tuple(value / count for value, count in zip(pair, counts)) for pair in pairs], " a sample"


def by_size(first, other, values):
    """The two views, the one of the larger value first."""
    return (first, other) if values[0] > values[1] else (other, first)


def dependent(first, other):
    """phi and r are much more dependent in one data set."""
    found = at_minima(first, other, "fisher_correlation")
    if found is None:
        return None
    rest = [(1 - rho) * (1 + rho) for rho in found[0]]
    errors = [4 * view.error("fisher_correlation") for view in (first, other)]
    if any(error > TWO_DIGITS * left for error, left in zip(errors, rest)):
        return None
    less, more = by_size(first, other, rest)
    (rho1, rho0), (rest1, rest0) = (pair if more is first else pair[::-1] for pair in (found[0], rest))
    numbers = (
        f"{at_least(first, other)} ρ = F_rφ/√(F_φφ F_rr) is {told(more, 'fisher_correlation', rho1, 5)} in {more.name} "
        f"and {told(less, 'fisher_correlation', rho0, 5)} in {less.name}, 1 − ρ² is {rest_text(rest1, max(errors))} "
        f"and {rest_text(rest0, max(errors))}"
    )
    if rest1 * TENFOLD >= rest0:
        return False, f"φ and r are not much more dependent in {more.name} than in {less.name}: {numbers}."
    move = shift(less, more)
    if move is None:
        return True, f"φ and r are much more dependent in {more.name} than in {less.name}: {numbers}."
    means = f"{a_phi_text(more)} in {more.name} and {a_phi_text(less)} in {less.name}"
    finding = (
        f"φ and r are much more dependent in {more.name} than in {less.name}: {numbers}, a_φ is {means} (mean and "
        "standard deviation)."
    )
    sign, added = move_text((-move[1], move[0])).strip().split(" ", 1)
    reason = (
        f"Moving {less.name} to {more.name} adds the same {'' if sign == '+' else sign}{added} to a_φ of every sample. "
        "Where that is most of a_φ, turning the line and moving it change the outputs nearly alike, and F, made of "
        "(a_φ, 1)(a_φ, 1)ᵀ, is nearly of rank 1."
    )
    return True, finding, reason


def a_phi_text(view):
    """Mean and standard deviation of a_φ at the minimum loss."""
    phi, _ = view.where(view.least())
    a_phi = np.cos(phi) * view.samples.x0 - np.sin(phi) * view.samples.x1
    return f"{number(float(np.mean(a_phi)), 3)} ± {number(float(np.std(a_phi)), 2)}"


def rest_text(rest, error):
    """1 − ρ² with an error, if it is more than what the stored digits tell."""
    if rest < LEAST_INDEPENDENCE:
        return f"less than {number(LEAST_INDEPENDENCE)}"
    return number(rest, digits(error / rest, 3))


def conditioning(first, other):
    """The Fisher matrix of one data set is ill-conditioned."""
    found = at_minima(first, other, "fisher_condition")
    if found is None:
        return None
    worse, better = by_size(first, other, found[0])
    k0, k1 = sorted(found[0])
    name = "fisher_condition"
    medians = [f"{told(view, name, median(view, name), 3)}{of_cells(view, name)}" for view in (worse, better)]
    numbers = (
        f"κ {at_least(first, other)} is {told(worse, name, k1)} in {worse.name} and {told(better, name, k0)} in "
        f"{better.name} (medians over the grid {' and '.join(medians)})"
    )
    if k1 > TENFOLD * k0:
        times = f"{told(worse, name, k1 / k0, 3)} times worse conditioned than that of {better.name}"
        return True, f"The Fisher matrix of {worse.name} is {times}: {numbers}."
    alike = f"not much worse conditioned than that of {better.name}"
    return False, f"The Fisher matrix of {worse.name} is {alike}: {numbers}."


def undone(view):
    """A move of the line undoes nearly all that a turn does."""
    if not has(view, "fisher_correlation"):
        return None
    shares = view.spread_evenly("fisher_correlation") ** 2
    often = float(np.mean(shares > MOSTLY))
    finding = (
        f"In {view.name} ρ² is above {MOSTLY:g} in {percent(often)} of {cells(view, 'fisher_correlation')} and "
        f"{told(view, 'fisher_correlation', np.median(shares))} in the median."
    )
    reason = (
        "Of what a small turn of the line does to the outputs, measured by F, a move of the line by −F_rφ/F_rr a "
        "radian undoes the share ρ²."
    )
    return often > 0.5, finding, reason


def saturation(view):
    """Where all samples are far from the line the network saturates and the Fisher matrix vanishes."""
    if not has(view, "fisher_r_r"):
        return None
    extremes = view.extremes["fisher_r_r"]
    low, high = extremes.low, extremes.high
    near = far = ""
    if view.samples is not None:
        ends = extremes.high_cell, extremes.low_cell
        means = [float(np.mean(np.abs(margins(view.samples, *view.where(cell))))) for cell in ends]
        if means[0] < means[1]:  # few samples near the line count for many
            near, far = (f", where samples are on average {number(mean, 3)} from the line" for mean in means)
    if low * TENFOLD < high:
        finding = (
            f"F_rr of {view.name} falls from {told(view, 'fisher_r_r', high)} at "
            f"{place(view, extremes.high_cell)}{near}, to "
            f"{told(view, 'fisher_r_r', low)} at {place(view, extremes.low_cell)}{far}."
        )
        return (
            True,
            finding,
            (
                "Where the network saturates, z(1 − z) decays as e^−|a|: samples far from the line tell next to "
                "nothing about φ and r, and all of F vanishes."
            ),
        )
    return False, (
        f"{view.name} saturates nowhere on this grid: F_rr stays between {told(view, 'fisher_r_r', low)} at "
        f"{place(view, extremes.low_cell)}{far} and {told(view, 'fisher_r_r', high)}."
    )


# --- vector fields ----------------------------------------------------------------------------------------------------


def phi_prevails(view):
    """The gradient is mostly its phi component."""
    if not has(view, "gradient_size"):
        return None
    phi, r = (np.abs(view.spread_evenly(f"gradient_{axis}")) for axis in ("phi", "r"))
    if not np.any(phi > 0) or not np.any(r > 0) or phi.size != r.size:
        return None
    often = float(np.mean(phi / TWOFOLD > r))  # twice r may overflow
    most = view.extremes["gradient_size"]
    finding = (
        f"In {view.name} |g_φ| is more than twice |g_r| in {percent(often)} of the cells, and |g| at most "
        f"{told(view, 'gradient_size', most.high)}, at {place(view, most.high_cell)}."
    )
    reason = (
        "g_φ sums the errors of the samples times a_φ, their place along the line, and g_r the errors alone: data far "
        "from the origin make g_φ large."
    )
    return often > 0.5, finding, reason


def grows_with_saturation(view):
    """Where the Fisher matrix vanishes the natural gradient grows, the gradient does not."""
    if not has(view, "gradient_size", "natural_gradient_size"):
        return None
    g, n = (view.extremes[name] for name in ("gradient_size", "natural_gradient_size"))
    g_middle, n_middle = (median(view, name) for name in ("gradient_size", "natural_gradient_size"))
    if g_middle <= 0 or n_middle <= 0:
        return None
    numbers = (
        f"|n| of {view.name} reaches {told(view, 'natural_gradient_size', n.high)} at {place(view, n.high_cell)}, "
        f"{told(view, 'natural_gradient_size', n.high / n_middle, 3)} times its median"
        f"{of_cells(view, 'natural_gradient_size')}; |g| at most {told(view, 'gradient_size', g.high)}, "
        f"{told(view, 'gradient_size', g.high / g_middle, 3)} times its median"
    )
    if n.high / n_middle > TENFOLD * g.high / g_middle:
        return (
            True,
            f"{numbers}.",
            (
                "In saturated cells on the wrong side the slope of the loss stays finite while F decays, so "
                f"n = {natural(view)} grows {'up to |g|/λ' if view.damping else 'as e^|a|'}, and a full natural step "
                "is much too long."
            ),
        )
    return False, f"No cell is so saturated that the natural gradient runs away: {numbers}."


def acute(view):
    """The angle between gradient and natural gradient is below a right angle."""
    if not has(view, "angle"):
        return None
    most, middle = view.extremes["angle"].high, median(view, "angle")
    if most <= 90 + np.degrees(view.error("angle")):
        finding = (
            f"In {view.name} the angle is {told(view, 'angle', middle, 3)}° in the median{of_cells(view, 'angle')} and "
            f"at most {told(view, 'angle', most)}°."
        )
        return (
            True,
            finding,
            f"g·n = g·{natural(view)} > 0: the two never form more than a right angle, both go downhill everywhere.",
        )
    return False, (
        f"In {view.name} gradient and natural gradient are up to {number(most)}° apart, which no positive definite "
        "Fisher matrix allows: these fields do not belong together."
    )


def parallel(view):
    """Where the two have one direction, it is that of an eigenvector of F: the dark curves of the figure."""
    if not has(view, "angle", "gradient_stiff_angle"):
        return None
    angles, to_v = (view.values[name][np.ix_(*view.even)] for name in ("angle", "gradient_stiff_angle"))
    dark = to_v[(angles <= CLOSE) & np.isfinite(to_v)]
    if dark.size == 0:
        return None
    along, across = np.mean(dark <= CLOSE), np.mean(dark >= 90 - CLOSE)
    share = percent(dark.size / np.isfinite(angles).sum())
    finding = (
        f"In {view.name} g and n are within {CLOSE:g}° of each other in {share} of {cells(view, 'angle')}: in "
        f"{percent(along)} of these g is as near to v, in {percent(across)} to the direction across it."
    )
    if along + across < MOSTLY:
        return False, finding
    reason = (
        "F turns all vectors but its eigenvectors, so g and n are parallel on curves only, dark in the figure: where "
        "g lies along the stiff direction v, and on floors and crests, where its part along v changes sign and what "
        "is left is across."
    )
    return True, finding, reason


def nearly_perpendicular(first, other):
    """In one data set gradient and natural gradient are nearly at right angles."""
    if not has(first, "angle") or not has(other, "angle"):
        return None
    medians = [median(view, "angle") for view in (first, other)]
    more, less = by_size(first, other, medians)
    low, high = sorted(medians)
    numbers = (
        f"{told(more, 'angle', high, 3)}° in the median{of_cells(more, 'angle')} ({less.name}: "
        f"{told(less, 'angle', low, 3)}°{of_cells(less, 'angle')})"
    )
    if 90 - high >= (90 - low) / TWOFOLD:
        return False, (
            f"In {more.name} gradient and natural gradient are not much nearer to right angles than in {less.name}: "
            f"{numbers}."
        )
    if high < 90 - CLOSE:
        return False, f"In {more.name} gradient and natural gradient are not nearly at right angles: {numbers}."
    return True, f"In {more.name} the two point nearly at right angles, {numbers}{crossing(more)}."


def crossing(view):
    """Which of the two crosses the valley and which follows it, a clause; nothing where they do not."""
    names = "gradient_stiff_angle", "natural_gradient_stiff_angle"
    if not has(view, *names):
        return ""
    across, along = (median(view, name) for name in names)
    if across > CLOSE or along < 90 - CLOSE:
        return ""
    return ": the gradient in the stiff direction of F, across the valley, the natural gradient along it"


def vanish(view):
    """Gradient and natural gradient vanish at the same points."""
    if not has(view, "gradient_size", "natural_gradient_size"):
        return None
    ours, theirs = zeros(view, "gradient"), zeros(view, "natural_gradient")
    if ours is None or theirs is None or len(ours) > MOST_POINTS:
        return None
    matched = len(ours) == len(theirs) and all(any(same_point(view, p, q) for q in theirs) for p in ours)
    if matched and ours:
        finding = (
            f"Both fields of {view.name} vanish at {points_text(view, ours)}; at the cells around, |g| comes down to "
            f"{told(view, 'gradient_size', view.extremes['gradient_size'].low, 3)} and |n| to "
            f"{told(view, 'natural_gradient_size', view.extremes['natural_gradient_size'].low, 3)}."
        )
        where = "The damped" if view.damping else "Where F is regular, the"
        return True, finding, f"{where} natural gradient n = {natural(view)} vanishes with g and nowhere else."
    if matched:
        return False, f"Neither field of {view.name} vanishes inside this grid."
    return False, (
        f"In {view.name} the gradient vanishes at {len(ours)} points of this grid and the natural gradient at "
        f"{len(theirs)}: the grid is too coarse to follow them, or F is singular where one of them vanishes."
    )


def degenerate(view):
    """The gradient points along the stiff direction nearly everywhere."""
    if not has(view, "gradient_stiff_angle"):
        return None
    share = share_below(view.spread_evenly("gradient_stiff_angle"), CLOSE)
    name, measured = "gradient_fisher_angle", ""
    if has(view, name):
        measured = f"{told(view, name, median(view, name), 2)}° to it in the median{of_cells(view, name)}"
        measured = f" (measured by F, at {measured})"
    numbers = (
        f"in {percent(share)} of {cells(view, 'gradient_stiff_angle')} it is within {CLOSE:g}° of the stiff "
        f"direction v of F{measured}"
    )
    if share >= 0.75:
        return (
            True,
            f"The gradient field of {view.name} is nearly degenerate: {numbers}.",
            (
                "Where all samples have nearly the same a_φ the Fisher matrix is almost of rank 1, F ≈ λvvᵀ, and g, a "
                "sum over the same (a_φ, 1), lies along v: g_φ and g_r are nearly proportional and tell how to cross "
                "the valley, not how to follow it."
            ),
        )
    return False, f"The gradient field of {view.name} is not degenerate: {numbers}, fewer than three quarters."


def natural_not_degenerate(view):
    """The natural gradient has a part along the stiff direction and one across it that count alike."""
    if not has(view, "natural_gradient_stiff_angle", "natural_gradient_fisher_angle"):
        return None
    across = 1 - share_below(view.spread_evenly("natural_gradient_stiff_angle"), 90 - CLOSE)
    name = "natural_gradient_fisher_angle"
    middle = median(view, name)
    numbers = (
        f"measured by F it is at {told(view, name, middle, 3)}° to v in the median{of_cells(view, name)}; in the plane "
        f"of the figures it is within {CLOSE:g}° of the direction across v in {percent(across)} of "
        f"{cells(view, 'natural_gradient_stiff_angle')}"
    )
    if 2 * CLOSE <= middle <= 90 - 2 * CLOSE:
        return (
            True,
            f"The natural gradient of {view.name} is not degenerate: {numbers}.",
            (
                f"n = {natural(view)}: the part of g along v is divided by the large "
                f"eigenvalue{' of F + λI' * (view.damping > 0)} and what "
                "is left by the small one. Measured by F, that is by how much the outputs change, both parts of n "
                "count."
            ),
        )
    return False, f"The natural gradient of {view.name} is one-sided: {numbers}."


def ways(view):
    """In the valley the natural gradient points at the minimum loss, and the gradient does not."""
    if not has(view, "loss", "angle"):
        return None
    least, best = view.where(view.least()), view.extremes["loss"].low
    phi, r = (axis - x for axis, x in zip((view.phi, view.r), least))
    if view.axes[0].unit == "rad":
        phi = np.angle(np.exp(1j * phi))
    way = np.broadcast_arrays(phi[:, None], r)
    with np.errstate(all="ignore"):
        names = "gradient", "natural_gradient"
        off = [angle(*(view.values[f"{name}_{axis}"] for axis in ("phi", "r")), *way) for name in names]
    near = (view.values["loss"] < TWOFOLD * best) & np.isfinite(off).all(axis=0)
    near &= np.logical_and.outer(*view.even)
    if not near.any():
        return None
    g, n = (float(np.median(angles[near])) for angles in off)
    finding = (
        f"Where the loss of {view.name} is less than twice its least, −n points within {number(n, 2)}° of the straight "
        f"way to it in the median, −g within {number(g, 2)}°."
    )
    inside = all(0 < k < length - 1 for k, length in zip(view.least(), view.shape))
    if g < 90 - CLOSE or n * TWOFOLD > g or view.damping or not inside:
        return False, finding
    return (
        True,
        finding,
        (
            "Lines show where a descent goes, not how fast. −g first crosses the valley, quickly, and then creeps "
            "along its floor. −n goes both ways at once, and near the minimum loss both errors shrink at one rate: "
            "across a narrow valley little is left to go, so its lines look parallel to the floor, though they come "
            "down to it on the way."
        ),
    )


# --- cuts -------------------------------------------------------------------------------------------------------------


def width(view, direction):
    """Length of the interval around the minimum loss, along axis 0 or 1, in which the loss is below 1.1 times it."""
    i, j = np.searchsorted(view.rows, view.least()[0]), np.searchsorted(view.columns, view.least()[1])
    x, loss, at = (view.phi, view.values["loss"][:, j], i) if direction == 0 else (view.r, view.values["loss"][i], j)
    limit = 1.1 * loss[at]
    above = np.flatnonzero(~(loss <= limit))
    left, right = above[above < at], above[above > at]
    ends = []
    for k, step in ((left[-1] if left.size else None, 1), (right[0] if right.size else None, -1)):
        if k is None or not np.isfinite(loss[k]):
            return None
        inside = k + step
        ends.append(np.interp(limit, [loss[inside], loss[k]], [x[inside], x[k]]))
    return float(ends[1] - ends[0])


def width_digits(first, other):
    """An error of the loss counts tenfold at 10 % above its least, where this has one, too."""
    return digits(20 * max(view.error("loss") for view in (first, other)), 3)


def narrow(first, other):
    """The valley of one data set is narrower along phi and not along r."""
    if not has(first, "loss") or not has(other, "loss"):
        return None
    widths = [tuple(width(view, direction) for view in (first, other)) for direction in (0, 1)]
    if any(None in pair for pair in widths):
        return None
    wider, narrower = by_size(first, other, widths[0])
    most = width_digits(first, other)
    (phi1, phi0), (r1, r0) = (pair if narrower is first else pair[::-1] for pair in widths)
    numbers = (
        f"the loss is within 10 % of its least value over {number(phi1, most)} rad in {narrower.name} and "
        f"{number(phi0, most)} rad in {wider.name} along φ, over {number(r1, most)} and {number(r0, most)} along r"
    )
    if phi1 * TWOFOLD < phi0 and 1 / TWOFOLD < r1 / r0 < TWOFOLD:
        return True, f"The cut along φ is much narrower in {narrower.name}, the cut along r is not: {numbers}."
    return False, f"{narrower.name} is not much narrower than {wider.name} along φ alone: {numbers}."


# --- the list ---------------------------------------------------------------------------------------------------------

SINGLE = {  # figure: claims about one data set
    "samples": [boundary, unsure],
    "loss": [periodic, one_minimum],
    "fisher_r_r": [saturation],
    "fisher_correlation": [undone],
    "gradient_size": [phi_prevails],
    "natural_gradient_size": [grows_with_saturation],
    "angle": [acute, parallel],
    "arrows": [vanish],
    "streams": [ways],
    "alignment": [degenerate, natural_not_degenerate],
}
PAIR = {  # figure: claims about the first data set and another
    "samples": [shifted],
    "loss": [sheared_loss],
    "fisher_phi_phi": [phi_information],
    "fisher_r_phi": [dependent],
    "fisher_condition": [conditioning],
    "fisher_sqrt_det": [same_volume],
    "angle": [nearly_perpendicular],
    "streams": [covariant],
    "cuts": [narrow],
}
ON_FEW_CELLS = {boundary, unsure, shifted, periodic}  # what can be told of the coarsest grid


def too_few_cells(view):
    """Whether a grid, or what is computed of it, is too small for statements on its fields."""
    return min(view.shape) < LEAST_SIDE or view.n_computed < LEAST_SIDE**2


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
        holds, finding, *reason = answer
        if function is not shifted and any(view.partial for view in subjects):
            finding = "In the cells computed so far: " + finding.replace("this grid", "these cells")
        reason = [r for r in reason if r not in given]
        first = not any(claim.name == function.__name__ for claim in found)
        sentence = " ".join([*reason, finding] if first else [finding, *reason])  # not between verdicts
        given.update(reason)
        found.append(Claim(function.__name__, figure, bool(holds), sentence))
    return found
