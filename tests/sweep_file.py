"""What the tests of analysis/ share: files made by hand, and the modules under test on the path."""

import re
import sys
from pathlib import Path

import h5py
import numpy as np

ANALYSIS = Path(__file__).resolve().parent.parent / "analysis"
sys.path.insert(0, str(ANALYSIS))


def write_file(path, shape, fields, name="A", samples=None, complete=1):
    """A file of one data set with the given fields {name: values}, no flag unless given; samples: (x0, x1, y)."""
    with h5py.File(path, "w") as file:
        file.attrs["default"] = np.bytes_("entry")
        file.attrs["complete"] = complete
        file["phi"] = np.linspace(0, 2 * np.pi, shape[0])
        file["r"] = np.linspace(-5, 5, shape[1])
        file["phi"].attrs["units"] = np.bytes_("rad")
        group = file.create_group(f"entry/{name}")
        group.attrs["NX_class"] = np.bytes_("NXdata")
        group.attrs["axes"] = np.array(["phi", "r"], "S")
        group.attrs["signal"], *others = [np.bytes_(field) for field in fields]
        group.attrs["auxiliary_signals"] = np.array(others, "S")
        for axis in ("phi", "r"):
            group[axis] = h5py.SoftLink(f"/{axis}")
        for field, values in fields.items():
            file[f"{field}_{name}"] = values
            group[field] = h5py.SoftLink(f"/{field}_{name}")
        for key, values in zip(("x0", "x1", "y"), samples or ()):
            file[f"entry/samples_{name}/{key}"] = values


def zero_of_gradient(file, name, place):
    """(phi, r) near a place where the gradient of a data set of an open file is zero, by SciPy and plain formulas."""
    from scipy.optimize import root

    x0, x1, y = (file[f"entry/samples_{name}/{key}"][:] for key in ("x0", "x1", "y"))

    def gradient(place):
        phi, r = place
        rho = 1 / (1 + np.exp(-(np.sin(phi) * x0 + np.cos(phi) * x1 + r))) - (y == 0)
        return [rho @ (np.cos(phi) * x0 - np.sin(phi) * x1), rho.sum()]

    return root(gradient, place, tol=1e-12).x


def value_of(text):
    """The number that a label or a cell of a table shows: 0.5, 10³, −1.2 × 10⁻⁵ rad."""
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    power = r"( × )?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    text = re.sub(power, lambda match: f"{'' if match[1] else 1}e{match[2].translate(digits)}", text)
    return float(text.removesuffix(" rad").removesuffix(" °").replace("−", "-"))


def write_csv(path, x0, x1, y):
    rows = (f"{a!r},{b!r},{label}" for a, b, label in zip(map(float, x0), map(float, x1), y))
    path.write_text("x0,x1,y\n" + "\n".join(rows) + "\n")
