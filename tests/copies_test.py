#!/usr/bin/env python3
"""Tests that copies of a file by standard tools are read like the original, and that additions to a file are named.

    copies_test.py PATH_TO_FISHERGRID

A tool that is not installed is skipped by its name.
"""

import json
import shutil
import subprocess
import unittest

import fishergrid_program as fishergrid

try:
    import h5py
    from mutations import flip_bit
except ImportError:
    h5py = None

SMALL = ["--phi", "30", "--r", "20", "--samples-per-class", "10", "--tile", "70"]
FROM, TO = "FROM", "TO"
COPIES = {
    "h5repack": ["h5repack", FROM, TO],
    "h5repack, format 1.8": ["h5repack", "-j", "1", FROM, TO],
    "h5repack, newest format": ["h5repack", "-j", "2", FROM, TO],
    "h5repack, newest groups": ["h5repack", "-L", FROM, TO],
    "h5repack, packed": ["h5repack", "-f", "GZIP=4", FROM, TO],
    "h5repack, in chunks": ["h5repack", "-l", "CHUNK=8x8", FROM, TO],
    "h5repack, compact": ["h5repack", "-l", "COMPA", FROM, TO],
    "h5repack, in pages": ["h5repack", "-S", "PAGE", "-G", "4096", FROM, TO],
    "h5jam": ["h5jam", "-u", "user_block", "-i", FROM, "-o", TO],
    "nccopy": ["nccopy", FROM, TO],
    "nccopy, packed": ["nccopy", "-d", "3", "-s", FROM, TO],
}
NOTE = "a copy by another tool: the file offsets of its values cannot be checked, and no sweep can resume it"


