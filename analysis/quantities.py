"""What can be drawn: the fields of a file, and quantities derived from them cell by cell.

A derived quantity is NaN where one of its fields is, and where the fields are rounded too much to tell.
Intermediate results are scaled, so fields up to the largest double are as good as any.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Callable

import numpy as np

from fishergrid_file import FLAG

LARGEST = np.finfo(float).max

# Stored Fisher entries carry relative errors of some 1e-14, and so does 1 - correlation^2. Below this it has less than
# two digits, and what is made from it is not shown. Of rounded entries its error is four times theirs.
SMALLEST_INDEPENDENCE = 1e-12
TWO_DIGITS = 0.01

FISHER = ("fisher_phi_phi", "fisher_r_phi", "fisher_r_r")
GRADIENT = ("gradient_phi", "gradient_r")
NATURAL = ("natural_gradient_phi", "natural_gradient_r")


@dataclass(frozen=True)
class Quantity:
    name: str
    words: str
    symbol: str  # plain text, with subscripts after an underscore: F_φφ
    fields: tuple  # of the file, in the order `of` takes them
    of: Callable
    unit: str = "1"
    bounds: tuple = None  # (low, high) of the colour scale, if it is the same for every file
    names: tuple = ()  # of the values, if these are categories, from bounds[0] on
    scanned: bool = True  # extremes are wanted over all cells, not only over those of a picture
    fragile: bool = False  # made from 1 - correlation^2

    def values(self, fields, rounding):
        """Its values from {field: values} and {field: relative error}."""
        found = self.of(*(fields[name] for name in self.fields))
        if not self.fragile or self.error(rounding) == 0:
            return found
        smallest = 4 * max(rounding[name] for name in FISHER) / TWO_DIGITS
        return np.where(independence(*(fields[name] for name in FISHER)) >= smallest, found, np.nan)

    def error(self, rounding):
        """Relative error at most, of angles in radians, that rounded fields bring about; 0 if none is rounded."""
        total = sum(rounding[name] for name in self.fields)
        return max(total, TWO_DIGITS) if self.fragile and total else total


# --- formulas ---------------------------------------------------------------------------------------------------------


def same(values):
    return values


def size(x, y):
    """Length of the vector (x, y)."""
    with np.errstate(over="ignore"):
        return np.minimum(np.hypot(x, y), LARGEST)  # NaN stays NaN


def direction(x, y):
    """(x, y) with its larger component 1 or -1; NaN for no vector."""
    larger = np.maximum(np.abs(x), np.abs(y))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(larger > 0, x / larger, np.nan), np.where(larger > 0, y / larger, np.nan)


def angle(a_phi, a_r, b_phi, b_r):
    """Angle between two vectors in degrees, 0 to 180."""
    (ax, ay), (bx, by) = direction(a_phi, a_r), direction(b_phi, b_r)
    return np.degrees(np.arctan2(np.abs(ax * by - ay * bx), ax * bx + ay * by))


def correlation(f_phi_phi, f_r_phi, f_r_r):
    """F_rφ / sqrt(F_φφ F_rr)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = f_r_phi / np.sqrt(f_phi_phi) / np.sqrt(f_r_r)
    return np.where(np.isfinite(ratio), np.clip(ratio, -1, 1), np.nan)


def independence(f_phi_phi, f_r_phi, f_r_r):
    """1 - correlation^2, NaN where the stored digits do not tell."""
    rho = correlation(f_phi_phi, f_r_phi, f_r_r)
    rest = (1 - rho) * (1 + rho)
    return np.where(rest >= SMALLEST_INDEPENDENCE, rest, np.nan)


def volume(f_phi_phi, f_r_phi, f_r_r):
    """Volume density of the Fisher metric, √det F."""
    rest = independence(f_phi_phi, f_r_phi, f_r_r)
    return np.sqrt(f_phi_phi) * np.sqrt(f_r_r) * np.sqrt(rest)


def condition(f_phi_phi, f_r_phi, f_r_r):
    """Largest over smallest eigenvalue: lambda_1^2 / det."""
    rest = independence(f_phi_phi, f_r_phi, f_r_r)
    larger = np.maximum(f_phi_phi, f_r_r)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        a, b, c = f_phi_phi / larger, f_r_phi / larger, f_r_r / larger
        first = (a + c) / 2 + np.hypot((a - c) / 2, b)
        return np.minimum(first * first / (a * c * rest), LARGEST)


# --- the list ---------------------------------------------------------------------------------------------------------

DERIVED = [
    Quantity("gradient_size", "length of the gradient", "|g|", GRADIENT, size),
    Quantity("natural_gradient_size", "length of the natural gradient", "|n|", NATURAL, size),
    Quantity("angle", "angle between gradient and natural gradient", "∠(g, n)", GRADIENT + NATURAL, angle, "°",
             (0, 90)),
    Quantity("fisher_correlation", "correlation of r and phi", "ρ", FISHER, correlation, "1", (-1, 1)),
    Quantity("fisher_condition", "condition number of the Fisher matrix", "κ(F)", FISHER, condition,
             fragile=True),
    Quantity("fisher_volume", "volume density of the Fisher metric", "√det F", FISHER, volume, fragile=True),
]  # fmt: skip

