#!/usr/bin/env python3
"""The job scripts, submitted as they are to a Slurm that runs on this machine while the tests last.

    slurm_test.py PATH_TO_FISHERGRID

Slurm is installed where apt-get may. Elsewhere, and without it, the tests that need it are named as skipped; exit
status 77 if the others succeed.
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import h5py

import fishergrid_program as fishergrid
from slurm_cluster import CPUS, Cluster

ROOT = Path(__file__).resolve().parent.parent
THREADS = min(CPUS, len(os.sched_getaffinity(0)))  # of a job: the nodes pretend to have CPUS
SMALL = ["--phi", 40, "--r", 30, "--samples-per-class", 20]
SHOW_CORES = {"OMP_DISPLAY_AFFINITY": "true", "OMP_AFFINITY_FORMAT": "process %P, thread %n on %A"}
cluster = None


def long_sweep(seconds, threads):
    """Options of a sweep in small tiles that keeps as many cores busy for that long on this machine, or longer."""
    options = ["--method", "direct", "--data", "A", "--phi", 200, "--r", 200, "--tile", 200, "--threads", threads]
    with tempfile.TemporaryDirectory() as scratch:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        fishergrid.run("sweep", *options, "--samples-per-class", 5000, "-o", f"{scratch}/x.h5")
        busy = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return [*options, "--samples-per-class", int(5000 * seconds * threads / busy)]


def values(path):
    """The bytes of every field of a file, by name."""
    with h5py.File(path) as file:
        return {name: file[name][()].tobytes() for name in file if re.match("loss|fisher|gradient|natural", name)}


def computed(path):
    """How many cells a file has so far; none where it cannot be read yet."""
    try:
        with h5py.File(path, locking=False) as file:
            return int((file["natural_gradient_flag_A"][()] != 0).sum())
    except (OSError, KeyError):
        return 0


def cores_of(ranges):
    """The numbers in "0-3,8", as a set."""
    ends = [part.split("-") for part in ranges.split(",")]
    return {core for of in ends for core in range(int(of[0]), int(of[-1]) + 1)}


class ScriptsTest(unittest.TestCase):
    def test_every_sbatch_line_has_its_reason_above(self):
        scripts = sorted((ROOT / "jobs").glob("*.sbatch"))
        self.assertGreaterEqual(len(scripts), 5)
        for script in scripts:
            lines = script.read_text().splitlines()
            for above, line in zip(lines, lines[1:]):
                if line.startswith("#SBATCH"):
                    self.assertRegex(above, r"^# .*[.]$", f"{script.name}: {line}")

    def test_what_is_resumable_asks_to_be_started_again(self):
        """The merge needs no signal: it knows when its time ends."""
        asked = {"--signal=USR1@120", "--requeue", "--open-mode=append"}
        for script in sorted((ROOT / "jobs").glob("*.sbatch")):
            text = script.read_text()
            options = set(re.findall(r"(?m)^#SBATCH (\S+)$", text))
            if "run_resumable" in text:
                self.assertLessEqual(asked - ({"--signal=USR1@120"} if script.stem == "merge" else set()), options, script)
                self.assertRegex(text, r"(?m)^run_resumable .* --unless-done ", script)

    def test_grid_of_scaling_follows_the_cores(self):
        """As many rows for every thread that it has 16 tiles; a power of two, or nearly, at most."""
        script = (ROOT / "jobs/scaling.sbatch").read_text()
        line = re.search(r"(?m)^share=.*$", script)[0]
        rows, r, tile = re.search(r"--phi (\$\(\(.*?\)\)) --r (\d+) --tile (\d+) ", script).groups()
        for threads in [*range(1, 33), 48, 64, 96, 128, 192, 256]:
            command = ["bash", "-c", f"OMP_NUM_THREADS={threads}; {line}; echo {rows}"]
            phi = int(subprocess.run(command, capture_output=True, check=True).stdout)
            self.assertEqual(phi % threads, 0)  # all have the same share
            tiles = phi * int(r) // int(tile)
            self.assertGreaterEqual(tiles, 16 * threads)
            self.assertTrue(2048 < phi <= max(4096, 128 * threads), (threads, phi))


class JobTest(fishergrid.ProgramTest):
    """A checkout whose site file alone is edited, and another directory to submit from."""

    @classmethod
    def setUpClass(cls):
        global cluster
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-slurm-")
        cls.addClassCleanup(scratch.cleanup)
        cluster = Cluster(Path(scratch.name))
        cls.addClassCleanup(cluster.stop)

    def setUp(self):
        super().setUp()
        self.jobs = self.directory / "check out" / "jobs"
        shutil.copytree(ROOT / "jobs", self.jobs, ignore=shutil.ignore_patterns("site.sh"))
        shutil.copytree(ROOT / "analysis", self.jobs.parent / "analysis")
        self.here = self.directory / "some where"
        self.here.mkdir()
        self.edit_site()

    def edit_site(self, **others):
        """Writes site.sh as a user would: the example, with comments taken away and values put in; None: its own."""
        text = (self.jobs / "site.example.sh").read_text()
        settings = {
            "export SBATCH_ACCOUNT": "fish",
            "export SBATCH_PARTITION": "main",
            "fishergrid": fishergrid.PROGRAM,
            "python": sys.executable,
            **others,
        }
        for name, value in settings.items():
            new = rf"{name}=\1" if value is None else f"{name}='{value}'"
            text, found = re.subn(rf"(?m)^#{name}=(.*)$", new, text)
            self.assertEqual(found, 1, name)
        (self.jobs / "site.sh").write_text(text)

    def login(self, *words, **options):
        """Runs a command as from a shell that has read the site file."""
        shell = ["bash", "-c", '. "$0" && exec "$@"', self.jobs / "site.sh"]
        return cluster.run(*shell, *words, **{"cwd": self.here, **options})

    def submit(self, script, *options, sbatch=(), **settings):
        return self.login("sbatch", "--parsable", *sbatch, f"../check out/jobs/{script}", *options, **settings).strip()

    def submit_as_planned(self, *sweep, program=None, **settings):
        """Submits by the command that `sweep --sbatch` prints."""
        words = [program or fishergrid.PROGRAM, "sweep", *map(str, sweep), "--sbatch"]
        env = fishergrid.environment(FISHERGRID_JOBS=str(self.jobs))
        line = subprocess.run(words, cwd=self.here, env=env, stdout=subprocess.PIPE, check=True, text=True).stdout
        return self.login("bash", "-c", line, **settings).split()[-1]

    def submit_text(self, text, *options):
        """Submits a script with what the job scripts share, and then `text`."""
        script = f"#!/usr/bin/env bash\njobs='{self.jobs}'\n. \"$jobs/job.sh\"\n{text}\n"
        (self.here / "script").write_text(script)
        return self.login("sbatch", "--parsable", *options, "script").strip()

    def log(self, job):
        """What a job has printed, if it has begun."""
        logs = list(self.here.glob(f"*-{job}.log"))
        return logs[0].read_text() if logs else ""

    def cores(self, log):
        """{process: [the cores of each of its threads]}, as OpenMP told them in a job that has SHOW_CORES."""
        found = {}
        for process, _, cores in sorted(set(re.findall(r"(?m)^process (\d+), thread (\d+) on (\S+)$", log))):
            found.setdefault(process, []).append(cores_of(cores))
        return found

    def finish(self, job, state="COMPLETED", code="0:0", seconds=90):
        facts = cluster.wait(job, seconds)
        self.assertEqual((facts["JobState"], facts["ExitCode"]), (state, code), self.log(job))
        return facts

    def start_long(self):
        """Submits a sweep of some seconds into long.h5; returns job and options once some tiles are computed."""
        sweep = long_sweep(4, THREADS)
        job = self.submit("sweep.sbatch", *sweep, "-o", "long.h5")
        cluster.wait_for(job, lambda _: computed(self.here / "long.h5.part") > 2000)
        return job, sweep

    def assert_same_as_single_run(self, file, *options):
        self.succeed("sweep", *options, "-q", "-o", self.directory / "single.h5")
        self.assertEqual(values(self.here / file), values(self.directory / "single.h5"))
        self.assertEqual([path.name for path in self.here.glob(f"{file}.*")], [])

    def assert_bound(self, log, processes=1):
        """Every thread of each process has cores of its own."""
        found = self.cores(log)
        self.assertEqual(len(found), processes, log)
        for cores in found.values():
            self.assertEqual(len(cores), THREADS, log)
            self.assertEqual(sum(map(len, cores)), len(set().union(*cores)), log)

    # --- sweep ---

    def test_sweep(self):
        facts = self.finish(job := self.submit("sweep.sbatch", *SMALL, "-o", "x.h5", env=SHOW_CORES))
        self.assertEqual((facts["Account"], facts["Partition"], facts["NumNodes"]), ("fish", "main", "1"))
        self.assertEqual((facts["Requeue"], facts["OverSubscribe"]), ("1", "NO"))
        self.assertRegex(self.log(job), rf"\b{THREADS} threads?\b")
        self.assert_bound(self.log(job))
        self.assert_same_as_single_run("x.h5", *SMALL)

    def test_program_beside_the_jobs(self):
        """The default of the site file; and nothing to edit where the cluster's own defaults do."""
        release = self.jobs.parent / "build" / "release"
        release.mkdir(parents=True)
        (release / "fishergrid").symlink_to(fishergrid.PROGRAM)
        (self.jobs / "site.sh").unlink()
        script = self.jobs / "sweep.sbatch"
        job = cluster.sbatch("--partition=main", script, *SMALL, "-o", "x.h5", cwd=self.here)
        self.finish(job)
        self.assertTrue((self.here / "x.h5").exists())

    def test_submitted_from_anywhere(self):
        """Slurm notes some paths as they were typed."""
        at = self.jobs / "sweep.sbatch"
        ways = [(self.jobs, "sweep.sbatch"), (self.jobs, "./sweep.sbatch"), (self.jobs.parent, "jobs/sweep.sbatch")]
        ways += [(self.here, "../check out/jobs/sweep.sbatch"), (Path("/"), at)]
        files = [self.here / f"{k}.h5" for k in range(len(ways) + 2)]
        jobs = [self.login("sbatch", path, *SMALL, "-o", file, cwd=cwd) for (cwd, path), file in zip(ways, files)]
        chdir = f"--chdir={self.directory}"
        jobs.append(self.login("sbatch", chdir, "../check out/jobs/sweep.sbatch", *SMALL, "-o", files[-2]))
        # A copy elsewhere, whose original Slurm cannot know.
        shutil.copy(at, self.directory / "mine.sbatch")
        known = {"FISHERGRID_JOBS": str(self.jobs)}
        jobs.append(self.login("sbatch", self.directory / "mine.sbatch", *SMALL, "-o", files[-1], env=known))
        for job, file in zip(jobs, files):
            cluster.wait(job.split()[-1])
            self.assertTrue(file.exists(), (file, job))

    def test_wrong_usage_ends_the_job(self):
        job = self.submit("sweep.sbatch", "--phi", "none", "-o", "x.h5")
        facts = self.finish(job, "FAILED", "2:0")
        self.assertEqual(facts["Restarts"], "0")
        self.assertRegex(self.log(job), "fishergrid sweep: --phi: 'none'")

    def test_missing_program(self):
        self.edit_site(fishergrid="/nowhere/fishergrid")
        job = self.submit("sweep.sbatch", "-o", "x.h5")
        self.finish(job, "FAILED", "1:0")
        self.assertRegex(self.log(job), r"(?m)^fishergrid-sweep: no program at /nowhere/fishergrid; .*site\.sh$")

    def test_scripts_away_from_their_directory(self):
        """One line that says so: a copy, and what sbatch reads from a pipe."""
        shutil.copy(self.jobs / "sweep.sbatch", self.here / "mine.sbatch")
        for words in ("mine.sbatch", "< mine.sbatch"):
            job = self.login("bash", "-c", f"sbatch --parsable --output=x-%j.log {words}").strip()
            self.finish(job, "FAILED", "1:0")
            self.assertRegex(self.log(job), r"\Asweep\.sbatch: no job\.sh beside it; [^\n]*FISHERGRID_JOBS[^\n]*\n\Z")

    def test_site_file_that_cannot_be_read(self):
        for text, words in [
            ('export SBATCH_ACCOUNT="abc', r"(?s).*fishergrid-sweep: \S.*/site\.sh cannot be read; [^\n]*\n\Z"),
            ('start_mpi="srun --mpi=pmix"', r"\Afishergrid-sweep: start_mpi is a list of words; write start_mpi=\(srun "),
        ]:
            (self.jobs / "site.sh").write_text(f"{text}\n")
            job = cluster.sbatch("--partition=main", self.jobs / "sweep.sbatch", *SMALL, "-o", "x.h5", cwd=self.here)
            self.finish(job, "FAILED", "1:0")
            self.assertRegex(self.log(job), words)

    def test_finished_before(self):
        """As when a node fails between the end of the file and that of the job: nothing is left to do."""
        made = []
        for _ in range(2):
            self.finish(self.submit("sweep.sbatch", *SMALL, "-o", "x.h5"))
            self.finish(self.submit_array(2, "z.h5", *SMALL, "--tile", 100)[1])
            made.append({path: path.stat().st_mtime for path in self.here.glob("**/*.h5")})
        self.assertEqual(len(made[0]), 4)
        self.assertEqual(*made)

    def test_modules_and_conda(self):
        """What they run uses variables that are not set, and commands that fail."""
        with open(self.jobs / "site.sh", "a") as file:
            file.write('load_modules() { export LOADED=$NOT_SET_BY_ANYBODY; false; (exit 3) | true; LOADED=yes; }\n')
        job = self.submit_text('echo "loaded: $LOADED"; false; echo "not reached"', "--output=x-%j.log")
        self.finish(job, "FAILED", "1:0")
        self.assertEqual(self.log(job), "loaded: yes\n")

    def test_force_would_start_afresh_in_every_turn(self):
        for script, options in [("sweep.sbatch", []), ("array.sbatch", ["--array=1"]), ("merge.sbatch", [])]:
            with self.subTest(script):
                output = ["x.h5"] if script == "array.sbatch" else ["-o", "x.h5"]
                job = self.submit(script, *output, *SMALL, "--force", sbatch=options)
                self.finish(job, "FAILED", "1:0")
                log = self.log(f"{job}_1" if options else job)
                self.assertRegex(log, r"(?m)^fishergrid-\w+: with --force every restart of the job would begin from scratch; .*$")

    # --- interrupted ---

    def test_requeue_in_mid_run(self):
        job, options = self.start_long()
        cluster.run("scontrol", "requeue", job)
        facts = self.finish(job)
        self.assertEqual(facts["Restarts"], "1", self.log(job))
        self.assertIn("interrupted by Slurm", self.log(job))  # the first turn, in the same log
        self.assert_same_as_single_run("long.h5", *options)

    def test_signal(self):
        """As Slurm sends it before the end, only at once: exit 75, back into the queue, completed."""
        job, options = self.start_long()
        cluster.run("scancel", "--signal=USR1", job)
        cluster.wait_for(job, lambda facts: facts["Restarts"] == "1")
        before = computed(self.here / "long.h5.part")
        self.assertGreater(before, 2000)
        facts = self.finish(job)
        self.assertEqual(facts["Restarts"], "1", self.log(job))
        self.assertIn("requeued to resume (restart 1 of at most 20)", self.log(job))
        self.assert_same_as_single_run("long.h5", *options)

    def test_warning_before_the_end(self):
        """The signal that the script asks for: of two minutes, none is left when Slurm looks, every half minute. Slurm
        sends it once, so a job that is only starting then runs to its end; the next job starts at another moment."""
        ends = lambda facts: facts["Restarts"] != "0" or facts["JobState"] == "COMPLETED"
        for _ in range(3):
            (self.here / "long.h5").unlink(missing_ok=True)
            job = self.submit("sweep.sbatch", *long_sweep(45, 1), "-o", "long.h5", sbatch=["--time=2"])
            if cluster.wait_for(job, ends, 90)["Restarts"] != "0":
                break
        cluster.run("scontrol", "update", f"jobid={job}", "timelimit=30")  # or a busy machine needs many turns
        self.finish(job, seconds=300)
        self.assertIn("stopped by SIGUSR1", self.log(job))
        self.assertIn("requeued to resume (restart 1 of", self.log(job))
        self.assertEqual(self.succeed_json("info", self.here / "long.h5")["complete"], True)

    def test_what_a_job_knows(self):
        """Its end, its cores and how to bind threads to them: also in steps, and in a task that shares its number."""
        options = ["--time=7", "--cpus-per-task=2", "--array=1-2", "--output=%A_%a.env", "--export=NONE"]
        job = self.submit_text("srun --ntasks=1 env", *options)
        for task in (1, 2):
            facts = self.finish(f"{job}_{task}")
            known = dict(re.findall("(?m)^([A-Z_]+)=(.*)$", (self.here / f"{job}_{task}.env").read_text()))
            start = time.mktime(time.strptime(facts["StartTime"], "%Y-%m-%dT%H:%M:%S"))
            self.assertEqual(int(known["SLURM_JOB_END_TIME"]), start + 7 * 60)
            places = {name: known[name] for name in ("OMP_NUM_THREADS", "OMP_PLACES", "OMP_PROC_BIND")}
            expected = {"OMP_NUM_THREADS": str(THREADS), "OMP_PLACES": "cores", "OMP_PROC_BIND": "spread"}
            self.assertEqual(places, expected)

    def running(self):
        """[the cores it may use], for every thread of every sweep into this directory."""
        found = []
        for status in Path("/proc").glob("[0-9]*/task/*/status"):
            try:
                if Path(os.readlink(status.parents[2] / "cwd")) == self.here:
                    found += re.findall(r"(?s)^Name:\tfishergrid\n.*\nCpus_allowed_list:\t(\S+)", status.read_text())
            except OSError:
                pass  # it has ended
        return list(map(cores_of, found))

    def test_jobs_that_share_a_node_do_not_meet_on_a_core(self):
        """Slurm does not confine them here, and each would count from the first core."""
        sweep = long_sweep(4, 1)
        share = ["--cpus-per-task=1", "--nodelist=n1"]
        array = self.submit("array.sbatch", "x.h5", *sweep, sbatch=["--array=1-2", *share])
        self.check_two_that_run([f"{array}_1", f"{array}_2"], ["x.h5-parts/1-of-2.h5", "x.h5-parts/2-of-2.h5"])
        words = " ".join(map(str, [fishergrid.PROGRAM, "sweep", *sweep]))
        step = f"run_resumable srun sh -c 'exec {words} -o $SLURM_PROCID.h5'"
        self.check_two_that_run([self.submit_text(step, "--ntasks=2", *share)], ["0.h5", "1.h5"])

    def check_two_that_run(self, jobs, files):
        for file in files:
            cluster.wait_for(jobs[-1], lambda _, part=self.here / f"{file}.part": computed(part) > 0)
        cores = self.running()
        self.assertEqual(len(cores), 2)
        self.assertGreaterEqual(len(set.union(*cores)), THREADS, cores)
        for job in jobs:
            cluster.run("scancel", job)
            cluster.wait(job)

    def test_task_of_an_array_is_put_back_alone(self):
        """And what depends on the array waits for it."""
        step = 'test -n "$SLURM_RESTART_COUNT" -o "$SLURM_ARRAY_TASK_ID" = 1 || exit 75'
        array = self.submit_text(f"run_resumable srun --ntasks=1 sh -c '{step}'", "--array=1-3", "--requeue")
        options = [f"--dependency=afterok:{array}", "--kill-on-invalid-dep=yes"]
        after = self.login("sbatch", "--parsable", *options, "--wrap=true").strip()
        self.finish(after)
        restarts = [self.finish(f"{array}_{task}")["Restarts"] for task in (1, 2, 3)]
        self.assertEqual(restarts, ["0", "1", "1"])

    def test_line_of_a_dry_run(self):
        """As it was printed: threads and time are those of the plan."""
        sweep = [*long_sweep(4, THREADS), "-o", "it's long.h5"]
        plan = self.succeed_json("sweep", *sweep, "--dry-run", cwd=self.here)["slurm"]
        job = self.submit_as_planned(*sweep, env=SHOW_CORES)
        cluster.wait_for(job, lambda _: computed(self.here / "it's long.h5.part") > 2000)
        self.assert_bound(self.log(job))
        cluster.run("scancel", "--signal=USR1", job)
        facts = self.finish(job)
        self.assertEqual((facts["Restarts"], facts["Requeue"], facts["NumNodes"]), ("1", "1", "1"), self.log(job))
        self.assertEqual((facts["CPUs/Task"], facts["TimeLimit"]), (str(THREADS), plan["time"]))
        self.assert_same_as_single_run("it's long.h5", *sweep[:-2])

    def test_not_put_back_for_ever(self):
        self.edit_site(most_restarts="0")
        job, _ = self.start_long()
        cluster.run("scancel", "--signal=USR1", job)
        facts = self.finish(job, "FAILED", "75:0")
        self.assertEqual(facts["Restarts"], "0")
        self.assertIn("not requeued after 0 restarts", self.log(job))

    def test_cancelled_stays_cancelled(self):
        job, _ = self.start_long()
        cluster.run("scancel", job)
        facts = cluster.wait_for(job, lambda facts: facts["JobState"] == "CANCELLED")
        self.assertIn("interrupted by Slurm", self.log(job))
        time.sleep(2)  # as long as it takes to come back, if it did
        facts = cluster.job(job)
        self.assertEqual((facts["JobState"], facts["Restarts"]), ("CANCELLED", "0"))
        self.assertTrue((self.here / "long.h5.part").exists())

    # --- many nodes ---

    def test_program_without_mpi(self):
        """Every process of it would sweep alone: it is not taken, neither by default nor if it is named."""
        for site, where in [({}, r"\S.*/check out/build/mpi/fishergrid"), ({"fishergrid_mpi": fishergrid.PROGRAM}, fishergrid.PROGRAM)]:
            self.edit_site(**site)
            job = self.submit("mpi.sbatch", *SMALL, "-o", "x.h5")
            self.finish(job, "FAILED", "1:0")
            how = r"; cmake --preset mpi && cmake --build --preset mpi builds it, or name it in .*site\.sh"
            self.assertRegex(self.log(job), rf"\Afishergrid-mpi: no program with MPI at {where}{how}\n\Z")

    def edit_site_for_mpi(self, **site):
        """With the program that preset mpi builds, and no other."""
        program = ROOT / "build/mpi/fishergrid"
        if not program.exists():
            self.skipTest("there is no build with MPI")
        self.edit_site(**{"fishergrid_mpi": program, "fishergrid": "/nowhere/fishergrid", **site})
        with open(self.jobs / "site.sh", "a") as file:
            file.write("export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\n")  # asked of root
            # Both nodes are this host. Open MPI takes them for two, and would not use loopback between them.
            file.write("export OMPI_MCA_btl_tcp_if_include=lo\n")

    def with_mpi(self, processes, sbatch=(), **site):
        """mpi.sbatch for that many processes; returns its log."""
        self.edit_site_for_mpi(**site)
        self.finish(job := self.submit("mpi.sbatch", *SMALL, "-o", "x.h5", sbatch=sbatch, env=SHOW_CORES))
        self.assert_same_as_single_run("x.h5", *SMALL)
        with h5py.File(self.here / "x.h5") as file:
            self.assertEqual(file["entry/provenance/parameters/processes"][()], processes)
        return self.log(job)

    def test_mpi_with_one_process(self):
        self.assert_bound(self.with_mpi(1, ["--nodes=1"]))

    def test_mpi_started_by_srun(self):
        """As the script does where the site file says nothing else. Two nodes of one host are too much for PMIx."""
        self.with_mpi(2, ["--nodes=1", "--ntasks-per-node=2"])

    def test_mpi_over_two_nodes(self):
        """As the example of a site file has it. These nodes are one host, so their processes do meet."""
        self.assert_bound(self.with_mpi(2, start_mpi=None), processes=2)

    def test_mpi_is_put_back(self):
        """After a signal, as Slurm sends it before the end: it continues, and a finished file is a success."""
        self.edit_site_for_mpi()
        sweep = long_sweep(4, 1)
        job = self.submit("mpi.sbatch", *sweep, "-o", "long.h5", sbatch=["--nodes=1", "--ntasks-per-node=2"])
        cluster.wait_for(job, lambda _: computed(self.here / "long.h5.part") > 2000)
        cluster.run("scancel", "--signal=USR1", job)
        facts = self.finish(job)
        self.assertEqual(facts["Restarts"], "1", self.log(job))
        self.assertIn("resuming long.h5.part", self.log(job))
        self.finish(self.submit("mpi.sbatch", *sweep, "-o", "long.h5", sbatch=["--nodes=1", "--ntasks-per-node=2"]))
        self.assert_same_as_single_run("long.h5", *sweep)

    def test_line_of_a_dry_run_with_mpi(self):
        """Open MPI does not start by a plain srun, alone neither."""
        self.edit_site_for_mpi()
        self.finish(self.submit_as_planned(*SMALL, "-o", "x.h5", program=ROOT / "build/mpi/fishergrid"))
        self.assert_same_as_single_run("x.h5", *SMALL)

    # --- scaling ---

    def test_scaling(self):
        options = ["--phi", 64, "--r", 512, "--data", "A", "-n", 3]  # two of the script's tiles
        job = self.submit("scaling.sbatch", "results.json", *options)
        self.finish(job)
        report = json.loads((self.here / "results.json").read_text())
        threads = range(1, THREADS + 1)
        points = report["result"]["scaling"]
        found = {tuple(point[name] for name in ("method", "timed", "kind", "threads")) for point in points}
        curves = [("auto", t, k) for t in ("compute", "file") for k in ("strong", "weak")]
        self.assertEqual(found, {(*curve, t) for curve in curves for t in threads})
        self.assertEqual([data["name"] for data in report["problem"]["data"]], ["A"])
        self.assertEqual({len(case["seconds"]) for case in report["result"]["cases"]}, {3})
        self.assertIn('"tile":16384', re.sub(r"\s", "", report["problem"]["config"]))
        machine = report["machine"]
        self.assertEqual((machine["OMP_PLACES"], machine["OMP_PROC_BIND"]), ("cores", "spread"))
        names = {path.name for path in self.here.iterdir()}
        self.assertEqual(names, {"results.json", "results.png", "results.pdf", f"fishergrid-scaling-{job}.log"})

    def test_scaling_without_a_name(self):
        job = self.submit("scaling.sbatch", "--phi", 64)
        self.finish(job, "FAILED", "1:0")
        self.assertIn("no file for the results", self.log(job))

    # --- array and merge ---

    def submit_array(self, *words):
        """Returns the numbers of the array and of the merge."""
        said = self.login("bash", "../check out/jobs/array.sh", *words)
        return re.fullmatch(r"array: (\d+)\nmerge: (\d+)\n", said).groups()

    def test_array_and_merge(self):
        """A name like that of an option, too."""
        array, merge = self.submit_array(3, "-x.h5", *SMALL, "--tile", 100)
        self.finish(merge)
        for part in (1, 2, 3):
            self.finish(f"{array}_{part}")
        shutil.rmtree(self.here / "-x.h5-parts")  # as array.sh says one may
        self.assert_same_as_single_run("-x.h5", *SMALL)

    def test_part_that_fails(self):
        """Then nothing is merged, and nothing waits for ever."""
        array, merge = self.submit_array(2, "x.h5", "--phi", "none")
        self.finish(merge, "CANCELLED")
        for part in (1, 2):
            self.finish(f"{array}_{part}", "FAILED", "2:0")
            self.assertIn("--phi: 'none'", self.log(f"{array}_{part}"))

    def test_some_tasks_of_an_array(self):
        """As one does by hand; and a task beyond the last part."""
        parts = {"FISHERGRID_PARTS": "3"}
        array = self.submit("array.sbatch", "x.h5", *SMALL, "--tile", 100, sbatch=["--array=2,4"], env=parts)
        self.finish(f"{array}_2")
        self.finish(f"{array}_4", "FAILED", "1:0")
        self.assertEqual([path.name for path in self.here.glob("x.h5-parts/*")], ["2-of-3.h5"])
        self.assertIn("there is no part 4 of 3; write --array=1-3", self.log(f"{array}_4"))

    def test_array_of_wrong_usage(self):
        for words in [(), ("x.h5",), (0, "x.h5"), (2, "--phi")]:
            with self.subTest(words):
                done = cluster.command("bash", self.jobs / "array.sh", *words)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertRegex(done.stderr, r"\Aarray\.sh: [^\n]*N FILE\.h5[^\n]*\n\Z")


def missing_software():
    """Names what of Slurm is not here, after installing it where that is possible."""
    script = ". jobs/requirements.sh; if may_install; then require cluster; fi; missing_of cluster | cut -d '|' -f 1"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


if __name__ == "__main__":
    if missing := missing_software():
        for name in unittest.defaultTestLoader.getTestCaseNames(JobTest):
            print(f"skipped: {name}: {', '.join(missing)} not installed, and apt-get may not", flush=True)
        others = unittest.defaultTestLoader.loadTestsFromTestCase(ScriptsTest)
        sys.exit(77 if unittest.TextTestRunner().run(others).wasSuccessful() else 1)
    fishergrid.main()
