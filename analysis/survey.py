"""One pass over all cells of a data set: the extremes of every quantity, and a picture of fewer cells.

The picture consists of whole rows and columns of the grid, evenly spread, and of those in which a quantity has its
minimum or maximum. So every value drawn is a value of the file, and the extremes are among them.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from fishergrid_file import FLAG
from network import Network, Point
from quantities import NATURAL, computed_quantities, quantities_of

PICTURE_SIDE = 512  # rows and columns spread evenly: some more than a panel has pixels
LOCAL_SIDES = 128, 96  # rows and columns that are computed from the samples, at most
LOCAL_TERMS = 1.3e7  # and cells x samples


def thin(length, most):
    """At most `most` indices spread evenly over 0 .. length-1, both ends included."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(int))


@dataclass
class Extremes:
    """Of one quantity over all cells; cells without a value take no part. NaN and None if no cell has one."""

    cells: int = 0
    zeros: int = 0  # cells with the value 0
    low: float = np.nan
    high: float = np.nan
    low_cell: tuple = None  # (i, j)
    high_cell: tuple = None

    def take(self, values, first_row):
        """Becomes the extremes of the rows `values`, the first of which is row `first_row` of the grid."""
        low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
        if np.isnan(low):
            return
        self.cells = values.size - np.count_nonzero(np.isnan(values))
        self.zeros = np.count_nonzero(values == 0)
        self.low, self.low_cell = float(low), cell_of(np.nanargmin(values), values.shape, first_row)
        self.high, self.high_cell = float(high), cell_of(np.nanargmax(values), values.shape, first_row)

    def join(self, other):
        """Includes the cells of another; of equal values the first that came stays."""
        self.cells += other.cells
        self.zeros += other.zeros
        if other.cells and not other.low >= self.low:
            self.low, self.low_cell = other.low, other.low_cell
        if other.cells and not other.high <= self.high:
            self.high, self.high_cell = other.high, other.high_cell


def cell_of(index, shape, first_row):
    i, j = np.unravel_index(index, shape)
    return first_row + int(i), int(j)


@dataclass
class Tally:
    """What all cells hold."""

    extremes: dict  # {quantity: Extremes}
    computed: int = 0  # cells
    flags: Counter = field(default_factory=Counter)  # {name of a flag: computed cells that have it}
    infinite: Counter = field(default_factory=Counter)  # {field, or "natural gradient": cells in which it is infinite}

    def join(self, other):
        for name in self.extremes:
            self.extremes[name].join(other.extremes[name])
        self.computed += other.computed
        self.flags += other.flags
        self.infinite += other.infinite


