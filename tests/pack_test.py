#!/usr/bin/env python3
"""`fishergrid pack`: the same file in fewer bytes, or rounded as it says, or a reason why not.

    pack_test.py PATH_TO_FISHERGRID
"""

import functools
import resource
import signal
import struct
import subprocess
import unittest

import fishergrid_program as fishergrid
from fishergrid_program import FIELDS

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

ERROR = "quantization_maximum_relative_error"
GRID = ["--phi", "60", "--r", "50", "--samples-per-class", "20", "-q"]
# Cells with an undefined natural gradient (one sample), a loss below 1e-38, and values above 3.4e38.
FAR = "x0,x1,y\n0,1000,0\n"
HUGE = "x0,x1,y\n0.1,700,0\n0.2,701,0\n"


def bits_of(digits):
    """The least k with 2^-k <= 10^-digits, in whole numbers."""
    return next(k for k in range(53) if 2**k >= 10**digits)


@unittest.skipUnless(h5py, "h5py is not installed: cannot look into files")
class PackTest(fishergrid.ProgramTest):
    def sweep(self, *options, name="x.h5"):
        self.succeed("sweep", *GRID, "--force", *options, "-o", name)

    def fields(self, name, sets="AB"):
        with h5py.File(self.directory / name) as file:
            return {f"{field}_{s}": file[f"{field}_{s}"][()] for field in FIELDS for s in sets}

    def kill(self, process):
        process.kill()
        process.communicate()

    def refused(self, *arguments, words, code=2):
        before = {path.name: path.read_bytes() for path in self.directory.iterdir()}
        done = fishergrid.run("pack", *arguments, cwd=self.directory)
        self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
        self.assertRegex(done.stderr.decode(), r"\Afishergrid pack: [^\n]*\n\Z")
        self.assertIn(words, done.stderr.decode())
        self.assertEqual({path.name: path.read_bytes() for path in self.directory.iterdir()}, before)

    def test_the_same_contents(self):
        """Every byte of every array, attribute and text; links; but the hash of places, and a line of history."""
        (self.directory / "c.csv").write_text(FAR)
        for options in [
            ["--threads", "1"],
            ["--phi", "1", "--r", "1"],
            ["--phi", "700", "--r", "300", "--tile", "700"],  # chunks of several tiles, and a part of one
            ["--phi", "3", "--r", "131075", "--data", "C=c.csv"],  # rows of several chunks
            ["--fields", "natural_gradient_flag,loss", "--part", "2/3"],
        ]:
            with self.subTest(options):
                self.sweep(*options)
                self.succeed("pack", "-q", "--force", "x.h5", "p.h5")
                plain, packed = fishergrid.contents(self.directory / "x.h5"), fishergrid.contents(self.directory / "p.h5")
                changed = {name for name in plain.keys() | packed.keys() if plain.get(name) != packed.get(name)}
                self.assertEqual(changed, {"entry/setup/layout_hash"})
                with h5py.File(self.directory / "x.h5") as x, h5py.File(self.directory / "p.h5") as p:
                    first, second = p.attrs["history"].decode().split("\n")
                    self.assertEqual(first, x.attrs["history"].decode())
                    self.assertRegex(second, r"\A\d{4}-.*Z .*pack")
                    self.assertEqual(x["entry/end_time"][()], p["entry/end_time"][()])
                    self.assertEqual(x["entry/provenance/summary_json"][()], p["entry/provenance/summary_json"][()])
                    for field in (field for field in FIELDS if f"/{field}_A" in p):
                        self.assertTrue(p[f"{field}_A"].compression == "gzip")
                        self.assertEqual(p[f"{field}_A"].shuffle, not field.endswith("flag"))
                        self.assertNotIn(ERROR, p[f"{field}_A"].attrs)
                self.assertEqual(fishergrid.run("verify", "--cells", "50", "p.h5", cwd=self.directory).returncode,
                                 fishergrid.run("verify", "--cells", "50", "x.h5", cwd=self.directory).returncode)
                self.assertTrue(self.succeed_json("info", "p.h5")["packed"])

    def test_threads_change_nothing(self):
        self.sweep("--phi", "700", "--r", "300")
        names = ["1.h5", "3.h5"]
        for threads, name in zip("13", names):
            self.succeed("pack", "-q", "--threads", threads, "x.h5", name)
        one, three = [(self.directory / name).read_bytes() for name in names]
        self.assertEqual(len(one), len(three))
        differing = sum(a != b for a, b in zip(one, three))
        self.assertLess(differing, 64)  # the time and the command line, which are in the history, and a checksum of it

    def test_smaller(self):
        self.sweep("--phi", "300", "--r", "300")
        sizes = []
        for options in [["--deflate", "1"], ["--deflate", "9"], ["--keep-digits", "6"], ["--keep-digits", "3"]]:
            told = self.succeed_json("pack", *options, "--force", "x.h5", "p.h5")
            sizes.append(told["bytes_after"])
            self.assertEqual(told["bytes_after"], (self.directory / "p.h5").stat().st_size)
            self.assertEqual(told["bytes_before"], (self.directory / "x.h5").stat().st_size)
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertLess(sizes[0], told["bytes_before"])
        self.assertEqual((told["grew"], told["compression_ratio"]), (False, told["bytes_before"] / told["bytes_after"]))
        self.assertIn("times smaller", self.succeed("pack", "--force", "x.h5", "p.h5"))

    def test_larger(self):
        """A few cells: the chunks and their index take more room than the values."""
        self.sweep("--phi", "8", "--r", "8")
        told = self.succeed("pack", "x.h5", "p.h5")
        before, after = ((self.directory / name).stat().st_size for name in ("x.h5", "p.h5"))
        self.assertLess(before, after)
        self.assertTrue(told.startswith(f"p.h5: grew: {after} bytes from {before}, {after / before:.4g} times larger, "), told)
        told = self.succeed_json("pack", "--force", "x.h5", "p.h5")
        self.assertEqual((told["grew"], told["compression_ratio"]), (True, before / told["bytes_after"]))

    def test_rounding(self):
        """To the nearest, off by as much as the file says and no more than was asked for, and verified all the same."""
        self.sweep("--phi", "300", "--r", "70")
        plain = self.fields("x.h5")
        for options, bound, kind in [
            (["--keep-digits", "1"], 0.5e-1, "f8"),
            (["--keep-digits", "6"], 0.5e-6, "f8"),
            (["--keep-digits", "15"], 0.5e-15, "f8"),
            (["--float32"], 2.0**-24, "f4"),  # half a unit of the last of 24 bits
            (["--float32", "--keep-digits", "3"], 0.5e-3, "f4"),
        ]:
            with self.subTest(options):
                told = self.succeed_json("pack", "--force", *options, "x.h5", "p.h5")
                rounded = self.fields("p.h5")
                with h5py.File(self.directory / "p.h5") as file:
                    for name, before in plain.items():
                        if "flag" in name:
                            self.assertEqual(before.tobytes(), rounded[name].tobytes())
                            continue
                        self.assertEqual(rounded[name].dtype, kind)
                        after, attributes = rounded[name].astype("f8"), file[name].attrs
                        error = (numpy.abs(after - before) / numpy.abs(before))[before != 0].max()
                        self.assertEqual(attributes[ERROR], error)
                        self.assertLessEqual(error, bound)
                        self.assertLessEqual(error, told["relative_error"][name.rsplit("_", 1)[0]])
                        if "--keep-digits" in options:
                            self.assertEqual(attributes["quantization_nsb"], bits_of(int(options[-1])))
                self.succeed("verify", "--cells", "50", "p.h5")
                told = self.succeed("info", "p.h5")
                self.assertTrue("(rounded, by " in told and "minimum loss, as rounded, " in told, told)

    def test_what_cannot_be_rounded(self):
        """NaN stays NaN; what becomes 0 counts as an error of 1; what would become infinite is refused."""
        (self.directory / "far.csv").write_text(FAR)
        self.sweep("--data", "A=far.csv")
        plain = self.fields("x.h5", "A")
        self.assertTrue(numpy.isnan(plain["natural_gradient_phi_A"]).any())
        self.assertLess(plain["loss_A"].min(), 1e-60)
        for options in [["--keep-digits", "2"], ["--float32"]]:
            self.succeed("pack", "-q", "--force", *options, "x.h5", "p.h5")
            rounded = self.fields("p.h5", "A")
            for name in ["natural_gradient_phi_A", "natural_gradient_r_A"]:
                self.assertTrue((numpy.isnan(plain[name]) == numpy.isnan(rounded[name])).all())
            self.succeed("verify", "--cells", "50", "p.h5")
            self.assertTrue(self.succeed_json("verify", "--cells", "50", "p.h5")["right"])  # a bound is infinite
        with h5py.File(self.directory / "p.h5") as file:
            self.assertEqual(file["loss_A"].attrs[ERROR], 1)
        (self.directory / "huge.csv").write_text(HUGE)
        self.sweep("--data", "A=huge.csv")
        largest = max(numpy.nanmax(numpy.abs(values)) for values in self.fields("x.h5", "A").values())
        self.assertGreater(largest, 3.5e38)
        self.refused("--force", "--float32", "x.h5", "p.h5", words="too large for 32 bits")

    def test_wrong_input(self):
        self.sweep()
        self.refused("x.h5", words="fishergrid pack IN.h5 OUT.h5")
        self.refused("x.h5", "y.h5", "z.h5", words="fishergrid pack IN.h5 OUT.h5")
        self.refused("missing.h5", "p.h5", words="missing.h5")
        self.refused("x.h5", "x.h5", "--force", words="would replace the input")
        self.refused("x.h5", "no/p.h5", words="make it first")
        for option, values in [("--deflate", ["0", "10", "x"]), ("--keep-digits", ["0", "16", "x"])]:
            for value in values:
                self.refused(option, value, "x.h5", "p.h5", words=option)
        self.succeed("pack", "-q", "x.h5", "p.h5")
        self.refused("x.h5", "p.h5", words="p.h5 exists")
        self.refused("p.h5", "q.h5", words="packed already")
        self.sweep("--part", "1/2", name="part.h5")
        self.succeed("pack", "-q", "part.h5", "q.h5")
        done = fishergrid.run("merge", "-o", "m.h5", "q.h5", cwd=self.directory)
        self.assertEqual((done.returncode, b"is packed" in done.stderr), (2, True))
        self.kill(fishergrid.start_sweep(self.directory, *fishergrid.SLOW, output="i.h5"))
        self.refused("i.h5.part", "r.h5", words="not complete")

    def test_damaged_values_are_refused(self):
        self.sweep()
        path = self.directory / "x.h5"
        with h5py.File(path) as file:
            offset = file["gradient_r_B"].id.get_offset() + 8 * 1234
        content = bytearray(path.read_bytes())
        content[offset] ^= 1
        path.write_bytes(content)
        self.refused("x.h5", "p.h5", words="of data set B has changed")

    def test_info_looks_into_small_ones(self):
        """The same ranges and maps as of the file that was packed; of a large one, or without room, no less but these."""
        self.sweep()
        self.succeed("pack", "-q", "x.h5", "p.h5")
        seen = [self.succeed_json("info", name)["data"] for name in ("x.h5", "p.h5")]
        self.assertEqual(*seen)
        texts = [self.succeed("info", name) for name in ("x.h5", "p.h5")]
        self.assertEqual(*(text.replace(", packed", "").split("\n", 1)[1] for text in texts))
        self.assertIn("phi to the right", texts[1])
        self.assertIsNone(self.succeed_json("info", "p.h5", env={"TMPDIR": "/nowhere"})["data"]["A"]["ranges"])
        self.sweep("--phi", "1025", "--r", "1024", "--fields", "loss", "--data", "A")
        self.succeed("pack", "-q", "--force", "x.h5", "p.h5")
        self.assertIsNone(self.succeed_json("info", "p.h5")["data"]["A"]["ranges"])
        self.assertIn("'fishergrid verify' reads them all", self.succeed("info", "p.h5"))

    def test_what_others_have_added(self):
        """It is said to be left out, and nothing is said of a file without."""
        self.sweep()
        with h5py.File(self.directory / "x.h5", "a") as file:
            file.attrs["mine"] = "a note"
            file["phi"].attrs["comment"] = 1
            file["entry/A/mask"] = numpy.ones((3, 4))
        done = fishergrid.run("pack", "x.h5", "p.h5", cwd=self.directory)
        told = done.stderr.decode()
        self.assertEqual((done.returncode, told.count("\n")), (0, 1), told)
        self.assertTrue(told.startswith("x.h5: 3 objects or attributes "), told)
        for name in ("mine", "comment", "/entry/A/mask", "p.h5"):
            self.assertIn(name, told)
        self.succeed("verify", "--cells", "50", "p.h5")

    def test_chunks_of_other_tools(self):
        """Of any shape and filter of HDF5: rows and columns at the end, more than the grid has, single cells of a row."""
        self.sweep()
        expected = self.succeed_json("info", "x.h5")["data"]
        for shape, more in [((17, 23), {"fletcher32": True}), ((60, 50), {"compression": None}), ((1, 1), {"shuffle": True})]:
            with self.subTest(shape):
                self.succeed("pack", "-q", "--force", "x.h5", "p.h5")
                with h5py.File(self.directory / "p.h5", "a") as file:
                    for name in (f"{field}_{s}" for field in FIELDS for s in "AB"):
                        values = file[name][()]
                        del file[name]
                        file.create_dataset(name, data=values, chunks=shape, **{"compression": "gzip", **more})
                self.assertEqual(self.succeed_json("info", "p.h5")["data"], expected)

    def test_damaged_packed_files(self):
        """A chunk that was changed is found by verify; whatever was changed, nothing crashes."""
        self.sweep()
        self.succeed("pack", "-q", "x.h5", "p.h5")
        content = (self.directory / "p.h5").read_bytes()
        with h5py.File(self.directory / "p.h5") as file:
            chunk = file["loss_A"].id.get_chunk_info(0)
        values = [(chunk.byte_offset + k, 4) for k in (0, 2, chunk.size // 2, chunk.size - 4)]
        tree = content.index(b"TREE\x01")
        index = [(tree + k, 8) for k in range(5, 80, 8)]  # of chunks: sizes, places; not all of it is looked at
        for place, n in values + index:
            with self.subTest(place=place):
                damaged = bytearray(content)
                for k in range(n):
                    damaged[place + k] ^= 0xFF
                (self.directory / "d.h5").write_bytes(damaged)
                self.assertIn(fishergrid.run("info", "d.h5", cwd=self.directory).returncode, (0, 2))
                verified = fishergrid.run("verify", "--cells", "50", "d.h5", cwd=self.directory).returncode
                self.assertIn(verified, (1, 2) if (place, n) in values else (0, 1, 2))

    def test_fields_larger_than_a_file_can_hold(self):
        """Chunks that are missing cost nothing: a file of some MB does not make verify write terabytes."""
        self.succeed("sweep", "--phi", "131072", "--r", "2", "--fields", "loss", "--data", "A", "-q", "-o", "x.h5")
        with h5py.File(self.directory / "x.h5", "a") as file:
            for name in ("phi", "r", "loss_A"):
                del file[name]
            for name in ("phi", "r"):  # 2^20 cells along each axis: 8 TiB
                made = file.create_dataset(name, (2**20,), "<f8")
                made[:] = numpy.linspace(0, 1, 2**20)
            for name, value in [("phi_cells", 2**20), ("r_cells", 2**20), ("tile_cells", 2**34)]:  # as many tiles as before
                file[f"entry/setup/{name}"][()] = value
            file.create_dataset("loss_A", (2**20, 2**20), "<f8", chunks=(1, 65536), compression="gzip")
        done = fishergrid.run("verify", "--cells", "50", "x.h5", cwd=self.directory)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"larger than it can hold", done.stderr)

    def test_an_error_that_rounding_does_not_make(self):
        self.sweep()
        self.succeed("pack", "-q", "--float32", "x.h5", "p.h5")
        for error in (-1, float("nan"), float("inf")):
            with h5py.File(self.directory / "p.h5", "a") as file:
                file["loss_A"].attrs.modify(ERROR, numpy.float64(error))
            done = fishergrid.run("info", "p.h5", cwd=self.directory)
            self.assertEqual((done.returncode, b"/loss_A" in done.stderr), (2, True), done.stderr)

    def start(self, *options, **more):
        more = {"env": fishergrid.environment(), **more}
        return subprocess.Popen([fishergrid.PROGRAM, "pack", *options], cwd=self.directory, stderr=subprocess.PIPE, **more)

    def test_a_pack_that_ends_early(self):
        """Stopped: nothing is left, exit code 75. Killed: nothing under the final name, and the next one works."""
        self.sweep("--phi", "2000", "--r", "1000")
        for number, code in [(signal.SIGTERM, 75), (signal.SIGKILL, -9)]:
            process = self.start("--deflate", "9", "--threads", "1", "x.h5", "p.h5")
            new = self.directory / "p.h5.part.new"
            fishergrid.wait_until(process, lambda: new.exists() and new.stat().st_size > 5e5)
            process.send_signal(number)
            said = process.communicate()[1]
            self.assertEqual(process.returncode, code, said)
            self.assertFalse((self.directory / "p.h5").exists())
            if number == signal.SIGTERM:
                self.assertEqual([path.name for path in self.directory.iterdir()], ["x.h5"])
                self.assertIn(b"SIGTERM", said)
        self.succeed("pack", "-q", "x.h5", "p.h5")
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["p.h5", "x.h5"])

    def test_a_full_disk(self):
        """Stands in for one: a limit of the size of a file."""
        self.sweep("--phi", "300", "--r", "300")
        for bytes in (1000, 100000, 2000000):
            limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (bytes, bytes))
            # HDF5 itself leaks memory when it cannot write what it closes.
            env = fishergrid.environment(ASAN_OPTIONS="detect_leaks=0")
            process = self.start("x.h5", "p.h5", preexec_fn=limit, env=env)
            said = process.communicate()[1]
            # A build that counts lines cannot write its counts, either, and says so.
            said = b"".join(line for line in said.splitlines(True) if not line.startswith(b"libgcov "))
            self.assertEqual((process.returncode, said.count(b"\n")), (1, 1), said)
            self.assertEqual([path.name for path in self.directory.iterdir()], ["x.h5"])

    def test_it_opens_without_filters_of_others(self):
        """Only shuffle (2) and deflate (1), which are part of HDF5; chunks that do not shrink say so."""
        self.sweep()
        self.succeed("pack", "-q", "x.h5", "p.h5")
        with h5py.File(self.directory / "p.h5") as file:
            for name in FIELDS:
                properties = file[f"{name}_A"].id.get_create_plist()
                filters = [properties.get_filter(k)[0] for k in range(properties.get_nfilters())]
                self.assertEqual(filters, [1] if name.endswith("flag") else [2, 1])
        self.assertEqual(struct.unpack("B", (self.directory / "p.h5").read_bytes()[8:9]), (2,))


if __name__ == "__main__":
    fishergrid.main()
