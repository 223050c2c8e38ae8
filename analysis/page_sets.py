"""What the page of a report computes from: the samples, fewer points that stand for them, or at worst fields.

    {mean, damping,                of the sweep
     phi: [low, high], r: ...,     the ranges of the grid
     shear: [d0, d1] or null,      what added to every sample makes the second data set of the first
     sets: [{name, count,          number of samples
             x0, x1,               base64 of little-endian doubles
             y,                    base64 of bits, the lowest of a byte first
             weights,              as x0, of points that stand for many samples;
             drawn,                {x0, x1, y} of some of these samples
             stationary,           [[phi, r, kind], ...], if the file lists its stationary points
             said}]}               sentences about them

A set that is an earlier one, shifted, has like (its name) and shift ([d0, d1]) in place of the points. One whose
points are too many, or whose samples the file does not hold, has fields instead: {phi, r: lists, L, G0, ...: base64 of
single-precision numbers [phi, r]}, the sums of geometry.js at some rows and columns of the grid; NaN: not computed.
E and K are among them where the file has them.
"""

import base64

import numpy as np

from survey import thin

MOST_BYTES = 660_000  # of all sets before base64 makes four of three: the page stays below 1.5 MB
POINT_BYTES = 3 * 8 + 1
MOST_DRAWN = 2000  # of samples that others stand for
NODES = 14  # along each side of a box of samples
SINGLE = 4
MOST_SUMS = 11  # of a cell


def base64_text(data):
    return base64.b64encode(data).decode()


def doubles(values):
    return base64_text(np.asarray(values, "<f8").tobytes())


def packed_points(x0, x1, y, weights=None):
    packed = {"x0": doubles(x0), "x1": doubles(x1)}
    packed["y"] = base64_text(np.packbits(np.asarray(y).astype(bool), bitorder="little").tobytes())
    return packed if weights is None else packed | {"weights": doubles(weights)}


# --- data sets that are others, shifted -------------------------------------------------------------------------------


def shift_between(samples, other):
    """The shift that makes one data set of another, (d0, d1), up to rounding; None if nothing does."""
    if samples is None or other is None or not np.array_equal(samples.y, other.y):
        return None
    shifts = [samples.x0 - other.x0, samples.x1 - other.x1]
    scale = np.max(np.abs([samples.x0, samples.x1, other.x0, other.x1]))
    if any(np.ptp(shift) > 1e-12 * scale for shift in shifts):  # some roundings of a coordinate
        return None
    return [float(np.median(shift)) for shift in shifts]


def twin(view, others):
    """{like, shift} of an earlier view whose samples are these, shifted, to the last bit; None if there is none."""
    for other in others:
        shift = shift_between(view.samples, other.samples)
        moved = shift and [other.samples.x0 + shift[0], other.samples.x1 + shift[1]]
        if moved and np.array_equal(moved, [view.samples.x0, view.samples.x1]):
            return {"like": other.name, "shift": shift}
    return None


# --- sources: points that stand for many samples ----------------------------------------------------------------------


def sources(samples, boxes=np.inf):
    """(x0, x1, y, weights) of fewer points with the same sums; None if they would need more than so many boxes.

    Every sum over the samples is one of a function of (x0, x1) that is analytic up to a distance of pi. In boxes of
    width 1 its interpolant at Chebyshev nodes is right to 1e-14 or so, thus the weights of a node are the sums of its
    Lagrange polynomials over the samples (Fong and Darve, J. Comput. Phys. 228 (2009) 8712). Boxes with fewer samples
    than nodes keep them.
    """
    cells = np.floor([samples.x0, samples.x1])
    order = np.lexsort((cells[1], cells[0], samples.y))
    changes = (np.diff(cells[:, order]) != 0).any(axis=0) | (np.diff(samples.y[order]) != 0)
    starts = np.flatnonzero(np.concatenate([[True], changes]))
    if len(starts) > boxes:
        return None
    points = [box(samples, members) for members in np.split(order, starts[1:])]
    return tuple(np.concatenate(column) for column in zip(*points))


def box(samples, members):
    """The points that stand for the samples of a box."""
    x, label = np.array([samples.x0[members], samples.x1[members]]), samples.y[members]
    centre, half = (x.max(axis=1) + x.min(axis=1)) / 2, np.ptp(x, axis=1) / 2
    counts = [NODES if h > 0 else 1 for h in half]
    if len(members) <= counts[0] * counts[1]:
        return x[0], x[1], label, np.ones(len(members))
    places = [np.cos(np.pi * (np.arange(n) + 0.5) / n) if n > 1 else np.zeros(1) for n in counts]
    values = [lagrange((x[k] - centre[k]) / (half[k] or 1), counts[k]) for k in (0, 1)]
    y0, y1 = np.meshgrid(*(centre[k] + half[k] * places[k] for k in (0, 1)), indexing="ij")
    weights = values[0].T @ values[1]
    return y0.ravel(), y1.ravel(), np.full(weights.size, label[0]), weights.ravel()


def lagrange(x, n):
    """[samples, n] the Lagrange polynomials of n Chebyshev nodes at x in [-1, 1]."""
    angles = np.pi * (np.arange(n) + 0.5) / n
    factors = np.where(np.arange(n) == 0, 1, 2) / n
    polynomials = np.cos(np.arccos(np.clip(x, -1, 1))[:, None] * np.arange(n))
    return (polynomials * factors) @ np.cos(np.outer(np.arange(n), angles))