@dataclass
class View:
    """A data set as drawn: values[name][i, j] is the quantity at rows[i], columns[j] of the grid."""

    name: str
    axes: tuple  # of the whole grid
    quantities: dict
    rows: np.ndarray
    columns: np.ndarray
    tally: Tally  # of all cells
    values: dict  # finite, or NaN
    computed: np.ndarray  # which cells of the picture are computed
    samples: object  # or None
    even: tuple  # masks of the rows and of the columns that are spread evenly
    rounding: dict  # {field: relative error}
    options: dict  # of the run
    stored: list  # the stationary points that the file has
    notes: list  # names of what it says of their search; None: nothing was searched yet

    @property
    def shape(self):
        """Of the whole grid."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def extremes(self):
        return self.tally.extremes

    @property
    def n_computed(self):
        return self.tally.computed

    @property
    def infinite(self):
        return self.tally.infinite

    @property
    def phi(self):
        return self.axes[0].values[self.rows]

    @property
    def r(self):
        return self.axes[1].values[self.columns]

    @property
    def n_cells(self):
        return self.shape[0] * self.shape[1]

    @property
    def partial(self):
        """Whether cells are still to be computed."""
        return self.n_computed < self.n_cells

    @property
    def damping(self):
        return float(self.options.get("damping") or 0)

    @property
    def mean(self):
        """Whether loss, Fisher entries and gradient are means over the samples instead of sums."""
        return self.options.get("reduction") == "mean"

    @property
    def to_scale(self):
        """Whether one unit of phi can be drawn as long as one of r, so that angles are what they look."""
        spans = [np.ptp(axis.values) for axis in self.axes]
        return min(spans) > 0 and 1 / 3 <= spans[0] / spans[1] <= 3

    def where(self, cell):
        """(phi, r) of a cell of the grid."""
        return tuple(float(axis.values[k]) for axis, k in zip(self.axes, cell))

    def at(self, name, cell):
        """Value of a quantity at a cell of the grid that is in the picture, as the extremes are; None without."""
        i, j = np.searchsorted(self.rows, cell[0]), np.searchsorted(self.columns, cell[1])
        value = float(self.values[name][i, j])
        return None if np.isnan(value) else value

    def minimum_cell(self):
        """The cell of minimum loss, None if there is no loss."""
        return self.extremes["loss"].low_cell if "loss" in self.extremes else None

    @cached_property
    def network(self):
        """The Network of the samples, None without them."""
        if self.samples is None or not len(self.samples.y):
            return None
        count = len(self.samples.y)
        weight = 1 / count if self.mean else self.samples.total / count
        return Network(self.samples.x0, self.samples.x1, self.samples.y, weight, self.damping)

    @cached_property
    def points(self):
        """The stationary points of the loss within the grid: of the file, or of its samples if it has none (yet)."""
        limits = [(float(axis.values.min()), float(axis.values.max())) for axis in self.axes]
        if self.notes is not None:
            return [Point(point.phi, point.r, point.kind) for point in self.stored]
        if self.network is None or any(low == high for low, high in limits):
            return []
        return self.network.stationary_points(*limits)

    @property
    def minimum(self):
        """The minimum of the loss, a Point; None if there is none within the grid."""
        found = [point for point in self.points if point.kind == "minimum"]
        if self.notes is not None:
            return next(iter(found), None)  # the file has them in order of loss
        return min(found, key=lambda point: self.network.at(point.phi, point.r)["loss"], default=None)

    @cached_property
    def local(self):
        """The View of fewer cells with all that the samples tell, also what the sweep did not store; None without."""
        return local_view(self)

    def moved(self, move):
        """The same View with r replaced by r + d0 sin phi + d1 cos phi, kept for the next time."""
        if move not in self.kept:
            self.kept[move] = local_view(self, move)
        return self.kept[move]

    @cached_property
    def kept(self):
        """What was computed once for figures and findings."""
        return {}

    def spread_evenly(self, name):
        """The values of the evenly spread cells that have one: a fair sample of all cells, [cells]."""
        values = self.values[name][np.ix_(*self.even)]
        return values[np.isfinite(values)]

    def error(self, name):
        """What rounding may have made of a quantity: relative, of angles in radians."""
        return self.quantities[name].error(self.rounding)


def derive(quantities, fields, rounding):
    """{name: values} of quantities from the fields they need."""
    return {q.name: q.values(fields, rounding) for q in quantities.values()}


def needed(quantities):
    """The fields that some quantities are made from, each once."""
    return list(dict.fromkeys(name for q in quantities.values() for name in q.fields))


def finite(values):
    """Values with NaN for what is infinite."""
    return np.where(np.isinf(values), np.nan, values)


def survey(data_sets, names=None, side=PICTURE_SIDE):
    """The Views of data sets, of all quantities or of those named. Data sets over one grid share rows and columns."""
    wanted = [quantities_of(data) for data in data_sets]
    if names is not None:
        wanted = [{name: q for name, q in quantities.items() if name in names} for quantities in wanted]
    tallies = [scan(data, quantities) for data, quantities in zip(data_sets, wanted)]
    cells = {data.shape: set() for data in data_sets}
    for data, tally in zip(data_sets, tallies):
        extremes = tally.extremes.values()
        cells[data.shape] |= {cell for e in extremes for cell in (e.low_cell, e.high_cell) if cell is not None}
    return [
        view(data, quantities, tally, sorted(cells[data.shape]), side)
        for data, quantities, tally in zip(data_sets, wanted, tallies)
    ]


def infinite_cells(fields):
    """{field: cells in which it is infinite}; the components of the natural gradient count together."""
    found = {}
    for name, values in fields.items():
        words = "natural gradient" if name in NATURAL else name
        found[words] = found.get(words, False) | np.isinf(values)
    return Counter({words: int(np.count_nonzero(cells)) for words, cells in found.items()})


def scan(data, quantities):
    """The Tally of a data set. NumPy lets go of Python's lock, so threads help."""
    quantities = {name: q for name, q in quantities.items() if q.scanned}
    rounding = rounding_of(data)

    def scan_slab(slab):
        fields = data.read_all(needed(quantities), slab)
        flags = data.flag_counts(slab)
        found = Tally({name: Extremes() for name in quantities}, data.n_computed(slab), flags, infinite_cells(fields))
        fields = {name: finite(values) for name, values in fields.items()}
        with np.errstate(all="ignore"):
            for name, values in derive(quantities, fields, rounding).items():
                found.extremes[name].take(values, slab.start)
        return found

    total = Tally({name: Extremes() for name in quantities})
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
        for found in threads.map(scan_slab, data.slabs()):
            total.join(found)
    return total


