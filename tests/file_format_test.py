#!/usr/bin/env python3
"""include/fishergrid/FORMAT.md lists what is in the files: all of it, and nothing else.

    file_format_test.py PATH_TO_FISHERGRID

The tables of the page are read, names are put for its words in capitals, and the result is compared with files of
every kind: each object, attribute and link with its type, shape, unit, value, target.
"""

import ctypes
import ctypes.util
import json
import re
import signal
import struct
import tempfile
import unittest
from pathlib import Path

import fishergrid_program as fishergrid
from layout_version_test import name_of

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "include" / "fishergrid" / "FORMAT.md"
# The columns of its tables, by which they are told apart.
OBJECTS = ("object", "type", "shape", "unit", "meaning")
ATTRIBUTES = ("attribute", "type", "shape", "value", "meaning")
LINKS = ("link", "target", "meaning")
MEMBERS = ("member", "type", "meaning")
# Datasets that number the rows of others.
SCALES = ("sample", "tile", "point")
# Headings over what only some files have, which replaces what all have; by the options they were packed with.
CONDITIONS = {
    "With --float32": lambda options: "--float32" in options,
    "With --keep-digits": lambda options: "--keep-digits" in options,
    "With --float32 or --keep-digits": lambda options: "--float32" in options or "--keep-digits" in options,
}
# The types of the page, as `name_of` says them.
TYPES = {
    "group": None,
    "float64": "float64 little",
    "float32": "float32 little",
    "int64": "int64 little",
    "int32": "int32 little",
    "uint64": "uint64 little",
    "uint8": "uint8",
    "text": "text, ASCII, terminated",
    "padded text": "text, ASCII, zeros",
    "reference list": "list of reference",
    "reference and index": "{dataset: reference, dimension: int32 little}",
}
# Lengths that differ from one another: a wrong symbol of the page is a wrong number.
GIVEN = "x0,x1,y\n1.5,-2.25,0\n0.5,3,1\n-7,12.125,1\n"
GRID = ["--phi", "7", "--r", "11", "--tile", "25", "--samples-per-class", "4", "--data", "A", "--data", "given=given.csv"]
SOME = ["--fields", "loss,natural_gradient_r"]
PACKINGS = {
    "packed.h5": [],
    "float32.h5": ["--float32"],
    "digits.h5": ["--keep-digits", "4"],
    "both.h5": ["--float32", "--keep-digits", "4"],
}

# --- the page


def cells_of(line):
    """The cells of a line of a table."""
    return tuple(cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1])


def tables_of(text):
    """[(heading above it, columns, rows)] of the tables of a page."""
    tables, heading, lines = [], "", []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            lines.append(cells_of(line))
            continue
        if lines:
            tables.append((heading, lines[0], lines[2:]))
        lines = []
        heading = line.lstrip("# ") if line.startswith("#") else heading
    return tables


def is_in(word, text):
    return put(word, "", text) != text


def put(word, name, text):
    """A name in the place of a word in capitals."""
    return re.sub(rf"(?<![A-Z]){word}(?![A-Z])", name, text)


def with_names(row, columns, fields, data):
    """The row for every name that its words in capitals stand for. `columns`: see columns_of."""
    texts, group = ["\n".join(row)], row[0].strip("`").split("@")[0].rpartition("/")[0]
    for word, names in (
        ("SCALAR", columns.get(group, {})),
        ("COLUMN", [name for name, shape in columns.get(group, {}).items() if name not in SCALES and shape != "scalar"]),
        ("FIELD", fields),
        ("REAL", [name for name in fields if not name.endswith("_flag")]),
        ("DATA", data),
    ):
        texts = [put(word, name, text) for text in texts for name in (names if is_in(word, text.split("\n")[0]) else [word])]
    return [text.split("\n") for text in texts]


def is_stored(place, fields):
    """Whether a sweep of these fields stores it; a field goes by its name."""
    named = re.match(rf"/({'|'.join([*fishergrid.FIELDS, *fishergrid.GEOMETRY])})_", place)
    return not named or named[1] in fields


