#!/usr/bin/env python3
"""The layout of the file is that of its format version, and only files of a version that is known are read.

    layout_version_test.py PATH_TO_FISHERGRID [--write]

tests/data/layout-VERSION.txt is what `dump` below says of files of that version. With --write it is written anew.
"""

import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

ROOT = Path(__file__).resolve().parent.parent
CSV = "x0,x1,y\n1.5,-2.25,0\n0.5,3,1\n-7,12.125,1\n"
# A drawn and a given data set, and numbers that every machine writes alike.
SWEEP = ["--phi", "3", "--r", "5", "--phi-range=0:1", "--r-range=-2:2", "--tile", "10", "--spread", "0.25", "--damping", "0.5",
         "--samples-per-class", "2", "--data", "A", "--data", "given=given.csv"]  # fmt: skip
PACK = ["--float32", "--keep-digits", "4"]
# Values that differ from run to run, from machine to machine, or with the last digits of the mathematical library.
OF_THE_RUN = re.compile(
    r"/@(source|history|creator_version)"
    r"|/entry/(start_time|end_time)"
    r"|/entry/provenance/(version|date|summary_json|parameters/\w+)"
    r"|/entry/setup/(kernel|arithmetic|layout_hash|checksum_of_A)"
    r"|/entry/samples_A/x[01]"
    r"|/entry/tiles_\w+/(checksum|min_loss|min_loss_cell|cells_\w+)"
    r"|/entry/stationary_points_\w+/checksum"
    r"|/\w+_(A|given)(@quantization_maximum_relative_error)?"
)
CHANGED = """the layout has changed. A file of another layout needs another format version: raise FG_FORMAT_VERSION in
include/fishergrid/file.h, and let `python3 tests/layout_version_test.py PATH_TO_FISHERGRID --write` write its dump."""


def name_of(kind, with_size):
    """A type in words; of texts of fixed length also how long they are, where all runs have the same."""
    if isinstance(kind, h5py.h5t.TypeStringID):
        encoding = {h5py.h5t.CSET_ASCII: "ASCII", h5py.h5t.CSET_UTF8: "UTF-8"}[kind.get_cset()]
        if kind.is_variable_str():
            return f"text, {encoding}"
        filled = {h5py.h5t.STR_NULLTERM: "terminated", h5py.h5t.STR_NULLPAD: "zeros", h5py.h5t.STR_SPACEPAD: "blanks"}
        size = f"[{kind.get_size()}]" if with_size else ""
        return f"text{size}, {encoding}, {filled[kind.get_strpad()]}"
    if isinstance(kind, h5py.h5t.TypeReferenceID):
        return "reference"
    if isinstance(kind, h5py.h5t.TypeVlenID):
        return f"list of {name_of(kind.get_super(), True)}"
    if isinstance(kind, h5py.h5t.TypeCompoundID):
        names = [kind.get_member_name(k).decode() for k in range(kind.get_nmembers())]
        kinds = [name_of(kind.get_member_type(k), True) for k in range(kind.get_nmembers())]
        # HDF5 writes REFERENCE_LIST, 1.10 with a signed index and 1.14 with an unsigned one.
        kinds = ["int32 little" if pair == ("dimension", "uint32 little") else pair[1] for pair in zip(names, kinds)]
        return "{" + ", ".join(map(": ".join, zip(names, kinds))) + "}"
    return kind.dtype.newbyteorder("=").name + {"<": " little", ">": " big", "|": ""}[kind.dtype.str[0]]


def value_of(value, file):
    """A value in one line; references by what they refer to."""
    if isinstance(value, h5py.Reference):
        return file[value].name
    if isinstance(value, bytes):
        return json.dumps(value.decode(), ensure_ascii=False)
    if isinstance(value, (numpy.ndarray, numpy.void, list, tuple)):
        return "[" + ", ".join(value_of(item, file) for item in value) + "]"
    return str(value)


def described(place, kind, shape, value, file):
    """What is at a place: `value` calls for the value."""
    known = not OF_THE_RUN.fullmatch(place)
    text = name_of(kind, known)
    text += "" if shape == () else f" ({' x '.join(map(str, shape))})"
    return f"{text} = {value_of(value(), file)}" if known else text


def storage_of(dataset):
    """How its values are stored."""
    properties = dataset.id.get_create_plist()
    filters = {h5py.h5z.FILTER_DEFLATE: "deflated", h5py.h5z.FILTER_SHUFFLE: "shuffled"}
    words = [filters[properties.get_filter(k)[0]] for k in range(properties.get_nfilters())]
    if properties.get_layout() == h5py.h5d.CHUNKED:
        words.insert(0, f"chunks ({' x '.join(map(str, properties.get_chunk()))})")
    elif properties.get_layout() == h5py.h5d.CONTIGUOUS:
        words.insert(0, "contiguous")
    else:
        words.insert(0, "compact")
    if properties.fill_value_defined() == h5py.h5d.FILL_VALUE_USER_DEFINED:
        fill = numpy.zeros((), dataset.dtype)
        properties.get_fill_value(fill)
        words.append(f"fill value {fill}")
    return ", ".join(words)


