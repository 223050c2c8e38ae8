"""Tests sweeps that mpirun distributes over processes: the file has the bytes of a single process for any number of
processes, also after crashes and interruptions, and every message is printed once."""

import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

# Some hundred tiles, whether samples are summed at cells or at nodes.
WORK = {
    "direct": ["--method", "direct", "--phi", "120", "--r", "100", "--tile", "100", "--samples-per-class", "50"],
    "chebyshev": ["--method", "chebyshev", "--phi", "300", "--r", "250", "--tile", "500", "--samples-per-class", "50"],
}
# Two seconds of work or more for two processes, in 600 tiles.
LONG = ["--method", "direct", "--phi", "300", "--r", "300", "--tile", "300", "--samples-per-class", "30000", "-t", "1", "-q"]
KEEPS = r"x\.h5\.part keeps the finished tiles; run the same command again to resume"
# Who made the file, which is not what is in it.
OF_THE_TEAM = {f"entry/provenance/parameters/{name}" for name in ("threads", "processes", "config_json")}
SECONDS = 60  # no run takes as long as that; one that hangs is ended
# More processes than cores, none of them tied to one, and as root: as in a container with few cores.
OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",  # Open MPI 5 has other names for both
    "PRTE_MCA_hwloc_default_binding_policy": "none",
    # Messages through the loopback device: shared memory needs a file, which ulimit -f would refuse.
    "OMPI_MCA_btl": "self,tcp",
    "OMPI_MCA_btl_tcp_if_include": "lo",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OMP_WAIT_POLICY": "passive",
}


def mpirun(n, *arguments):
    """Returns the command line for n processes of `fishergrid ARGUMENTS`; n = 0: one process without mpirun."""
    if n == 0:
        return [fishergrid.PROGRAM, *arguments]
    return ["mpirun", "--timeout", str(SECONDS), "-n", str(n), fishergrid.PROGRAM, *arguments]


def each(*commands):
    """Returns the command line that runs each command in one process. A shell selects the command, because mpirun of
    Open MPI 5.0.7 crashes if it is given several (-n 1 true : -n 1 true)."""
    cases = " ".join(f"{rank}) exec {shlex.join(map(str, command))};;" for rank, command in enumerate(commands))
    script = f"case $OMPI_COMM_WORLD_RANK in {cases} esac"
    return ["mpirun", "--timeout", str(SECONDS), "-n", str(len(commands)), "sh", "-c", script]


def ours(told):
    """Returns the lines on standard error that fishergrid printed."""
    return [line for line in told.decode().splitlines() if line.startswith(("fishergrid", "resuming")) or "x.h5" in line]


