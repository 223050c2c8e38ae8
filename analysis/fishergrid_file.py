"""Reads the file of a sweep by what the file says about itself: no name of a data set, field or axis is assumed.

    with open_sweep("sweep.h5") as sweep:
        for data in sweep.data_sets:
            phi, r = data.axes
            loss = data.read("loss", slice(0, 100))      # 100 rows of phi, NaN where nothing is computed yet

A sweep that still runs, or was interrupted, can be read as well. Fields may be larger than the memory: `survey`
looks at every cell but keeps only a thinned picture, `pick` reads single rows and columns.
"""

from contextlib import contextmanager
from dataclasses import dataclass

import h5py
import numpy as np

FLAG = "natural_gradient_flag"
NOT_COMPUTED = 0
SLAB_CELLS = 1 << 21  # cells read at a time: 16 MiB a field


class BadFile(Exception):
    """The file is not what it should be; the message is one line for people."""


def text(value):
    """An attribute as str: fixed-length strings arrive as bytes, others as str."""
    return value.decode() if isinstance(value, bytes) else str(value)


def text_attribute(node, name, default=""):
    return text(node.attrs[name]) if name in node.attrs else default


def first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0]


def text_list_attribute(node, name):
    return [text(item) for item in np.atleast_1d(node.attrs.get(name, []))]


def thin(length, most):
    """At most `most` indices spread evenly over 0 .. length-1, both ends included."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(int))


@dataclass(frozen=True)
class Axis:
    name: str
    unit: str
    values: np.ndarray


@dataclass(frozen=True)
class Survey:
    """What one pass over a field tells. Cells that are not computed or NaN take no part."""

    cells: int  # cells with a value
    low: float  # extremes; NaN without cells
    high: float
    low_positive: float  # smallest value above zero; NaN if there is none
    low_cell: tuple  # (i, j) of `low`
    rows: np.ndarray  # cells of the picture
    columns: np.ndarray
    picture: np.ndarray  # [rows, columns] values, NaN where there is none


class DataSet:
    """The fields of one data set over the grid."""

    def __init__(self, name, group, n_samples):
        self.name = name
        self.n_samples = n_samples  # None if the file does not tell
        self._group = group
        self.axes = tuple(self._axis(axis) for axis in text_list_attribute(group, "axes"))
        self.shape = tuple(len(axis.values) for axis in self.axes)
        listed = [text_attribute(group, "signal"), *text_list_attribute(group, "auxiliary_signals")]
        present = [field for field in listed if field in group]
        present += [FLAG] if FLAG in group and FLAG not in present else []
        self.fields = [field for field in present if field != FLAG]
        self._flag = FLAG if FLAG in present else None
        if len(self.shape) != 2 or not present or any(group[field].shape != self.shape for field in present):
            raise BadFile(f"data set {name} has no fields over two axes")

    def _axis(self, name):
        if name not in self._group:
            raise BadFile(f"data set {self.name} has no axis {name}")
        return Axis(name, text_attribute(self._group[name], "units"), self._values(name, slice(None)))

    def _values(self, name, rows):
        try:
            return self._group[name][rows]
        except OSError as error:
            raise BadFile(f"cannot read {name} of data set {self.name}: {first_line(error)}") from None

    def label(self, field):
        return text_attribute(self._group[field], "long_name", field)

    def unit(self, field):
        return text_attribute(self._group[field], "units", "1")

    def computed(self, rows):
        """[rows, r] which cells are computed. Without the flag: those where not every field still reads 0."""
        if self._flag:
            return self._values(self._flag, rows) != NOT_COMPUTED
        return np.any([self._values(field, rows) != 0 for field in self.fields], axis=0)

    def read(self, field, rows):
        """[rows, r] values of a slice of rows, NaN where not computed or undefined."""
        values = self._values(field, rows).astype(float)
        values[~self.computed(rows) | ~np.isfinite(values)] = np.nan
        return values

    def slabs(self):
        """Slices that together are all rows, each small enough for the memory."""
        step = max(1, SLAB_CELLS // self.shape[1])
        return [slice(i, min(i + step, self.shape[0])) for i in range(0, self.shape[0], step)]

    def n_computed(self):
        return sum(int(np.count_nonzero(self.computed(slab))) for slab in self.slabs())

    def pick(self, fields, rows, columns):
        """[fields, rows, columns] values at single cells; reads row by row, for strided reads of a file are slow."""
        values = [[self.read(field, slice(i, i + 1))[0, columns] for i in rows] for field in fields]
        return np.array(values).reshape(len(fields), len(rows), len(columns))

    def survey(self, field, most=800):
        """Extremes over all cells of a field, and its picture of at most `most` x `most` cells."""
        rows, columns = (thin(length, most) for length in self.shape)
        low, high, low_positive, low_cell, cells, picture = np.inf, -np.inf, np.inf, (0, 0), 0, []
        for slab in self.slabs():
            values = self.read(field, slab)
            inside = rows[(rows >= slab.start) & (rows < slab.stop)]
            picture.append(values[inside - slab.start][:, columns])
            known = values[np.isfinite(values)]
            if known.size == 0:
                continue
            cells += known.size
            high = max(high, known.max())
            low_positive = np.min(known, where=known > 0, initial=low_positive)
            if known.min() < low:
                i, j = np.unravel_index(np.nanargmin(values), values.shape)
                low, low_cell = values[i, j], (slab.start + int(i), int(j))
        low, high, low_positive = (x if np.isfinite(x) else np.nan for x in (low, high, low_positive))
        return Survey(cells, low, high, low_positive, low_cell, rows, columns, np.concatenate(picture))


class Sweep:
    """A whole file: `data_sets`, in the order of their names."""

    def __init__(self, path, file):
        self.path = path
        entry = file.get(text_attribute(file, "default", "entry"))
        groups = children(entry, "NXdata") if isinstance(entry, h5py.Group) else {}
        if not groups:
            raise BadFile("not a file of fishergrid: no NXdata group in /entry")
        self.data_sets = [DataSet(name, group, count_samples(entry, name)) for name, group in groups.items()]


def children(group, nexus_class):
    """Its subgroups of one NeXus class, by name."""
    found = {}
    for name in group:
        node = group.get(name)
        if isinstance(node, h5py.Group) and text_attribute(node, "NX_class") == nexus_class:
            found[name] = node
    return found


def count_samples(entry, data_set):
    labels = entry.get(f"samples_{data_set}/y")
    return None if labels is None else len(labels)


@contextmanager
def open_sweep(path):
    """The Sweep in the file `path`. BadFile for whatever is wrong with the file, now or while it is read."""
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise BadFile(f"{path}: no such file") from None
    except OSError as error:
        raise BadFile(f"{path}: not a readable HDF5 file: {first_line(error)}") from None
    with file:
        try:
            yield Sweep(path, file)
        except BadFile as error:
            raise BadFile(f"{path}: {error}") from None
