#!/usr/bin/env python3
"""Samples from any HDF5 file: what is read like the same CSV file, and what is refused in one line.

    hdf5_samples_test.py PATH_TO_FISHERGRID
"""

import random
import re

import h5py
import numpy as np

import fishergrid_program as fishergrid

X0, X1, Y = np.array([1.5, -2, 0.25, 3]), np.array([1.0, 2, -3, 0.5]), np.array([0, 1, 1, 0])
CSV = "x0,x1,y\n" + "".join(f"{a},{b},{c}\n" for a, b, c in zip(X0, X1, Y))
WHOLE = (np.array([1, -2, 5, 3]), np.array([1, 2, 100, 0]), Y)  # numbers that every type holds


class Hdf5SamplesTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        (self.directory / "points.csv").write_text(CSV)

    def make(self, *columns, name="given.h5", group="/", libver=None, userblock=0, **storage):
        """A file with the columns x0, x1 and y; those not given are as in points.csv."""
        columns = [*columns, *(X0, X1, Y)[len(columns) :]]
        with h5py.File(self.directory / name, "w", libver=libver, userblock_size=userblock) as file:
            for column, values in zip(("x0", "x1", "y"), columns):
                if values is not None:
                    file.require_group(group).create_dataset(column, data=values, **storage)

    def cell(self, data):
        return self.succeed_json("point", "--phi", "1", "--r", "0.3", "--data", f"d={data}")

    def refusal(self, data="given.h5"):
        done = fishergrid.run("point", "--phi", "1", "--r", "0.3", "--data", f"d={data}", cwd=self.directory)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertRegex(done.stderr.decode(), r"\Afishergrid point: [^\n]*\n\Z")
        return done.stderr.decode().removeprefix("fishergrid point: ").rstrip("\n")

    def test_every_type_of_number(self):
        lines = "".join(f"{a},{b},{c}\n" for a, b, c in zip(*WHOLE))
        (self.directory / "whole.csv").write_text("x0,x1,y\n" + lines)
        for kind in ["i1", "<i2", ">i4", "i8", "<f2", ">f4", "f4", ">f8", "g"]:
            for label in ["u1", ">u2", "u4", "u8", "i1", "?", "f4"]:
                self.make(WHOLE[0].astype(kind), WHOLE[1].astype(kind.replace("i", "u")), WHOLE[2].astype(label))
                self.assertEqual(self.cell("given.h5"), self.cell("whole.csv"), (kind, label))

    def test_every_storage(self):
        same = self.cell("points.csv")
        for storage in [
            {"chunks": (3,)},
            {"chunks": (2,), "compression": "gzip", "shuffle": True, "fletcher32": True},
            {"chunks": (4,), "maxshape": (None,)},
            {"libver": "latest"},
            {"libver": "latest", "chunks": (2,)},
            {"userblock": 2048},
        ]:
            with self.subTest(storage):
                self.make(**storage)
                self.assertEqual(self.cell("given.h5"), same)
        self.make(X0[:, None], X1[None, :])  # as Matlab stores vectors
        self.assertEqual(self.cell("given.h5"), same)

    def test_groups_and_links(self):
        same = self.cell("points.csv")
        self.make(name="a:b.h5", group="/runs/größe 1")
        for group in ["/runs/größe 1", "runs/größe 1/"]:
            self.assertEqual(self.cell(f"a:b.h5:{group}"), same)
        self.assertIn("a:b.h5:/x0 is missing beside runs", self.refusal("a:b.h5"))
        self.assertEqual("a:b.h5 has no group '/run'", self.refusal("a:b.h5:/run"))
        self.assertEqual("points.csv is not an HDF5 file, so it has no group '/x'", self.refusal("points.csv:/x"))
        self.make(None)
        with h5py.File(self.directory / "given.h5", "r+") as file:
            file["x0"] = h5py.ExternalLink("a:b.h5", "/runs/größe 1/x0")
        self.assertEqual(self.cell("given.h5"), same)

    def test_a_virtual_dataset_has_all_its_sources(self):
        self.make(name="source.h5")
        for name, data, n in [("source.h5", "x0", 4), ("missing.h5", "x0", 4), ("source.h5", "z", 4), ("source.h5", "x0", 3)]:
            self.make(None)
            with h5py.File(self.directory / "given.h5", "r+", libver="latest") as file:
                layout = h5py.VirtualLayout((4,), "f8")
                layout[:n] = h5py.VirtualSource(name, data, shape=(4,))[:n]
                file.create_virtual_dataset("x0", layout)
            if (name, data, n) == ("source.h5", "x0", 4):
                self.assertEqual(self.cell("given.h5"), self.cell("points.csv"))
            else:
                self.assertEqual(self.refusal(), "given.h5:/x0 is virtual, and sources of its values are missing")

    def test_a_group_of_a_result(self):
        """Of a result itself, config_test tells."""
        self.succeed("sweep", "--phi", "3", "--r", "3", "--data", "mine=points.csv", "-q", "-o", "x.h5")
        self.assertEqual(self.cell("x.h5:/entry/samples_mine"), self.cell("points.csv"))

    def test_wrong_values(self):
        numbers = "numbers from -1000000 to 1000000 work"
        for columns, line in [
            ((np.array([1, 2, np.nan, 0]),), f"x0[2] is nan; {numbers}"),
            ((X0, np.array([1, -np.inf, 0, 0])), f"x1[1] is -inf; {numbers}"),
            ((X0, np.array([1, 0, 2**60, 0])), f"x1[2] is 1.15292e+18; {numbers}"),
            ((X0, X1, np.array([0, 1, 0, 2], "u1")), "y[3] is 2; a label 0 or 1 works"),
            ((X0, X1, np.array([-1, 1, 1, 1], "i1")), "y[0] is -1; a label 0 or 1 works"),
            ((X0, X1, np.array([0, 1, 0.5, 1])), "y[2] is 0.5; a label 0 or 1 works"),
        ]:
            for storage in ({}, {"compression": "gzip"}):
                self.make(*columns, **storage)
                self.assertEqual(self.refusal(), f"given.h5:/{line}")

    def test_wrong_datasets(self):
        for columns, words in [
            ((X0[:0], X1[:0], Y[:0]), "x0 is empty"),
            ((X0, X1[:3]), "x1 has a length of 3, and x0 of 4"),
            ((X0, X1, Y[:1]), "y has a length of 1, and x0 of 4"),
            ((np.ones((2, 2)),), "x0 is not 1-D"),
            ((X0, 1.0), "x1 is not 1-D"),
            ((X0 + 0j,), "x0 has no numbers"),
            ((X0, X1, np.array([b"a", b"b", b"a", b"b"])), "y has no numbers"),
            ((X0, X1, None), "y is missing beside x0, x1; 1-D datasets x0, x1 and y work"),
            ((X0, None), "x1 is missing beside x0, y; 1-D"),
        ]:
            self.make(*columns)
            self.assertTrue(self.refusal().startswith(f"given.h5:/{words}"), self.refusal())
        self.make(compression="lzf")
        self.assertIn("x0 cannot be read", self.refusal())
        self.make(None)
        for change in [lambda file: file.create_group("x0"), lambda file: file.__setitem__("x0", h5py.SoftLink("/x0"))]:
            with h5py.File(self.directory / "given.h5", "r+") as file:
                file.pop("x0", None)
                change(file)
            self.assertIn("x0 cannot be opened", self.refusal())

    def test_values_that_were_never_written(self):
        """HDF5 would give zeros, as many as the file claims."""
        for n, chunks in [(10, None), (10, (5,)), (2**31, (2**20,))]:
            with h5py.File(self.directory / "given.h5", "w") as file:
                for name in ("x0", "x1", "y"):
                    file.create_dataset(name, shape=(n,), dtype="f8", chunks=chunks)
                if chunks == (5,):
                    file["x0"][:5] = 1
            self.assertEqual(self.refusal(), "given.h5:/x0 has values that were never written")

    def test_the_file_is_not_replaced(self):
        self.make(group="/g")
        for data in ("given.h5:/g", "points.csv"):
            sweep = ["sweep", "--phi", "3", "--r", "3", "--data", f"d={data}", "--force", "-o", data.split(":")[0]]
            done = fishergrid.run(*sweep, cwd=self.directory)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"would replace the input", done.stderr)

    def test_damaged_files(self):
        """One line, or samples."""
        chance = random.Random(3)
        for name, storage in [("a.h5", {}), ("b.h5", {"chunks": (2,), "compression": "gzip"}), ("c.h5", {"libver": "latest"})]:
            self.make(name=name, **storage)
            good = (self.directory / name).read_bytes()
            for _ in range(40):
                content = bytearray(good[: chance.choice([len(good), len(good), chance.randrange(1, len(good))])])
                for _ in range(chance.choice([1, 1, 4])):
                    content[chance.randrange(len(content))] = chance.choice([0, 255, chance.randrange(256)])
                (self.directory / "bad.h5").write_bytes(content)
                done = fishergrid.run("point", "--phi", "1", "--r", "0.3", "--data", "d=bad.h5", cwd=self.directory)
                if done.returncode != 0:
                    self.assertEqual(done.returncode, 2)
                    self.assertTrue(re.fullmatch(r"fishergrid point: bad\.h5[^\n]*\n", done.stderr.decode()), done.stderr)

    def test_standard_input_and_what_is_no_file_of_samples(self):
        cell = ["point", "--phi", "1", "--r", "0.3", "--json", "--data"]
        read = fishergrid.run(*cell, "d=-", cwd=self.directory, input=CSV.encode(), stdin=None)
        self.assertEqual(read.stdout.decode(), self.succeed(*cell, "d=points.csv"))
        bad = fishergrid.run(*cell, "d=-", cwd=self.directory, input=b"x0,x1,y\n1,2,3\n", stdin=None)
        self.assertEqual((bad.returncode, bad.stderr), (2, b"fishergrid point: standard input:2:5: y is '3'; a label 0 or 1 works\n"))
        np.savez(self.directory / "p.npz", x0=X0)
        self.assertIn("p.npz:1:1: a ZIP archive", self.refusal("p.npz"))
        np.save(self.directory / "p.npy", X0)
        self.assertIn("p.npy:1:1: a NumPy file", self.refusal("p.npy"))


if __name__ == "__main__":
    fishergrid.main()
