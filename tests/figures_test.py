#!/usr/bin/env python3
"""Tests analysis/figures.py: the figures of a small sweep, of hand-made files, and what it says of bad files.

    figures_test.py PROGRAM       PROGRAM: the fishergrid to sweep with
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import matplotlib.image
import numpy as np

ANALYSIS = Path(__file__).resolve().parent.parent / "analysis"
sys.path.insert(0, str(ANALYSIS))
import fishergrid_file  # noqa: E402

PROGRAM = None
VECTOR = ["natural_gradient_phi", "natural_gradient_r"]


def draw(file, directory):
    command = [sys.executable, str(ANALYSIS / "figures.py"), str(file), "-o", str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def write_file(path, shape, fields):
    """A file of one data set "A" with the given fields {name: values}, no samples, no flag unless given."""
    with h5py.File(path, "w") as file:
        file.attrs["default"] = np.bytes_("entry")
        file["phi"] = np.linspace(0, 2 * np.pi, shape[0])
        file["r"] = np.linspace(-5, 5, shape[1])
        file["phi"].attrs["units"] = np.bytes_("rad")
        group = file.create_group("entry/A")
        group.attrs["NX_class"] = np.bytes_("NXdata")
        group.attrs["axes"] = np.array(["phi", "r"], "S")
        group.attrs["signal"], *others = [np.bytes_(name) for name in fields]
        group.attrs["auxiliary_signals"] = np.array(others, "S")
        for axis in ("phi", "r"):
            group[axis] = h5py.SoftLink(f"/{axis}")
        for name, values in fields.items():
            file[f"{name}_A"] = values
            group[name] = h5py.SoftLink(f"/{name}_A")


class FiguresTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name) / "with a space"
        self.directory.mkdir()
        self.file = self.directory / "sweep.h5"

    def assert_drawn(self, names):
        done = draw(self.file, self.directory / "figures")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual({path.name for path in (self.directory / "figures").iterdir()}, names)
        for name in names:
            pixels = matplotlib.image.imread(self.directory / "figures" / name)[:, :, :3]
            self.assertGreater(min(pixels.shape[:2]), 500, name)
            self.assertGreater(pixels.std(), 0.05, f"{name} is blank")
        return done.stdout

    def assert_refused(self, words):
        done = draw(self.file, self.directory / "figures")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((self.directory / "figures").exists())

    def sweep(self, *options):
        if PROGRAM is None:
            self.skipTest("no program given")
        grid = ["--phi", "24", "--r", "20", "--samples-per-class", "50"]
        subprocess.run([PROGRAM, "sweep", *grid, *options, "-o", str(self.file)], check=True, capture_output=True)

    def test_a_sweep_of_both_data_sets(self):
        self.sweep()
        names = {f"{data}_{what}.png" for data in "AB" for what in ("heatmaps", "vectors")}
        said = self.assert_drawn(names)
        self.assertNotIn("skipped", said)
        with fishergrid_file.open_sweep(self.file) as sweep:
            self.assertEqual([data.name for data in sweep.data_sets], ["A", "B"])
            self.assertEqual([data.shape for data in sweep.data_sets], [(24, 20)] * 2)
            self.assertEqual([data.n_samples for data in sweep.data_sets], [100] * 2)
            self.assertTrue(all(data.n_computed() == 24 * 20 for data in sweep.data_sets))

    def test_a_sweep_of_some_fields(self):
        self.sweep("--data", "A", "--fields", "fisher_r_phi,gradient_phi,gradient_r")
        said = self.assert_drawn({"A_heatmaps.png", "A_vectors.png"})
        self.assertIn("skipped loss, fisher_phi_phi, fisher_r_r, natural_gradient", said)

    def test_missing_vectors_and_cells_not_computed(self):
        shape = (12, 9)
        flag = np.full(shape, 1, "u1")
        flag[8:], flag[:, :3] = 0, 3
        values = np.where(flag == 1, 2.0, np.where(flag == 3, np.nan, 0.0))
        write_file(self.file, shape, {**dict.fromkeys(VECTOR, values), "natural_gradient_flag": flag})
        self.assert_drawn({"A_vectors.png"})

    def test_nothing_computed_yet(self):
        fields = ["loss", "fisher_r_r", *VECTOR]
        write_file(self.file, (6, 5), dict.fromkeys(fields, np.zeros((6, 5))))
        self.assert_drawn({"A_heatmaps.png", "A_vectors.png"})

    def test_extremes_come_from_all_cells(self):
        """Also from those between the cells of the picture, and across the slabs in which a field is read."""
        loss = np.full((50, 40), 3.0)
        loss[31, 17], loss[2, 3], loss[49] = 0.5, 7.0, 0.0  # the last row is not computed
        write_file(self.file, loss.shape, {"loss": loss})
        slab_cells, fishergrid_file.SLAB_CELLS = fishergrid_file.SLAB_CELLS, 80
        self.addCleanup(setattr, fishergrid_file, "SLAB_CELLS", slab_cells)
        with fishergrid_file.open_sweep(self.file) as sweep:
            survey = sweep.data_sets[0].survey("loss", most=4)
        self.assertEqual((survey.low, survey.high, survey.low_cell), (0.5, 7.0, (31, 17)))
        self.assertEqual((survey.cells, survey.picture.shape), (49 * 40, (4, 4)))
        self.assertTrue(np.isnan(survey.picture[3]).all() and (survey.picture[:3] == 3.0).all())

    def test_one_row_is_refused(self):
        write_file(self.file, (1, 30), {"loss": np.ones((1, 30))})
        self.assert_refused("cannot draw a grid of 1 x 30 cells")

    def test_nothing_to_draw_is_refused(self):
        write_file(self.file, (5, 5), {"other": np.ones((5, 5))})
        done = draw(self.file, self.directory / "figures")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1))

    def test_no_file_is_refused(self):
        self.assert_refused("no such file")

    def test_text_is_refused(self):
        self.file.write_text("phi,r\n")
        self.assert_refused("not a readable HDF5 file")

    def test_foreign_hdf5_is_refused(self):
        with h5py.File(self.file, "w") as file:
            file["x"] = 1
        self.assert_refused("not a file of fishergrid")

    def test_cut_file_is_refused(self):
        write_file(self.file, (60, 50), {"loss": np.ones((60, 50))})
        content = self.file.read_bytes()
        self.file.write_bytes(content[: len(content) // 2])
        self.assert_refused("not a readable HDF5 file")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
