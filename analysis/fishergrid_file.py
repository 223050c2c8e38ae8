"""Reads the file of a sweep by what the file says about itself: no name of a data set, field or axis is assumed.

    with open_sweep("sweep.h5") as sweep:
        for data in sweep.data_sets:
            phi, r = data.axes
            loss = data.read("loss", slice(0, 100))      # 100 rows of phi, NaN where nothing is computed yet

A sweep that still runs, or was interrupted, can be read as well. Fields may be larger than the memory: `slabs` cuts
the rows into pieces that are not.
"""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass

import h5py
import numpy as np

from script import BadInput, first_line, no_such_file

FLAG = "natural_gradient_flag"
NOT_COMPUTED = 0
SLAB_CELLS = 1 << 17  # cells read at a time: 1 MiB a field
MOST_SAMPLES = 1 << 20  # of larger data sets every m-th sample is read
ROUNDING = "quantization_maximum_relative_error"


def text(value):
    """An attribute as str: fixed-length strings arrive as bytes, others as str."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def text_attribute(node, name, default=""):
    return text(node.attrs[name]) if name in node.attrs else default


def text_list_attribute(node, name):
    return [text(item) for item in np.atleast_1d(node.attrs.get(name, []))]


@dataclass(frozen=True)
class Axis:
    name: str
    unit: str
    values: np.ndarray


@dataclass(frozen=True)
class Samples:
    """The samples of a data set, or every `step`-th of them; classes are the labels y, 0 or 1."""

    x0: np.ndarray
    x1: np.ndarray
    y: np.ndarray
    total: int
    step: int


@dataclass(frozen=True)
class StationaryPoint:
    """Where the gradient of the loss is 0. `kind` is "minimum" or "saddle"; of each pair of eigenvalues the larger
    comes first."""

    kind: str
    phi: float
    r: float
    loss: float
    fisher_eigenvalues: tuple
    hessian_eigenvalues: tuple
    natural_hessian_eigenvalues: tuple  # of F^-1 H
    gradient_norm: float


class DataSet:
    """The fields of one data set over the grid."""

    def __init__(self, name, group, samples, options, tiles, is_complete, points=None):
        self.name = name
        self._points = points
        self._tiles = tiles  # (which are done, rows and columns of one), None if the file does not tell
        self._is_complete = is_complete
        self.options = options  # method, reduction and damping, as far as the file tells
        self.n_samples = None if samples is None else len(samples["y"])  # None if the file does not tell
        self._group = group
        self._samples = samples
        self.axes = tuple(self._axis(axis) for axis in text_list_attribute(group, "axes"))
        self.shape = tuple(len(axis.values) for axis in self.axes)
        listed = [text_attribute(group, "signal"), *text_list_attribute(group, "auxiliary_signals")]
        present = [field for field in listed if field in group]
        present += [FLAG] if FLAG in group and FLAG not in present else []
        self.fields = [field for field in present if field != FLAG]
        self.has_flag = FLAG in present
        if len(self.shape) != 2 or not present or any(group[field].shape != self.shape for field in present):
            raise BadInput(f"data set {name} has no fields over two axes")

    def _axis(self, name):
        if name not in self._group:
            raise BadInput(f"data set {self.name} has no axis {name}")
        return Axis(name, text_attribute(self._group[name], "units"), self._values(name, slice(None)))

    def _values(self, name, rows):
        try:
            return self._group[name][rows]
        except OSError as error:
            raise BadInput(f"cannot read {name} of data set {self.name}: {first_line(error)}") from None

    def label(self, field):
        """The file's words for a field, without the data set they name."""
        return text_attribute(self._group[field], "long_name", field).removesuffix(f" of data set {self.name}")

    def unit(self, field):
        return text_attribute(self._group[field], "units", "1")

    def rounding(self, field):
        """How far values of a rounded field may be off, relative to what they were; 0 if it is not rounded."""
        dtype, told = self._group[field].dtype, np.ravel(self._group[field].attrs.get(ROUNDING, 0.0))
        if told.shape != (1,) or told.dtype.kind not in "fiu" or not 0 <= told[0] < np.inf:
            raise BadInput(f"{ROUNDING} of {field} of data set {self.name} is not an error")
        of_type = np.finfo(dtype).eps / 2 if dtype.kind == "f" and dtype.itemsize < 8 else 0
        return float(max(told[0], of_type))

    def flags(self, rows):
        """[rows, r] how the natural gradient of each cell came about; see flag_meanings in the file."""
        return self._values(FLAG, rows)

    def flag_names(self, field=FLAG):
        """{value: word} of a flag of computed cells as the file tells it, {} if it does not."""
        attributes = self._group[field].attrs
        words = text_attribute(self._group[field], "flag_meanings").split()
        named = zip(map(int, np.atleast_1d(attributes.get("flag_values", []))), words)
        return {value: word.replace("_", " ") for value, word in named if value != NOT_COMPUTED}

    def flag_counts(self, rows):
        """Counter {word: cells} of the flags of computed cells."""
        if not self.has_flag:
            return Counter()
        values, counts = np.unique(self.flags(rows), return_counts=True)
        names = self.flag_names()
        return Counter(
            {names.get(int(v), f"flag {v}"): int(n) for v, n in zip(values, counts) if v != NOT_COMPUTED}
        )

    def computed(self, rows):
        """[rows, r] which cells are computed: by their flag, else by the marks of the tiles."""
        if self.has_flag:
            return self.flags(rows) != NOT_COMPUTED
        length = rows.stop - rows.start
        if self._tiles is None:
            return np.full((length, self.shape[1]), self._is_complete)
        done, height, width = self._tiles
        tile = np.arange(rows.start, rows.stop)[:, None] // height * -(-self.shape[1] // width)
        return done[tile + np.arange(self.shape[1]) // width]

    def n_computed(self, rows):
        return int(np.count_nonzero(self.computed(rows)))

    def read_all(self, fields, rows):
        """{field: [rows, r] values} of a slice of rows, NaN where not computed or undefined."""
        computed = self.computed(rows)
        everywhere = computed.all()
        found = {}
        for field in fields:
            values = self._values(field, rows).astype(float, copy=False)
            if not everywhere:
                values[~computed] = np.nan
            found[field] = values
        return found

    def read(self, field, rows):
        """[rows, r] values of one field, as read_all."""
        return self.read_all([field], rows)[field]

    def slabs(self, rows=None):
        """Slices that together are all rows, or these sorted ones, each small enough for the memory."""
        step = max(1, SLAB_CELLS // self.shape[1])
        rows = np.arange(self.shape[0]) if rows is None else rows
        runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
        return [slice(i, min(i + step, run[-1] + 1)) for run in runs for i in range(run[0], run[-1] + 1, step)]

    def stationary_points(self):
        """The StationaryPoints in the range of the grid, lowest loss first; none if the file has none (yet)."""
        if self._points is None:
            return []
        try:
            columns = {name: node[()] for name, node in self._points.items()}
        except OSError as error:
            raise BadInput(f"cannot read the stationary points of {self.name}: {first_line(error)}") from None
        names = text_attribute(self._points["kind"], "flag_meanings").split()

        def point(k):
            def pair(of):
                return tuple(float(columns[f"{of}_eigenvalue_{end}"][k]) for end in ("max", "min"))

            numbers = {name: float(columns[name][k]) for name in ("phi", "r", "loss", "gradient_norm")}
            pairs = {f"{of}_eigenvalues": pair(of) for of in ("fisher", "hessian", "natural_hessian")}
            return StationaryPoint(kind=names[columns["kind"][k]], **numbers, **pairs)

        return [point(k) for k in np.flatnonzero(columns["kind"])]

    def stationary_notes(self):
        """The names of what the search of stationary points says about its result, see FORMAT.md; None before it."""
        if self._points is None or not self._points["checksum"][()]:
            return None
        notes = self._points["notes"]
        masks, names = notes.attrs["flag_masks"], text_attribute(notes, "flag_meanings").split()
        return [name for mask, name in zip(masks, names) if notes[()] & mask]

    def samples(self):
        """The Samples, or None if the file has none."""
        if self._samples is None:
            return None
        step = -(-self.n_samples // MOST_SAMPLES)
        try:
            x0, x1, y = (self._samples[name][::step] for name in ("x0", "x1", "y"))
        except OSError as error:
            raise BadInput(f"cannot read the samples of data set {self.name}: {first_line(error)}") from None
        return Samples(x0.astype(float), x1.astype(float), y.astype(int), self.n_samples, step)


class Sweep:
    """A whole file: `data_sets`, in the order of their names, and what made it."""

    def __init__(self, path, file):
        self.path = path
        entry = file.get(text_attribute(file, "default", "entry"))
        groups = children(entry, "NXdata") if isinstance(entry, h5py.Group) else {}
        if not groups:
            raise BadInput("not a file of fishergrid: no NXdata group in /entry")
        self.complete = bool(file.attrs.get("complete", 1))
        self.source = text_attribute(file, "source")
        self.provenance = {}  # text by name: command_line, host, threads, ...
        for group in (entry, entry.get("provenance"), entry.get("provenance/parameters")):
            self.provenance.update(scalars(group))
        setup = scalars(entry.get("setup"))
        self.provenance.update({name: setup[name] for name in ("kernel", "seed") if name in setup})
        self.options = options_of(setup)
        self.data_sets = [
            DataSet(
                name,
                group,
                samples_of(entry, name),
                self.options,
                tiles_of(entry, name),
                self.complete,
                points_of(entry, name),
            )
            for name, group in groups.items()
        ]


def children(group, nexus_class):
    """Its subgroups of one NeXus class, by name."""
    found = {}
    for name in group:
        node = group.get(name)
        if isinstance(node, h5py.Group) and text_attribute(node, "NX_class") == nexus_class:
            found[name] = node
    return found


def scalars(group):
    """The scalar datasets of a group as text."""
    found = {}
    for name in group if isinstance(group, h5py.Group) else ():
        node = group.get(name)
        if isinstance(node, h5py.Dataset) and node.shape == ():
            found[name] = text(node[()])
    return found


def options_of(setup):
    """What decides the meaning of the fields, of the scalars of a setup: only what is there."""
    options = {name: setup[name] for name in ("method", "reduction") if name in setup}
    try:
        return {**options, "damping": float(setup["damping"])} if "damping" in setup else options
    except ValueError:
        raise BadInput(f"the damping in /entry/setup is no number: {setup['damping']}") from None


def samples_of(entry, data_set):
    """The group of its samples, or None."""
    group = entry.get(f"samples_{data_set}")
    whole = isinstance(group, h5py.Group) and all(name in group for name in ("x0", "x1", "y"))
    return group if whole else None


def points_of(entry, data_set):
    """The group of its stationary points, or None."""
    group = entry.get(f"stationary_points_{data_set}")
    whole = isinstance(group, h5py.Group) and all(name in group for name in ("kind", "notes", "checksum"))
    return group if whole else None


def tiles_of(entry, data_set):
    """(which tiles are done, their rows, their columns), or None if the file does not tell."""
    marks, cells = entry.get(f"tiles_{data_set}/checksum"), entry.get("setup/tile_cells")
    shapes = [len(entry[f"{data_set}/{axis}"]) for axis in ("phi", "r") if f"{data_set}/{axis}" in entry]
    if marks is None or cells is None or len(shapes) != 2:
        return None
    (n_phi, n_r), cells = shapes, max(1, int(cells[()]))
    rows, columns = (1, cells) if cells < n_r else (min(cells // n_r, n_phi), n_r)
    done = marks[()] != 0
    return (done, rows, columns) if done.size == -(-n_phi // rows) * -(-n_r // columns) else None


@contextmanager
def open_sweep(path):
    """The Sweep in the file `path`. BadInput for whatever is wrong with the file, now or while it is read."""
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise no_such_file(path) from None
    except OSError as error:
        raise BadInput(f"{path}: not a readable HDF5 file: {first_line(error)}") from None
    with file:
        try:
            yield Sweep(path, file)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from None