SYMBOLS = {
    "phi": "φ",
    "r": "r",
    "loss": "L",
    "fisher_phi_phi": "F_φφ",
    "fisher_r_phi": "F_rφ",
    "fisher_r_r": "F_rr",
    "gradient_phi": "g_φ",
    "gradient_r": "g_r",
    "natural_gradient_phi": "n_φ",
    "natural_gradient_r": "n_r",
    FLAG: "flag",
    "hessian_phi_phi": "H_φφ",
    "empirical_fisher_phi_phi": "E_φφ",
    "empirical_fisher_r_phi": "E_rφ",
    "empirical_fisher_r_r": "E_rr",
    "fisher_curvature": "K",
    "newton_flag": "newton flag",
    "curvature_flag": "curvature flag",
    "fisher_eigenvalue_max": "λ_max",
    "fisher_eigenvalue_min": "λ_min",
    "fisher_eigenvector_angle": "θ",
    "fisher_condition": "κ(F)",
    "fisher_volume": "√det F",
    "natural_gradient_norm": "√(gᵀF⁻¹g)",
}

SPELT = {  # how the words of the file spell symbols
    "φ": "phi", "λ": "lambda", "θ": "theta", "κ(F)": "kappa", "(H⁻¹g)": "newton",
    "√det F": "sqrt(det F)", "√(gᵀF⁻¹g)": "sqrt(g F^-1 g)",
}  # fmt: skip

COMPUTED = {  # fields that a sweep stores if asked; figures compute them from the samples
    "hessian_phi_phi": ("Hessian of the loss", "H_φφ"),
    "empirical_fisher_phi_phi": ("empirical Fisher information of phi", "E_φφ"),
    "empirical_fisher_r_phi": ("empirical Fisher information between r and phi", "E_rφ"),
    "empirical_fisher_r_r": ("empirical Fisher information of r", "E_rr"),
    "newton_phi": ("Newton step, component phi", "(H⁻¹g)_φ"),
    "newton_r": ("Newton step, component r", "(H⁻¹g)_r"),
    "fisher_curvature": ("Gaussian curvature of the Fisher metric", "K"),
    "independent": ("Fisher information of phi where r is free", "C"),
}

# What a sum over the samples or a vector is measured in; the file says 1, as nats and radians have no dimension.
UNITS = {
    "loss": "nats", "fisher_phi_phi": "nats/rad²", "fisher_r_phi": "nats/rad", "fisher_r_r": "nats",
    "gradient_phi": "nats/rad", "gradient_r": "nats", "hessian_phi_phi": "nats/rad²",
    "empirical_fisher_phi_phi": "nats/rad²", "empirical_fisher_r_phi": "nats/rad", "empirical_fisher_r_r": "nats",
    "fisher_volume": "nats/rad", "natural_gradient_phi": "rad", "newton_phi": "rad", "fisher_curvature": "1/nats",
}  # fmt: skip
OVER_SAMPLES = {name for name, unit in UNITS.items() if unit.startswith("nats")}


def field_quantity(data, field):
    """A field of the file; the file's own words, without the symbol at their end."""
    symbol = SYMBOLS.get(field, COMPUTED.get(field, (None, field))[1])
    words = data.label(field)
    words = words.removesuffix(" " + reduce(lambda text, pair: text.replace(*pair), SPELT.items(), symbol))
    is_flag = field.endswith("_flag")
    found = dict(sorted(data.flag_names(field).items())) if is_flag else {}
    consecutive = bool(found) and list(found) == list(range(min(found), max(found) + 1))
    bounds = (min(found), max(found)) if consecutive else (0, 3) if is_flag else None
    names = tuple(found.values()) if consecutive else ()
    return Quantity(field, words, symbol, (field,), same, data.unit(field), bounds, names)


def computed_quantities():
    """{name: Quantity} of what the samples tell beside the fields of the exercise."""
    fields = {name: (name, symbol) for name, symbol in SYMBOLS.items() if name not in ("phi", "r", FLAG)} | COMPUTED
    listed = [Quantity(name, words, symbol, (name,), same) for name, (words, symbol) in fields.items()]
    return {quantity.name: quantity for quantity in (*listed, *DERIVED)}


def quantities_of(data):
    """{name: Quantity} of all that the fields of a data set allow, fields first."""
    listed = [field_quantity(data, field) for field in (*data.fields, *([FLAG] if data.has_flag else []))]
    derived = [quantity for quantity in DERIVED if quantity.name not in data.fields]
    listed += [quantity for quantity in derived if set(quantity.fields) <= set(data.fields)]
    return {quantity.name: quantity for quantity in listed}
