"""Colour scales: which part of the colour map a value gets, and where the ticks of its bar stand.

The arithmetic is ours rather than Matplotlib's, for values reach from 1e-308 to 1e308, where its scales overflow; and
the page draws with the same three formulas.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

LOG_FROM = 300.0  # ratio of largest to smallest size from which colours are logarithmic
LOG_DEPTH = 1e-24  # what lies further below the largest value shares one colour
SMALLEST = 1e-300
LINEAR_MOST = 1e100  # beyond, differences of values overflow
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SEQUENTIAL, DIVERGING = (
    colormaps["cividis"],
    colormaps["PuOr_r"],
)  # both even in lightness, both safe for the colour-blind


@dataclass(frozen=True)
class Scale:
    """kind "linear": low to high. "log": low to high, low > 0. "symlog": -high to high, linear within +-low."""

    kind: str
    low: float
    high: float
    signed: bool = False  # zero is in the middle of the colours
    names: tuple = ()  # of categories, low + 1/2, low + 3/2, ..., each of one colour

    @property
    def colours(self):
        if self.names:
            return ListedColormap(SEQUENTIAL((np.arange(len(self.names)) + 0.5) / len(self.names)))
        return DIVERGING if self.signed else SEQUENTIAL

    def fraction(self, values):
        """Position in the colour map, 0 to 1; NaN for NaN."""
        values = np.asarray(values, float)
        if self.kind == "log":
            span = np.log(self.high / self.low)
            place = np.log(np.maximum(values, self.low) / self.low) / (span or 1)
        elif self.kind == "symlog":
            place = np.log1p(np.abs(values) / self.low) / np.log1p(self.high / self.low)
            place = 0.5 + 0.5 * np.sign(values) * place
        else:
            place = (values - self.low) / ((self.high - self.low) or 1)
        return np.clip(place, 0, 1)

    def ticks(self, most=6):
        """[(value, label)] for the bar."""
        if self.names:
            return [(self.low + k + 0.5, name) for k, name in enumerate(self.names)]
        if self.kind == "linear" or (self.kind == "log" and self.high < 5 * self.low):
            steps = MaxNLocator(most).tick_values(self.low, self.high) if self.high > self.low else [self.low]
            return [(v, number(v, 6)) for v in steps if self.low <= v <= self.high]
        decades = powers(self.low, self.high, most // 2 if self.kind == "symlog" else most)
        if self.kind == "log" and len(decades) < 3:
            for factors in ((1, 2, 3, 5), (1, 3), (1,)):
                steps = [m * float(f"1e{k}") for k in decade_range(self.low, self.high) for m in factors]
                steps = [v for v in steps if self.low <= v <= self.high]
                if len(steps) <= most + 1:
                    break
            return [(v, number(v, 6)) for v in steps]
        ticks = [(v, f"10{str(round(np.log10(v))).translate(SUPERSCRIPTS)}") for v in decades]
        if self.kind == "symlog":
            ticks = [(v, label) for v, label in ticks if self.fraction(v) > 0.56]  # clear of the zero
            ticks = [(-v, "\N{MINUS SIGN}" + label) for v, label in reversed(ticks)] + [(0.0, "0")] + ticks
        return ticks


def number(value, digits=4):
    """A number for people: 0.9583, 15090, 1.04 × 10⁷."""
    text = f"{value:.{digits}g}"
    if 1e-4 <= abs(value) < 1e6:
        text = f"{float(text):.12g}"
    factor, _, power = text.partition("e")
    power = f"10{str(int(power)).translate(SUPERSCRIPTS)}" if power else ""
    text = power if power and factor == "1" else f"{factor} × {power}" if power else factor
    return text.replace("-", "\N{MINUS SIGN}")


def terms(move):
    """Such as '+ 5 sin φ': what a move adds to r."""
    listed = [(d, f) for d, f in zip(move, ("sin φ", "cos φ")) if d]
    return " ".join(f"{'−' if d < 0 else '+'} {number(abs(d))} {f}" for d, f in listed)


def pi_text(value, digits=4):
    """An angle for people: 0, π/2, 3π/4 and other halves, thirds, ... of π, 2.5 for what is none."""
    multiple = Fraction(value / np.pi).limit_denominator(6)
    if abs(value - np.pi * multiple) > 1e-9 * max(1, abs(value)):
        return number(value, digits)
    if multiple == 0:
        return "0"
    over = {1: "", -1: "-"}.get(multiple.numerator, str(multiple.numerator))
    under = f"/{multiple.denominator}" if multiple.denominator > 1 else ""
    return f"{over}π{under}".replace("-", "\N{MINUS SIGN}")


def decade_range(low, high):
    """The powers k of the decades that low .. high touches."""
    return range(int(np.floor(np.log10(low))), int(np.floor(np.log10(high))) + 1)


def powers(low, high, most):
    """At most `most` powers of ten within low .. high, evenly spread, the largest among them."""
    first, last = int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9))
    step = max(1, -(-(last - first + 1) // most))
    return [float(f"1e{k}") for k in range(last, first - 1, -step)][::-1]


def scale_of(values, bounds=None, log=None, lows=(), highs=()):
    """The Scale that suits some arrays of values, shared by them; `lows` and `highs`: extremes beyond the arrays.

    log: True for logarithmic, False for linear, None for what the range needs. None without any value.
    """
    known = np.concatenate([array[np.isfinite(array)] for array in values] or [[]])
    edges = [x for x in (*lows, *highs) if np.isfinite(x)]
    if known.size == 0:
        return None
    low, high = min(known.min(), *edges, np.inf), max(known.max(), *edges, -np.inf)
    if bounds is not None:
        return Scale("linear", *map(float, bounds), signed=bounds[0] < 0)
    sizes = np.abs(known[known != 0])
    if sizes.size == 0:
        return Scale("linear", 0.0, 1.0)
    largest = max(abs(low), abs(high))
    small = max(np.quantile(sizes, 0.1) if low < 0 else sizes.min(), largest * LOG_DEPTH, SMALLEST)
    if log is None:
        log = largest > LOG_FROM * small or largest > LINEAR_MOST
    if low < 0:
        decade = 10 ** np.floor(np.log10(small))
        return Scale("symlog", decade, largest, True) if log else Scale("linear", -largest, largest, True)
    return Scale("log", small, largest) if log else Scale("linear", low, largest)


def ratio_scale(values):
    """For ratios: logarithmic, 1 in the middle unless all lie on one side of it. None without any value above zero."""
    known = np.concatenate([array[np.isfinite(array) & (array > 0)] for array in values] or [[]])
    if known.size == 0:
        return None
    low, high = (float(np.clip(value, 1e-290, 1e290)) for value in (known.min(), known.max()))
    if low > 1 or high < 1:
        return Scale("log", low, high)
    most = max(high, 1 / low, 1.01)
    return Scale("log", 1 / most, most, True)
