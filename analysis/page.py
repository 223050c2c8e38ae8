"""The page of a report: one HTML file that needs nothing else, and the data of its interactive part."""

import base64
import json
import re
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup, escape

from scales import number, pi_text

PARTS = Path(__file__).resolve().parent / "page"
ARITHMETIC = ["geometry.js", "tables.js", "descent.js"]  # in the order in which they load
VIEW = [
    "numbers.js", "state.js", "colours.js", "map.js", "plane.js", "flow.js", "landscape.js", "matrices.js", "race.js", "straight.js",
    "checks.js", "main.js",
]  # fmt: skip
MOST_SAMPLES = 30_000  # of a data set: 17 bytes of samples are 22 of text, and two sets shall fit into 1.5 MB


def symbols(text):
    """Text with the symbols of formulas set as such: F_φφ with a subscript."""
    marked = re.sub(
        r"(?<![A-Za-z_])([A-Za-z])_(φφ|rφ|rr|φ|r)(?![A-Za-zφ])", r"<i>\1</i><sub><i>\2</i></sub>", str(escape(text))
    )
    return Markup(re.sub(r"e\^(−?\|a\|)", r"e<sup>\1</sup>", marked))


def base64_text(data):
    return base64.b64encode(data).decode()


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
    if samples is None or len(samples.y) > MOST_SAMPLES or samples.step > 1:
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


def script_text(names):
    return Markup("".join((PARTS / name).read_text(encoding="utf-8") for name in names))


def json_text(value):
    """JSON that can stand inside a script element."""
    return Markup(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e"))


def render(sets, **content):
    """The page as text. `sets`: of sets_data, or None; `content`: what page.html names."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PARTS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["symbols"] = symbols
    environment.filters["digits"] = lambda value, digits: "–" if value is None else number(value, digits)
    environment.filters["number"] = lambda value: number(value, 7)
    environment.filters["coordinate"] = lambda value, axis: (pi_text if axis.unit == "rad" else number)(value, 6)
    return environment.get_template("page.html").render(
        css=script_text(["page.css"]),
        arithmetic=script_text(ARITHMETIC),
        view=script_text(VIEW),
        sets=sets and json_text(sets),
        **content,
    )
