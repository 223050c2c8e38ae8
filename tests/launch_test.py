#!/usr/bin/env python3
"""Commands that a launcher (mpirun, srun) starts in several processes, although they are for one: one line, exit code 2.

    launch_test.py PATH_TO_FISHERGRID
"""

import shutil
import subprocess
import unittest

import fishergrid_program as fishergrid

SEVERAL = [("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"), ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")]
ALONE = ["pack x.h5 p.h5", "merge -o m.h5 x.h5", "info x.h5", "verify x.h5", "xdmf x.h5", "point --phi 1 --r 0", "bench kernel"]
OPEN_MPI = {name: "1" for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe")}


class LaunchTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        self.succeed("sweep", "--phi", "8", "--r", "8", "-q", "-o", "x.h5")

    def run_as(self, command, size, rank, n, number):
        environment = {size: str(n), rank: str(number)}
        done = fishergrid.run(*command.split(), cwd=self.directory, env=environment)
        return done.returncode, done.stdout, done.stderr.decode()

    def test_one_line_of_all_processes(self):
        for command, (size, rank) in [(command, pair) for pair in SEVERAL for command in ALONE]:
            with self.subTest(command, size=size):
                code, out, told = self.run_as(command, size, rank, 2, 0)
                self.assertEqual((code, out), (2, b""))
                self.assertRegex(told, rf"\Afishergrid {command.split()[0]}: this command is for one process, and {size}=2 [^\n]*\n\Z")
        for size, rank in SEVERAL:
            self.assertEqual(self.run_as("pack x.h5 p.h5", size, rank, 2, 1), (2, b"", ""))
        self.assertEqual([path.name for path in self.directory.iterdir()], ["x.h5"])

    def test_one_line_of_wrong_words(self):
        for command, (size, rank) in [(command, pair) for pair in SEVERAL for command in ("swep --phi 3", "pack --bad", "verify", "")]:
            with self.subTest(command, size=size):
                self.assertRegex(self.run_as(command, size, rank, 2, 0)[2], r"\Afishergrid[^\n]*\n\Z")
                self.assertEqual(self.run_as(command, size, rank, 2, 1), (2, b"", ""))

    def test_one_process_of_a_launcher(self):
        """And a job script by itself, whose job has more tasks."""
        for size, rank in [*SEVERAL, ("SLURM_NTASKS", "SLURM_PROCID")]:
            n = 2 if size == "SLURM_NTASKS" else 1
            self.assertEqual(self.run_as("pack -q --force x.h5 p.h5", size, rank, n, 0), (0, b"", ""))

    def test_sweeps_of_srun_into_files_of_their_own(self):
        for number in (0, 1):
            command = f"sweep --phi 8 --r 8 -q -o {number}.h5"
            self.assertEqual(self.run_as(command, *SEVERAL[-1], 2, number), (0, b"", ""))

    @unittest.skipUnless(shutil.which("mpirun"), "mpirun is not installed")
    def test_mpirun(self):
        done = subprocess.run(["mpirun", "-n", "2", fishergrid.PROGRAM, "pack", "x.h5", "p.h5"], cwd=self.directory,
                              env=fishergrid.environment(**OPEN_MPI), capture_output=True, timeout=60)
        ours = [line for line in done.stderr.decode().splitlines() if line.startswith("fishergrid")]
        self.assertEqual((done.returncode, len(ours)), (2, 1), done.stderr)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["x.h5"])


if __name__ == "__main__":
    fishergrid.main()
