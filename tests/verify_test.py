#!/usr/bin/env python3
"""Tests `fishergrid verify`: it accepts correct files, and finds and names every change of a file.

    verify_test.py PATH_TO_FISHERGRID
"""

import json
import os
import re
import shutil
import subprocess
import unittest

import fishergrid_program as fishergrid
from fishergrid_program import FIELDS, GEOMETRY

try:
    import h5py
    import numpy
    from mutations import (
        flip_bit, group_instead, instead, kept_bits, overwritten, replaced, retyped, scaled, with_attribute, with_value,
        without, without_attributes, write_value,
    )  # fmt: skip
except ImportError:
    h5py = None

SMALL = ["--phi", "30", "--r", "20", "--samples-per-class", "10", "--tile", "70"]
# Two heaps whose weights differ by many decades, and a sample alone: flags 2 and 3.
HEAPS = b"x0,x1,y\n0.1,-70,0\n-0.1,-70.2,1\n0.05,80.1,0\n0,80,1\n"
ALONE = b"x0,x1,y\n1,2,0\n"
RECOMPUTED = FIELDS
LAWS = ["finite_difference_phi", "finite_difference_r", "fisher_semidefinite"]


@unittest.skipUnless(h5py, "h5py is not installed: cannot change files")
class VerifyTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "x.h5"

    def sweep(self, *options):
        self.succeed("sweep", "-q", "--force", *SMALL, *options, "-o", "x.h5")

    def verify(self, *options, cells=100, path=None):
        """Returns (exit code, report, standard error). Random cells take most of the time, so `cells` is small."""
        done = self.run_verify(*options, "--cells", cells, "--json", path=path)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()

    def run_verify(self, *options, path=None):
        done = fishergrid.run("verify", path or self.path, *options, cwd=self.directory)
        self.assertEqual(done.stderr.count(b"\n"), 1 if done.returncode else 0, done.stderr)
        return done

    def says_the_same_as_text(self, cells=100, path=None):
        """Checks that the text has a line for each check of the JSON report, and the same last line."""
        code, report, told = self.verify(cells=cells, path=path)
        text = self.run_verify("--cells", cells, path=path)
        self.assertEqual((text.returncode, text.stderr.decode()), (code, told))
        wrong = [check["wrong"] for check in checks_of(report).values()]
        self.assertEqual(list(map(int, re.findall(rb"(?m)^  [a-z_0-9]+ +\d+ +(\d+)", text.stdout))), wrong)
        self.assertEqual(report["right"], not any(wrong))

    def finds(self, *expected, **options):
        """Asserts that exactly these checks find a fault, and that the message names them."""
        code, report, told = self.verify(**options)
        self.assertEqual(code, 1, told)
        wrong = {name for name, check in checks_of(report).items() if check["wrong"]}
        self.assertEqual(wrong, set(expected))
        for name in expected:
            self.assertIn(name, told)
        return report

    def changed(self, change):
        """Makes x.h5: a copy of right.h5, changed through HDF5."""
        shutil.copy(self.directory / "right.h5", self.path)
        with h5py.File(self.path, "r+") as file:
            change(file)

    # --- what is right

    def test_the_exercise(self):
        self.succeed("sweep", "-q", "-o", "x.h5")
        code, report, told = self.verify(cells=300)
        self.assertEqual((code, told), (0, ""))
        for data in "AB":
            checks = report["data"][data]["checks"]
            self.assertEqual([checks[field]["checked"] for field in RECOMPUTED], 9 * [300])
            self.assertEqual([checks["values"]["checked"], checks["tiles"]["checked"]], [512 * 512, 64])
            for name in [*RECOMPUTED[:8], *LAWS]:
                self.assertLessEqual(checks[name]["largest_error"], checks[name]["bound"])
                self.assertLess(checks[name]["bound"], 1e-9)

    def test_kinds_of_files(self):
        """Files of sweeps are correct, also where natural gradients are recomputed or do not exist."""
        (self.directory / "heaps.csv").write_bytes(HEAPS)
        (self.directory / "alone.csv").write_bytes(ALONE)
        both = ["--data", "heaps=heaps.csv", "--data", "alone=alone.csv"]
        for options in [
            both,
            [*both, "--reduction", "mean", "--method", "direct"],
            [*both, "--damping", "0.25"],
            ["--reduction", "mean", "--damping", "0.25", "--method", "chebyshev"],
            ["--phi", "1", "--r", "1"],
            ["--phi", "1", "--r", "500", "--tile", "7"],
            ["--fields", "natural_gradient_flag"],
            ["--fields", "loss"],
            ["--fields", "gradient_r,fisher_r_phi"],
            ["--spread", "1000", "--r-range=-1e5:1e5", "--phi-range=-1e5:2e5"],
        ]:
            with self.subTest(options=options):
                self.sweep(*options)
                self.assertEqual(self.verify(cells=1000)[0], 0)

    def test_coordinates_of_any_size(self):
        """The Fisher matrix may be below the range of doubles, where rounding is absolute."""
        sizes = [5e-324, 1e-300, 1e-162, 1e-154, 1e-150, 1e-80, 1e-8, 1.0, 1e3, 1e6]
        points = [[(size, -size / 3)] for size in sizes] + [[(a, b), (b, a), (-b, a)] for a, b in zip(sizes, sizes[::-1])]
        points.append([(2e-164, -1e-12), (-5e-159, -1e-18), (1e-156, 4e-4), (9e-159, -5e-29)])  # C is 1e-313 at phi = 0
        points.append([(0.0, -3143.0), (0.0, -0.03)])  # with damping, a_phi of the only sample with a weight is near 0
        for samples in points:
            rows = [f"{x0!r},{x1!r},{k % 2}\n" for k, (x0, x1) in enumerate(samples)]
            (self.directory / "sizes.csv").write_text("x0,x1,y\n" + "".join(rows))
            for options in [["--method", "direct"], ["--reduction", "mean", "--r-range=-300:300"], ["--damping", "1e-9", "--phi-range=-100:100"]]:
                with self.subTest(samples=samples, options=options):
                    grid = ["--phi", "24", "--r", "18", "--data", "d=sizes.csv"]
                    self.succeed("sweep", "-q", "--force", *grid, *options, "-o", "x.h5")
                    self.assertEqual(self.succeed("verify", "x.h5").splitlines()[-1], "x.h5 is complete and correct")

    def test_text_and_json_say_the_same(self):
        """Compares both outputs for a correct file, and for faults of the file and of one data set."""
        self.sweep()
        self.says_the_same_as_text()
        for name in ("entry/tiles_B/cells_undefined", "entry/samples_A/x1"):
            write_value(self.path, name, 1, 4)
            self.says_the_same_as_text()

    def test_fields_that_are_not_stored(self):
        self.sweep("--fields", "loss", "--data", "A")
        checks = self.verify()[1]["data"]["A"]["checks"]
        checked = {name for name, check in checks.items() if check["checked"]}
        self.assertEqual(checked, {"loss", "values", "tiles", "tile_marks", "samples", "stationary_points"})

    def test_why_a_check_compared_nothing(self):
        for options, words in (
            (["--fields", "loss"], "gradient_r +0 +0 +not stored"),
            (["--damping", "0", "--data", "one=one.csv"], "natural_gradient_r +0 +0 +no cell has a value to compare"),
        ):
            (self.directory / "one.csv").write_text("x0,x1,y\n1,2,0\n")
            self.sweep(*options)
            self.assertRegex(self.succeed("verify", "x.h5"), rf"(?m)^  {words}$")

    def test_threads_and_seed(self):
        self.sweep()
        first = self.verify("--threads", "1")
        self.assertEqual(self.verify("--threads", "5"), first)
        self.assertNotEqual(self.verify("--seed", "1"), first)

    def test_a_sweep_that_was_killed(self):
        process = fishergrid.start_sweep(self.directory, *fishergrid.SLOW, "--samples-per-class", 20000, tiles=2)
        process.kill()
        process.communicate()
        part = self.directory / "x.h5.part"
        code, report, told = self.verify(cells=1, path=part)
        self.assertEqual((code, report["right"], report["complete"]), (1, True, False))
        self.assertRegex(told, r"x.h5.part is not complete, but its finished tiles are correct\n\Z")
        self.says_the_same_as_text(cells=1, path=part)
        self.assertGreater(report["tiles_done"], 1)
        self.assertLess(report["tiles_done"], report["tiles"])
        cells = 300 * 300
        self.assertLess(0, report["data"]["A"]["checks"]["values"]["checked"])
        self.assertLess(report["data"]["A"]["checks"]["values"]["checked"], cells)
        shutil.move(part, self.path)
        flip_bit(self.path, "loss_A", 5, 1)  # in the first tile, which is done
        self.assertIn("tiles of A", self.verify(cells=1)[2])

    # --- what is not

    def test_a_bit_of_any_field(self):
        self.sweep("--fields", "all")
        shutil.copy(self.path, self.directory / "right.h5")
        for number, field in enumerate([*FIELDS, *GEOMETRY]):
            bytes_of_value = 1 if field.endswith("_flag") else 8
            for byte in [0, (600 - 1) * bytes_of_value, (7 * 37 * (number + 1)) % 600 * bytes_of_value]:
                with self.subTest(field=field, byte=byte):
                    shutil.copy(self.directory / "right.h5", self.path)
                    flip_bit(self.path, f"{field}_B", byte, 0)
                    code, report, told = self.verify(cells=1)
                    self.assertEqual((code, report["data"]["B"]["checks"]["tiles"]["wrong"]), (1, 1))
                    self.assertIn("tiles of B", told)
                    self.assertFalse(any(check["wrong"] for check in report["data"]["A"]["checks"].values()))

    def test_values(self):
        """Changes values of the first cell. With so many random cells in a small grid, it is certainly checked."""
        nan, one, huge = float("nan"), 1.0, 1e300
        for name, value, expected in [
            ("loss_A", -one, ["loss", "values", "tiles", "tile_marks"]),
            ("loss_A", huge, ["loss", "tiles"]),
            ("loss_A", nan, ["loss", "values", "tiles"]),
            ("fisher_phi_phi_A", huge, ["fisher_phi_phi", "tiles"]),
            ("fisher_r_r_A", 0.0, ["fisher_r_r", "fisher_semidefinite", "tiles"]),
            ("fisher_r_phi_A", huge, ["fisher_r_phi", "fisher_semidefinite", "tiles"]),
            ("gradient_phi_A", huge, ["gradient_phi", "finite_difference_phi", "tiles"]),
            ("gradient_r_A", huge, ["gradient_r", "finite_difference_r", "tiles"]),
            ("natural_gradient_phi_A", nan, ["natural_gradient_phi", "values", "tiles"]),
            ("natural_gradient_r_A", huge, ["natural_gradient_r", "tiles"]),
            ("natural_gradient_flag_A", 3, ["natural_gradient_flag", "values", "tiles", "tile_marks"]),
            ("natural_gradient_flag_A", 4, ["values", "tiles", "tile_marks"]),
            ("natural_gradient_r_A", float("inf"), ["natural_gradient_r", "values", "tiles"]),
            ("hessian_phi_phi_A", huge, ["hessian_phi_phi", "tiles"]),
            ("hessian_phi_phi_A", nan, ["hessian_phi_phi", "values", "tiles"]),
            ("empirical_fisher_r_r_A", -one, ["empirical_fisher_r_r", "values", "tiles"]),
            ("fisher_eigenvalue_min_A", -one, ["fisher_eigenvalue_min", "values", "tiles"]),
            ("fisher_eigenvector_angle_A", 2.0, ["fisher_eigenvector_angle", "values", "tiles"]),
            ("fisher_condition_A", 0.5, ["fisher_condition", "values", "tiles"]),
            ("fisher_volume_A", nan, ["fisher_volume", "values", "tiles"]),
            ("natural_gradient_norm_A", -one, ["natural_gradient_norm", "values", "tiles"]),
            ("natural_gradient_flag_A", 0, ["values", "tiles"]),
            ("natural_gradient_flag_A", 7, ["values", "tiles"]),
        ]:
            with self.subTest(name, value=value):
                self.sweep("--data", "A", "--phi", "6", "--r", "5", "--tile", "7", "--fields", "all")
                write_value(self.path, name, 0, value)
                code, report, told = self.verify(cells=300)
                wrong = {name for name, check in checks_of(report).items() if check["wrong"]}
                self.assertEqual(wrong, {f"{name} of A" for name in expected})
                self.assertEqual(code, 1)
                for check in set(expected) - {"tiles", "tile_marks"}:
                    found = report["data"]["A"]["checks"][check]
                    self.assertEqual((found["i"], found["j"]), (0, 0))

    def test_axes_samples_and_marks(self):
        self.sweep()
        shutil.copy(self.path, self.directory / "right.h5")
        for name, index, value, expected in [
            ("phi", 0, 0.001, ["phi"]),
            ("phi", 7, 1.5, ["phi"]),
            ("r", 19, 5.5, ["r"]),
            ("entry/samples_A/sample", 3, 4, ["samples of A"]),
            ("entry/samples_A/y", 3, 2, ["samples of A"]),
            ("entry/samples_A/x0", 3, float("nan"), ["samples of A"]),
            ("entry/samples_A/x1", 3, 1e7, ["samples of A"]),
            ("entry/tiles_B/tile", 3, 4, ["tile_marks of B"]),
            ("entry/tiles_B/checksum", 3, 4, ["tiles of B"]),
            ("entry/tiles_B/checksum", 3, 0, ["tiles of B", "summary"]),
            ("entry/tiles_B/min_loss", 3, 1e9, ["tiles of B", "tile_marks of B"]),
            ("entry/tiles_B/min_loss_cell", 3, 4, ["tiles of B", "tile_marks of B"]),
            ("entry/tiles_B/cells_recomputed", 3, 4, ["tiles of B", "tile_marks of B", "summary"]),
            ("entry/tiles_B/cells_undefined", 3, 4, ["tiles of B", "tile_marks of B", "summary"]),
            ("entry/tiles_B/cells_overflow", 3, 4, ["tiles of B", "tile_marks of B", "summary"]),
            ("entry/tiles_B/direct_fallback_cells", 3, 4, ["tiles of B", "summary"]),
            ("entry/setup/layout_hash", 0, 4, ["setup"]),
        ]:
            with self.subTest(name, value=value):
                shutil.copy(self.directory / "right.h5", self.path)
                write_value(self.path, name, index, value)
                report = checks_of(self.verify()[1])
                wrong = {check for check, found in report.items() if found["wrong"]}
                if name in ("phi", "r"):  # the cells of that value are elsewhere, then
                    self.assertLessEqual(set(expected), wrong)
                else:
                    self.assertEqual(wrong, set(expected))

    def test_a_sample_that_moved(self):
        """The checksum and all cells of the data set show the change."""
        self.sweep("--data", "A")
        write_value(self.path, "entry/samples_A/x0", 2, 1.25)
        code, report, _ = self.verify()
        checks = report["data"]["A"]["checks"]
        self.assertEqual((code, checks["samples"]["wrong"], checks["tiles"]["wrong"]), (1, 1, 0))
        for name in [*RECOMPUTED[:8], "finite_difference_phi", "finite_difference_r"]:
            self.assertGreater(checks[name]["largest_error"], 1e-6, name)
            self.assertGreater(checks[name]["wrong"], 0)

    def test_texts(self):
        """Texts are changed through HDF5, so its checksums are correct."""
        self.sweep()
        self.path.rename(self.directory / "right.h5")
        summary, parameters = "entry/provenance/summary_json", "entry/provenance/parameters"
        for what, change, expected in [
            ("another summary", replaced(summary, '"min_loss": ', '"min_loss": 1'), ["summary"]),
            ("no JSON", replaced(summary, "{", " "), ["summary"]),
            ("no text", without(f"{parameters}/host"), ["structure", "texts"]),
            ("no options", without(f"{parameters}/config_json"), ["structure", "texts"]),
            ("another short name", instead("entry/A/loss", h5py.SoftLink("/loss_B")), ["structure"]),
            ("no short name", without("entry/B/phi"), ["structure"]),
            ("not complete", lambda file: file.attrs.modify("complete", numpy.int32(0)), None),
        ]:
            with self.subTest(what):
                self.changed(change)
                if expected:
                    self.finds(*expected)
                else:
                    self.assertRegex(self.verify()[2], "is not complete, but its finished tiles are correct")

    # --- setup

    def refuses(self, *words):
        """Asserts that x.h5 is refused when it is opened, in one line with these words."""
        code, report, told = self.verify(cells=1)
        self.assertEqual((code, report), (2, None), told)
        for word in words:
            self.assertIn(word, told)

    def test_a_setup_that_changed(self):
        """Every scalar is changed to another valid value. The hash of the setup shows it, and so do all tiles, whose
        marks are seeded with the hash; or the value does not fit the rest of the file."""
        self.sweep()
        right = self.path.rename(self.directory / "right.h5")
        cells = {*RECOMPUTED[:8], "finite_difference_phi", "finite_difference_r"}  # what random cells tell
        moved = [f"{name} of {data}" for name in cells for data in "AB"]
        gradient = [f"natural_gradient_{part} of {data}" for part in ("phi", "r") for data in "AB"]
        size = [f"{name} of {data}" for name in cells - set(FIELDS[6:]) for data in "AB"]
        points = [f"stationary_points of {data}" for data in "AB"]
        changed = [
            ("phi_cells", 29, "/phi has another shape"),
            ("phi_low", 0.5, ["phi", "summary", *moved, *points]),  # the saddle is outside then
            ("phi_high", 6.25, ["phi", "summary", *moved]),
            ("r_cells", 10, "/r has another shape"),
            ("r_cells", 21, "no tile of this grid has 60 cells"),
            ("r_low", -4.5, ["r", "summary", *moved]),
            ("r_high", 5.5, ["r", "summary", *moved]),
            ("tile_cells", 61, "no tile of this grid has 61 cells"),
            ("tile_cells", 80, "/entry/tiles_A/tile has another shape"),
            ("part", 1, "part: 1 of 0 parts"),
            ("parts", 1, "part: 0 of 1 parts"),
            ("method", "direct", []),
            ("reduction", "mean", [*size, *points]),
            ("damping", 0.5, gradient),
            ("damping", -0.0, []),
            ("fields", "loss", []),
            ("samples_per_class", 11, []),
            ("spread", 0.25, []),
            ("seed", 1, []),
            ("seed", 2**64 - 1, []),
            ("kernel", "none", []),
            ("arithmetic", 1, []),
            ("data", "B,A", ["structure"]),  # the first one is what viewers plot
            ("data", "A,C", "/entry/setup/samples_of_C is missing"),
            ("data", "A,A", "'A' and 'A' are the same name"),
        ]
        for data in "AB":
            changed += [
                (f"samples_of_{data}", 21, f"/entry/samples_{data}/sample has another shape"),
                (f"checksum_of_{data}", 7, [f"samples of {data}", f"stationary_points of {data}"]),
                (f"sources_of_{data}", 7, ["summary"]),
                (f"drawn_{data}", 0, []),
            ]
        with h5py.File(right) as file:
            self.assertEqual({name for name, *_ in changed} | {"layout_hash"}, set(file["entry/setup"]))
        for name, value, expected in changed:
            with self.subTest(name, value=value):
                self.changed(with_value(f"entry/setup/{name}", value))
                if isinstance(expected, str):
                    self.refuses(expected)
                else:
                    # Fewer fields, fields in another order, or a text of another length that moves what follows it, have
                    # other places; as in a copy, layout_hash says nothing then.
                    placed = name not in ("fields", "method") and value != "B,A"
                    self.finds(*["setup"] * placed, "tiles of A", "tiles of B", *expected)
        with self.subTest("a whole that is called a part"):
            self.changed(lambda file: [file[f"entry/setup/{name}"].__setitem__((), 1) for name in ("part", "parts")])
            self.finds("setup", "tiles of A", "tiles of B")
        with self.subTest("a data set less"):
            self.changed(with_value("entry/setup/data", "A"))
            self.finds("tiles of A")

    def test_a_setup_that_is_not_whole(self):
        """If a scalar is missing or has another type or shape, the file is refused, and the scalar is named."""
        self.sweep("--data", "A")
        right = self.path.rename(self.directory / "right.h5")
        others = {"i": "<i4", "u": "<u4", "f": "<f4"}
        with h5py.File(right) as file:
            scalars = {name: (scalar[()], scalar.dtype) for name, scalar in file["entry/setup"].items()}
        self.assertEqual(len(scalars), 24)
        for name, (value, dtype) in scalars.items():
            at = f"entry/setup/{name}"
            is_text = dtype.kind in "OS"
            for change in [
                without(at),
                group_instead(at),
                instead(at, h5py.SoftLink("/phi")),
                instead(at, h5py.Empty(dtype)),
                retyped(at, 7, "<i8") if is_text else retyped(at, 7, others[dtype.kind]),
                *([] if is_text else [retyped(at, 7, dtype.newbyteorder(">"))]),
                *([retyped(at, 7, "<u8" if dtype.kind == "i" else "<i8")] if dtype.kind in "iu" else []),
                retyped(at, [value], dtype),
                retyped(at, [value, value], dtype),
            ]:
                with self.subTest(name):
                    self.changed(change)
                    self.refuses(name)
        self.changed(without("entry/setup"))
        self.refuses("/entry/setup/phi_cells is missing")

    # --- structure

    def test_structure_of_all_kinds(self):
        """Parts and merged, packed and rounded files have the structure of the layout, and correct values."""
        (self.directory / "heaps.csv").write_bytes(HEAPS)
        (self.directory / "alone.csv").write_bytes(ALONE)

        def right(name):
            code, report, told = self.verify(path=self.directory / name)
            self.assertEqual((code, report["file"]["structure"]["wrong"]), (0, 0), told)
            self.assertGreater(report["file"]["structure"]["checked"], 100)
            self.assertNotIn("first", report["file"]["structure"])

        for options in [
            [],
            ["--fields", "loss", "--data", "B"],
            ["--fields", "natural_gradient_flag"],
            ["--data", "heaps=heaps.csv", "--data", "alone=alone.csv", "--damping", "0.5", "--threads", "2"],
            ["--phi", "1", "--r", "3"],
        ]:
            self.sweep(*options)
            rounding = [["--keep-digits", "3"], ["--keep-digits", "15"], ["--float32"], ["--float32", "--keep-digits", "2"]]
            for packing in [None, [], rounding[3], *([] if options else rounding[:3])]:
                with self.subTest(options=options, packing=packing):
                    if packing is not None:
                        self.succeed("pack", "-q", "--force", *packing, "x.h5", "p.h5")
                    right("x.h5" if packing is None else "p.h5")
        for k in "12":
            self.succeed("sweep", "-q", *SMALL, "--part", f"{k}/2", "-o", f"{k}.h5")
            right(f"{k}.h5")
        self.succeed("merge", "-q", "1.h5", "2.h5", "-o", "m.h5")
        right("m.h5")
        self.succeed("pack", "-q", "--force", "2.h5", "p.h5")
        right("p.h5")

    def test_what_users_add(self):
        """Additional objects, attributes and lines of history are no fault, whatever their types."""
        self.sweep()
        if shutil.which("ncatted"):  # it adds to the history, too
            subprocess.run(["ncatted", "-a", "institution,global,c,c,x", "x.h5"], cwd=self.directory, check=True)
            self.assertEqual(self.verify()[0], 0)
        with h5py.File(self.path, "r+") as file:
            file.attrs["history"] = file.attrs["history"].decode() + "\nncks -A y.nc x.h5"
            file.attrs["source"] = "a sweep, a night's work"
            file.attrs["comment"] = numpy.arange(3)
            file["loss_A"].attrs["valid_min"] = 0.0
            file["phi"].attrs["_Netcdf4Dimid"] = 0
            file["difference"] = file["loss_A"][()] - file["loss_B"][()]
            for dimension, scale in enumerate(["phi", "r"]):
                file["difference"].dims[dimension].attach_scale(file[scale])
            file["entry/A/difference"] = h5py.SoftLink("/difference")
            file.create_group("entry/notes").attrs["by"] = "me"
            file["entry/provenance/parameters/host"][()] = "elsewhere"
            file["entry/provenance/parameters/config_json"][()] = '{"damping": "for people"}'
            file["entry/setup/comment"] = "by me"
        self.assertEqual(self.verify()[0], 0)

    def structure_finds(self, change, *words):
        """Asserts that the structure check finds the change of right.h5, and that its message has these words."""
        self.changed(change)
        code, report, told = self.verify(cells=1)
        self.assertEqual(code, 1, told)
        found = report["file"]["structure"]
        self.assertGreater(found["wrong"], 0)
        self.assertLess(found["wrong"], found["checked"])
        self.assertIn(f"structure ({found['first']})", told)
        for word in words:
            self.assertIn(word, found["first"])

    def test_structure_that_changed(self):
        self.sweep()
        os.rename(self.path, self.directory / "right.h5")
        for what, change, words in structural_mutations():
            with self.subTest(what):
                self.structure_finds(change, *words)

    def test_structure_without_anything(self):
        """The check finds every attribute and every link that is missing."""
        for packing in [None, ["--keep-digits", "4"], ["--float32"]]:  # of packed files only what they have besides
            self.sweep("--data", "A", "--fields", "loss,gradient_r,natural_gradient_flag")
            if packing:
                self.succeed("pack", "-q", *packing, "--force", "x.h5", "p.h5")
                os.rename(self.directory / "p.h5", self.path)
            os.rename(self.path, self.directory / "right.h5")
            attributes, links = [], []
            with h5py.File(self.directory / "right.h5") as file:

                def visit(name, node):
                    attributes.extend((name, key) for key in node.attrs if not packing or "quantization" in key)
                    if isinstance(node, h5py.Group):
                        links.extend(f"{name}/{child}" for child in node)

                visit("/", file)
                file.visititems(visit)
            self.assertGreaterEqual(len(attributes), 2 if packing else 80)
            self.assertGreater(len(links), 40)
            for name, key in attributes:
                with self.subTest(name, attribute=key, packing=packing):
                    shutil.copy(self.directory / "right.h5", self.path)
                    with h5py.File(self.path, "r+") as file:
                        del file[name].attrs[key]
                    done = fishergrid.run("verify", "--cells", "1", self.path)
                    if key == "format_version":  # without it nothing is known of the file
                        self.assertEqual(done.returncode, 2, done.stderr)
                        self.assertIn(b"not one that fishergrid made", done.stderr)
                        continue
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn(f": attribute {key} is missing)".encode(), done.stderr)
            for name in links if not packing else []:
                with self.subTest(name):
                    shutil.copy(self.directory / "right.h5", self.path)
                    with h5py.File(self.path, "r+") as file:
                        del file[name]
                    done = fishergrid.run("verify", "--cells", "1", self.path)
                    self.assertIn(done.returncode, (1, 2))
                    if done.returncode == 1:
                        self.assertIn(b"structure (", done.stderr)

    def test_an_angle_that_packing_rounded_up(self):
        """With all samples at 0, the eigenvector lies along r, at pi/2, which rounding to 4 digits increases."""
        (self.directory / "zero.csv").write_text("x0,x1,y\n0,0,0\n0,0,1\n")
        self.succeed("sweep", "-q", "--phi", "3", "--r", "4", "-f", "all", "-d", "t=zero.csv", "-o", "angle.h5")
        for digits in ("4", "12"):
            self.succeed("pack", "-q", "--force", "--keep-digits", digits, "angle.h5", "packed.h5")
            self.succeed("verify", "packed.h5")

    def test_structure_of_a_packed_file_that_changed(self):
        self.sweep("--data", "A")
        self.succeed("pack", "-q", "--keep-digits", "4", "x.h5", "right.h5")

        real = [f"{field}_A" for field in FIELDS[:8]]
        for number in (0, 1, 30, 99):
            self.structure_finds(kept_bits(number, "gradient_r_A"), "quantization_nsb has another value")
        for number in (-5, 0, 52, 99):  # what no packing keeps
            self.structure_finds(kept_bits(number, *real), "quantization_nsb has another value")
        self.structure_finds(lambda file: [file[field].attrs.__delitem__("quantization_nsb") for field in real], "quantization_nsb is missing")

    def test_a_file_that_shrinks(self):
        self.sweep()
        os.truncate(self.path, self.path.stat().st_size - 1)
        code, report, told = self.verify()
        self.assertEqual((code, report), (2, None))
        self.assertRegex(told, r"x.h5: not an HDF5 file, or damaged: truncated file: [^\n]+\n\Z")