@unittest.skipUnless(h5py, "h5py is not installed: cannot change files")
class CopiesTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        (self.directory / "user_block").write_text("a user block")

    def sweep(self, path, *options):
        self.succeed("sweep", "-q", *SMALL, *options, "-o", path)

    def copy(self, how, source, target="copy.h5"):
        command = [{FROM: source, TO: target}.get(word, word) for word in COPIES[how]]
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not installed")
        (self.directory / target).unlink(missing_ok=True)
        subprocess.run(command, cwd=self.directory, check=True, capture_output=True)
        return self.directory / target

    def verify(self, path, *options):
        """Returns (exit code, standard output)."""
        done = fishergrid.run("verify", "--cells", "50", *options, path, cwd=self.directory)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def test_copies_are_read_like_the_original(self):
        self.sweep("x.h5")
        original = self.succeed_json("info", "x.h5")
        config = self.succeed("info", "--config", "x.h5").replace("x.h5", "copy.h5")
        for packing in [None, [], ["--keep-digits", "4"], ["--float32"]]:
            source = "x.h5"
            if packing is not None:
                source = "p.h5"
                self.succeed("pack", "-q", "--force", *packing, "x.h5", source)
            for how in COPIES if packing is None else ["h5repack", "h5jam", "nccopy"]:
                with self.subTest(how, packing=packing):
                    copy = self.copy(how, source)
                    info = self.succeed_json("info", copy)
                    self.assertTrue(info["copy"])
                    self.assertIn(NOTE, self.succeed("info", copy))
                    code, told = self.verify(copy)
                    self.assertEqual((code, told.count(NOTE)), (0, 1), told)
                    self.assertTrue(told.endswith("copy.h5 is complete and correct\n"), told)
                    if packing is None:
                        for key in set(original) - {"copy", "packed", "data", "looks"}:
                            self.assertEqual(info[key], original[key], key)
                        self.assertEqual(self.succeed("info", "--config", "copy.h5"), config)
                    self.succeed("xdmf", "--force", copy, "-o", "copy.xmf")
                    if not info["packed"]:
                        self.succeed("pack", "-q", "--force", copy, "again.h5")
                        self.assertEqual(self.verify(self.directory / "again.h5")[0], 0)

    def test_damage_of_a_copy_is_found(self):
        """Damages values of a copy: in the file if they are contiguous, through HDF5 if they are packed."""
        self.sweep("x.h5")
        for how in COPIES:
            copy = self.copy(how, "x.h5")
            for name in ("phi", "loss_A", "natural_gradient_flag_B", "entry/samples_A/x1", "entry/tiles_B/checksum"):
                with self.subTest(how, name=name):
                    copy = self.copy(how, "x.h5")
                    with h5py.File(copy) as file:
                        in_place = file[name].id.get_offset() is not None
                    if in_place:
                        flip_bit(copy, name, 3, 0)
                    else:
                        with h5py.File(copy, "r+") as file:
                            values = file[name][()]
                            values.reshape(-1).view("u1")[3] ^= 1
                            file[name][()] = values
                    code, told = self.verify(copy)
                    self.assertEqual(code, 1, told)
                    self.assertIn("not correct", told)

    def test_parts_that_were_copied_are_merged(self):
        for k, how in (("1", "h5repack"), ("2", "nccopy")):
            self.sweep(f"{k}.h5", "--part", f"{k}/2")
            self.copy(how, f"{k}.h5", f"copy{k}.h5")
        self.succeed("merge", "-q", "copy1.h5", "copy2.h5", "-o", "merged.h5")
        self.sweep("whole.h5")
        with h5py.File(self.directory / "merged.h5") as merged, h5py.File(self.directory / "whole.h5") as whole:
            for name in ("loss_A", "natural_gradient_r_B"):
                self.assertTrue((merged[name][()] == whole[name][()]).all())
        self.assertEqual(self.verify(self.directory / "merged.h5")[0], 0)

    def test_a_copy_without_the_attributes_of_the_root(self):
        if not shutil.which("h5copy"):
            self.skipTest("h5copy is not installed")
        self.sweep("x.h5", "--data", "A", "--fields", "loss")
        for name in ("phi", "r", "loss_A", "entry"):
            command = ["h5copy", "-i", "x.h5", "-o", "copy.h5", "-s", f"/{name}", "-d", f"/{name}"]
            subprocess.run(command, cwd=self.directory, check=True, capture_output=True)
        for command in ("info", "verify"):
            done = fishergrid.run(command, "copy.h5", cwd=self.directory)
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1))
            self.assertIn(b"a copy without the attributes of the root (h5copy)", done.stderr)

    def foreign(self, *names):
        """Asserts that the file is correct, and that these names are listed as not written by fishergrid."""
        code, told = self.verify(self.directory / "x.h5")
        self.assertEqual(code, 0, told)
        self.assertTrue(told.endswith("x.h5 is complete and correct\n"), told)
        line = [line for line in told.splitlines() if "not written by fishergrid" in line]
        self.assertEqual(len(line), 1, told)
        self.assertTrue(line[0].endswith(f"{len(names)} objects or attributes, such as {', '.join(names)}"), line)
        report = json.loads(self.verify(self.directory / "x.h5", "--json")[1])
        self.assertEqual((report["right"], report["foreign"]), (True, len(names)))

    def test_what_h5py_added(self):
        self.sweep("x.h5")
        with h5py.File(self.directory / "x.h5", "r+") as file:
            file["mine"] = file["loss_A"][()]
            file["mine"].attrs["by"] = "me"
            file.create_group("z/a/b/c/d/e/f")["deep"] = 1
            file["phi"].attrs["comment"] = "an axis"
            file["entry/notes"] = "said"
            file["entry/A/link"] = h5py.SoftLink("/mine")
            file["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
        self.foreign("/elsewhere", "/entry/A/link", "/entry/notes", "/mine", "/phi: attribute comment", "/z")

    def test_what_netcdf_appended(self):
        try:
            import netCDF4
        except ImportError:
            self.skipTest("netCDF4 is not installed")
        self.sweep("x.h5")
        with netCDF4.Dataset(self.directory / "x.h5", "a") as file:
            file.comment = "x"
            file["loss_A"].note = "y"
            file.createVariable("mine", "f8", ("phi", "r"))[:] = 1.5
        self.foreign("/: attribute comment", "/loss_A: attribute note", "/mine")


if __name__ == "__main__":
    fishergrid.main()
