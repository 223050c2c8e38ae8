#!/usr/bin/env python3
"""The recipes in jobs/packaging ask for what jobs/requirements.sh says a build needs.

    packaging_test.py PATH_TO_FISHERGRID
"""

import re
import subprocess
import sys
import types
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "jobs/packaging"
# Rows of the group `build` that packages do without: h5dump is for those who look into files.
NOT_TO_BUILD = {"HDF5 tools"}


def rows():
    """{name: (Debian packages, Spack spec)} of the group `build`; a dash is an empty text."""
    script = ". jobs/requirements.sh && rows_of build"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    table = [["" if cell == "-" else cell for cell in line.split("|")] for line in done.stdout.splitlines()]
    return {name: (debian, spack) for name, _, debian, _, spack in table}


def recipe():
    """The class of the Spack recipe and the [(spec, type or None)] of its depends_on(); the rest of Spack does nothing."""
    found = []
    package = types.ModuleType("spack.package")
    package.CMakePackage = object
    package.depends_on = lambda spec, type=None: found.append((spec, type))
    package.license = package.variant = package.version = lambda *_, **__: None
    package.run_after = package.on_package_attributes = lambda *_, **__: lambda method: method
    path = PACKAGING / "spack/packages/fishergrid/package.py"
    names = {"__file__": str(path), "__name__": "recipe"}
    sys.modules |= {"spack": types.ModuleType("spack"), "spack.package": package}
    try:
        exec(compile(path.read_text(encoding="utf-8"), path, "exec"), names)
    finally:
        del sys.modules["spack"], sys.modules["spack.package"]
    return names["Fishergrid"], found


class PackagingTest(unittest.TestCase):
    def test_there_are_rows(self):
        self.assertEqual(rows()["libdeflate"], ("libdeflate-dev", "libdeflate"))
        self.assertEqual(rows()["C library"], ("libc6-dev", ""))
        self.assertLessEqual(NOT_TO_BUILD, set(rows()))

    def test_apptainer(self):
        """cpack needs two more: dpkg-dev finds libraries, file tells programs from texts."""
        text = (PACKAGING / "apptainer.def").read_text(encoding="utf-8").replace("\\\n", " ")
        first = re.search(r"apt-get install -y --no-install-recommends (.*)", text)[1].split()
        needed = " ".join(debian for name, (debian, _) in rows().items() if name not in NOT_TO_BUILD).split()
        self.assertEqual(sorted(first), sorted([*needed, "dpkg-dev", "file"]))

    def test_spack(self):
        """Compilers and pkg-config are virtual packages; git is what Spack fetched the sources with."""
        virtual = {"gcc": "c", "pkgconf": "pkgconfig"}
        needed = {spack for name, (_, spack) in rows().items() if spack and name not in NOT_TO_BUILD} - {"git"}
        package, found = recipe()
        self.assertEqual(package.git, ROOT.as_uri())
        self.assertEqual(sorted(spec for spec, _ in found), sorted(virtual.get(spec, spec) for spec in needed))
        tools = {spec for spec, kind in found if kind == "build"}
        self.assertEqual(tools, {"c", "cmake@3.20:", "gmake", "pkgconfig"})


if __name__ == "__main__":
    fishergrid.main()
