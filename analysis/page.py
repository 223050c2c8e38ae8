"""The page of a report: one HTML file that needs nothing else, and the data of its interactive part."""

import base64
import json
import re
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup, escape

from figures import scales_of
from quantities import SYMBOLS
from scales import DIVERGING, SEQUENTIAL, number, pi_text
from survey import thin

PARTS = Path(__file__).resolve().parent / "page"
ARITHMETIC = ["geometry.js", "tables.js", "descent.js"]  # in the order in which they load
SIDE = 200  # rows and columns of the interactive map, besides those of extremes
MOST_SAMPLES = 4000  # embedded; of larger data sets the page shows every m-th
FLOAT32_SMALLEST, FLOAT32_LARGEST = 1e-37, 3e38


def symbols(text):
    """Text with the symbols of formulas set as such: F_φφ with a subscript."""
    marked = re.sub(
        r"(?<![A-Za-z_])([A-Za-z])_(φφ|rφ|rr|φ|r)(?![A-Za-zφ])", r"<i>\1</i><sub><i>\2</i></sub>", str(escape(text))
    )
    return Markup(re.sub(r"e\^(−?\|a\|)", r"e<sup>\1</sup>", marked))


def symbol(text):
    """A symbol alone: as in text, and every other letter that is a name, as in |g|, is slanted too."""
    return Markup(re.sub(r"(?<![\w&<>/])([^\W\d_])(?![\w>])", r"<i>\1</i>", str(symbols(text))))


def base64_text(data):
    return base64.b64encode(data).decode()