def shape_of(text, sizes):
    """A shape of the page in numbers."""
    if text == "scalar":
        return ()
    if text == "-":
        return None
    return tuple(eval(length, {"__builtins__": {}}, sizes) for length in text.strip("[]").split(","))


def value_of(text):
    """The value of an attribute that all files have; None: there is none."""
    return None if text == "-" else json.dumps(json.loads(text.strip("`")))


def columns_of(tables):
    """{group: {name of a dataset: its shape}}, with words in capitals."""
    columns = {}
    for _, header, rows in tables:
        for row in rows if header == OBJECTS else ():
            if row[1] != "group":
                group, _, name = row[0].strip("`").rpartition("/")
                columns.setdefault(group, {})[name] = row[2]
    return columns


def said(header, row, file):
    """What a row says, once it has names."""
    if header == LINKS:
        return ("link", row[1].strip("`"))
    group = re.match(r"`/entry/samples_(\w+)", row[0])
    sizes = {**file["sizes"], "n_samples": file["n_samples"].get(group[1])} if group else file["sizes"]
    return (TYPES[row[1]], shape_of(row[2], sizes), row[3] if header == OBJECTS else value_of(row[3]))


def expected(tables, file):
    """{place: what the page says of it} in such a file. What has a length of 0 is not there."""
    columns, found = columns_of(tables), {}
    for heading, header, rows in tables:
        if header not in (OBJECTS, ATTRIBUTES, LINKS) or not CONDITIONS.get(heading, lambda _: True)(file["options"]):
            continue
        for named in (named for row in rows for named in with_names(row, columns, file["fields"], file["data"])):
            if is_stored(named[0].strip("`"), file["fields"]):
                found[named[0].strip("`")] = said(header, named, file)
    return {place: says for place, says in found.items() if says[1] != (0,)}


# --- files


def plain(value, file):
    """A value as JSON has it; references by what they refer to."""
    if isinstance(value, h5py.Reference):
        return file[value].name
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (numpy.ndarray, numpy.void)):
        return [plain(item, file) for item in value]
    return value.item() if isinstance(value, numpy.generic) else value


def unit_of(dataset):
    """Its attribute, or what the page says of numbers without one."""
    if "units" in dataset.attrs:
        return dataset.attrs["units"].decode()
    if h5py.check_string_dtype(dataset.dtype):
        return "-"
    return "rad" if b"in radians" in dataset.attrs.get("long_name", b"") else "1"


def members_of(group):
    """Names in the order of their creation."""
    names = []
    group.id.links.iterate(names.append, idx_type=h5py.h5.INDEX_CRT_ORDER)
    return [name.decode() for name in names]


def contents_of(file):
    """{place: what is there}, as `expected` says it."""
    found = {}

    def visit(place, node):
        for key in node.attrs:
            attribute = node.attrs.get_id(key)
            value = json.dumps(plain(node.attrs[key], file))
            found[f"{place or '/'}@{key}"] = (name_of(attribute.get_type(), False), attribute.shape, value)
        for name in node if isinstance(node, h5py.Group) else ():
            at, link = f"{place}/{name}", node.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                found[at] = ("link", link.path)
            elif isinstance(node[name], h5py.Group):
                found[at] = (None, None, "-")
                visit(at, node[name])
            else:
                found[at] = (name_of(node[name].id.get_type(), False), node[name].shape, unit_of(node[name]))
                visit(at, node[name])

    visit("", file)
    return found


def described(path, options=()):
    """What `expected` wants to know of a file, and what is in it."""
    with h5py.File(path) as file:
        setup = file["entry/setup"]
        data, fields = (setup[name][()].decode().split(",") for name in ("data", "fields"))
        n_phi, n_r, n_tiles = len(file["phi"]), len(file["r"]), len(file[f"entry/tiles_{data[0]}/tile"])
        return {
            "name": path.name,
            "options": list(options),
            "data": data,
            "fields": fields,
            "sizes": {"n_phi": n_phi, "n_r": n_r, "n_tiles": n_tiles, "n_data": len(data), "n_fields": len(fields)},
            "n_samples": {name: len(file[f"entry/samples_{name}/sample"]) for name in data},
            "contents": contents_of(file),
        }


