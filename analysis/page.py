"""The page of a report: one HTML file that needs nothing else, and the data of its interactive part."""

import json
import re
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from scales import number, pi_text

PARTS = Path(__file__).resolve().parent / "page"
ARITHMETIC = ["geometry.js", "tables.js", "descent.js"]  # in the order in which they load
VIEW = [
    "numbers.js", "state.js", "samples.js", "colours.js", "map.js", "plane.js", "flow.js", "landscape.js",
    "matrices.js", "race.js", "straight.js", "checks.js", "main.js",
]  # fmt: skip


def symbols(text):
    """Text with the symbols of formulas set as such: F_φφ with a subscript."""
    marked = re.sub(
        r"(?<![A-Za-z_])([A-Za-z])_(φφ|rφ|rr|φ|r)(?![A-Za-zφ])", r"<i>\1</i><sub><i>\2</i></sub>", str(escape(text))
    )
    return Markup(re.sub(r"e\^(−?\|a\|)", r"e<sup>\1</sup>", marked))


def script_text(names):
    return Markup("".join((PARTS / name).read_text(encoding="utf-8") for name in names))


def json_text(value):
    """JSON that can stand inside a script element."""
    return Markup(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e"))


def render(sets, **content):
    """The page as text. `sets`: of page_sets.sets_data, or None; `content`: what page.html names."""
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
