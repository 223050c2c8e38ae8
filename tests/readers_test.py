#!/usr/bin/env python3
"""The file opens in every reader as it is: h5dump, h5ls, ncdump, h5py, xarray, netCDF4, h5netcdf, silx, NCO, NeXus's
validator, H5Web.

    readers_test.py PATH_TO_FISHERGRID

Everything is asked of a complete file, and what only reads also of one whose sweep was killed and of a packed one. A
reader that is not installed is skipped by its name.
"""

import functools
import importlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import fishergrid_program as fishergrid
from fishergrid_program import FIELDS

N, M = 13, 11
PART_SIDE = 300  # cells along each side of the interrupted file
CSV = "x0,x1,y\n1.5,-2.25,0\n0.1,3e-1,1\n-7,12.125,1\n"  # given as data set "C"
H5WASM = "node_modules/h5wasm/dist/node/hdf5_hl.js"
PROVENANCE = ["program", "version", "date"]
PARAMETERS = ["command_line", "config_json", "git_revision", "compiler", "compiler_flags", "hdf5_version", "host", "threads",
              "processes"]  # fmt: skip


def tool(name):
    """Skips the test that calls it when the program `name` is not installed."""
    if not shutil.which(name):
        raise unittest.SkipTest(f"{name} is not installed")
    return name