@unittest.skipUnless(fishergrid.h5py, "h5py is not installed: cannot look into files")
@unittest.skipUnless(shutil.which("mpirun"), "mpirun is not installed")
class MpiTest(fishergrid.ProgramTest):
    expected = {}  # what one process makes, by its options

    def path(self, name):
        return self.directory / name

    def run_team(self, command, **options):
        options = {"stdin": subprocess.DEVNULL, "env": fishergrid.environment(**OPEN_MPI), **options}
        return subprocess.run(command, cwd=self.directory, capture_output=True, timeout=2 * SECONDS, check=False, **options)

    def start_team(self, n, *options):
        """Starts n processes. Returns mpirun's process and the process ids by rank while tiles are computed."""
        part = self.path("x.h5.part")
        enough = fishergrid.tiles_done(part) + 20
        process = subprocess.Popen(mpirun(n, "sweep", *options, "-o", "x.h5"), cwd=self.directory,
                                   env=fishergrid.environment(**OPEN_MPI), stderr=subprocess.PIPE)  # fmt: skip
        fishergrid.wait_until(process, lambda: fishergrid.tiles_done(part) >= enough)
        if n == 0:
            return process, [process.pid]
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ranks = {self.rank_of(child): int(child) for child in children}
        return process, [ranks[rank] for rank in range(n)]

    @staticmethod
    def rank_of(process):
        variables = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        return next(int(text.split(b"=")[1]) for text in variables if text.startswith(b"OMPI_COMM_WORLD_RANK="))

    def contents_alone(self, options):
        """Returns the contents of the file that a single process makes without mpirun."""
        key = tuple(options)
        if key not in self.expected:
            done = fishergrid.run("sweep", *options, "-q", "--force", "-o", "reference.h5", cwd=self.directory)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.expected[key] = fishergrid.contents(self.path("reference.h5"))
        return self.expected[key]

    def check_file(self, options):
        """Checks that x.h5 has the contents that a single process makes, and removes it."""
        self.check_same(self.contents_alone(options))
        self.path("x.h5").unlink()
        self.assertLessEqual({path.name for path in self.directory.iterdir()}, {"reference.h5"})

    def check_same(self, expected):
        found = fishergrid.contents(self.path("x.h5"))
        self.assertEqual(found.keys(), expected.keys())
        self.assertLessEqual({name for name in expected if found[name] != expected[name]}, OF_THE_TEAM)

    def finish(self, n, options):
        """Lets n processes finish x.h5 and checks it. There may be a .part file."""
        done = self.run_team(mpirun(n, "sweep", *options, "-o", "x.h5"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_file(options)
        return ours(done.stderr)

    def interrupt(self, n, options):
        """Interrupts a sweep of n processes while tiles are computed."""
        process, ranks = self.start_team(n, *options)
        for rank in ranks:
            os.kill(rank, signal.SIGUSR1)
        self.check_interrupted(process, "SIGUSR1")

    def check_interrupted(self, process, by):
        told = process.communicate(timeout=SECONDS)[1]
        self.assertEqual(process.returncode, 75, told)
        self.assertRegex("\n".join(ours(told)), rf"\A(resuming [^\n]*\n)?fishergrid sweep: x\.h5: stopped by {by}; {KEEPS}\Z")
        self.assertFalse(self.path("x.h5.lock").exists())

    # --- the same bytes

    def test_any_number_of_processes_and_threads(self):
        for method, options in WORK.items():
            for n in (1, 2, 3, 4):
                for threads in ("1", "2"):
                    with self.subTest(method=method, n=n, threads=threads):
                        done = self.run_team(mpirun(n, "sweep", *options, "-t", threads, "-q", "-o", "x.h5"))
                        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
                        with fishergrid.h5py.File(self.path("x.h5"), "r") as file:
                            made_by = file["entry/provenance/parameters"]
                            self.assertEqual((made_by["processes"][()], made_by["threads"][()]), (n, int(threads)))
                        self.check_file(options)

    def test_nodes_in_several_bands(self):
        """There are so many panels of r that a band of 64 MiB holds fewer than half of the lines of B."""
        options = ["--method", "chebyshev", "--phi", "200", "--r", "40", "--r-range=-300:300", "--tile", "80"]
        self.finish(3, [*options, "--data", "B", "--samples-per-class", "10", "-t", "2"])

    def test_more_processes_than_tiles(self):
        for grid in (["--phi", "1", "--r", "1"], ["--phi", "3", "--r", "5", "--tile", "10"]):
            for method in ("direct", "chebyshev"):
                with self.subTest(grid=grid, method=method):
                    self.finish(4, [*grid, "--method", method, "-t", "2"])

    def test_what_is_printed_is_printed_once(self):
        done = self.run_team(mpirun(3, "sweep", *WORK["chebyshev"], "--json", "-o", "x.h5"))
        self.assertEqual((done.returncode, done.stdout.count(b'"cells":')), (0, 1), done.stderr)
        done = self.run_team(mpirun(3, "sweep", *WORK["chebyshev"], "-t", "2", "--force", "-o", "x.h5"))
        self.assertEqual(done.stdout.count(b" kernel, 2 threads in each of 3 processes\n"), 1, done.stdout)
        info = fishergrid.run("info", "x.h5", cwd=self.directory).stdout
        self.assertIn(b"\nthreads        2\nprocesses      3\n", info)
        done = self.run_team(mpirun(3, "sweep", "--help"))
        self.assertEqual((done.returncode, done.stdout.count(b"Usage:")), (0, 1), done.stderr)

    def test_threads_share_the_cores_by_default(self):
        cores = len(os.sched_getaffinity(0))
        points = Path(self.path("points.csv"))
        points.write_text("x0,x1,y\n0,0,0\n1,2,1\n")  # a file may have any number of samples, so all cores work
        done = self.run_team(mpirun(2, "sweep", "--phi", "12", "--r", "9", "--data", f"X={points}", "-q", "-o", "x.h5"))
        self.assertEqual(done.returncode, 0, done.stderr)
        with fishergrid.h5py.File(self.path("x.h5"), "r") as file:
            self.assertEqual(file["entry/provenance/parameters/threads"][()], max(1, cores // 2))

    # --- interrupted, and resumed by another number of processes

    def test_continued_by_another_number_of_processes(self):
        for n in (0, 3, 2):
            self.interrupt(n, LONG)
        leftover = self.path("x.h5.part").read_bytes()
        self.finish(4, LONG)
        self.path("x.h5.part").write_bytes(leftover)
        self.finish(0, LONG)

    def test_damaged_tiles_are_found_by_whoever_looks(self):
        self.interrupt(2, LONG)
        with fishergrid.h5py.File(self.path("x.h5.part"), "r+") as file:
            tiles = (file["entry/tiles_A/checksum"][()] != 0).nonzero()[0]
            for tile in (tiles[0], tiles[-1]):
                file["loss_A"][tile, 0] += 1e-9
        told = self.finish(2, [word for word in LONG if word != "-q"])
        self.assertRegex("\n".join(told), r"\Aresuming [^\n]*\n2 tiles of x\.h5\.part had changed [^\n]*\Z")

    def test_a_killed_process_ends_all_and_the_next_run_continues(self):
        for victim in (0, 1):
            with self.subTest(victim=victim):
                process, ranks = self.start_team(2, *LONG)
                os.kill(ranks[victim], signal.SIGKILL)
                process.communicate(timeout=SECONDS)
                self.assertEqual(process.returncode, 128 + signal.SIGKILL)
        self.finish(3, LONG)

    def test_time_is_up(self):
        stopped = self.run_team(mpirun(2, "sweep", *LONG, "--samples-per-class", "100000", "--max-time", "1.5", "-o", "x.h5"))
        self.assertEqual(stopped.returncode, 75, stopped.stderr)
        self.assertRegex("\n".join(ours(stopped.stderr)), rf"\Afishergrid sweep: x\.h5: stopped by --max-time; {KEEPS}(; no tile [^\n]*)?\Z")

    def test_a_signal_to_one(self):
        process, ranks = self.start_team(2, *LONG)
        os.kill(ranks[1], signal.SIGUSR1)
        self.check_interrupted(process, "another process")
        self.assertLess(fishergrid.tiles_done(self.path("x.h5.part")), 600)

    def test_mpirun_terminated(self):
        """mpirun gives its processes a second to end, and has an exit code of its own."""
        process, _ = self.start_team(2, *LONG)
        process.terminate()
        process.communicate(timeout=SECONDS)
        self.assertNotEqual(process.returncode, 0)
        self.assertFalse(self.path("x.h5").exists())
        self.finish(2, LONG)

    def test_each_process_brings_what_it_wrote_to_the_disk(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        command = ["strace", "-f", "-y", "-qq", "-e", "trace=fsync", "-o", self.path("trace")]
        done = self.run_team([*command, *mpirun(2, "sweep", *WORK["direct"], "-t", "1", "-q", "-o", "x.h5")])
        self.assertEqual(done.returncode, 0, done.stderr)
        of_values = re.findall(r"(?m)^(\d+) +fsync\(\d+<[^>]*x\.h5\.part>", self.path("trace").read_text())
        self.assertEqual(len(set(of_values)), 2)

    # --- what goes wrong

    def refused(self, command, status, line):
        done = self.run_team(command)
        self.assertEqual((done.returncode, done.stdout), (status, b""), done.stderr)
        self.assertRegex("\n".join(ours(done.stderr)), rf"\A{line}\Z")

    def test_wrong_input_is_told_once(self):
        self.refused(mpirun(3, "sweep", "--phi", "0", "-o", "x.h5"), 2, r"fishergrid sweep: --phi: '0' is not a whole number[^\n]*")
        self.refused(mpirun(3, "sweep", "-o", "none/x.h5"), 2, r"fishergrid sweep: none/x\.h5: the directory [^\n]*")
        for setting, more in [("OMP_NUM_THREADS=99999", []), ("OMP_STACKSIZE=64k", ["-t", "2"])]:
            command = ["env", setting, *mpirun(3, "sweep", *more, "-o", "x.h5")]
            self.refused(command, 2, rf"fishergrid sweep: [^\n]*{setting}[^\n]*")
        self.path("x.h5").write_text("something else")
        self.refused(mpirun(3, "sweep", "-o", "x.h5"), 2, r"fishergrid sweep: x\.h5 exists[^\n]*")

    def test_all_must_compute_the_same(self):
        sweep = [fishergrid.PROGRAM, "sweep", "-q", "-o", "x.h5"]
        self.refused(each([*sweep, "--seed", "3"], [*sweep, "--seed", "4"]), 2,
                     r"fishergrid sweep: process 1 of 2: has seed 4, process 0 has 3; all must compute the same")  # fmt: skip
        self.refused(each(sweep, ["env", "FISHERGRID_ISA=baseline", *sweep]), 2,
                     r"fishergrid sweep: process 1 of 2: has kernel baseline, process 0 has \w+; all must compute the same")  # fmt: skip
        self.refused(each([*sweep, "--data", "A"], [*sweep, "--data", "B"]), 2,
                     r"fishergrid sweep: process 1 of 2: has data B, process 0 has A; all must compute the same")  # fmt: skip
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_samples_that_only_the_first_process_can_read(self):
        """Data sets: a nearly straight line, for which some cells need all samples; and a point of each class."""
        line = [(k / 1000, k / 1000 - 2 + 1e-7 * math.sin(k), k % 3 // 2) for k in range(6000)]
        options = ["--data", "mine=points.csv", "--phi", "80", "--r", "60", "--tile", "200", "--fields", "all"]
        sweep = [fishergrid.PROGRAM, "sweep", *options, "-q", "--force", "-o", self.path("x.h5")]
        for points in (line, [(1, 1, 0), (2, 2, 1)]):
            with self.subTest(samples=len(points)):
                self.expected.clear()
                self.path("points.csv").write_text("x0,x1,y\n" + "".join("%.17g,%.17g,%d\n" % point for point in points))
                done = self.run_team(each(sweep, *2 * [["env", "-C", "/", *sweep]]))
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.check_same(self.contents_alone(options))

    def test_samples_of_a_result_file_and_of_standard_input(self):
        self.path("points.csv").write_text("x0,x1,y\n1,1,0\n2,2,1\n")
        made = self.contents_alone([*WORK["direct"], "--data", "mine=points.csv"])
        for source in ("reference.h5", "-"):
            with self.subTest(source), open(self.path("points.csv"), "rb") as stdin:
                sweep = ["sweep", *WORK["direct"], "--data", f"mine={source}", "-q", "--force", "-o", "x.h5"]
                done = self.run_team(mpirun(3, *sweep), stdin=stdin)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.check_same(made)

    def test_what_another_setup_has_begun(self):
        self.interrupt(2, LONG)
        part = self.path("x.h5.part").read_bytes()
        for n in (0, 3):
            line = r"fishergrid sweep: x\.h5\.part was begun with damping 0, this is 0\.5 \(--damping\); [^\n]*--force"
            self.refused(mpirun(n, "sweep", *LONG, "--damping", "0.5", "-o", "x.h5"), 2, line)
            self.assertEqual(self.path("x.h5.part").read_bytes(), part)

    def test_a_process_that_cannot_write(self):
        """The limit of file size is below the middle of the file: one message, all processes end, a rerun resumes."""
        sweep = [fishergrid.PROGRAM, "sweep", *WORK["direct"], "-q", "-o", "x.h5"]
        limited = ["bash", "-c", 'ulimit -f 700; exec "$@"', "bash", *sweep]
        self.refused(each(sweep, limited), 1,
                     rf"(\[[^\n]*\n)*fishergrid sweep: process 1 of 2: x\.h5\.part: writing [^\n]*File too large[^\n]*; {KEEPS}")  # fmt: skip
        self.finish(2, WORK["direct"])


if __name__ == "__main__":
    fishergrid.main()
