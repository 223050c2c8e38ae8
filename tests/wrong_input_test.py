#!/usr/bin/env python3
"""Every wrong input: one clear line on standard error, exit code 2, no file made or touched.

    wrong_input_test.py PATH_TO_FISHERGRID

The line must name the option or the file (with line and column inside a CSV file), what was given, and what would work.
"""

import contextlib
import hashlib
import itertools
import os
import pwd
import re
import shlex
import shutil
import subprocess
import unittest

import fishergrid_program as fishergrid

try:
    import h5py
except ImportError:
    h5py = None

GOOD_CSV = b"x0,x1,y\n1,1,0\n-0.5,2e0,1\n"
NOWHERE = "no-such-directory"
TOO_LARGE = ["2147483649", "1e30", "99999999999999999999", "18446744073709551617"]
NOT_COUNTS = ["0", "-1", "-0", "abc", "", "1.5", "0x10", " 5", "5 ", "5,000", "nan", "inf", "1\n2", *TOO_LARGE]
MOST_CELLS = "2147483648"

# (range, what the message says of it beside the option's name)
RANGES = [
    ("5:5", ["5:5", "LOW < HIGH"]),
    ("5:-5", ["5:-5", "LOW < HIGH"]),
    ("0:1e-400", ["LOW < HIGH"]),  # the same double
    ("nan:1", ["nan:1", "finite"]),
    ("0:nan", ["0:nan", "finite"]),
    ("0:inf", ["0:inf", "finite"]),
    ("-inf:inf", ["-inf:inf", "finite"]),
    ("0:1e400", ["0:1e400", "finite"]),
    ("1", ["'1'", "LOW:HIGH"]),
    ("1:2:3", ["1:2:3", "LOW:HIGH"]),
    ("1-2", ["1-2", "LOW:HIGH"]),
    (":", ["':'", "LOW:HIGH"]),
    ("", ["''", "LOW:HIGH"]),
    ("0:", ["'0:'", "LOW:HIGH"]),
    (":1", ["':1'", "LOW:HIGH"]),
    ("a:b", ["a:b", "LOW:HIGH"]),
    ("0:pie", ["0:pie", "LOW:HIGH"]),
    ("0: 1", ["0: 1", "LOW:HIGH"]),
    ("0,5:1", ["0,5:1", "LOW:HIGH"]),
    ("0:1e300", ["0:1e+300", "1e+06"]),
]
# (option, wrong values, what the message says beside option and value)
NUMBERS = [
    ("spread", ["0", "-1", "nan", "inf", "x", "", "1e300", "0.3m"], ["number from"]),
    ("damping", ["-1", "nan", "inf", "x", "", "1e-200", "1e200"], ["from", "to"]),
    ("seed", ["-1", "1.5", "x", "", "18446744073709551616", "1e3"], ["0 to 18446744073709551615"]),
    ("samples-per-class", ["0", "-5", "x", "", "1e3", "99999999999999999999"], ["from 1 to"]),
    ("threads", ["0", "-1", "two", "", "100000"], ["from 1 to 4096"]),
    ("tile", ["0", "-1", "x", "", "99999999999999999999"], ["from 1 to"]),
    ("reduction", ["median", "", "SUM", "sum|mean"], ["sum|mean"]),
    ("progress", ["maybe", "", "auto|"], ["auto|always|never"]),
]
# (name of a data set, what the message says)
NAMES = [
    ("title", ["title", "would work"]),
    ("Title", ["Title", "would work"]),
    ("start_time", ["start_time", "would work"]),
    ("provenance", ["provenance", "would work"]),
    ("setup", ["setup", "my_setup would work"]),
    ("SETUP", ["SETUP", "would work"]),
    ("samples_x", ["samples_x", "would work"]),
    ("SAMPLES_x", ["SAMPLES_x", "would work"]),
    ("1a", ["1a", "a letter, then letters, digits and _"]),
    ("_a", ["_a", "a letter, then letters, digits and _"]),
    ("a-b", ["a-b", "a letter, then letters, digits and _"]),
    ("a/b", ["a/b", "a letter, then letters, digits and _"]),
    ("a b", ["a b", "a letter, then letters, digits and _"]),
    ("ä", ["a letter, then letters, digits and _"]),
    ("..", ["..", "a letter, then letters, digits and _"]),
    ("", ["''", "a letter, then letters, digits and _"]),
    ("n" * 65, ["nnnn", "64"]),
    ("n" * 5000, ["nnnn", "64"]),
]
# (what is wrong, bytes of the file, line:column, what the message says)
CSV_FILES = [
    ("empty", b"", "1:1", ["empty", "x0,x1,y"]),
    ("one newline", b"\n", "1:1", ["x0,x1,y"]),
    ("no header", b"1,1,0\n2,2,1\n", "1:1", ["1,1,0", "x0,x1,y"]),
    ("another header", b"x,y,label\n1,1,0\n", "1:1", ["x,y,label", "x0,x1,y"]),
    ("a column twice", b"x0,x1,y,x1\n1,0,1,0\n", "1:9", ["second column x1", "one works"]),
    ("a header of semicolons", b"x0;x1;y\n1;1;0\n", "1:3", ["semicolons", "1.25,-0.5,1"]),
    ("a line break in quotes", b'x0,x1,y,note\n1,1,0,"a\nb"\n', "2:7", ["quote", "without line breaks work"]),
    ("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "1:1", ["gzip", "<(zcat FILE)"]),
    ("a header and no samples", b"x0,x1,y\n", "2:1", ["no samples", "1.25,-0.5,1"]),
    ("a header and blank lines", b"x0,x1,y\n\n\n", "", ["no samples", "1.25,-0.5,1"]),
    ("two columns", b"x0,x1,y\n1,1,0\n1,2\n", "3:4", ["1,2", "3 work"]),
    ("four columns", b"x0,x1,y\n1,2,0,7\n", "2:7", ["1,2,0,7", "3 work"]),
    ("an empty number", b"x0,x1,y\n1,,0\n", "2:3", ["x1", "''", "number"]),
    ("a word", b"x0,x1,y\n1,1,0\nfoo,1,0\n", "3:1", ["x0", "foo", "number"]),
    ("a number and more", b"x0,x1,y\n1,2.5m,0\n", "2:6", ["x1", "2.5m", "number"]),
    ("a decimal comma", b"x0,x1,y\n1,5,2,0\n", "2:7", ["1,5,2,0", "3 work"]),
    ("a hexadecimal number", b"x0,x1,y\n0x10,1,0\n", "2:2", ["x0", "0x10", "number"]),
    ("NaN", b"x0,x1,y\n1,nan,0\n", "2:3", ["x1", "nan", "finite"]),
    ("infinity", b"x0,x1,y\n1,-inf,0\n", "2:3", ["x1", "-inf", "finite"]),
    ("an overflow", b"x0,x1,y\n1,1e999,0\n", "2:3", ["x1", "1e999", "to 1000000"]),
    ("a huge number", b"x0,x1,y\n1e200,1,0\n", "2:1", ["x0", "1e200", "to 1000000"]),
    ("label 2", b"x0,x1,y\n1,1,2\n", "2:5", ["y", "'2'", "0 or 1"]),
    ("label -1", b"x0,x1,y\n1,1,0\n1,1,1\n1,1,-1\n", "4:5", ["y", "'-1'", "0 or 1"]),
    ("label 0.5", b"x0,x1,y\n1,1,0.5\n", "2:5", ["y", "'0.5'", "0 or 1"]),
    ("no label", b"x0,x1,y\n1,1,\n", "2:5", ["y", "''", "0 or 1"]),
    ("label NaN", b"x0,x1,y\n1,1,nan\n", "2:5", ["y", "nan", "0 or 1"]),
    ("a blank line inside", b"x0,x1,y\n1,1,0\n\n1,1,1\n", "3:1", ["blank line", "end"]),
    ("old Mac line ends", b"x0,x1,y\r1,1,0\r", "1:8", ["carriage return", "LF or CRLF work"]),
    ("UTF-16", "\ufeffx0,x1,y\n1,1,0\n".encode("utf-16-le"), "1:1", ["UTF-16", "UTF-8"]),
    ("zeros", bytes(5000), "1:1", ["UTF-8 works"]),
    ("binary garbage", bytes(range(128, 256)) * 500, "1:1024", ["x0,x1,y"]),
    ("a million columns", b"x0,x1,y\n" + b"1," * 999_999 + b"1\n", "2:1024", ["x0,x1,y"]),
    ("a million columns in the header", b"x0," * 999_999 + b"y\n", "1:1024", ["x0,x1,y"]),
    ("a line of a megabyte", b"x0,x1,y\n" + b"1" * 1_000_000 + b",1,0\n", "2:1024", ["x0,x1,y"]),
    ("escape sequences", b"x0,x1,y\n\x1b[31m,1,0\n", "2:1", ["x0", "number"]),
]
# (what is unusual but right, bytes of the file): each is GOOD_CSV
GOOD_CSV_FILES = [
    ("CRLF", GOOD_CSV.replace(b"\n", b"\r\n")),
    ("trailing blank lines", GOOD_CSV + b"\n\n   \n"),
    ("CRLF and trailing blank lines", (GOOD_CSV + b"\n\n").replace(b"\n", b"\r\n")),
    ("no newline at the end", GOOD_CSV[:-1]),
    ("byte order mark", b"\xef\xbb\xbf" + GOOD_CSV),
    ("blanks around values", GOOD_CSV.replace(b",", b" ,\t")),
    ("quotes", b'"x0","x1","y"\r\n"1",1,0\r\n-0.5,"2e0","1"'),
    ("other columns, another order", b'"","y","x1","x0"\n"1",0,1,1\n"2",1,2e0,-0.5\n'),
]


def snapshot(directory):
    """All that a file operation in `directory` could change. That is also the time when a file was last made or removed
    in it, so that one that came and went shows, too."""
    seen = {}
    for path in [directory, *sorted(directory.rglob("*"))]:
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else None
        seen[path] = (status.st_ino, status.st_mode, status.st_mtime_ns, status.st_ctime_ns, content)
    return seen


class WrongInputTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        (self.directory / "good.csv").write_bytes(GOOD_CSV)

    def refused(self, arguments, words, watched=None, **options):
        """Asserts that the program refuses `arguments` in one line that contains each of `words`."""
        watched = watched or self.directory
        before = snapshot(watched)
        done = fishergrid.run(*arguments, **{"cwd": self.directory, **options})
        line = done.stderr.decode(errors="replace")
        told = f"{shlex.join(map(str, arguments))[:200]}: exit code {done.returncode}, said {line[:1200]!r}"
        self.assertEqual(done.returncode, 2, told)
        self.assertEqual(done.stdout, b"", told)
        self.assertRegex(line, r"^fishergrid[^\n]*: [^\n]*\n\Z", f"not one line: {told}")
        self.assertTrue(line[:-1].isprintable(), told)
        for word in words:
            self.assertIn(word, line, told)
        self.assertEqual(before, snapshot(watched), f"a file was made or touched: {told}")
        return line

    def sweep_refused(self, arguments, words, **more):
        with self.subTest(arguments=[str(a)[:80] for a in arguments]):
            return self.refused(["sweep", "-o", "out.h5", *arguments], words, **more)

    def point_refused(self, arguments, words, **more):
        with self.subTest(arguments=[str(a)[:80] for a in arguments]):
            return self.refused(["point", "--phi", "0", "--r", "0", *arguments], words, **more)

    # --- commands and options

    def test_commands(self):
        commands = ["sweep", "point", "info"]
        for arguments, words in [
            ([], ["no command", *commands]),
            (["sweeep"], ["'sweeep'", "'sweep'?", *commands]),
            ([""], ["''", *commands]),
            (["SWEEP"], ["'SWEEP'", *commands]),
            (["--frobnicate"], ["'--frobnicate'", *commands]),
            (["swe\nep"], commands),
            (["x" * 100_000], commands),
            (["sweep"], ["no output", "-o FILE.h5"]),
            (["point"], ["--phi P", "--r R"]),
            (["point", "--phi", "1"], ["--phi P", "--r R"]),
            (["info"], ["missing", "info FILE.h5"]),
            (["info", "good.csv", "other"], ["'other'", "one argument too many"]),
            (["sweep", "-o", "out.h5", "good.csv"], ["'good.csv'", "one argument too many"]),
            (["point", "--phi", "1", "--r", "1", "2"], ["'2'", "one argument too many"]),
        ]:
            with self.subTest(arguments=str(arguments)[:80]):
                self.refused(arguments, words)

    def test_unknown_options(self):
        for command in ["sweep", "point", "info"]:
            for option in ["--frobnicate", "--frobnicate=3", "-x", "--no-phi", "--phi_range=0:1"]:
                with self.subTest(command=command, option=option):
                    self.refused([command, "--json", option], [option.split("=")[0], "--help"])
        for command, option in [("info", "--force"), ("point", "--threads=2"), ("point", "-o"), ("info", "--phi=3")]:
            with self.subTest(command=command, option=option):
                self.refused([command, option], [option.split("=")[0], "--help"])
        for arguments in (["sweep", "--", "--json"], ["sweep", "-"], ["point", "-"]):  # neither is an option
            with self.subTest(arguments=arguments):
                self.refused(arguments, [f"'{arguments[-1]}'", "one argument too many"])

    def test_first_words(self):
        for word, told in [("swep", "'swep' (did you mean 'sweep'?)"), ("--phi", "the first word is a command, not '--phi'"),
                           ("--versio", "did you mean '--version'?"), ("-o", "not '-o'"), ("", "''")]:
            for arguments in ([word], [word, "sweep"], *[[ask, word] for ask in ("help", "--help", "-h")]):
                with self.subTest(arguments=arguments):
                    self.refused(arguments, [told, "there are: sweep, point"])
        for command in ("sweep", "info", "xdmf"):
            for ask in ("help", "--help", "-h"):
                self.assertEqual(self.succeed(ask, command), self.succeed(command, "--help"))
        self.assertEqual(self.succeed("-V"), self.succeed("--version"))

    def test_ambiguous_and_incomplete_options(self):
        self.sweep_refused(["--p", "3"], ["'--p'", "--phi, --phi-range, --part, --progress"])
        self.sweep_refused(["--see"], ["--seed K"])
        self.sweep_refused(["-phi", "3"], ["'-phi'", "'--phi'"])
        self.sweep_refused(["--phi"], ["--phi", "needs a value"])
        self.sweep_refused(["-N"], ["--phi", "needs a value"])
        self.sweep_refused(["--quiet=1"], ["--quiet", "no value"])

    def test_counts_of_cells(self):
        for option, long_name in [("--phi", "--phi"), ("--r", "--r"), ("-N", "--phi"), ("-M", "--r")]:
            for value in NOT_COUNTS:
                given = f"'{value}'" if value.isprintable() else "1"
                self.sweep_refused([option, value], [f"{long_name}:", given, f"from 1 to {MOST_CELLS}"])
        self.sweep_refused(["--phi", "7" * 10_000], ["--phi:", "777", f"from 1 to {MOST_CELLS}"])

    def test_ranges(self):
        for option in ["--phi-range", "--r-range"]:
            for value, words in RANGES:
                self.sweep_refused([option, value], [f"{option}:", *words])
                self.sweep_refused([f"{option}={value}"], [f"{option}:", *words])

    def test_ranges_too_narrow(self):
        """Neighbouring cells would be the same number. With few cells there are neighbours."""
        for option, size in [("--phi-range", "--phi"), ("--r-range", "--r")]:
            for value, n in [("1:1.000000000000001", 5), ("999999.999999:1000000", 100_000), ("0:5e-324", 3)]:
                self.sweep_refused([size, n, option, value], [option, "closer", "fewer cells or a wider range"])

    @unittest.skipUnless(h5py, "h5py is not installed: cannot look into files")
    def test_ranges_just_wide_enough(self):
        for option, size in [("--phi-range", "--phi"), ("--r-range", "--r")]:
            self.succeed("sweep", "-q", "-o", f"{size}.h5", "--phi=3", "--r=3", f"{option}=1:1.00000000000001")
            with h5py.File(self.directory / f"{size}.h5") as file:
                self.assertEqual(len(set(file[size.strip("-")][()])), 3)

    def test_other_numbers_and_choices(self):
        for option, values, words in NUMBERS:
            for value in values:
                given = [] if option == "damping" else [f"'{value}'"]
                self.sweep_refused([f"--{option}={value}"], [f"--{option}:", *given, *words])

    def test_cells_of_point(self):
        for option in ["--phi", "--r"]:
            for value in ["nan", "inf", "-inf", "1e400", "x", "", "1,5", "1:2", "1e300"]:
                self.point_refused([option, value], [f"{option}:", f"'{value}'", "number from"])

    def test_fields(self):
        for value, given in [
            ("volume", "'volume'"),
            ("", "''"),
            ("loss,", "''"),
            (",loss", "''"),
            ("LOSS", "'LOSS'"),
            ("loss,fisher", "'fisher'"),
            ("loss gradient_r", "'loss gradient_r'"),
            ("f" * 5000, "ffff"),
        ]:
            self.sweep_refused(["--fields", value], ["--fields:", given, *fishergrid.FIELDS])
        self.sweep_refused(["--fields", "loss,gradient_r,loss"], ["--fields:", "'loss'", "once"])
        for value in ["all,loss", "loss,all", "all,all"]:
            self.sweep_refused(["--fields", value], ["--fields:", "'all'", "alone"])

    # --- data sets

    def test_unknown_data_sets(self):
        for name in ["C", "a", "b", "AB", "good.csv", "./good.csv", "", f"{'d' * 100}/good.csv"]:
            self.sweep_refused(["--data", name], ["--data", f"'{name}'", "NAME=FILE.csv"])

    def test_names_of_data_sets(self):
        for name, words in NAMES:
            self.sweep_refused(["--data", f"{name}=good.csv"], ["--data", *words])
            self.point_refused(["--data", f"{name}=good.csv"], ["--data", *words])
        self.succeed("point", "--phi", "0", "--r", "0", "--data", f"{'n' * 64}=good.csv")

    @unittest.skipIf(h5py is None, "h5py is not installed")
    def test_names_that_a_file_has_already(self):
        self.succeed("sweep", "--phi", "2", "--r", "2", "--data", "mine=good.csv", "-o", "x.h5")
        with h5py.File(self.directory / "x.h5") as file:
            names = set(file["entry"]) - {"mine"}
        (self.directory / "x.h5").unlink()
        for name in names:
            self.sweep_refused(["--data", f"{name}=good.csv"], ["--data", name, "the file itself uses it"])

    def test_the_same_name_twice(self):
        for first, second in [("A", "A"), ("A", "a=good.csv"), ("X=good.csv", "x=good.csv"), ("B=good.csv", "B")]:
            names = [f"'{data.split('=')[0]}'" for data in (first, second)]
            self.sweep_refused(["--data", first, "--data", second], ["--data", *names, "same name", "own"])

    def test_a_name_without_a_file(self):
        self.sweep_refused(["--data", "X="], ["--data", "'X='", "X=FILE.csv"])

    def test_too_many_data_sets(self):
        many = [f"--data=X{k}=good.csv" for k in range(2000)]
        self.sweep_refused(many, ["--data", "more than"])

    # --- CSV files

    def test_csv_files(self):
        for what, content, place, words in CSV_FILES:
            with self.subTest(what):
                (self.directory / "bad.csv").write_bytes(content)
                self.refused(["sweep", "-o", "out.h5", "--data", "X=bad.csv"], [f"bad.csv:{place}", *words])
                self.refused(["point", "--phi=0", "--r=0", "--data", "X=bad.csv"], [f"bad.csv:{place}", *words])

    def test_the_second_csv_file_is_the_bad_one(self):
        (self.directory / "bad.csv").write_bytes(b"x0,x1,y\n1,1,7\n")
        self.sweep_refused(["--data", "X=good.csv", "--data", "Y=bad.csv"], ["bad.csv:2:5", "'7'"])

    def test_files_that_are_no_files(self):
        (self.directory / "loop").symlink_to("loop")
        for path in ["missing.csv", ".", "good.csv/x.csv", "loop", "no\nfile.csv", "/dev/null", "/dev/zero"]:
            shown = path.replace("\n", "?")
            works = [] if path.startswith("/dev") else ["CSV or HDF5 file", "works"]
            self.sweep_refused(["--data", f"X={path}"], [shown, *works])
            self.point_refused(["--data", f"X={path}"], [shown, *works])
        self.sweep_refused(["--data", "X=missing.csv"], ["No such file"])

    def test_good_csv_files(self):
        cell = ["point", "--phi", "0.5", "--r", "-1", "--data"]
        expected = self.succeed_json(*cell, "X=good.csv")
        for what, content in GOOD_CSV_FILES:
            with self.subTest(what):
                (self.directory / "unusual.csv").write_bytes(content)
                self.assertEqual(self.succeed_json(*cell, "X=unusual.csv"), expected)

    # --- the environment

    def test_instruction_set(self):
        for name in ["nonsense", "AVX2 ", "avx\n2"]:
            env = {"FISHERGRID_ISA": name}
            shown = name.replace("\n", "?")
            self.sweep_refused([], ["FISHERGRID_ISA", f"'{shown}'", "baseline"], env=env)
            self.point_refused([], ["FISHERGRID_ISA", f"'{shown}'", "baseline"], env=env)
        cell = ["point", "--phi", "0", "--r", "0"]
        self.assertEqual(self.succeed(*cell, env={"FISHERGRID_ISA": ""}), self.succeed(*cell))

    # --- the output

    def output_refused(self, output, words, options=(), **more):
        with self.subTest(output=str(output)[:80], options=options):
            return self.refused(["sweep", "--phi", "3", "--r", "3", *options, "-o", output], words, **more)

    def test_output_in_no_directory(self):
        self.output_refused(f"{NOWHERE}/out.h5", [f"'{NOWHERE}'", "make it first"])
        self.output_refused(f"{NOWHERE}/deeper/out.h5", [f"{NOWHERE}/deeper", "make it first"])
        self.output_refused(f"{NOWHERE}/", [NOWHERE])
        self.output_refused("good.csv/out.h5", ["'good.csv' is not a directory"])
        self.output_refused(f"{NOWHERE}/out.h5", [f"'{NOWHERE}'", "make it first"], ["--dry-run"])
        self.output_refused("", ["--output", "empty"])
        self.output_refused("no\ndirectory/out.h5", ["make it first"])

    def test_output_exists(self):
        (self.directory / "old.h5").write_bytes(b"precious")
        self.output_refused("old.h5", ["old.h5 exists", "--force"])
        self.output_refused("./old.h5", ["old.h5 exists", "--force"])
        self.succeed("sweep", "--phi", "3", "--r", "3", "--force", "-o", "old.h5")

    def test_something_else_has_the_name_of_an_unfinished_sweep(self):
        (self.directory / "old.h5.part").write_bytes(b"another program's")
        before = (self.directory / "old.h5.part").stat()
        done = fishergrid.run("sweep", "--phi", "3", "--r", "3", "-o", "old.h5", cwd=self.directory)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, rb"\Afishergrid sweep: old.h5.part [^\n]* not made by fishergrid; [^\n]*--force [^\n]*\n\Z")
        self.assertEqual((self.directory / "old.h5.part").stat(), before)
        self.succeed("sweep", "--phi", "3", "--r", "3", "--force", "-o", "old.h5")  # as the message says
        self.assertFalse((self.directory / "old.h5.part").exists())
        (self.directory / "odd.h5.part").mkdir()
        for options in [[], ["--force"]]:
            line = self.output_refused("odd.h5", ["odd.h5.part is a directory", "another"], options)
            self.assertNotIn("--force", line)

    def test_a_sweep_whose_file_is_taken_away(self):
        slow = fishergrid.start_sweep(self.directory, *fishergrid.SLOW, "--phi", "4")
        (self.directory / "x.h5.part").unlink()
        (self.directory / "x.h5.part").write_bytes(b"precious")
        told = slow.communicate()[1].decode()
        self.assertEqual(slow.returncode, 1)
        self.assertRegex(told, r"\Afishergrid sweep: x\.h5\.part was removed or replaced [^\n]*\n\Z")
        self.assertEqual((self.directory / "x.h5.part").read_bytes(), b"precious")
        self.assertFalse((self.directory / "x.h5").exists())

    def test_output_is_no_regular_file(self):
        (self.directory / "folder").mkdir()
        (self.directory / "link").symlink_to("nowhere")
        os.mkfifo(self.directory / "pipe")
        for options in [[], ["--force"]]:
            self.output_refused("folder", ["folder is a directory"], options)
            self.output_refused(".", ["directory"], options)
            self.output_refused("folder/", ["directory"], options)
            self.output_refused("new/", ["new/ names a directory", "such as sweep.h5"], options)
            self.output_refused("link", ["link is not a regular file", "another"], options)
            self.output_refused("pipe", ["pipe is not a regular file", "another"], options)
            self.output_refused("/dev/null", ["/dev/null"], options)  # a user may not write there anyway

    def test_output_is_an_input(self):
        """Replacing the very samples that are swept is never meant."""
        for name in ["good.csv", "soft", "good.csv.part"]:
            path = self.directory / name
            if name == "soft":
                path.symlink_to("good.csv")
            elif name == "good.csv.part":
                path.write_bytes(GOOD_CSV)
            for output, options in itertools.product(["good.csv", "./good.csv"], [[], ["--force"], ["--dry-run"]]):
                words = [f"{output} would replace the input '{name}'", "another"]
                self.output_refused(output, words, ["--data", f"X={name}", *options])

    def test_output_is_the_config_file(self):
        for name in ("run.json", "x.h5.part", "x.h5.part.new"):
            (self.directory / name).write_text("{}")
            output = name.split(".part")[0]
            words = [f"{output} would replace the input '{name}'", "another"]
            for options in ([], ["--force"], ["--dry-run"]):
                self.output_refused(output, words, ["--config", name, *options])
            (self.directory / name).unlink()

    def test_output_names_too_long(self):
        for length in [253, 251, 5000]:  # one byte too long; too long with ".part"; far too long
            self.output_refused("n" * length + ".h5", ["nnnn", "too long", "another"])

    def test_paths_too_long(self):
        """However long: the message still says why, and what would work."""
        path = "/".join(["d" * 100] * 50)
        self.output_refused(f"{path}/x.h5", ["ddd", "too long", "another"])
        self.output_refused(f"{path[:4000]}/x.h5", ["ddd", "No such file", "make it first"])
        self.output_refused(f"{path}/", ["ddd", "name a file in it"])
        self.sweep_refused(["--data", f"X={path}.csv"], ["ddd", "too long", "works"])
        self.sweep_refused(["--data", f"{path}.csv"], ["ddd", "NAME=FILE.csv"])
        self.refused(["info", f"{path}.h5"], ["ddd", "too long", "works"])
        (self.directory / "bad.csv").write_bytes(b"x0,x1,y\n1,1,7\n")
        self.sweep_refused(["--data", f"X={'./' * 1500}bad.csv"], ["bad.csv:2:5", "y is '7'", "works"])
        self.output_refused(f"{'./' * 1500}good.csv", ["good.csv exists", "--force"])

    def test_directory_where_nobody_can_make_files(self):
        self.output_refused("/proc/out.h5", ["/proc"])

    def as_a_user(self):
        """Options of `run` for who has no rights everywhere: where we are root, that is the user nobody."""
        if os.geteuid() != 0:
            return {}
        user = pwd.getpwnam("nobody")
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.directory.chmod(0o755)
        try:
            done = fishergrid.run("--version", cwd=self.directory, **as_user)
            usable = (done.returncode, done.stderr) == (0, b"")  # a build for coverage complains of its counters
        except PermissionError:
            usable = False
        if not usable:
            self.skipTest("the user nobody cannot run the program where it lies")
        return as_user

    def directory_of_a_user(self, mode):
        place = self.directory / "place"
        place.mkdir()
        if os.geteuid() == 0:
            shutil.chown(place, "nobody")
        place.chmod(mode)
        self.addCleanup(place.chmod, 0o755)
        return place

    def test_directory_not_readable_for_a_user(self):
        """Files can be made there, so a sweep is no failure, though nobody can bring its name to the disk."""
        as_user, place = self.as_a_user(), self.directory_of_a_user(0o333)
        done = fishergrid.run("sweep", "--phi", "3", "--r", "3", "-q", "-o", "place/x.h5", cwd=self.directory, **as_user)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(fishergrid.run("info", place / "x.h5").returncode, 0)

    def test_directory_not_writable_for_a_user(self):
        as_user, closed = self.as_a_user(), self.directory_of_a_user(0o555)
        secret = self.directory / "secret.csv"
        secret.write_bytes(GOOD_CSV)
        secret.chmod(0)
        # The snapshot without secret.csv, which a test that is not root cannot read.
        self.output_refused("place/out.h5", ["'place'", "Permission denied"], watched=closed, **as_user)
        with self.subTest("a CSV file that may not be read"):
            cell = ["point", "--phi", "0", "--r", "0", "--data", "X=secret.csv"]
            self.refused(cell, ["secret.csv", "Permission denied"], watched=closed, **as_user)

    def test_more_nodes_than_any_memory(self):
        """Nothing is left that the same command could continue."""
        (self.directory / "far.csv").write_text("x0,x1,y\n1e6,0,0\n-1e6,5,1\n")
        far = ["sweep", "--phi", "8", "--r", "8", "--r-range=-1e6:1e6", "--data", "far=far.csv", "-q", "-o", "x.h5"]
        null = {"ASAN_OPTIONS": "allocator_may_return_null=1"}  # the sanitizer ends such a program itself otherwise
        done = fishergrid.run(*far, "--method", "chebyshev", cwd=self.directory, env=null)
        self.assertEqual(done.returncode, 1)
        told = re.sub(rb"==\d+==WARNING: AddressSanitizer[^\n]*\n", b"", done.stderr)
        self.assertRegex(told, rb"\Afishergrid sweep: no memory for \d+ bytes of nodes; --method direct needs none\n\Z")
        self.assertEqual({path.name for path in self.directory.iterdir()}, {"good.csv", "far.csv"})
        self.succeed(*far, "--method", "direct")

    def test_leftovers_of_others_in_a_sticky_directory(self):
        """The message names the one that cannot be removed."""
        if os.geteuid() != 0:
            self.skipTest("only root can make files of others")
        as_user, place = self.as_a_user(), self.directory / "place"
        place.mkdir()
        place.chmod(0o1777)
        for name, options in ((".part.new", []), (".part.new", ["--force"]), (".part", ["--force"])):
            with self.subTest(name, options=options):
                (place / f"x.h5{name}").touch()
                done = fishergrid.run("sweep", "--phi", "3", "--r", "3", *options, "-o", "x.h5", cwd=place, **as_user)
                self.assertEqual(done.returncode, 2)
                told = rf"\Afishergrid sweep: x\.h5\{name} cannot be replaced: [^\n]*; name another output\n\Z"
                self.assertRegex(done.stderr.decode(), told)
                self.assertEqual([path.name for path in place.iterdir()], [f"x.h5{name}"])
                (place / f"x.h5{name}").unlink()

    @contextlib.contextmanager
    def mounted(self, options):
        """A directory on a file system of its own, with good.csv in it before `options` take hold."""
        place = self.directory / "mount"
        place.mkdir()
        if os.geteuid() != 0 or not shutil.which("mount"):
            self.skipTest("only root can mount a file system")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True).returncode:
            self.skipTest("this machine does not let us mount a file system")
        try:
            yield place
        finally:
            subprocess.run(["umount", place], check=True)

    def test_read_only_file_system(self):
        with self.mounted("ro,size=1m") as place:
            self.output_refused(place / "out.h5", [str(place), "Read-only"])

    # --- room on the disk

    def test_no_disk_is_that_large(self):
        huge = ["--phi", MOST_CELLS, "--r", MOST_CELLS]
        self.sweep_refused(huge, ["out.h5", "no room", "bytes", "fewer cells"])
        self.sweep_refused([*huge, "--fields", "loss", "--data", "A"], ["out.h5", "no room", "bytes", "fewer cells"])

    def test_no_file_is_that_large(self):
        """A dry run needs no disk, but no file has more than 2^63 bytes."""
        for side in [MOST_CELLS, "1073741824"]:
            grid = ["--dry-run", "--phi", side, "--r", side]
            self.sweep_refused(grid, ["out.h5", "bytes", "fewer cells"])
            self.sweep_refused([*grid, "--json"], ["out.h5", "bytes", "fewer cells"])

    def test_small_disk(self):
        size = 1 << 20
        data = ["--data", f"X={self.directory / 'good.csv'}"]
        loss = ["--fields", "loss", *data]
        with self.mounted(f"size={size}") as place:
            for what, options in [
                ("several times too large", ["--phi", "512", "--r", "512"]),
                # The fields fit exactly, then nothing is left for the rest of the file.
                ("a little too large", ["--phi", "256", "--r", "512", *loss]),
                ("one row fits", ["--phi", "131072", "--r", "1", *loss]),
            ]:
                with self.subTest(what):
                    arguments = ["sweep", *options, "-o", place / "out.h5"]
                    self.refused(arguments, ["out.h5", "no room", "fewer cells"], watched=place)
            for free in [0, 4096, 8192, 16384]:
                (place / "others").write_bytes(bytes(size - free))
                with self.subTest(f"{free} bytes free"):
                    arguments = ["sweep", "--phi", "3", "--r", "3", *loss, "-o", place / "out.h5"]
                    self.refused(arguments, ["out.h5", "no room", "fewer cells"], watched=place)

    def test_a_disk_filled_to_the_last_page(self):
        """What fits, beside the page of the lock, is also finished: nothing more is needed at the end."""
        size, page = 1 << 20, 4096
        sweep = ["sweep", "--phi", "100", "--r", "100", "--fields", "loss"]
        with self.mounted(f"size={size}") as place:
            file_bytes = self.succeed_json(*sweep, "--dry-run", "-o", place / "out.h5")["file_bytes"]
            needed = -(-file_bytes // page) * page
            (place / "others").write_bytes(bytes(size - needed - page))
            self.succeed(*sweep, "--json", "-o", place / "out.h5")
            self.assertEqual((place / "out.h5").stat().st_size, file_bytes)

    def test_room_that_a_leftover_takes(self):
        """A sweep that died has reserved all its space; to be replaced, it must not be in its own way."""
        size = ["--phi", "256", "--r", "256", "--fields", "loss", "--data", "A"]
        with self.mounted("size=1m") as place:
            (place / "out.h5.part").write_bytes(bytes(1 << 20))
            self.assertEqual(fishergrid.run("sweep", *size, "-o", place / "out.h5").returncode, 2)
            self.succeed("sweep", *size, "--force", "-o", place / "out.h5")

    # --- files given to info

    def test_info(self):
        for name, content in [("empty.h5", b""), ("text.h5", b"no HDF5\n"), ("zeros.h5", bytes(100_000))]:
            (self.directory / name).write_bytes(content)
        self.succeed("sweep", "--phi", "3", "--r", "3", "-o", "sweep.h5")
        whole = (self.directory / "sweep.h5").read_bytes()
        for length in [8, 100, 2048, len(whole) // 2, len(whole) - 1]:
            (self.directory / f"cut-{length}.h5").write_bytes(whole[:length])
        for path in sorted(self.directory.iterdir()):
            if path.name == "sweep.h5":
                continue
            for options in [[], ["--json"]]:
                with self.subTest(path.name, options=options):
                    self.refused(["info", path.name, *options], [path.name])
        for path in ["missing.h5", "", ".", f"{NOWHERE}/x.h5", "new\nline.h5"]:
            with self.subTest(path=path):
                self.refused(["info", path], [path.replace("\n", "?")])
        self.refused(["info", "missing.h5"], ["missing.h5", "No such file", "a sweep made works"])


if __name__ == "__main__":
    fishergrid.main()
