from pathlib import Path

from spack.package import *


class Fishergrid(CMakePackage):
    """Loss, Fisher information matrix, gradient and natural gradient of a network with two weights over a grid of
    both, in one HDF5 file."""

    # The repository that this recipe lies in.
    git = Path(__file__).resolve().parents[5].as_uri()

    license("MIT", checked_by="fishergrid")

    version("main", branch="main")

    variant("shared", default=True, description="Build libfishergrid as a shared library")

    depends_on("c", type="build")
    depends_on("cmake@3.20:", type="build")
    depends_on("gmake", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("hdf5")
    depends_on("jansson")
    depends_on("libdeflate")
    depends_on("random123")
    depends_on("sleef")
    depends_on("xxhash")

    def cmake_args(self):
        return [self.define_from_variant("BUILD_SHARED_LIBS", "shared"), self.define("BUILD_TESTING", self.run_tests)]

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def compute_a_cell(self):
        Executable(self.prefix.bin.fishergrid)("point", "--phi", "0.5pi", "--r", "-1")