def differences(tables, file):
    """Lines on what page and file do not have in common."""
    page, found = expected(tables, file), file["contents"]
    for place in sorted(page.keys() | found.keys()):
        says, has = page.get(place), found.get(place)
        if says is not None and says[-1] is None and has is not None:
            says, has = says[:-1], has[:-1]  # not the same value in all files
        if says != has:
            yield f"{file['name']}: {place}: the page says {says or 'nothing'}, the file has {has or 'nothing'}"


def make_files(directory):
    """{name: path} of a sweep, of its packed forms, of parts and what they merge to, of one field, and of one that was
    stopped."""

    def run(*command):
        done = fishergrid.run(*command, "-q", cwd=directory)
        if done.returncode:
            raise AssertionError(done.stderr)

    (directory / "given.csv").write_text(GIVEN)
    run("sweep", *GRID, "--fields", "all", "-o", "sweep.h5")
    for name, options in PACKINGS.items():
        run("pack", *options, "sweep.h5", name)
    parts = [f"part-{k}.h5" for k in (1, 2, 3)]
    for k, name in enumerate(parts, 1):
        run("sweep", *GRID, *SOME, "--part", f"{k}/3", "-o", name)
    run("merge", "-o", "merged.h5", *parts)
    run("sweep", *GRID, "--fields", "gradient_phi", "-o", "one-field.h5")
    process = fishergrid.start_sweep(directory, *fishergrid.SLOW, output="stopped.h5", tiles=1)
    process.send_signal(signal.SIGTERM)
    if process.wait(60) != 75:
        raise AssertionError(process.communicate()[1])
    process.stderr.close()
    return {path.name: path for path in [*directory.glob("*.h5"), *directory.glob("*.part")]}


# --- checksums


def xxh3():
    """H(bytes, seed) of the page; None where the library is not installed."""
    name = ctypes.util.find_library("xxhash")
    function = getattr(ctypes.CDLL(name), "XXH3_64bits_withSeed", None) if name else None
    if not function:
        return None
    function.argtypes, function.restype = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64], ctypes.c_uint64
    return lambda pieces, seed: chained(lambda piece, hashed: function(piece, len(piece), hashed), pieces, seed)


def chained(function, pieces, seed):
    for piece in pieces:
        seed = function(piece, seed)
    return seed


def pieces_of_setup(setup):
    """What the hash of the setup is made of."""
    for name in members_of(setup):
        value = setup[name][()]
        if name != "layout_hash":
            yield name.encode()
            yield struct.pack("<Q", value if isinstance(value, numpy.integer) else 0)
            yield struct.pack("<d", value if isinstance(value, numpy.floating) else 0)
            yield value if isinstance(value, bytes) else b""


def pieces_between(places, content):
    """The bytes of a file outside of these places."""
    ends = [0, *(offset + size for offset, size in places)]
    for begin, end in zip(ends, [*(offset for offset, _ in places), len(content)]):
        for at in range(begin, end, 8192):
            yield content[at or 48 : min(at + 8192, end)]


