#!/usr/bin/env python3
"""`fishergrid xdmf`: what VTK's reader, which is ParaView's, finds through the file it writes.

    xdmf_test.py PATH_TO_FISHERGRID
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import fishergrid_program as fishergrid
from fishergrid_program import FIELDS

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

sys.path.append(str(fishergrid.READERS / "python"))
try:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkCompositeDataSet
    from vtkmodules.vtkIOXdmf2 import vtkXdmfReader
except ImportError:
    vtkXdmfReader = None

# Prints, for pvpython: of each grid the bounds, the ranges of loss and flag, and the natural gradient of all cells.
PARAVIEW = """
import json, sys
from paraview import servermanager
from paraview.simple import XDMFReader
from vtkmodules.util.numpy_support import vtk_to_numpy
reader = XDMFReader(FileNames=[sys.argv[1]])
reader.UpdatePipeline()
data = servermanager.Fetch(reader)
blocks = [data.GetBlock(b) for b in range(data.GetNumberOfBlocks())]
for block in blocks:
    loss, flag, vectors = (block.GetPointData().GetArray(f) for f in ("loss", "natural_gradient_flag", "natural_gradient"))
    print(json.dumps([block.GetBounds(), loss.GetRange(), flag.GetRange(), vtk_to_numpy(vectors).tolist()]))