def packed(values):
    """An array for JavaScript: base64 of little-endian numbers, single precision where their range allows."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    single = sizes.size == 0 or (sizes.min() > FLOAT32_SMALLEST and sizes.max() < FLOAT32_LARGEST)
    kind = "<f4" if single else "<f8"
    return {"bytes": 4 if single else 8, "data": base64_text(values.astype(kind).tobytes())}


def packed_double(values):
    return {"bytes": 8, "data": base64_text(np.asarray(values, "<f8").tobytes())}


def picked(views):
    """Positions in rows and columns of the pictures that the map shows: evenly spread ones, and those of extremes."""
    side = max(64, round(SIDE * min(1, 2 / len(views)) ** 0.5))
    chosen = []
    for axis in (0, 1):
        even = np.flatnonzero(views[0].even[axis])
        wanted = set(even[thin(len(even), side)])
        for view in views:
            cells = [cell for e in view.extremes.values() for cell in (e.low_cell, e.high_cell) if cell]
            wanted |= set(np.searchsorted((view.rows, view.columns)[axis], [cell[axis] for cell in cells]))
        chosen.append(np.array(sorted(wanted), int))
    return chosen


def sample_data(view):
    """The samples, or some of them; `all` tells which."""
    if view.samples is None:
        return None
    step = -(-len(view.samples.y) // MOST_SAMPLES)
    x0, x1, y = (values[::step] for values in (view.samples.x0, view.samples.x1, view.samples.y))
    whole = step * view.samples.step == 1
    return {
        "x0": packed_double(x0),
        "x1": packed_double(x1),
        "y": y.tolist(),
        "all": whole,
        "total": view.samples.total,
    }


def colour_table(colours):
    return base64_text(colours(np.linspace(0, 1, 256), bytes=True)[:, :3].tobytes())


def scale_data(scale):
    if scale is None:
        return None
    ticks = [[float(scale.fraction(value)), label] for value, label in scale.ticks(8)]
    return {
        "kind": scale.kind, "low": scale.low, "high": scale.high, "signed": scale.signed, "ticks": ticks,
        "names": scale.names,
    }  # fmt: skip


def explorer_data(views, options):
    """What page.js draws from. Views over other axes than the first are left out."""
    views = [view for view in views if np.array_equal(view.rows, views[0].rows) and view.shape == views[0].shape]
    cells = np.ix_(*picked(views))
    rows, columns = (indices.ravel() for indices in cells)
    quantities, sets = {}, []
    names = list(dict.fromkeys(name for view in views for name, q in view.quantities.items() if q.scanned))
    having = {name: [view for view in views if name in view.quantities] for name in names}
    scales = {name: dict(zip((v.name for v in having[name]), scales_of(having[name], name))) for name in names}
    for view in views:
        fields = {name: packed(view.values[name][cells]) for name, q in view.quantities.items() if q.scanned}
        minimum = view.where(view.minimum_cell()) if view.minimum_cell() is not None else None
        waiting = np.packbits(~view.computed[cells], bitorder="little")
        sets.append(
            {
                "name": view.name,
                "fields": fields,
                "scales": {name: scale_data(scales[name][view.name]) for name in fields},
                "waiting": base64_text(waiting.tobytes()),
                "samples": sample_data(view),
                "minimum": minimum,
            }
        )
    for name in names:
        quantity = having[name][0].quantities[name]
        quantities[name] = {"words": quantity.words, "symbol": symbol(quantity.symbol), "unit": quantity.unit}
    labels = [(SYMBOLS.get(axis.name, axis.name), axis.unit) for axis in views[0].axes]
    return {
        "phi": packed_double(views[0].phi[rows]),
        "r": packed_double(views[0].r[columns]),
        "axes": [{"label": label, "symbol": symbol(label), "unit": unit} for label, unit in labels],
        "shape": views[0].shape,
        "sets": sets,
        "quantities": quantities,
        "colours": {"sequential": colour_table(SEQUENTIAL), "diverging": colour_table(DIVERGING)},
        "mean": options.get("reduction") == "mean",
        "damping": float(options.get("damping") or 0),
    }


def alike(samples, other):
    """The shift that makes one data set of another, (d0, d1); None if nothing does."""
    if samples is None or other is None or len(samples.y) != len(other.y) or not np.array_equal(samples.y, other.y):
        return None
    shifts = [samples.x0 - other.x0, samples.x1 - other.x1]
    scale = np.max(np.abs([samples.x0, samples.x1, other.x0, other.x1]))
    if any(np.ptp(shift) > 1e-12 * scale for shift in shifts):
        return None
    return [float(np.median(shift)) for shift in shifts]


def set_data(view, others):
    """The samples of a data set for JavaScript. One that is another, shifted, needs no copy of them."""
    samples, data = view.samples, {"name": view.name, "count": view.samples.total if view.samples else 0}
    if samples is None:
        return data
    for other in others:
        shift = alike(samples, other.samples)
        if shift and np.array_equal(other.samples.x0 + shift[0], samples.x0) and np.array_equal(
            other.samples.x1 + shift[1], samples.x1
        ):
            return data | {"like": other.name, "shift": shift}
    return data | packed_samples(samples.x0, samples.x1, samples.y)


def packed_samples(x0, x1, y):
    packed = {name: base64_text(values.astype("<f8").tobytes()) for name, values in (("x0", x0), ("x1", x1))}
    return packed | {"y": base64_text(np.packbits(y.astype(bool), bitorder="little").tobytes())}


def sets_data(views):
    """The data that the page computes from:

    {mean, damping,                of the sweep
     phi: [low, high], r: ...,     the ranges of the grid
     shear: [d0, d1] or null,      what added to every sample makes the second data set of the first
     sets: [{name, count,          number of samples
             x0, x1,               base64 of little-endian doubles
             y}]}                  base64 of bits, the lowest of a byte first
    A set that is an earlier one, shifted, has like (its name) and shift ([d0, d1]) in place of x0, x1 and y. One
    whose samples the file does not hold has neither.
    """
    shear = alike(views[1].samples, views[0].samples) if len(views) > 1 else None
    return {
        "mean": views[0].mean,
        "damping": views[0].damping,
        "phi": [float(views[0].axes[0].values[k]) for k in (0, -1)],
        "r": [float(views[0].axes[1].values[k]) for k in (0, -1)],
        "shear": shear,
        "sets": [set_data(view, views[:k]) for k, view in enumerate(views)],
    }


def arithmetic_text():
    """The JavaScript that computes; the page and its worker run the same."""
    return "".join((PARTS / name).read_text(encoding="utf-8") for name in ARITHMETIC)


def json_text(value):
    """JSON that can stand inside a script element."""
    return Markup(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e"))


def render(**content):
    """The page as text. `content`: what page.html names; `explorer`, the data of the interactive part, or None."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PARTS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"symbols": symbols, "symbol": symbol}
    environment.filters["number"] = lambda value: number(value, 6)
    environment.filters["coordinate"] = lambda value, axis: (pi_text if axis.unit == "rad" else number)(value, 6)
    parts = {name: Markup((PARTS / name).read_text(encoding="utf-8")) for name in ("page.css", "page.js")}
    explorer = content.pop("explorer")
    data = None if explorer is None else json_text(explorer)
    return environment.get_template("page.html").render(
        css=parts["page.css"], js=parts["page.js"], arithmetic=Markup(arithmetic_text()), explorer=data,
        sets=json_text(content.pop("sets")), **content
    )  # fmt: skip