def tiles_of(n_phi, n_r, tile_cells):
    """Slices of the tiles, as the page cuts them."""
    rows, columns = (1, tile_cells) if tile_cells < n_r else (min(tile_cells // n_r, n_phi), n_r)
    across = -(-n_r // columns)
    for t in range(across * -(-n_phi // rows)):
        i, j = t // across * rows, t % across * columns
        yield slice(i, min(i + rows, n_phi)), slice(j, min(j + columns, n_r))


@unittest.skipUnless(h5py, "h5py is not installed: cannot look into files")
class FileFormatTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-test-")
        cls.addClassCleanup(scratch.cleanup)
        cls.paths = make_files(Path(scratch.name).resolve())
        cls.files = [described(path, PACKINGS.get(name, ())) for name, path in cls.paths.items()]
        cls.text = PAGE.read_text(encoding="utf-8")
        cls.tables = tables_of(cls.text)

    def each(self):
        """(name, file) of all files, open, one after the other."""
        for name, path in self.paths.items():
            with self.subTest(name), h5py.File(path) as file:
                yield name, file

    # --- what there is

    def test_page_and_files_say_the_same(self):
        for file in self.files:
            with self.subTest(file["name"]):
                self.assertEqual(list(differences(self.tables, file)), [])

    def test_every_row_is_of_some_file(self):
        """Also of those under a condition."""
        self.assertLessEqual(set(CONDITIONS), {heading for heading, _, _ in self.tables})
        for k, row, without in self.changed(lambda row, header: None):
            same = all(expected(without, file) == expected(self.tables, file) for file in self.files)
            self.assertFalse(same, f"no file has row {row} of table {k}")

    def test_wrong_pages_are_noticed(self):
        """A row that is missing; one with another place, type, shape, unit, value or target; one too many."""
        wrong = {"type": ["uint8", "int32"], "shape": ["[97]"], "unit": ["m"], "value": ["`97`"], "target": ["`/else`"]}

        def change(column, value):
            return lambda row, header: tuple(value if name == column else cell for name, cell in zip(header, row))

        changes = [("missing", lambda row, header: None)]
        changes += [("other place", lambda row, header: (row[0][:-1] + "x`", *row[1:]))]
        changes += [(f"{column} {value}", change(column, value)) for column, values in wrong.items() for value in values]
        for name, changed in changes:
            for k, row, tables in self.changed(changed):
                header = self.tables[k][1]
                if header in (OBJECTS, ATTRIBUTES, LINKS) and tables[k] != self.tables[k]:
                    noticed = any(next(differences(tables, file), None) for file in self.files)
                    self.assertTrue(noticed, f"{name}: {row}")
        for k, (heading, header, rows) in enumerate(self.tables):
            if header in (OBJECTS, ATTRIBUTES, LINKS):
                more = (rows[-1][0].rstrip("`") + "_2`", *rows[-1][1:])
                tables = [*self.tables[:k], (heading, header, [*rows, more]), *self.tables[k + 1 :]]
                self.assertTrue(any(next(differences(tables, file), None) for file in self.files), f"superfluous: {more}")

    def changed(self, change):
        """(number of the table, row, all tables with this row changed) for each row; None takes it away."""
        for k, (heading, header, rows) in enumerate(self.tables):
            for n, row in enumerate(rows if header in (OBJECTS, ATTRIBUTES, LINKS) else ()):
                new = change(row, header)
                others = [*rows[:n], *([] if new is None else [new]), *rows[n + 1 :]]
                yield k, row, [*self.tables[:k], (heading, header, others), *self.tables[k + 1 :]]

    def test_tables_are_of_known_kinds(self):
        """None escapes the comparison by a slip in its first line."""
        others = {("word", "stands for"), ("symbol", "meaning"), ("type", "HDF5 type"), ("bit", "name", "meaning")}
        for heading, header, rows in self.tables:
            self.assertIn(header, {OBJECTS, ATTRIBUTES, LINKS, MEMBERS} | others, heading)
            for row in rows:
                self.assertEqual(len(row), len(header), f"{heading}: {row}")
        for conditional in (False, True):  # or the last row of a place would hide others
            places = [row[0] for heading, header, rows in self.tables for row in rows
                      if header in (OBJECTS, ATTRIBUTES, LINKS) and (heading in CONDITIONS) == conditional]  # fmt: skip
            self.assertEqual(sorted(places), sorted(set(places)))
        (types,) = (rows for _, header, rows in self.tables if header == ("type", "HDF5 type"))
        named = {name for row in types for name in row[0].split(", ")}
        self.assertEqual(named, set(TYPES) - {"group"})

    def test_version(self):
        (version,) = re.findall(r"describes format version (\d+)\.", self.text)
        for _, file in self.each():
            self.assertEqual(file.attrs["format_version"], int(version))

    def test_order_of_the_setup(self):
        """The hash of the setup depends on it."""
        (rows,) = (rows for _, header, rows in self.tables if header == OBJECTS and rows[0][0] == "`/entry/setup`")
        names = [row[0].strip("`").rpartition("/")[2] for row in rows[1:]]
        fixed = [name for name in names if "DATA" not in name and name != "layout_hash"]
        of_data = [name for name in names if "DATA" in name]
        self.assertEqual(names, [*fixed, *of_data, "layout_hash"])
        for _, file in self.each():
            data = file["entry/setup/data"][()].decode().split(",")
            ordered = [*fixed, *(name.replace("DATA", one) for one in data for name in of_data), "layout_hash"]
            self.assertEqual(members_of(file["entry/setup"]), ordered)

    def test_summary(self):
        """Its members and their types; blanks where nothing is complete."""
        (rows,) = (rows for _, header, rows in self.tables if header == MEMBERS)
        kinds = {"integer": int, "real": float, "text": str}
        for name, file in self.each():
            text = file["entry/provenance/summary_json"][()].decode()
            if name.endswith(".part"):
                self.assertEqual(text.strip(), "")
                continue
            found = json.loads(text)
            sets = found.pop("data")
            members = {key: type(value) for key, value in found.items()}
            members |= {f"data.{one}.{key}": type(value) for one in sets for key, value in sets[one].items()}
            says = {
                put("DATA", one, row[0].strip("`")): kinds[row[1]]
                for row in rows
                for one in sets
                # the values of a flag are counted where it is stored
                if all(f"{flag}_{one}" in file for flag in re.findall(r"DATA\.(\w+_flag)_", row[0]))
            }
            self.assertEqual(members, says)

    # --- what the text says

    def test_unfinished_and_complete(self):
        self.assertIn("flag 0: nothing computed yet", self.text)
        for name, file in self.each():
            finished = not name.endswith(".part")
            self.assertEqual(file.attrs["complete"], int(finished))
            self.assertEqual(file["entry/end_time"][()].strip() != b"", finished)
        with h5py.File(self.paths["stopped.h5.part"]) as file:
            checksums, flags = file["entry/tiles_A/checksum"][()], file["natural_gradient_flag_A"]
            self.assertTrue(0 < numpy.count_nonzero(checksums) < len(checksums))
            for checksum, tile in zip(checksums, tiles_of(*flags.shape, file["entry/setup/tile_cells"][()])):
                self.assertEqual((flags[tile] != 0).all() if checksum else (flags[tile] != 0).any(), checksum != 0)

    def test_storage(self):
        for name, file in self.each():
            fields = [f"{field}_{one}" for field in (*fishergrid.FIELDS, *fishergrid.GEOMETRY) for one in ("A", "given")]
            for place, found in contents_of(file).items():
                if "@" in place or found[0] in ("link", None):
                    continue
                dataset = file[place]
                packed = name in PACKINGS and dataset.name.strip("/") in fields
                self.assertEqual(dataset.chunks is not None, packed, place)
                self.assertEqual(dataset.compression, "gzip" if packed else None, place)
                self.assertEqual(dataset.shuffle, packed and dataset.dtype.itemsize > 1, place)
                if not packed and dataset.size * dataset.dtype.itemsize >= 2048:
                    self.assertEqual(dataset.id.get_offset() % 4096, 0, place)
            self.assertEqual(self.paths[name].read_bytes()[8], 2, "superblock")

    def test_parts(self):
        """Which rows of the grid a part has."""
        with h5py.File(self.paths["merged.h5"]) as file:
            phi, cells = file["phi"][()], file["entry/setup/tile_cells"][()]
            self.assertEqual([file[f"entry/setup/{name}"][()] for name in ("part", "parts")], [0, 0])
        tile_rows = cells // 11
        n = -(-len(phi) // tile_rows)
        for k in (1, 2, 3):
            with h5py.File(self.paths[f"part-{k}.h5"]) as file:
                names = ("part", "parts", "phi_cells", "phi_low", "phi_high")
                ends = slice(n * (k - 1) // 3 * tile_rows, min(n * k // 3 * tile_rows, len(phi)))
                self.assertEqual([file[f"entry/setup/{name}"][()] for name in names], [k, 3, len(phi), phi[0], phi[-1]])
                self.assertEqual(file["phi"][()].tobytes(), phi[ends].tobytes())

    def test_tiles(self):
        """How they are cut, and what their marks say of them; also of tiles that are shorter than a row."""
        wide = self.paths["sweep.h5"].parent / "wide.hdf5"
        done = fishergrid.run("sweep", *GRID, "--tile", "4", "-q", "-o", wide, cwd=wide.parent)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for path in [wide, *(self.paths[name] for name in ("sweep.h5", "part-2.h5", *PACKINGS))]:
            with self.subTest(path.name), h5py.File(path) as file:
                n_phi, n_r = len(file["phi"]), len(file["r"])
                tiles = list(tiles_of(n_phi, n_r, int(file["entry/setup/tile_cells"][()])))
                for one in ("A", "given"):
                    marks = {name: column[()] for name, column in file[f"entry/tiles_{one}"].items()}
                    loss, flags = (file[f"{field}_{one}"][()] for field in ("loss", "natural_gradient_flag"))
                    self.assertEqual(marks["tile"].tolist(), list(range(len(tiles))))
                    for t, tile in enumerate(tiles):
                        least = loss[tile].min()
                        i, j = numpy.argwhere((loss == least) & self.mask(loss.shape, tile))[0]
                        counts = [numpy.count_nonzero(flags[tile] == flag) for flag in (2, 3, 4)]
                        found = [least, i * n_r + j, *counts]
                        names = ("min_loss", "min_loss_cell", "cells_recomputed", "cells_undefined", "cells_overflow")
                        self.assertEqual(found, [marks[name][t] for name in names])

    def mask(self, shape, tile):
        mask = numpy.zeros(shape, bool)
        mask[tile] = True
        return mask

    def test_checksums(self):
        """As the page says they are made."""
        hashed = xxh3()
        if not hashed:
            self.skipTest("libxxhash is not installed as a shared library")
        for name, file in self.each():
            setup = file["entry/setup"]
            seed = hashed(pieces_of_setup(setup), 0)
            data, fields = (setup[name][()].decode().split(",") for name in ("data", "fields"))
            arrays = [file["phi"], file["r"], setup["layout_hash"], file["entry/metadata_hash"]]
            for one in data:
                samples, marks = file[f"entry/samples_{one}"], file[f"entry/tiles_{one}"]
                points = file[f"entry/stationary_points_{one}"]
                stored = [file[f"{field}_{one}"] for field in fields]
                arrays += [*samples.values(), *marks.values(), *points.values()]
                arrays += [field for field in stored if field.chunks is None]
                checksum = hashed((samples[column][()].tobytes() for column in ("x0", "x1", "y")), 0)
                self.assertEqual(checksum, setup[f"checksum_of_{one}"][()])
                *values, stored_checksum = (points[column][()] for column in members_of(points)[1:])
                checksum = hashed((value.tobytes() for value in values), int(checksum))
                self.assertEqual(stored_checksum, checksum if file.attrs["complete"] else 0, name)
                columns = [marks[column][()] for column in members_of(marks)]
                tiles = tiles_of(len(file["phi"]), len(file["r"]), int(setup["tile_cells"][()]))
                for t, tile in enumerate(tiles):
                    mark = b"".join(column[t].tobytes() for column in columns[2:])
                    values = [field[tile].astype(float if field.dtype.kind == "f" else "u1").tobytes() for field in stored]
                    checksum = hashed([struct.pack("<Q", t), mark, *values], seed) or 1
                    self.assertEqual(columns[1][t], checksum if columns[1][t] else 0, f"tile {t} of {one}")
            places = sorted((array.id.get_offset(), array.size * array.dtype.itemsize) for array in arrays)
            version = struct.pack("<Q", file.attrs["format_version"])
            everywhere = b"".join(struct.pack("<QQ", *place) for place in places)
            self.assertEqual(hashed([version, everywhere], seed), setup["layout_hash"][()], name)
            metadata = hashed(pieces_between(places, self.paths[name].read_bytes()), 0)
            self.assertEqual(file["entry/metadata_hash"][()], 0 if file.attrs["complete"] else metadata, name)


if __name__ == "__main__":
    fishergrid.main()