def module(name):
    """The Python module `name`; skips the test that calls it when it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise unittest.SkipTest(f"the Python module {name} is not installed") from None


def output_of(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def make_complete(directory):
    path = directory / "complete.h5"
    (directory / "c.csv").write_text(CSV)
    data = ["--data", "A", "--data", "B", "--data", f"C={directory / 'c.csv'}"]
    size = ["--phi", N, "--r", M, "--samples-per-class", 20]
    if fishergrid.run("sweep", *size, *data, "-o", path).returncode != 0:
        raise AssertionError("the sweep failed")
    return path


def make_interrupted(directory):
    """What a killed sweep leaves behind: some of its cells, and no final name."""
    path = directory / "interrupted.h5"
    part = path.with_name(path.name + ".part")
    size = ["--phi", PART_SIDE, "--r", PART_SIDE, "--tile", "64"]
    process = fishergrid.start_sweep(directory, *fishergrid.SLOW, *size, output=path.name, tiles=1)
    process.kill()
    process.communicate()
    return part


def make_packed(file):
    path = file.with_name("packed.h5")
    if fishergrid.run("pack", "-q", file, path).returncode != 0:
        raise AssertionError("it cannot be packed")
    return path


def of_all_files(test):
    """Calls test(self, path, names of data sets, cells along phi and r) for the complete, interrupted and packed file."""

    @functools.wraps(test)
    def all_of_them(self):
        files = [(self.file, "ABC", (N, M)), (self.part, "AB", (PART_SIDE, PART_SIDE)), (self.packed, "ABC", (N, M))]
        for path, names, shape in files:
            with self.subTest(path.name):
                test(self, path, names, shape)

    return all_of_them


class ReadersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-test-")
        cls.addClassCleanup(scratch.cleanup)
        cls.directory = Path(scratch.name)
        cls.file = make_complete(cls.directory)
        cls.part = make_interrupted(cls.directory)
        cls.packed = make_packed(cls.file)

    def copy(self):
        path = self.directory / f"{self.id().rsplit('.', 1)[-1]}.h5"
        shutil.copyfile(self.file, path)
        return path

    # --- HDF5's own tools

    @of_all_files
    def test_superblock_has_no_mark_of_open_files(self, path, names, shape):
        """Version 2; version 3 marks the file as open, and after a crash nobody can open it."""
        self.assertEqual(path.read_bytes()[8], 2)

    @of_all_files
    def test_h5dump(self, path, names, shape):
        """Every array that is no scale has its scales attached."""
        header = output_of(tool("h5dump"), "-H", "-A", path)
        arrays = len(names) * (len(FIELDS) + 3 + 7 + 11)  # columns of samples, tiles and stationary points
        self.assertEqual(header.count('ATTRIBUTE "DIMENSION_LIST"'), arrays)
        self.assertEqual(header.count('(0): "DIMENSION_SCALE"'), 2 + 3 * len(names))

    @of_all_files
    def test_h5ls(self, path, names, shape):
        links = re.findall(r"^(\S+) +Soft Link \{(\S+)\}$", output_of(tool("h5ls"), "-r", path), re.M)
        expected = {(f"/entry/{name}/{field}", f"/{field}_{name}") for name in names for field in FIELDS}
        expected |= {(f"/entry/{name}/{axis}", f"/{axis}") for name in names for axis in ("phi", "r")}
        self.assertEqual(set(links), expected)
        for link, _ in links:  # each leads to an array
            self.assertIn("Dataset {", output_of("h5ls", "--follow-symlinks", f"{path}{link}"), link)

    # --- netCDF

    @of_all_files
    def test_ncdump(self, path, names, shape):
        n, m = shape
        self.assertEqual(output_of(tool("ncdump"), "-k", path).strip(), "netCDF-4")
        header = output_of("ncdump", "-h", path)
        self.assertNotIn("phony_dim", header)
        sizes = {}
        for name, size in re.findall(r"^\s+(\w+) = (\d+) ;$", header, re.M):
            sizes.setdefault(name, set()).add(int(size))
        self.assertEqual((set(sizes), sizes["phi"], sizes["r"]), ({"phi", "r", "sample", "tile", "point"}, {n}, {m}))
        for name in names:
            self.assertIn(f"double loss_{name}(phi, r) ;", header)
            self.assertIn(f"ubyte natural_gradient_flag_{name}(phi, r) ;", header)
        self.assertIn('loss_A:long_name = "', header)  # text, not an array of strings
        self.assertIn(f"loss_A:_FillValue = {'0.' if path == self.part else 'NaN'} ;", header)
        self.assertIn(':Conventions = "CF-1.11" ;', header)
        output_of("ncdump", "-v", f"phi,natural_gradient_flag_{names[-1]}", path)

    @of_all_files
    def test_netcdf4(self, path, names, shape):
        netcdf4, numpy = module("netCDF4"), module("numpy")
        with netcdf4.Dataset(path) as file:
            self.assertEqual(list(file.dimensions), ["phi", "r"])
            self.assertEqual(file["phi"].units, "rad")
            for name in names:
                self.assertEqual(file[f"loss_{name}"].dimensions, ("phi", "r"))
                self.assertEqual(file[f"loss_{name}"].shape, shape)
                self.assertEqual(file[f"entry/samples_{name}/x0"].dimensions, ("sample",))
                self.assertEqual(file[f"natural_gradient_flag_{name}"].dtype, numpy.uint8)

    def test_nco(self):
        copy = self.copy()
        made = self.directory / "made.nc"
        output_of(tool("ncap2"), "-O", "-s", "d=loss_A-loss_B", copy, made)
        output_of(tool("ncatted"), "-a", "comment,global,c,c,x", copy)
        with module("netCDF4").Dataset(made) as file:
            self.assertEqual(file["d"].dimensions, ("phi", "r"))
            self.assertTrue((file["d"][:] == file["loss_A"][:] - file["loss_B"][:]).all())
        with module("netCDF4").Dataset(copy) as file:
            self.assertEqual(file.comment, "x")

    def test_editing_by_h5py_and_then_netcdf4(self):
        """Attributes rewritten by h5py make netCDF-C fail where their order of creation is tracked."""
        h5py, netcdf4, copy = module("h5py"), module("netCDF4"), self.copy()
        with h5py.File(copy, "a") as file:
            for name in ("title", "history", "source"):
                value = file.attrs[name]
                del file.attrs[name]
                file.attrs[name] = value
            file["loss_A"].attrs["long_name"] = "renamed"
        with netcdf4.Dataset(copy, "a") as file:
            file.comment = "appended"
            file["loss_A"].note = "appended"
            file.createVariable("mine", "f8", ("phi", "r"))[:] = 1.5
        with netcdf4.Dataset(copy) as file:
            self.assertEqual((file.comment, file["loss_A"].note), ("appended", "appended"))
            self.assertEqual(file["loss_A"].long_name, "renamed")
            self.assertEqual(file["mine"][:].tolist(), [[1.5] * M] * N)
        self.assertEqual(fishergrid.run("info", copy).returncode, 0)

    # --- xarray

    @of_all_files
    def test_xarray(self, path, names, shape):
        """The engine it chooses by itself, and both it could choose; the root, and a group with its coordinates."""
        xarray = module("xarray")
        n, m = shape
        for engine in [None, "netcdf4", "h5netcdf"]:
            with self.subTest(engine=engine):
                module("h5netcdf" if engine == "h5netcdf" else "netCDF4")
                with xarray.open_dataset(path, engine=engine) as root:
                    self.assertEqual(set(root.coords), {"phi", "r"})
                    self.assertEqual(dict(root.sizes), {"phi": n, "r": m})
                    self.assertEqual(set(root.data_vars), {f"{field}_{name}" for field in FIELDS for name in names})
                    self.assertEqual(root.loss_A.dims, ("phi", "r"))
                    self.assertEqual(root.phi.units, "rad")
                    self.assertEqual(root.natural_gradient_flag_A.dtype, "uint8")
                for name in names:
                    with xarray.open_dataset(path, engine=engine, group=f"entry/{name}") as group:
                        self.assertEqual(set(group.coords), {"phi", "r"})
                        self.assertEqual(set(group.data_vars), set(FIELDS))
                    with xarray.open_dataset(path, engine=engine, group=f"entry/samples_{name}") as samples:
                        self.assertEqual(set(samples.data_vars), {"x0", "x1", "y"})

    def test_cells_that_are_not_computed_are_missing(self):
        """So the minimum of a field is one of its computed cells, whoever looks for it."""
        h5py, numpy, xarray, netcdf = (module(name) for name in ("h5py", "numpy", "xarray", "netCDF4"))
        with h5py.File(self.part) as file, netcdf.Dataset(self.part) as dataset:
            done = file["natural_gradient_flag_A"][()] != 0
            for engine in ("netcdf4", "h5netcdf"):
                with xarray.open_dataset(self.part, engine=engine) as root:
                    for field in FIELDS[:-1]:
                        values = file[f"{field}_A"][()]
                        expected = done & (values != 0)
                        numpy.testing.assert_array_equal(root[f"{field}_A"].notnull(), expected)
                        numpy.testing.assert_array_equal(~numpy.ma.getmaskarray(dataset[f"{field}_A"][:]), expected)
                    self.assertEqual(root.loss_A.min(), file["loss_A"][()][done].min())

    # --- Octave

    @of_all_files
    def test_octave(self, path, names, shape):
        """`load` reads the whole file. Octave counts columns first."""
        say = "disp(size(s.loss_B)); disp(s.entry.setup.kernel); disp(s.entry.A.natural_gradient_flag(1,1));"
        said = output_of(tool("octave-cli"), "--no-gui", "--norc", "--eval", f"s = load('{path}'); {say}").split()
        with module("h5py").File(path) as file:
            expected = [*map(str, reversed(shape)), file["entry/setup/kernel"][()].decode()]
            self.assertEqual(said, [*expected, str(file["natural_gradient_flag_A"][0, 0])])

    def test_octave_with_a_command_line_that_is_not_ascii(self):
        path, samples = self.directory / "größe.h5", self.directory / "ümlaut.csv"
        samples.write_text(CSV)
        done = fishergrid.run("sweep", "--phi", "3", "--r", "4", "-q", "--data", f"C={samples}", "-o", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        say = f"s = load('{path}'); disp(size(s.loss_C)); disp(s.entry.provenance.parameters.command_line);"
        said = output_of(tool("octave-cli"), "--no-gui", "--norc", "--eval", say)
        self.assertRegex(said, r"\A +4 +3\n.* sweep --phi 3 --r 4 -q --data \$'C=[^\n]*\\303\\274mlaut\.csv' -o ")

    # --- NeXus viewers

    @of_all_files
    def test_silx(self, path, names, shape):
        """The default plot is the loss as an image, with its axes and all other fields to choose from."""
        silx_io, nxdata = module("silx.io"), module("silx.io.nxdata")
        with silx_io.open(str(path)) as file:
            plot = nxdata.get_default(file)
            self.assertTrue(plot.is_valid and plot.is_image)
            self.assertEqual(plot.issues, [])
            self.assertEqual((plot.signal_dataset_name, plot.axes_dataset_names), ("loss", ["phi", "r"]))
            self.assertEqual(plot.auxiliary_signals_dataset_names, FIELDS[1:])
            self.assertEqual(plot.signal.shape, shape)
            for name in names:
                each = nxdata.NXdata(file[f"entry/{name}"])
                self.assertTrue(each.is_valid and each.is_image)
                self.assertEqual(each.issues, [])

    @of_all_files
    def test_nexus_classes(self, path, names, shape):
        h5py = module("h5py")
        with h5py.File(path) as file:
            classes = {"/": "NXroot", "entry": "NXentry", "entry/provenance": "NXprocess"}
            classes["entry/provenance/parameters"] = "NXparameters"
            classes["entry/setup"] = "NXcollection"
            classes.update({f"entry/{name}": "NXdata" for name in names})
            classes.update({f"entry/samples_{name}": "NXcollection" for name in names})
            for group, nx_class in classes.items():
                self.assertEqual(file[group].attrs["NX_class"], nx_class.encode(), group)
            self.assertEqual((file.attrs["default"], file["entry"].attrs["default"]), (b"entry", b"A"))
            self.assertEqual(file["entry/A"].attrs["axes"].tolist(), [b"phi", b"r"])
            for name in names:
                self.assertEqual(file[f"loss_{name}"].attrs["interpretation"], b"image")

    @of_all_files
    def test_nexus_validator(self, path, names, shape):
        """No errors; warnings are of fields that NeXus does not define."""
        if not (fishergrid.READERS / "python/nexusformat").exists():
            self.skipTest("nexusformat is not installed; tests/more_readers.sh does")
        module("hdf5plugin")
        validate = "import sys; sys.path.append(sys.argv[1]); from nexusformat.nexus import validate; "
        validate += "validate.validate_file(sys.argv[2])"
        said = output_of(sys.executable, "-c", validate, fishergrid.READERS / "python", path)
        self.assertRegex(said, "Total number of errors: 0\\b")
        self.assertIn("/entry/provenance", said, "nothing was validated")

    @of_all_files
    def test_h5web(self, path, names, shape):
        """What H5Web demands before it plots, on its own reader; and that values arrive there."""
        rules, reader = Path(__file__).with_name("h5web_rules.mjs"), fishergrid.READERS / H5WASM
        if not reader.exists():
            self.skipTest("h5wasm is not installed; tests/more_readers.sh does")
        plot = json.loads(output_of(tool("node"), rules, reader, path))
        self.assertEqual((plot["group"], plot["signal"], plot["axes"]), ("/entry/A", "loss", ["phi (rad)", "r (1)"]))
        self.assertEqual((plot["shape"], plot["auxiliary"]), (list(shape), FIELDS[1:]))
        with module("h5py").File(path) as file:
            loss = file["loss_A"][()]
        self.assertEqual((plot["least"], plot["largest"]), (loss.min(), loss.max()))

    # --- h5py: what is in it

    @of_all_files
    def test_layout_in_h5py(self, path, names, shape):
        h5py, numpy = module("h5py"), module("numpy")
        with h5py.File(path) as file:
            for name in names:
                for field in FIELDS:
                    array = file[f"entry/{name}/{field}"]
                    self.assertEqual(array, file[f"{field}_{name}"])
                    self.assertEqual([list(dimension.keys()) for dimension in array.dims], [["phi"], ["r"]])
                    self.assertEqual(array.shape, shape)
                    self.assertEqual(array.chunks is not None, path == self.packed)
                    self.assertEqual(array.dtype.str, "|u1" if field.endswith("flag") else "<f8")
                    if path != self.packed and array.nbytes >= 2048:  # so that threads seldom write into the same page
                        self.assertEqual(array.id.get_offset() % 4096, 0, f"{array.name} does not begin on a page")
                flag = file[f"natural_gradient_flag_{name}"]
                self.assertNotIn("_FillValue", flag.attrs)  # xarray would make floats of the flags
                self.assertEqual(flag.attrs["flag_values"].tolist(), [0, 1, 2, 3, 4])
                self.assertEqual(flag.attrs["flag_values"].dtype, numpy.uint8)
                self.assertEqual(flag.attrs["flag_meanings"], b"not_computed regular recomputed undefined overflow")

    @of_all_files
    def test_attributes_that_every_reader_takes(self, path, names, shape):
        """Numbers and texts only; at most one dimension; texts of fixed length; no name that differs only by case."""
        h5py = module("h5py")
        allowed_references = {"DIMENSION_LIST", "REFERENCE_LIST"}  # of the dimension scales; all readers know them

        def check(name, node):
            self.assertRegex(name.rsplit("/", 1)[-1], r"\A[A-Za-z][A-Za-z0-9_]*\Z")
            if isinstance(node, h5py.Group):
                self.assertEqual(len(list(node)), len({member.lower() for member in node}))
            for key in node.attrs:
                attribute = node.attrs.get_id(key)
                if key not in allowed_references:
                    self.assertIn(attribute.get_type().get_class(), (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING))
                    self.assertLessEqual(len(attribute.shape), 1, f"{name}@{key}")
                if isinstance(attribute.get_type(), h5py.h5t.TypeStringID):
                    self.assertFalse(attribute.get_type().is_variable_str(), f"{name}@{key}")

        with h5py.File(path) as file:
            check("root", file)
            file.visititems(check)
            self.assertNotIn("_NCProperties", file.attrs)

    @of_all_files
    def test_provenance(self, path, names, shape):
        h5py = module("h5py")
        with h5py.File(path) as file:
            process = file["entry/provenance"]
            stored = [process[name] for name in PROVENANCE]
            stored += [process[f"parameters/{name}"] for name in PARAMETERS]
            stored += [file["entry/title"], file["entry/start_time"], file["entry/program_name"]]
            if path != self.part:
                stored += [file["entry/end_time"], process["summary_json"]]
                self.assertRegex(file["entry/end_time"].asstr()[()], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
            for dataset in stored:
                self.assertNotIn(dataset[()], (b"", None), f"{dataset.name} is empty")
            output = "interrupted.h5" if path == self.part else "complete.h5"  # a packed file says what made its values
            self.assertIn(output, process["parameters/command_line"].asstr()[()])
            self.assertTrue(file.attrs["history"].startswith(file["entry/start_time"][()]))
            self.assertTrue(file.attrs["source"].startswith(b"fishergrid"))

    @of_all_files
    def test_setup(self, path, names, shape):
        """Typed scalars that say what they are, for every reader."""
        h5py, numpy = module("h5py"), module("numpy")
        counts = ["phi_cells", "r_cells", "tile_cells", "part", "parts", "samples_per_class"]
        counts += [f"{kind}_{name}" for kind in ("samples_of", "sources_of", "drawn") for name in names]
        bits = ["seed", "arithmetic", "layout_hash", *(f"checksum_of_{name}" for name in names)]
        reals = ["phi_low", "phi_high", "r_low", "r_high", "damping", "spread"]
        texts = ["method", "reduction", "fields", "kernel", "data"]
        kinds = {"<i8": counts, "<u8": bits, "<f8": reals}
        with h5py.File(path) as file:
            setup = file["entry/setup"]
            self.assertEqual(set(setup), {*counts, *bits, *reals, *texts})
            for kind, scalars in kinds.items():
                self.assertEqual({setup[name].dtype.str for name in scalars}, {kind})
            for name in setup:
                self.assertEqual(setup[name].shape, ())
                self.assertTrue(setup[name].attrs["long_name"], name)
            self.assertEqual((setup["phi_cells"][()], setup["r_cells"][()]), shape)
            self.assertEqual(setup["data"].asstr()[()], ",".join(names))
            for name in names:
                self.assertEqual(setup[f"samples_of_{name}"][()], file[f"entry/samples_{name}/y"].size)
            self.assertEqual(file.attrs["format_version"].dtype, numpy.int32)
            expected = {name: setup[name].asstr()[()] if name in texts else setup[name][()] for name in setup}
        with module("netCDF4").Dataset(path) as file:
            found = {name: variable[...] for name, variable in file["entry/setup"].variables.items()}
            self.assertEqual({name: value if name in texts else value[()] for name, value in found.items()}, expected)
        with module("xarray").open_dataset(path, engine="netcdf4", group="entry/setup") as found:
            self.assertEqual({name: value.item() for name, value in found.data_vars.items()}, expected)

    def test_samples_are_those_given(self):
        h5py = module("h5py")
        given = [line.split(",") for line in CSV.splitlines()[1:]]
        with h5py.File(self.file) as file:
            samples = file["entry/samples_C"]
            self.assertEqual(samples["sample"][()].tolist(), list(range(len(given))))
            for column, (name, kind) in enumerate([("x0", float), ("x1", float), ("y", int)]):
                self.assertEqual(samples[name][()].tolist(), [kind(row[column]) for row in given])

    def test_cells_are_those_of_point(self):
        """Read by whoever is there: the numbers in the file are the program's own, bit by bit."""
        h5py = module("h5py")
        with h5py.File(self.file) as file:
            for i, j in [(0, 0), (0, M - 1), (N - 1, 0), (N - 1, M - 1), (5, 7)]:
                place = ["--phi", repr(float(file["phi"][i])), "--r", repr(float(file["r"][j]))]
                command = ["point", *place, "--samples-per-class", "20", "--data", "A", "--data", "B"]
                command += ["--data", f"C={self.directory / 'c.csv'}"]
                lines = [line.split() for line in fishergrid.run(*command).stdout.decode().splitlines()[2:]]
                self.assertEqual([line[0] for line in lines], FIELDS)
                for field, *values in lines:
                    for name, value in zip("ABC", values, strict=True):
                        stored = file[f"{field}_{name}"]
                        meanings = stored.attrs.get("flag_meanings", b"").decode().split()
                        flags = dict(zip(meanings, stored.attrs.get("flag_values", [])))
                        expected = flags[value] if flags else value
                        self.assertEqual(repr(float(stored[i, j])), repr(float(expected)), field)

    def test_finished_cells_of_a_killed_sweep_are_right(self):
        """Where the flag is set the values are there; where it is not, nothing has been written."""
        h5py, numpy = module("h5py"), module("numpy")
        with h5py.File(self.part) as file:
            n_done = 0
            for name in "AB":
                done = file[f"natural_gradient_flag_{name}"][()] != 0
                n_done += int(done.sum())
                for field in FIELDS[:-1]:
                    self.assertTrue(numpy.isfinite(file[f"{field}_{name}"][()][done]).all())
                self.assertTrue((file[f"loss_{name}"][()][done] > 0).all())
                self.assertTrue((file[f"fisher_r_r_{name}"][()][done] > 0).all())
        self.assertGreater(n_done, 0, "killed before the first tile")
        self.assertLess(n_done, 2 * PART_SIDE**2)


if __name__ == "__main__":
    fishergrid.main()
