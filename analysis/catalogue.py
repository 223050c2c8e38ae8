"""The figures that are not the map of one quantity: what they show and which quantities they need. Drawing them is in
figures.py; this list needs no Matplotlib.
"""

from dataclasses import dataclass
from typing import Callable

from quantities import quantities_of
from survey import View

VECTORS = {  # symbol, components and length
    "gradient": ("g", ("gradient_phi", "gradient_r"), "gradient_size"),
    "natural_gradient": ("n", ("natural_gradient_phi", "natural_gradient_r"), "natural_gradient_size"),
}
CUTS = {  # title and [(quantity, line style)]
    "loss": [("loss", "-")],
    "Fisher matrix": [("fisher_phi_phi", "-"), ("fisher_r_phi", ":"), ("fisher_r_r", "--")],
    "vectors": [("gradient_size", "-"), ("natural_gradient_size", "--")],
}
ANGLES = {f"{name}_{measure}" for name in VECTORS for measure in ("stiff_angle", "fisher_angle")}
VECTOR_QUANTITIES = {"loss"} | {key for _, components, size in VECTORS.values() for key in (*components, size)}


@dataclass(frozen=True)
class Entry:
    words: str
    needs: set  # names of quantities; those there are serve
    drawable: Callable  # of a DataSet, or of a View of what is needed


def names_of(source):
    return source.quantities if isinstance(source, View) else quantities_of(source)


def has_samples(source):
    return source.samples is not None if isinstance(source, View) else bool(source.n_samples)


def has_vectors(source):
    return any(set(components) <= set(names_of(source)) for _, components, _ in VECTORS.values())


def has_cuts(source):
    known = "loss" in names_of(source) and (not isinstance(source, View) or source.minimum_cell() is not None)
    return known and max(source.shape) > 1


def has_angles(source):
    return bool(ANGLES & set(names_of(source)))


FIGURES = {
    "samples": Entry("samples and decision boundary at the minimum loss", {"loss"}, has_samples),
    "arrows": Entry("gradient and natural gradient as arrows", VECTOR_QUANTITIES, has_vectors),
    "streams": Entry("gradient and natural gradient as stream lines", VECTOR_QUANTITIES, has_vectors),
    "cuts": Entry("lines through the minimum loss", {n for lines in CUTS.values() for n, _ in lines}, has_cuts),
    "alignment": Entry("angles of gradient and natural gradient to the stiff direction", ANGLES, has_angles),
}