"""
GRID = ["--phi", "13", "--r", "11", "--samples-per-class", "20", "-q"]


class XdmfTest(fishergrid.ProgramTest):
    def refused(self, *arguments, words):
        done = fishergrid.run("xdmf", *arguments, cwd=self.directory)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertRegex(done.stderr.decode(), r"\Afishergrid xdmf: [^\n]*\n\Z")
        self.assertIn(words, done.stderr.decode())

    def blocks(self, path):
        """{name of a grid: grid} as VTK reads them."""
        reader = vtkXdmfReader()
        reader.SetFileName(str(path))
        reader.Update()
        tree = reader.GetOutputDataObject(0)
        if not hasattr(tree, "GetBlock"):
            return {None: tree}  # a single grid comes without its name
        numbers = range(tree.GetNumberOfBlocks())
        return {tree.GetMetaData(b).Get(vtkCompositeDataSet.NAME()): tree.GetBlock(b) for b in numbers}

    def check(self, xmf, h5, names):
        """x is phi, y is r; every field and both vectors are at their cells."""
        blocks = self.blocks(self.directory / xmf)
        blocks = dict(zip(names, blocks.values(), strict=True)) if None in blocks else blocks
        self.assertEqual(list(blocks), list(names))
        with h5py.File(self.directory / h5) as file:
            for name, grid in blocks.items():
                self.assertEqual(grid.GetClassName(), "vtkRectilinearGrid")
                self.assertEqual(vtk_to_numpy(grid.GetXCoordinates()).tolist(), file["phi"][()].tolist())
                self.assertEqual(vtk_to_numpy(grid.GetYCoordinates()).tolist(), file["r"][()].tolist())
                points = grid.GetPointData()
                there = [points.GetArrayName(k) for k in range(points.GetNumberOfArrays())]
                self.assertEqual(there, [*FIELDS, "gradient", "natural_gradient"])
                stored = {field: file[f"{field}_{name}"][()].T.ravel() for field in FIELDS}  # x is fastest in VTK
                for field in FIELDS:
                    numpy.testing.assert_array_equal(vtk_to_numpy(points.GetArray(field)), stored[field], field)
                for vector in ("gradient", "natural_gradient"):
                    expected = numpy.transpose([stored[f"{vector}_phi"], stored[f"{vector}_r"]])
                    found = vtk_to_numpy(points.GetArray(vector))
                    numpy.testing.assert_array_equal(found[:, :2], expected)
                    # 0 times the first component, which may be infinite or NaN
                    numpy.testing.assert_array_equal(found[numpy.isfinite(expected[:, 0]), 2], 0)
                loss = file[f"loss_{name}"][()]
                self.assertEqual(points.GetArray("loss").GetRange(), (loss.min(), loss.max()))

    @unittest.skipUnless(vtkXdmfReader, "VTK with its XDMF reader is not installed; tests/more_readers.sh does")
    @unittest.skipUnless(h5py, "h5py is not installed")
    def test_values_arrive_in_vtk(self):
        self.succeed("sweep", *GRID, "-o", "x.h5")
        said = self.succeed("xdmf", "x.h5")
        self.assertEqual(said, 'wrote x.xmf; open it in ParaView with "XDMF Reader" to see x.h5\n')
        self.check("x.xmf", "x.h5", "AB")
        for options in [[], ["--float32"]]:
            with self.subTest("packed", options=options):
                self.succeed("pack", "-q", "--force", *options, "x.h5", "p.h5")
                self.succeed("xdmf", "--force", "p.h5")
                self.check("p.xmf", "p.h5", "AB")
        with self.subTest("elsewhere, and both moved"):
            for name in ["a b/c", "a b/d/e"]:
                (self.directory / name).mkdir(parents=True)
            shutil.copy(self.directory / "x.h5", self.directory / "a b/c")
            self.succeed("xdmf", "a b/c/x.h5", "-o", "a b/d/e/y.xmf")
            (self.directory / "a b").rename(self.directory / "moved")
            self.check("moved/d/e/y.xmf", "moved/c/x.h5", "AB")
        with self.subTest("not complete"):
            size = ["--phi", "300", "--r", "300", "--tile", "64"]
            process = fishergrid.start_sweep(self.directory, *fishergrid.SLOW, *size, output="i.h5")
            process.kill()
            process.communicate()
            self.succeed("xdmf", "i.h5.part")
            self.check("i.h5.part.xmf", "i.h5.part", "AB")

    @unittest.skipUnless(vtkXdmfReader, "VTK with its XDMF reader is not installed; tests/more_readers.sh does")
    @unittest.skipUnless(h5py, "h5py is not installed")
    def test_rows_columns_and_cells_without_a_natural_gradient(self):
        (self.directory / "far.csv").write_text("x0,x1,y\n1000,0,0\n-1000,0,1\n")
        for cells in (("1", "7"), ("7", "1"), ("16", "9")):
            with self.subTest(cells=cells):
                grid = ["--phi", cells[0], "--r", cells[1], "--data", "far=far.csv", "-q", "--force"]
                self.succeed("sweep", *grid, "-o", "x.h5")
                self.succeed("xdmf", "x.h5", "--force")
                self.check("x.xmf", "x.h5", ["far"])

    @unittest.skipUnless(shutil.which("pvpython"), "ParaView is not installed")
    @unittest.skipUnless(h5py, "h5py is not installed")
    def test_paraview_opens_it(self):
        self.succeed("sweep", *GRID, "-o", "x.h5")
        self.succeed("xdmf", "x.h5")
        (self.directory / "look.py").write_text(PARAVIEW)
        look = ["pvpython", "--force-offscreen-rendering", "look.py", "x.xmf"]
        done = subprocess.run(look, cwd=self.directory, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File(self.directory / "x.h5") as file:
            for line, name in zip(done.stdout.splitlines()[-2:], "AB", strict=True):
                bounds, loss, flag, vectors = json.loads(line)
                self.assertEqual(bounds, [file["phi"][0], file["phi"][-1], file["r"][0], file["r"][-1], 0, 0])
                for found, field in ((loss, "loss"), (flag, "natural_gradient_flag")):
                    stored = file[f"{field}_{name}"][()]
                    self.assertEqual(found, [stored.min(), stored.max()])
                stored = [file[f"natural_gradient_{axis}_{name}"][()].T.ravel() for axis in ("phi", "r")]
                numpy.testing.assert_array_equal(vectors, numpy.transpose([*stored, 0 * stored[0]]))

    def test_only_fields_that_are_stored(self):
        self.succeed("sweep", *GRID, "--fields", "loss,gradient_r", "--data", "B", "-o", "x.h5")
        self.succeed("xdmf", "x.h5")
        text = (self.directory / "x.xmf").read_text()
        self.assertEqual(re.findall(r":/(\w+)<", text), ["phi", "r", "loss_B", "gradient_r_B"])
        self.assertNotIn("Vector", text)

    def test_what_is_there_stays(self):
        self.succeed("sweep", *GRID, "-o", "x.h5")
        (self.directory / "x.xmf").write_text("mine")
        self.refused("x.h5", words="x.xmf exists")
        self.refused("x.h5", "-o", "x.h5", "--force", words="would replace the input")
        self.refused("missing.h5", words="missing.h5")
        self.refused("x.xmf", words="not an HDF5 file")
        self.refused(words="fishergrid xdmf FILE.h5")
        self.refused("x.h5", "-o", "no/x.xmf", words="make it first")
        self.succeed("sweep", "--phi", "1", "--r", "1", "-q", "-o", "one.h5")
        self.refused("one.h5", words="one.h5 has a single cell")
        (self.directory / "one.h5").unlink()
        os.link(self.directory / "x.h5", self.directory / "a:b.h5")
        self.refused("a:b.h5", words="rename it")
        self.assertEqual((self.directory / "x.xmf").read_text(), "mine")
        self.succeed("xdmf", "x.h5", "--force")
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["a:b.h5", "x.h5", "x.xmf"])
        self.assertIn("x.h5:/loss_A", (self.directory / "x.xmf").read_text())


if __name__ == "__main__":
    fishergrid.main()
