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


def has_plane(source):
    """Samples, and a grid that is no line."""
    return has_samples(source) and min(source.shape) > 1


def has_curvature(source):
    return has_plane(source) or "fisher_curvature" in names_of(source)


def has_minimum(source):
    """A View is asked for the minimum itself; a DataSet might have one."""
    return has_plane(source) and (not isinstance(source, View) or source.minimum is not None)


FIGURES = {
    "samples": Entry("samples, and the line of minimum loss", {"loss"}, has_samples),
    "arrows": Entry("gradient and natural gradient as arrows", VECTOR_QUANTITIES, has_vectors),
    "flows": Entry("complete lines along gradient and natural gradient", {"loss"}, has_plane),
    "matrices": Entry("entries of Fisher matrix, Hessian and empirical Fisher matrix", {"loss"}, has_plane),
    "ellipses": Entry("Fisher matrix, Hessian and empirical Fisher matrix as ellipses", {"loss"}, has_plane),
    "steps": Entry("directions of gradient, natural gradient and Newton steps", {"loss"}, has_plane),
    "curvature": Entry("Gaussian curvature of the Fisher metric", {"loss", "fisher_curvature"}, has_curvature),
    "geodesics": Entry("geodesics of the Fisher metric beside descents", {"loss"}, has_minimum),
}
