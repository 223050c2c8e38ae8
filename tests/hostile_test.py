#!/usr/bin/env python3
"""Tests info, verify and a resuming sweep with hostile and damaged files: one clear line, no crash, no unbounded
memory, no endless loop.

    hostile_test.py PATH_TO_FISHERGRID
"""

import functools
import os
import random
import re
import resource
import struct
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

try:
    import h5py
    import numpy
    from mutations import group_instead, instead, lookup3, object_headers, with_value, without
except ImportError:
    h5py = None

GRID = ["--phi", "4", "--r", "3", "--samples-per-class", "2", "--data", "A", "--fields", "loss,natural_gradient_flag"]
SWEEP = ["sweep", "-q", *GRID]
COMMANDS = [["info"], ["info", "--json"], ["verify", "--cells", "5", "--threads", "1"]]
# Of processor time, which other programs on the machine do not change. The program stops HDF5 after 10, once for each
# time that it opens the file. What waits for ever ends at the timeout of `run`.
SECONDS = 30
MEMORY = 600 << 20  # bytes: HDF5 may ask for 256 MiB
PARAMETERS = "entry/provenance/parameters"
# What the address sanitizer tells of a child in which HDF5 itself went wrong; the parent has its own words for that.
OF_HDF5 = r"(?ms)^=+\n==(\d+)==ERROR: AddressSanitizer: [^#]*(    #0 [^\n]*\n)?    #[01] \S+ [^\n]*libhdf5.*?^==\1==ABORTING\n"


@functools.cache
def sanitized():
    """Returns whether the program has the address sanitizer, which needs terabytes of address space, and reports
    allocations of HDF5 that fail."""
    return b"__asan_init" in Path(fishergrid.PROGRAM).read_bytes()


