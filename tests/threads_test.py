#!/usr/bin/env python3
"""How many threads run: what decides it, what is refused, and that the records say what ran.

    threads_test.py PATH_TO_FISHERGRID
"""

import contextlib
import os
import resource
import shutil
import subprocess
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

GRID = ["--phi", "12", "--r", "9", "--samples-per-class", "5"]
OF_FILE = [*GRID[:4], "--data", "X=points.csv"]  # a file may have any number of samples, so all CPUs work
CPU_CGROUPS, PIDS_CGROUPS = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup/pids")  # version 1


def can_mount():
    """Whether a mount namespace of its own lets a test lay another tree over /sys/fs/cgroup."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/sys/fs/cgroup"]
    return shutil.which("unshare") and subprocess.run(command, capture_output=True, check=False).returncode == 0


class ThreadsTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        (self.directory / "points.csv").write_text("x0,x1,y\n0,0,0\n1,2,1\n")
        self.succeed("sweep", *GRID, "-q", "-o", "x.h5")
        self.succeed("sweep", *GRID, "-q", "-o", "part.h5", "--part", "1/1")
        self.commands = {
            "sweep": ["sweep", *GRID, "-o", "new.h5"],
            "verify": ["verify", "x.h5"],
            "pack": ["pack", "x.h5", "new.h5"],
            "merge": ["merge", "-o", "new.h5", "part.h5"],
            "bench": ["bench", "kernel", *GRID, "-n", "1"],
        }

    def sweep(self, *arguments, within=(), data=OF_FILE, **options):
        """Sweeps, and returns the threads that file and summary agree on, and what was said on standard error."""
        command = [*within, fishergrid.PROGRAM, "sweep", *data, "--force", "-o", "new.h5", *map(str, arguments)]
        options["env"] = fishergrid.environment(**options.get("env", {}))
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        made = self.succeed_json("info", "new.h5")["provenance"]
        self.assertEqual(made["threads"], made["config"]["threads"])
        self.assertRegex(done.stdout, rf" kernel, {made['threads']} threads?\n")
        self.assertRegex(self.succeed("info", "new.h5"), rf"\nthreads +{made['threads']}\n")
        return made["threads"], done.stderr

    def refused(self, command, words, **options):
        done = fishergrid.run(*self.commands[command], **{"cwd": self.directory, **options})
        line = done.stderr.decode().lstrip("\n")
        line = "".join(part for part in line.splitlines(True) if not part.startswith("libgomp:"))  # it speaks first
        self.assertEqual(done.returncode, 2, line)
        self.assertRegex(line, r"\Afishergrid[^\n]*: [^\n]*\n\Z")
        for word in words:
            self.assertIn(word, line)
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["part.h5", "points.csv", "x.h5"])

    # --- what decides

    def test_variables_and_what_ran(self):
        cpus, _ = self.sweep()
        self.assertLessEqual(cpus, len(os.sched_getaffinity(0)))
        for env, arguments, threads, told in [
            ({"OMP_NUM_THREADS": "3"}, [], 3, ""),
            ({"OMP_NUM_THREADS": "3,2"}, [], 3, ""),
            ({"OMP_NUM_THREADS": " 3 , 2"}, [], 3, ""),
            ({"OMP_NUM_THREADS": "3"}, ["-t", 4], 4, ""),
            ({"OMP_NUM_THREADS": "99999"}, ["-t", 4], 4, ""),
            ({"OMP_NUM_THREADS": "5", "OMP_DYNAMIC": "true"}, [], min(cpus, 5), ""),
            ({"OMP_DYNAMIC": "true"}, ["-t", 5], 5, ""),
            ({"OMP_THREAD_LIMIT": "1"}, [], 1, ""),
            ({"OMP_THREAD_LIMIT": "2"}, ["-t", 5], 2, "2 threads instead of 5 because of OMP_THREAD_LIMIT=2"),
            ({"OMP_THREAD_LIMIT": "2", "OMP_NUM_THREADS": "3"}, [], 2, "OMP_THREAD_LIMIT=2"),
            ({"OMP_MAX_ACTIVE_LEVELS": "0"}, ["-t", 3], 1, "1 thread instead of 3 because of OMP_MAX_ACTIVE_LEVELS=0"),
            ({"SLURM_CPUS_PER_TASK": "1"}, [], 1, ""),
            ({"SLURM_CPUS_PER_TASK": "1"}, ["-t", 2], 2, ""),
            ({"SLURM_CPUS_PER_TASK": "1", "OMP_NUM_THREADS": "2"}, [], 2, ""),
            ({"SLURM_CPUS_PER_TASK": "4000"}, [], cpus, ""),
        ]:
            with self.subTest(env=env, arguments=arguments):
                found, said = self.sweep(*arguments, env=env)
                self.assertEqual(found, threads)
                self.assertIn(told, said)
                self.assertEqual(bool(told), bool(said), said)

    def test_a_small_sweep_runs_as_many_as_it_has_work_for(self):
        """A thread for each 8 million sums. The threads of --threads and OMP_NUM_THREADS run in any case."""
        cpus = self.sweep()[0]
        small, samples = ["--phi", 64, "--r", 64], "--samples-per-class"
        for env, arguments, threads in [
            ({}, small, 1),
            ({}, [*small, samples, 400], 1),
            ({}, [*small, samples, 1000], min(cpus, 2)),
            ({}, [*small, samples, 2000], min(cpus, 4)),
            ({}, [*small, "--data", "A", samples, 1000], 1),
            ({}, ["--phi", 512, "--r", 4096], cpus),
            ({"OMP_NUM_THREADS": "3"}, small, 3),
            ({}, [*small, "-t", 2], 2),
        ]:
            with self.subTest(env=env, arguments=arguments):
                self.assertEqual(self.sweep(*arguments, env=env, data=[]), (threads, ""))

    def test_affinity(self):
        def on_one_cpu():
            os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

        self.assertEqual(self.sweep(preexec_fn=on_one_cpu), (1, ""))

    @unittest.skipUnless(can_mount(), "no mount namespaces")
    def test_quotas_of_a_container(self):
        """In a container, /sys/fs/cgroup is the container's own cgroup, whatever /proc calls it."""
        cpus, _ = self.sweep()
        for files, threads in [
            ({"cpu.max": "100000 100000"}, 1),
            ({"cpu.max": "1000 100000"}, 1),
            ({"cpu.max": "150000 100000"}, min(cpus, 2)),
            ({"cpu.max": "max 100000"}, cpus),
            ({"cpu.max": "nonsense"}, cpus),
            ({"unified/cpu.max": "100000 100000"}, 1),
            ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "50000"}, 1),
            ({"cpu,cpuacct/cpu.cfs_quota_us": "50000", "cpu,cpuacct/cpu.cfs_period_us": "50000"}, 1),
            ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, cpus),
        ]:
            with self.subTest(files):
                lines = "mount -t tmpfs none /sys/fs/cgroup"
                for name, text in files.items():
                    lines += f'; mkdir -p "$(dirname /sys/fs/cgroup/{name})"; echo "{text}" >/sys/fs/cgroup/{name}'
                found, said = self.sweep(within=["unshare", "--mount", "sh", "-ec", f'{lines}; exec "$@"', "sh"])
                self.assertEqual((found, said), (threads, ""))

    @unittest.skipUnless(can_mount(), "no mount namespaces")
    def test_quotas_of_cgroups_around(self):
        cpus, _ = self.sweep()
        for outer, inner, threads in [("100000", "max", 1), ("max", "90000", 1), ("max", "max", cpus)]:
            with self.subTest(outer=outer, inner=inner):
                lines = (
                    "mount -t tmpfs none /sys/fs/cgroup; mkdir -p /sys/fs/cgroup/outer/inner; echo 0::/outer/inner >cgroup"
                    f"; echo {outer} 100000 >/sys/fs/cgroup/outer/cpu.max"
                    f"; echo {inner} 100000 >/sys/fs/cgroup/outer/inner/cpu.max; mount --bind cgroup /proc/$$/cgroup"
                )
                found, said = self.sweep(within=["unshare", "--mount", "sh", "-ec", f'{lines}; exec "$@"', "sh"])
                self.assertEqual((found, said), (threads, ""))

    @unittest.skipUnless(os.access(CPU_CGROUPS, os.W_OK), f"cannot make cgroups in {CPU_CGROUPS}")
    def test_a_real_quota(self):
        outer = CPU_CGROUPS / f"fishergrid-test-{os.getpid()}"
        with contextlib.ExitStack() as later:
            for group in (outer, outer / "inner"):
                group.mkdir()
                later.callback(group.rmdir)
            (outer / "cpu.cfs_quota_us").write_text("100000")
            enter = ["sh", "-ec", f'echo $$ >{outer}/inner/cgroup.procs; exec "$@"', "sh"]
            self.assertEqual(self.sweep(within=enter), (1, ""))
            self.assertEqual(self.sweep("-t", 2, within=enter), (2, ""))

    # --- what is refused

    def test_variables_that_cannot_be(self):
        for value in ["99999", "4097", "99999999999999999999", "0", "-1", "abc", "2.5", "3x", "0,2"]:
            for command in self.commands if value == "99999" else ["sweep", "verify"]:
                with self.subTest(value=value, command=command):
                    self.refused(command, [f"OMP_NUM_THREADS={value} ", "from 1 to 4096"], env={"OMP_NUM_THREADS": value})
        for value in ["0", "two", "3,2"]:
            self.refused("sweep", [f"SLURM_CPUS_PER_TASK={value} ", "unset it"], env={"SLURM_CPUS_PER_TASK": value})

    def test_more_threads_than_the_system_lets_run(self):
        def with_little_memory():
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

        for command in self.commands:
            with self.subTest(command):
                self.commands[command] += ["-t", "900"]
                self.refused(command, ["900 threads", "ulimit", "--threads"], preexec_fn=with_little_memory)

    @unittest.skipUnless(os.access(PIDS_CGROUPS, os.W_OK), f"cannot make cgroups in {PIDS_CGROUPS}")
    def test_a_limit_of_tasks(self):
        """The threads of the trial are gone when those of the team start: where both do not fit, it never fails."""
        group = PIDS_CGROUPS / f"fishergrid-test-{os.getpid()}"
        group.mkdir()
        with contextlib.ExitStack() as later:
            later.callback(group.rmdir)

            def enter():
                (group / "cgroup.procs").write_text(str(os.getpid()))

            (group / "pids.max").write_text("17")
            for _ in range(20):
                self.assertEqual(self.sweep("-t", 16, preexec_fn=enter), (16, ""))
            (self.directory / "new.h5").unlink()
            self.commands["sweep"] += ["-t", "20"]
            self.refused("sweep", ["20 threads", "pids.max", "--threads"], preexec_fn=enter)

    def test_threads_that_a_variable_keeps_from_starting(self):
        for command in self.commands:
            self.commands[command] += ["-t", "2"]
            for variable, value in [("OMP_STACKSIZE", "100000g"), ("GOMP_STACKSIZE", "9999999m")]:
                with self.subTest(command, variable=variable):
                    self.refused(command, ["2 threads with ", f" {variable}={value} (", "unset"], env={variable: value})
        nowhere = str(max(os.sched_getaffinity(0)) + 1)
        if fishergrid.run(*self.commands["verify"], cwd=self.directory, env={"GOMP_CPU_AFFINITY": nowhere}).returncode:
            self.refused("verify", [f"2 threads with GOMP_CPU_AFFINITY={nowhere} ("], env={"GOMP_CPU_AFFINITY": nowhere})
        self.assertEqual(self.sweep("-t", "1", env={"OMP_STACKSIZE": "100000g"}), (1, ""))

    def test_small_stacks(self):
        def limit(kib):
            return lambda: resource.setrlimit(resource.RLIMIT_STACK, (kib << 10, kib << 10))

        for command in self.commands:
            self.commands[command] += ["-t", "4"]
            with self.subTest(command):
                self.refused(command, ["OMP_STACKSIZE=64k", "OMP_STACKSIZE=2M works"], env={"OMP_STACKSIZE": "64k"})
                for kib in (48, 64, 128):
                    self.refused(command, [f"{kib} KiB", "ulimit -s"], preexec_fn=limit(kib))
        self.commands["sweep"] += ["-t", "2000"]
        self.refused("sweep", ["320 KiB", "2000 threads"], preexec_fn=limit(320))
        self.sweep("-t", "4", env={"OMP_STACKSIZE": "192k"})
        least = limit(289)  # 288 KiB, and 256 bytes for each of 4 threads
        self.sweep("-t", "4", preexec_fn=least)
        self.succeed("verify", "-t", "4", "x.h5", preexec_fn=least)
        self.succeed("point", "--phi=1", "--r=2", "--data", "A", preexec_fn=least)
        self.succeed("merge", "-q", "-t", "4", "-o", "merged.h5", "part.h5", preexec_fn=least)
        for file in ("x.h5", "part.h5"):
            self.succeed("info", file, preexec_fn=least)


if __name__ == "__main__":
    fishergrid.main()