# --- fields -----------------------------------------------------------------------------------------------------------

NEEDED = ["loss", "fisher_phi_phi", "fisher_r_phi", "fisher_r_r", "gradient_phi", "gradient_r"]
EMPIRICAL = ["empirical_fisher_phi_phi", "empirical_fisher_r_phi", "empirical_fisher_r_r"]


def sums_of_fields(view, share):
    """The sums of geometry.js at the rows and columns of a picture, thinned to `share` bytes; None where they lack."""
    if any(name not in view.values for name in NEEDED):
        return None
    side = int((share / (MOST_SUMS * SINGLE)) ** 0.5)
    rows, columns = (np.flatnonzero(even)[thin(np.count_nonzero(even), side)] for even in view.even)
    cells, scale = np.ix_(rows, columns), (view.samples.total if view.mean and view.samples else 1)
    L, pp, rp, rr, g_phi, G0 = (scale * view.values[name][cells] for name in NEEDED)
    with np.errstate(all="ignore"):
        M = rp / rr
        sums = {"L": L, "G0": G0, "N": g_phi - M * G0, "W0": rr, "M": M, "C": np.maximum(rr * (pp / rr - M * M), 0)}
        if "hessian_phi_phi" in view.values:
            sums["h"] = scale * view.values["hessian_phi_phi"][cells] - pp
        if all(name in view.values for name in EMPIRICAL):
            e_pp, e_rp, E0 = (scale * view.values[name][cells] for name in EMPIRICAL)
            sums |= {"E0": E0, "E1": e_rp - M * E0, "E2": e_pp - 2 * M * e_rp + M * M * E0}
        if "fisher_curvature" in view.values:
            sums["K"] = view.values["fisher_curvature"][cells]
    packed = {name: base64_text(values.astype("<f4").tobytes()) for name, values in sums.items()}
    return {"phi": view.phi[rows].tolist(), "r": view.r[columns].tolist()} | packed


# --- stationary points ------------------------------------------------------------------------------------------------

SAID = {
    "minimum_outside": "The lowest minimum of {name} lies outside the grid: in the grid, the loss is lowest on the "
    "edge.",
    "one_class": "All samples of {name} are of one class: there is nothing to separate, and the loss falls towards 0 "
    "as |r| grows.",
    "level": "The loss of {name} is level along a curve or in a region, so it has no single minimum there.",
    "more_points": "{name} has more stationary points than the file lists.",
    "coarse_search": "{name} has too many samples to look for stationary points everywhere; some may be missing.",
}


def said(view):
    """Sentences about the search for stationary points."""
    return [SAID[name].format(name=view.name) for name in view.notes or [] if name in SAID]


# --- all sets ---------------------------------------------------------------------------------------------------------


def set_data(view, others, share):
    """A data set in at most `share` bytes, before base64."""
    samples = view.samples
    data = {"name": view.name, "count": samples.total if samples and (samples.step == 1 or view.mean) else 1}
    if view.notes is not None:
        data |= {"stationary": [[p.phi, p.r, p.kind] for p in view.stored], "said": said(view)}
    if samples is not None and samples.step == 1:
        data["count"] = samples.total
        found = twin(view, others)
        if found:
            return data | found
        if len(samples.y) * POINT_BYTES <= share:
            return data | packed_points(samples.x0, samples.x1, samples.y)
        fewer = sources(samples, boxes=share / POINT_BYTES)
        if fewer and len(fewer[0]) * POINT_BYTES <= share:
            some = thin(len(samples.y), MOST_DRAWN)
            drawn = packed_points(samples.x0[some], samples.x1[some], samples.y[some])
            return data | packed_points(*fewer) | {"drawn": drawn}
    fields = sums_of_fields(view, share)
    return data if fields is None else data | {"fields": fields}


def sets_data(views):
    """The data of all sets, for JavaScript."""
    own = [view for k, view in enumerate(views) if view.samples is None or not twin(view, views[:k])]
    shear = shift_between(views[1].samples, views[0].samples) if len(views) > 1 else None
    return {
        "mean": views[0].mean,
        "damping": views[0].damping,
        "phi": [float(views[0].axes[0].values[k]) for k in (0, -1)],
        "r": [float(views[0].axes[1].values[k]) for k in (0, -1)],
        "shear": shear,
        "sets": [set_data(view, views[:k], MOST_BYTES // len(own)) for k, view in enumerate(views)],
    }


FEWER_POINTS = (
    "the interactive figures compute from fewer points that stand for the samples, with the same sums, and show some "
    "of the samples."
)
FROM_FIELDS = (
    "the interactive figures are drawn from the fields of the file, as this page does not hold the samples. Values "
    "between cells are interpolated, and what needs samples is left out."
)
NOTHING = "there are neither samples nor the fields to draw interactive figures from."


def notes(data):
    """What to tell about sets that are not there as they are."""
    groups = {
        FEWER_POINTS: [s for s in data["sets"] if "weights" in s],
        FROM_FIELDS: [s for s in data["sets"] if "fields" in s],
        NOTHING: [s for s in data["sets"] if not {"x0", "like", "fields"} & s.keys()],
    }
    return [f"{', '.join(s['name'] for s in some)}: {words}" for words, some in groups.items() if some]