def processor_time():
    """Returns the CPU time in seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@unittest.skipUnless(h5py, "h5py is not installed: cannot make files")
class HostileTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        self.succeed(*SWEEP, "-o", "right.h5")
        self.right = (self.directory / "right.h5").read_bytes()
        self.path = self.directory / "x.h5"

    def answers(self, *command):
        """Runs a command on x.h5 with little memory. Returns its exit code and its one line."""
        start = processor_time()

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        env = {"ASAN_OPTIONS": "allocator_may_return_null=1:max_allocation_size_mb=512"}
        done = fishergrid.run(*command, cwd=self.directory, env=env, preexec_fn=None if sanitized() else limit)
        self.assertLess(processor_time() - start, SECONDS)
        told = re.sub(r"(?m)^==\d+==WARNING: AddressSanitizer failed to allocate.*\n", "", done.stderr.decode())
        told = re.sub(OF_HDF5, "", told)
        self.assertIn(done.returncode, (0, 1, 2), told)
        self.assertRegex(told, r"\A(fishergrid [a-z]+: [^\n]+\n)?\Z")
        self.assertEqual(done.returncode == 0, told == "")
        if not sanitized():
            self.assertLess(1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, MEMORY)
        return done.returncode, told

    def refused(self, *words):
        """Asserts that all commands refuse x.h5 with these words, and that no sweep resumes it."""
        for command in COMMANDS[1:]:
            code, told = self.answers(*command, "x.h5")
            self.assertEqual(code, 2, told)
            for word in ["x.h5", *words]:
                self.assertIn(word, told)
        self.not_continued()

    def not_continued(self):
        """Asserts that a sweep neither crashes on the file nor replaces it."""
        part = self.directory / "y.h5.part"
        os.replace(self.path, part)
        before = part.stat().st_mtime_ns, part.read_bytes()
        code, told = self.answers(*SWEEP, "--seed", "1", "-o", "y.h5")
        self.assertEqual((code, part.stat().st_mtime_ns, part.read_bytes()), (2, *before), told)
        self.assertIn("--force", told)
        os.replace(part, self.path)

    def remade(self, change):
        """Makes x.h5: a copy of the correct file, changed through HDF5."""
        self.path.write_bytes(self.right)
        with h5py.File(self.path, "r+") as file:
            change(file)

    # --- bytes

    def test_other_files(self):
        for content in [b"", b"x", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(100), bytes(10_000), b"x0,x1,y\n1,1,0\n"]:
            with self.subTest(content[:20]):
                self.path.write_bytes(content)
                self.refused()
        with h5py.File(self.path, "w", userblock_size=512) as file:
            file["phi"] = [1.0]
        self.refused()
        with h5py.File(self.path, "w", libver="latest") as file:
            file["phi"] = file["r"] = [1.0]
        self.refused("not one that fishergrid made")

    def test_files_that_are_no_files(self):
        os.mkfifo(self.directory / "pipe")
        for name in ["pipe", "/dev/zero", "/dev/null"]:
            for command in COMMANDS:
                code, told = self.answers(*command, name)
                self.assertEqual(code, 2)
                self.assertIn("not a regular file", told)

    def test_cut_off(self):
        lengths = [1, 7, 8, 47, 48, 100, 511, 2048, *range(1000, len(self.right), 6000), len(self.right) - 1]
        for length in lengths:
            with self.subTest(length=length):
                self.path.write_bytes(self.right[:length])
                self.refused(*(["truncated file"] if length >= 48 else []))
        self.path.write_bytes(self.right + b"more")
        self.refused("should have")

    def test_bytes_that_changed(self):
        """Changes random bytes; the seed selects them. The checksums of HDF5 find most changes, and verify finds all
        changes of values. The fuzz target result_fuzz changes far more bytes."""
        used = [at for at, byte in enumerate(self.right) if byte]
        for seed in range(60):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                content = bytearray(self.right)
                for _ in range(chance.choice([1, 1, 3, 30])):
                    at = chance.choice(used) if chance.random() < 0.8 else chance.randrange(len(content))
                    content[at] = chance.choice([content[at] ^ 1 << chance.randrange(8), 0, 255, chance.randrange(256)])
                self.path.write_bytes(content)
                self.answers(*COMMANDS[2 * (seed % 2)], "x.h5")

    def test_headers_with_right_checksums(self):
        """Changes object headers and corrects their checksums, so HDF5 cannot find the change by a checksum, and HDF5
        1.10.8 crashes on some files. Each header is changed in one file, alone or with others."""
        headers = object_headers(self.right)
        self.assertGreater(len(headers), 60)
        crashes = 0
        for seed in range(60):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                content = bytearray(self.right)
                for start, end in headers[seed::60]:
                    content[chance.randrange(start, end)] = chance.choice([0, 255, chance.randrange(256)])
                    content[end : end + 4] = struct.pack("<I", lookup3(content[start:end]))
                self.path.write_bytes(content)
                crashes += "crashed" in self.answers(*COMMANDS[2 * (seed % 2)], "x.h5")[1]
        print(f"HDF5 crashed {crashes} times")

    # --- structure

    def test_what_is_missing_or_another(self):
        def loop(file):
            file["entry/samples_A/again"] = file["entry"]
            del file["entry/samples_A/x0"]

        with h5py.File(self.directory / "other.h5", "w") as other:
            other["phi"] = numpy.linspace(0, 6, 4)
            other.create_group("samples_A")["x0"] = numpy.zeros(4)
        (self.directory / "raw").write_bytes(bytes(1000))
        virtual = h5py.VirtualLayout((4, 3), dtype="<f8")
        virtual[:] = h5py.VirtualSource(str(self.directory / "other.h5"), "loss", (4, 3))
        enum = h5py.enum_dtype({"a": 0, "b": 1}, basetype="u1")
        compound = numpy.dtype([("re", "<f8"), ("im", "<f8")])
        elsewhere = {"shape": (4,), "dtype": "<f8", "external": [(str(self.directory / "raw"), 0, 32)]}
        for what, change, words in [
            ("no axis", without("phi"), ["/phi is missing"]),
            ("no fields", without("loss_A", "natural_gradient_flag_A"), ["no fields"]),
            ("no labels", without("entry/samples_A/y"), ["/entry/samples_A/y is missing"]),
            ("no samples", without("entry/samples_A"), ["/entry/samples_A/sample is missing"]),
            ("no setup", without("entry/setup"), ["/entry/setup/phi_cells", "missing"]),
            ("no marks", without("entry/tiles_A"), ["/entry/tiles_A/tile is missing"]),
            ("no checksums", without("entry/tiles_A/checksum"), ["/entry/tiles_A/checksum is missing"]),
            ("a group for an axis", group_instead("r"), ["/r"]),
            ("text for an axis", instead("r", ["a", "b"]), ["/r"]),
            ("an axis of another type", instead("r", numpy.arange(3, dtype="<f4")), ["/r"]),
            ("an axis the other way", instead("r", numpy.arange(3, dtype=">f8")), ["/r"]),
            ("an axis of whole numbers", instead("r", numpy.arange(3)), ["/r"]),
            ("an axis without values", instead("r", shape=(3,), dtype="<f8"), ["/r"]),
            ("an axis of no cells", instead("r", shape=(0,), dtype="<f8"), ["/r"]),
            ("a null axis", instead("r", h5py.Empty("<f8")), ["/r"]),
            ("a matrix for an axis", instead("r", numpy.ones((3, 1))), ["/r"]),
            ("32 dimensions", instead("r", shape=(1,) * 32, dtype="<f8"), ["/r"]),
            ("flags of another type", instead("natural_gradient_flag_A", numpy.zeros((4, 3), enum), dtype=enum), ["flag_A"]),
            ("pairs", instead("loss_A", numpy.zeros((4, 3), compound)), ["/loss_A"]),
            ("another shape", instead("loss_A", numpy.zeros((3, 4))), ["/loss_A", "shape"]),
            ("huge", instead("loss_A", shape=(2**40, 2**20), dtype="<f8", chunks=(1, 1)), ["/loss_A"]),
            ("a huge axis", instead("phi", shape=(2**60,), dtype="<f8", chunks=(1,)), ["/phi"]),
            ("more tiles", instead("entry/tiles_A/checksum", numpy.ones(50, "<u8")), ["checksum", "shape"]),
            ("fewer samples", instead("entry/samples_A/x1", numpy.ones(2)), ["/entry/samples_A/x1 has another shape"]),
            ("a setup elsewhere", instead("entry/setup", h5py.ExternalLink("other.h5", "/samples_A")), ["/entry/setup/phi_cells"]),
            ("a setup for a setup", instead("entry/setup", h5py.SoftLink("/entry/setup")), ["/entry/setup/phi_cells"]),
            ("a dataset for a setup", instead("entry/setup", 1), ["/entry/setup/phi_cells"]),
            ("huge scalars", instead("entry/setup/seed", shape=(2**60,), dtype="<u8", chunks=(1,)), ["/entry/setup/seed"]),
            ("packed scalars", instead("entry/setup/data", ["A"], chunks=(1,), compression="gzip"), ["/entry/setup/data"]),
            ("samples of any number", instead("entry/samples_A/x0", shape=(2**60,), dtype="<f8", chunks=(1,)), ["samples_A/x0"]),
            ("values in another file", instead("phi", **elsewhere), ["/phi"]),
            ("values of another file", lambda file: (without("loss_A")(file), file.create_virtual_dataset("loss_A", virtual)), ["/loss_A"]),
            ("an axis in another file", instead("phi", h5py.ExternalLink("other.h5", "/phi")), ["/phi"]),
            ("samples in another file", instead("entry/samples_A", h5py.ExternalLink("other.h5", "/samples_A")), ["/entry/samples_A/sample is missing"]),
            ("a link to itself", instead("r", h5py.SoftLink("/r")), ["/r"]),
            ("a link in a circle", instead("entry/samples_A/x0", h5py.SoftLink("/entry/samples_A/x0")), ["x0"]),
            ("a group in itself", loop, ["x0"]),
        ]:
            with self.subTest(what):
                self.remade(change)
                self.refused(*words)

    def test_axes_that_are_none(self):
        """The setup defines the axes. Only verify reads the stored values."""
        for what, values in [("NaN", [numpy.nan] * 3), ("reversed", [5.0, 0, -5]), ("huge", [-1e300, 0, 1e300])]:
            with self.subTest(what):
                self.remade(lambda file: file["r"].__setitem__((), values))
                for command in COMMANDS[:2]:
                    self.assertEqual(self.answers(*command, "x.h5"), (0, ""))
                code, told = self.answers(*COMMANDS[2], "x.h5")
                self.assertEqual(code, 1)
                self.assertRegex(told, r"x\.h5 is not correct: r\b")

    @staticmethod
    def make_variable(file, name):
        """Replaces a text by one of variable length."""
        value = bytes(file[name][()])
        del file[name]
        file.create_dataset(name, data=value, dtype=h5py.string_dtype())

    @staticmethod
    def set_up(file, **values):
        for name, value in values.items():
            with_value(f"entry/setup/{name}", value)(file)

    def test_setups_that_cannot_be(self):
        """An invalid setup is refused before it is used, and the message names the scalar."""
        for name, values in {
            "phi_cells": [0, -1, 2**31 + 1, 2**62, 2**63 - 1],
            "r_cells": [0, -(2**63)],
            "phi_low": [numpy.nan, numpy.inf, -1e300],
            "r_high": [numpy.nan, 1e7],
            "tile_cells": [0, -1, 2**63 - 1],
            "part": [1, -1, 2**32],
            "parts": [1, 2**32, -1],
            "method": ["fast", "", "direct|auto", "x" * 100_000, b"\xff"],
            "reduction": ["SUM", ""],
            "damping": [-1.0, numpy.nan, numpy.inf, 1e-300],
            "fields": ["", "losss", "loss,loss", ",", "loss," * 1000],
            "samples_per_class": [-1, 2**32],
            "spread": [-1.0, numpy.nan, numpy.inf],
            "kernel": [b"\xff\xfe", "x" * 100_000],
            "data": ["", ",", "B", "A,A", "setup", "../A", "A" * 65, "A," * 100, "\x1b[2J", b"\xff"],
            "samples_of_A": [0, -1, 2**31 + 1, 2**63 - 1],
            "sources_of_A": [-1, 2**31 + 1],
            "drawn_A": [2, -1],
        }.items():
            for value in values:
                with self.subTest(name, value=str(value)[:20]):
                    self.remade(lambda file: self.set_up(file, **{name: value}))
                    self.refused(*([] if name in ("data", "fields") else [name]))
        for low, high in [(1, 1), (2, 1), (1, 1 + 1e-15)]:
            with self.subTest(low=low, high=high):
                self.remade(lambda file: self.set_up(file, r_low=low, r_high=high))
                self.refused("/entry/setup", "r:")
        with self.subTest("more parts than rows"):
            self.remade(lambda file: self.set_up(file, part=2**31, parts=2**31))
            self.refused("parts")

    def test_groups_that_look_like_data_sets(self):
        def change(file):
            for number in range(70):
                file.create_group(f"entry/samples_X{number}")

        self.remade(change)
        self.assertEqual(self.answers("info", "x.h5"), (0, ""))
        self.assertEqual(self.answers("verify", "x.h5"), (0, ""))

    def test_deep_groups(self):
        def change(file):
            group = file
            for _ in range(3000):
                group = group.create_group("g")

        self.remade(change)
        self.assertEqual(self.answers("info", "x.h5"), (0, ""))
        code, told = self.answers("verify", "x.h5")
        self.assertEqual(code, 1)
        self.assertIn("structure (/ cannot be read to its end)", told)

    def test_packed_fields(self):
        """Another program may have packed fields: verify unpacks them. Only their attributes are missing."""

        def change(file):
            values = file["loss_A"][()]
            del file["loss_A"]
            file.create_dataset("loss_A", data=values, chunks=(2, 3), compression="gzip")

        self.remade(change)
        self.assertEqual(self.answers("info", "x.h5"), (0, ""))
        code, told = self.answers("verify", "x.h5")
        self.assertEqual(code, 1)
        self.assertRegex(told, r"not correct: structure \(/loss_A: attribute [A-Z_]+ is missing\)\s*\Z")

    def test_unknown_filters(self):
        """HDF5 does not look for plugins."""

        def change(file):
            values = file["loss_A"][:2].tobytes()
            del file["loss_A"]
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_chunk((2, 3))
            properties.set_filter(31999, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
            space = h5py.h5s.create_simple((4, 3))
            made = h5py.h5d.create(file.id, b"loss_A", h5py.h5t.IEEE_F64LE, space, properties)
            made.write_direct_chunk((0, 0), values)

        self.remade(change)
        self.answers("info", "x.h5")
        self.assertEqual(self.answers("verify", "x.h5")[0], 2)

    # --- texts

    def with_variable_texts(self, *names):
        """Returns the correct file with texts of variable length, as a copy by netCDF has them, and the offset of each
        text, where 4 bytes of length and a position in the heap are stored."""
        self.remade(lambda file: [self.make_variable(file, name) for name in names])
        with h5py.File(self.path) as file:
            places = [file[name].id.get_offset() for name in names]
        return self.path.read_bytes(), places

    def test_texts_of_any_claimed_length(self):
        names = [f"{PARAMETERS}/host", "entry/setup/data", "entry/setup/method", "entry/provenance/summary_json"]
        right, places = self.with_variable_texts(*names)
        self.assertEqual(self.answers("info", "x.h5"), (0, ""))
        claims, heaps = [0, 2**20, 2**20 + 1, 2**32 - 1], [None, 0, 10**6, 2**64 - 1]
        for number, (name, at) in enumerate(zip(names, places)):
            for k, claimed in enumerate(claims):
                place = heaps[(k + number) % 4]  # so that each claim meets each place, in one of the texts
                content = bytearray(right)
                content[at : at + 4] = struct.pack("<I", claimed)
                if place is not None:
                    content[at + 4 : at + 12] = struct.pack("<Q", place)
                self.path.write_bytes(content)
                with self.subTest(name, claimed=claimed, place=place):
                    self.answers("verify", "--cells", "1", "x.h5")
            self.answers("info", "x.h5")
            self.not_continued()

    def test_heaps_that_claim_much(self):
        """The global heap, which stores texts of variable length, has no checksums."""
        right, _ = self.with_variable_texts("entry/setup/data", f"{PARAMETERS}/host")
        heaps = [match.start() for match in re.finditer(b"GCOL", right)]
        self.assertGreater(len(heaps), 0)
        claims = [0, 2**31, 2**40, 2**64 - 1]
        for at in heaps:
            # Size of the heap; number and references of the first object; its size. A size of 0 is looked at until the
            # time is over, and so would be 2^64 - 1, which HDF5 rounds up to 0.
            for offset, claimed_there in ((8, claims), (16, claims), (24, claims[:3])):
                for claimed in claimed_there:
                    content = bytearray(right)
                    content[at + offset : at + offset + 8] = struct.pack("<Q", claimed)
                    self.path.write_bytes(content)
                    with self.subTest(at=at, offset=offset, claimed=claimed):
                        self.answers("info", "x.h5")
        self.not_continued()

    def test_strange_texts(self):
        """Texts that only people read may have any contents. A text that is too long counts as missing."""
        for what, value, right in [
            ("no UTF-8", b"\xff\xfe{", True),
            ("deep", b"[" * 200_000, True),
            ("long", b'{"a": "' + b"x" * (2**20 - 100) + b'"}', True),
            ("too long", b"x" * (2**20 + 1), False),
        ]:
            with self.subTest(what):
                self.remade(with_value(f"{PARAMETERS}/config_json", value))
                self.assertEqual(self.answers("info", "x.h5"), (0, ""))
                code, told = self.answers("verify", "x.h5")
                self.assertEqual((code, "texts" in told), (0 if right else 1, not right), told)

    def test_strange_texts_of_the_run(self):
        for what, value in [("no UTF-8", b"\xff\xfe{"), ("long", b"x" * 2**20), ("too long", b"x" * (2**20 + 1))]:
            for name in ("host", "command_line"):
                with self.subTest(what, name=name):
                    self.remade(with_value(f"{PARAMETERS}/{name}", value))
                    for command in COMMANDS[:2]:
                        self.assertEqual(self.answers(*command, "x.h5"), (0, ""))


if __name__ == "__main__":
    fishergrid.main()
