"""Makes the result files from which result_fuzz starts: small files of every kind, and damaged ones that libFuzzer
would take long to find. They are made by the program under test, so that they always have the present layout.

    make_results.py PROGRAM DIRECTORY
"""
import os
import subprocess
import sys
from pathlib import Path

import h5py

HUGE = 2**60


def sweep(program, directory, name, *options, data=("X",)):
    """A file with as few cells as its kind can have."""
    samples = directory / "samples.csv"
    samples.write_text("x0,x1,y\n1,2,0\n3,1,1\n")
    subprocess.run([program, "sweep", "--phi", "2", "--r", "2", "--fields", "loss", "--output", directory / name,
                    *options, *(f"--data={d}={samples}" for d in data)],
                   check=True, stdout=subprocess.DEVNULL, env=os.environ | {"FISHERGRID_ISA": "baseline"})
    samples.unlink()


def huge_axis(file):
    del file["phi"]
    file.create_dataset("phi", (HUGE,), "f8", chunks=(1024,))


def axis_in_circle(file):
    del file["r"]
    file["r"] = h5py.SoftLink("/r")


def huge_setup(file):
    file["entry/setup/phi_cells"][()] = 2**31


def no_marks(file):
    del file["entry/tiles_X"]


def not_complete(file):
    file.attrs.modify("complete", type(file.attrs["complete"])(0))


def make(program, directory):
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.iterdir():
        old.unlink()
    sweep(program, directory, "complete")
    sweep(program, directory, "every-field", "--fields", "all")
    sweep(program, directory, "part", "--phi", "4", "--tile", "2", "--part", "2/2")
    sweep(program, directory, "two-sets-in-tiles", "--tile", "1", data=("X", "Y"))
    subprocess.run([program, "pack", directory / "complete", directory / "packed"], check=True,
                   stdout=subprocess.DEVNULL)
    complete = (directory / "complete").read_bytes()
    for damage in huge_axis, axis_in_circle, huge_setup, no_marks, not_complete:
        path = directory / damage.__name__.replace("_", "-")
        path.write_bytes(complete)
        with h5py.File(path, "r+") as file:
            damage(file)
    (directory / "cut-off").write_bytes(complete[:600])
    (directory / "signature-only").write_bytes(complete[:8])
    (directory / "no-hdf5").write_bytes(b"x0,x1,y\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