def structural_mutations():
    """Returns [(name, change, words of the first mismatch)] of changes to the structure, but not to values."""
    parameters = "entry/provenance/parameters"

    def stripped(file):
        for key in set(file.attrs) - {"complete", "format_version"}:
            del file.attrs[key]

    def moved(file):
        file.move("entry/title", "entry/name")
        file["entry/title"] = h5py.SoftLink("/entry/name")

    return [
        ("a unit", with_attribute("phi", "units", "furlong"), ["/phi: attribute units", "value"]),
        ("a unit of the same length", overwritten("phi", "units", b"deg"), ["/phi: attribute units", "value"]),
        ("a unit of a field", overwritten("loss_B", "units", b"m"), ["/loss_B: attribute units", "value"]),
        ("no unit of a field", without_attributes("loss_A", "units"), ["/loss_A: attribute units", "missing"]),
        ("a name of a field", with_attribute("gradient_r_A", "long_name", "x"), ["/gradient_r_A: attribute long_name"]),
        ("no image", without_attributes("loss_A", "interpretation"), ["/loss_A: attribute interpretation"]),
        ("a fill value", overwritten("loss_A", "_FillValue", 0.0), ["/loss_A: attribute _FillValue", "value"]),
        ("no scales", without_attributes("loss_A", "DIMENSION_LIST"), ["/loss_A: attribute DIMENSION_LIST"]),
        ("no scale of a dimension", scaled("loss_A", 1), ["/loss_A: attribute DIMENSION_LIST"]),
        ("another scale", scaled("loss_A", 1, "phi"), ["/loss_A: attribute DIMENSION_LIST"]),
        ("a second scale", scaled("loss_A", 0, "phi", "r"), ["/loss_A: attribute DIMENSION_LIST"]),
        ("a scale of another group", scaled("entry/samples_A/x0", 0, "entry/samples_B/sample"), ["/entry/samples_A/x0: attribute DIMENSION_LIST"]),
        ("no scale any more", without_attributes("phi", "CLASS"), ["/phi: attribute CLASS"]),
        ("a scale without name", without_attributes("r", "NAME"), ["/r: attribute NAME"]),
        ("a scale of another name", overwritten("r", "NAME", b"s"), ["/r: attribute NAME"]),
        ("a scale of nothing", without_attributes("r", "REFERENCE_LIST"), ["/r: attribute REFERENCE_LIST"]),
        ("another signal", with_attribute("entry/A", "signal", "gradient_r"), ["/entry/A: attribute signal"]),
        ("no axes", without_attributes("entry/A", "axes"), ["/entry/A: attribute axes"]),
        ("axes in one text", with_attribute("entry/A", "axes", numpy.bytes_("phi,r")), ["/entry/A: attribute axes"]),
        ("axes the other way", overwritten("entry/A", "axes", [b"r", b"phi"]), ["/entry/A: attribute axes", "value"]),
        ("no more signals", without_attributes("entry/B", "auxiliary_signals"), ["/entry/B: attribute auxiliary_signals"]),
        ("nothing in the root", stripped, ["/: attribute", "missing"]),
        ("no convention", without_attributes("/", "Conventions"), ["/: attribute Conventions"]),
        ("no history", without_attributes("/", "history"), ["/: attribute history", "missing"]),
        ("a history in numbers", with_attribute("/", "history", 7), ["/: attribute history", "type"]),
        ("no default", without_attributes("/", "default"), ["/: attribute default"]),
        ("another default", overwritten("entry", "default", b"B"), ["/entry: attribute default", "value"]),
        ("another class", overwritten("entry", "NX_class", b"NXdata"), ["/entry: attribute NX_class"]),
        ("no flag values", without_attributes("natural_gradient_flag_A", "flag_values"), ["flag_A: attribute flag_values"]),
        ("other flags", overwritten("natural_gradient_flag_A", "flag_values", numpy.arange(1, 5, dtype="u1")), ["flag_values"]),
        ("no meanings", without_attributes("natural_gradient_flag_B", "flag_meanings"), ["flag_B: attribute flag_meanings"]),
        ("no class of tiles", without_attributes("entry/tiles_A", "NX_class"), ["/entry/tiles_A: attribute NX_class"]),
        ("no class of the setup", without_attributes("entry/setup", "NX_class"), ["/entry/setup: attribute NX_class"]),
        ("another meaning", with_attribute("entry/setup/seed", "long_name", "x"), ["/entry/setup/seed: attribute long_name"]),
        ("no meaning", without_attributes("entry/setup/layout_hash", "long_name"), ["layout_hash: attribute long_name"]),
        ("a name of a mark", with_attribute("entry/tiles_A/checksum", "long_name", "x"), ["/entry/tiles_A/checksum: attribute"]),
        ("no unit of tiles", without_attributes("entry/tiles_A/tile", "units"), ["/entry/tiles_A/tile: attribute units"]),
        ("no threads", without(f"{parameters}/threads"), [f"/{parameters}/threads is missing"]),
        ("hosts", instead(f"{parameters}/host", ["a", "b"], dtype=h5py.string_dtype()), [f"/{parameters}/host", "shape"]),
        ("a group for a date", group_instead("entry/provenance/date"), ["/entry/provenance/date has another type"]),
        ("a date elsewhere", instead("entry/provenance/date", h5py.ExternalLink("y.h5", "/x")), ["/entry/provenance/date"]),
        ("a title elsewhere", moved, ["/entry/title"]),
        ("another title", with_value("entry/title", "x"), ["/entry/title has another value"]),
        ("another program", with_value("entry/program_name", "x"), ["/entry/program_name has another"]),
        ("no title", without("entry/title"), ["/entry/title is missing"]),
        ("another short name", instead("entry/A/loss", h5py.SoftLink("/loss_B")), ["/entry/A/loss links to something else"]),
        ("no data to plot", without("entry/A"), ["/entry/A is missing"]),
        ("a dataset to plot", instead("entry/A", 7), ["/entry/A"]),
    ]


def checks_of(report):
    """Returns {name: check}. Names of checks of data set X end with " of X"."""
    checks = dict(report["file"])
    for data, found in report["data"].items():
        checks.update({f"{name} of {data}": check for name, check in found["checks"].items()})
    return checks


if __name__ == "__main__":
    fishergrid.main()