def view(data, quantities, tally, cells, side):
    """The View of a data set whose picture has the rows and columns of some cells."""
    even = [thin(length, side) for length in data.shape]
    rows, columns = (np.union1d(even[k], np.array([cell[k] for cell in cells], int)) for k in (0, 1))
    rounding = rounding_of(data)
    fields, computed = pick(data, needed(quantities), rows, columns)
    with np.errstate(all="ignore"):
        values = derive(quantities, fields, rounding)
    masks = np.isin(rows, even[0]), np.isin(columns, even[1])
    return View(
        data.name, data.axes, quantities, rows, columns, tally, values, computed, data.samples(), masks, rounding,
        data.options, data.stationary_points(), data.stationary_notes(),
    )  # fmt: skip


def local_view(view, move=(0.0, 0.0)):
    """A View of fewer cells, computed from the samples, with r replaced as by Network.grid."""
    if view.network is None:
        return None
    share = min(1, LOCAL_TERMS / np.prod(LOCAL_SIDES) / len(view.network.thinned().y)) ** 0.5
    rows, columns = (thin(length, max(2, int(side * share))) for length, side in zip(view.shape, LOCAL_SIDES))
    quantities = {**computed_quantities(), **view.quantities}
    fields = view.network.grid(view.axes[0].values[rows], view.axes[1].values[columns], move)
    fields = {name: finite(values) for name, values in fields.items()}
    rounding = dict.fromkeys([*fields, *view.rounding], 0.0)
    quantities = {name: q for name, q in quantities.items() if set(q.fields) <= set(fields)}
    with np.errstate(all="ignore"):
        values = derive(quantities, fields, rounding)
    everywhere = np.ones((len(rows), len(columns)), bool)
    masks = tuple(np.ones(count, bool) for count in everywhere.shape)
    found = replace(
        view, rows=rows, columns=columns, values=values, quantities=quantities, computed=everywhere, even=masks,
        rounding=rounding, tally=Tally({}),
    )  # fmt: skip
    found.__dict__.update(local=found, points=view.points, kept=view.kept)  # the same whichever cells are drawn
    return found


def rounding_of(data):
    return {field: data.rounding(field) for field in data.fields} | {FLAG: 0.0}


def pick(data, fields, rows, columns):
    """({field: [rows, columns] finite or NaN}, computed [rows, columns]). Reads whole rows: strided reads are slow."""
    values = {name: np.empty((len(rows), len(columns))) for name in fields}
    computed = np.empty((len(rows), len(columns)), bool)
    for slab in data.slabs(rows):
        place = slice(*np.searchsorted(rows, (slab.start, slab.stop)))
        computed[place] = data.computed(slab)[:, columns]
        for name, found in data.read_all(fields, slab).items():
            values[name][place] = finite(found[:, columns])
    return values, computed