def dump(path):
    """A line for every group, dataset, link and attribute of the file: type, shape, storage, and the value where every
    run writes the same. Members in their order of creation, attributes by name."""
    lines = []

    def visit(place, node):
        for key in sorted(node.attrs):
            attribute = node.attrs.get_id(key)
            at = f"{place}@{key}"
            lines.append(f"{at}  {described(at, attribute.get_type(), attribute.shape, lambda: node.attrs[key], file)}")
        for name in members(node) if isinstance(node, h5py.Group) else ():
            at, link = f"{place.rstrip('/')}/{name}", node.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                lines.append(f"{at}  link to {link.path}")
            elif isinstance(node[name], h5py.Group):
                lines.append(f"{at}  group")
                visit(at, node[name])
            else:
                dataset = node[name]
                words = described(at, dataset.id.get_type(), dataset.shape, lambda: dataset[()], file)
                lines.append(f"{at}  {words}; {storage_of(dataset)}")
                visit(at, dataset)

    def members(group):
        """In their order of creation, which is that of variables for netCDF."""
        names = []
        group.id.links.iterate(names.append, idx_type=h5py.h5.INDEX_CRT_ORDER)
        return [name.decode() for name in names]

    with h5py.File(path) as file:
        visit("/", file)
    return lines


def make_files(directory):
    """Names of a sweep and of the same packed and rounded."""
    (directory / "given.csv").write_text(CSV)
    for command in (["sweep", *SWEEP, "-o", "x.h5"], ["pack", *PACK, "x.h5", "p.h5"]):
        done = fishergrid.run(*command, "-q", cwd=directory)
        if done.returncode:
            raise AssertionError(done.stderr)
    return directory / "x.h5", directory / "p.h5"


def dump_of_version(directory):
    """(version, its dump): of a sweep all, of a packed file what is not the same."""
    plain, packed = map(dump, make_files(directory))
    others = [line for line in packed if line not in plain]
    version = next(int(line.rsplit("= ", 1)[1]) for line in plain if line.startswith("/@format_version "))
    heads = [f"fishergrid sweep {' '.join(SWEEP)}", f"fishergrid pack {' '.join(PACK)}"]
    return version, "\n".join([f"--- {heads[0]}", *plain, "", f"--- {heads[1]}, where it differs", *others, ""])


def with_version(version):
    """A change of the attributes of the root."""
    return lambda attributes: attributes.modify("format_version", numpy.int32(version))


def version_of_headers():
    header = (ROOT / "include" / "fishergrid" / "file.h").read_text()
    return int(re.search(r"(?m)^#define FG_FORMAT_VERSION (\d+)$", header)[1])


def file_of_version(version):
    return ROOT / "tests" / "data" / f"layout-{version}.txt"


def write():
    """What --write does."""
    fishergrid.PROGRAM = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="fishergrid-test-") as directory:
        version, text = dump_of_version(Path(directory).resolve())
    file_of_version(version).write_text(text)
    print(f"wrote {file_of_version(version)}")


@unittest.skipUnless(h5py, "h5py is not installed: cannot look into files")
class LayoutVersionTest(fishergrid.ProgramTest):
    maxDiff = None

    def test_the_layout_is_that_of_its_version(self):
        version, text = dump_of_version(self.directory)
        self.assertEqual(version_of_headers(), version)
        self.assertTrue(file_of_version(version).exists(), CHANGED)
        held = file_of_version(version).read_text().splitlines()
        self.assertEqual(text.splitlines(), held, CHANGED)

    # --- other versions

    def copy(self, change, name="x.h5", new="y.h5"):
        (self.directory / new).write_bytes((self.directory / name).read_bytes())
        with h5py.File(self.directory / new, "r+") as file:
            change(file.attrs)
        return new

    def refused(self, words, name):
        """By all that read it, in these words, and nothing is made."""
        for command in [
            ["info", name],
            ["info", "--json", name],
            ["info", "--config", name],
            ["verify", name],
            ["merge", "-o", "m.h5", name],
            ["pack", name, "q.h5"],
            ["xdmf", name],
            ["sweep", "--data", f"given={name}", "-o", "s.h5"],
            ["point", "--phi=1", "--r=1", "--data", f"given={name}"],
        ]:
            with self.subTest(command, words=words):
                before = set(self.directory.iterdir())
                done = fishergrid.run(*command, cwd=self.directory)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
                self.assertEqual(done.stderr.decode(), f"fishergrid {command[0]}: {name}{words}\n")
                self.assertEqual(set(self.directory.iterdir()), before)

    def test_a_newer_version(self):
        """Whatever else is in the file."""
        make_files(self.directory)
        known = version_of_headers()
        for version in (known + 1, known + 2, 2**31 - 1):
            words = f" has the format version {version}, and this program reads up to {known}; a newer fishergrid reads it"
            for name in ("x.h5", "p.h5"):
                self.refused(words, self.copy(with_version(version), name))
        with h5py.File(self.directory / "y.h5", "r+") as file:
            for name in list(file):
                del file[name]
            file["else"] = 1
        self.refused(words, "y.h5")

    def test_no_version(self):
        make_files(self.directory)
        words = ": an HDF5 file, but not one that fishergrid made, or a copy without the attributes of the root (h5copy)"
        for value in (0, -1, -(2**31)):
            self.refused(words, self.copy(with_version(value)))
        for change in [
            lambda attributes: attributes.__delitem__("format_version"),
            lambda attributes: attributes.__setitem__("format_version", "1"),
            lambda attributes: attributes.__setitem__("format_version", [1, 1]),
        ]:
            self.refused(words, self.copy(change))


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        fishergrid.main()
