#!/usr/bin/env python3
"""What libfishergrid exports: the shared library what public headers declare, and no more; the static one no name
that a user could have given.

    exports_test.py STATIC_LIBRARY
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent


def symbols(library, *options):
    """Names that the library defines for others."""
    listed = subprocess.run(["nm", *options, "--defined-only", library], check=True, capture_output=True, text=True)
    return {words[2] for words in map(str.split, listed.stdout.splitlines()) if len(words) == 3}


def declared():
    """Names of functions and objects in the public headers."""
    names = set()
    for header in (SOURCE / "include/fishergrid").glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
        text = re.sub(r"^ *#.*(\\\n.*)*$", "", text, flags=re.MULTILINE)
        names |= set(re.findall(r"^(?:[a-z].*[ *])(fg_\w+)\(", text, flags=re.MULTILINE))
        names |= set(re.findall(r"^extern .*\b(fg_\w+)(?:\[\w*\])*;", text, flags=re.MULTILINE))
    return names


class ExportsTest(unittest.TestCase):
    def test_the_static_library_has_no_name_of_a_user(self):
        names = {name for name in symbols(STATIC, "-g") if not name.startswith(".gomp_critical_user_fg_")}
        self.assertGreater(len(names), 100)
        self.assertEqual({name for name in names if not name.startswith("fg_")}, set())

    def test_the_shared_library_exports_what_headers_declare(self):
        self.assertIn("fg_sweep", declared())
        self.assertIn("fg_field_info", declared())
        with tempfile.TemporaryDirectory() as build:
            options = ["BUILD_SHARED_LIBS=ON", "BUILD_TESTING=OFF", "CMAKE_BUILD_TYPE=Debug"]  # without optimising: sooner
            configure = ["cmake", "-S", SOURCE, "-B", build, *(f"-D{option}" for option in options)]
            for command in (configure, ["cmake", "--build", build, "--target", "libfishergrid", "--parallel", "2"]):
                done = subprocess.run(command, check=False, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(symbols(Path(build) / "libfishergrid.so", "-D"), declared())


if __name__ == "__main__":
    STATIC = sys.argv.pop(1)
    unittest.main()
