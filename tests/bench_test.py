#!/usr/bin/env python3
"""fishergrid bench and analysis/peers.py: what they print and leave behind. Nothing here asserts a speed.

    bench_test.py PATH_TO_FISHERGRID
"""

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

PEERS = Path(__file__).resolve().parent.parent / "analysis" / "peers.py"
ROUNDS, THREADS = 2, 2
TINY = ["--phi", "8", "--r", "6", "--samples-per-class", "10"]
COMMON = [*TINY, "--threads", str(THREADS), "-n", str(ROUNDS)]
DISK = ["file-fsync", "direct-fsync", "early-fsync", "write-fsync"]
CASES = {
    "kernel": ["kernel", "finish", "peak"],
    "sweep": ["compute", "store", "finish", "file", "write", *DISK],
    "disk": DISK,
    "samples": ["compute-few", "compute-many", "compress", "draw", "store", "sweep-few", "sweep-many"],
    "scaling": [
        f"{timed}-{kind}-{threads}"
        for timed in ("compute", "file")
        for kind in ("strong", "weak")
        for threads in (1, 2)
    ],
}
WAYS = DISK[1:]
RATIOS = {
    "disk": [("file-fsync", way) for way in WAYS],
    "samples": [("compute-many", "compute-few"), ("sweep-many", "draw + store + sweep-few")],
}
RATIOS["sweep"] = [("compute", "store"), ("compute", "finish"), ("file", "write"), *RATIOS["disk"]]
ENVIRONMENT = ["OMP_PLACES", "OMP_PROC_BIND"]


class BenchTest(fishergrid.ProgramTest):
    def bench(self, kind, *options, **settings):
        """The JSON of one bench, checked where all kinds are alike; returns what is under "result"."""
        report = self.succeed_json("bench", kind, *COMMON, *options, **settings)
        self.assertEqual(list(report), ["bench", "machine", "problem", "result"])
        self.assertEqual(report["bench"], kind)
        self.check_machine(report["machine"])
        self.check_problem(report["problem"])
        self.assertEqual([case["name"] for case in report["result"]["cases"]], CASES[kind])
        for case in report["result"]["cases"]:
            self.check_case(case)
        self.assertEqual(list(self.directory.iterdir()), [])
        return report["result"]

    def check_machine(self, machine):
        texts = ["host", "cpu", "version", "compiler", "compiler_flags", "time"]
        self.assertEqual(set(machine), {*texts, *ENVIRONMENT, "cores_allowed", "cores_online", "numa_nodes"})
        for name in texts:
            self.assertIsInstance(machine[name], str)
        self.assertEqual(machine["host"], socket.gethostname())
        self.assertEqual(machine["cores_allowed"], len(os.sched_getaffinity(0)))
        self.assertEqual(machine["cores_online"], os.sysconf("SC_NPROCESSORS_ONLN"))
        self.assertGreaterEqual(machine["numa_nodes"], 1)
        self.assertEqual(self.succeed("--version").split()[1], machine["version"])

    def check_problem(self, problem):
        self.assertEqual((problem["phi"], problem["r"], problem["threads"]), (8, 6, THREADS))
        self.assertEqual(problem["data"], [{"name": "A", "samples": 20}, {"name": "B", "samples": 20}])
        self.assertIn(problem["kernel"], [name for name, runs in fishergrid.instruction_sets() if runs])
        config = json.loads(problem["config"])
        self.assertEqual((config["phi"], config["r"], config["threads"], config["samples-per-class"]), (8, 6, THREADS, 10))

    def check_case(self, case):
        self.assertEqual(
            set(case), {"name", "meaning", "unit", "work", "seconds", "minimum", "median", "maximum"}, case["name"]
        )
        seconds = case["seconds"]
        self.assertEqual(len(seconds), ROUNDS)
        self.assertGreater(case["work"], 0)
        self.assertEqual((case["minimum"], case["maximum"]), (min(seconds), max(seconds)))
        self.assertAlmostEqual(case["median"], sum(seconds) / 2, delta=1e-9 * max(seconds))
        self.assertLess(0, case["minimum"])
        self.assertLessEqual(case["minimum"], case["median"])
        self.assertLessEqual(case["median"], case["maximum"])

    def test_kernel(self):
        result = self.bench("kernel")
        kernel, finish, peak = result["cases"]
        self.assertEqual((kernel["unit"], finish["unit"], peak["unit"]), ("cell-samples", "cells", "FMA"))
        for case, name in ((kernel, "fma_slots_per_cell_sample"), (finish, "fma_slots_per_cell")):
            for which in ("minimum", "median"):
                expected = case[which] / case["work"] / (peak[which] / peak["work"])
                self.assertAlmostEqual(result[name][which] / expected, 1, delta=1e-9)

    def check_ratios(self, kind):
        """Returns the result. What a case is compared with may be several, one after the other."""
        result = self.bench(kind)
        cases = {case["name"]: case for case in result["cases"]}
        self.assertEqual([(ratio["of"], ratio["to"]) for ratio in result["ratios"]], RATIOS[kind])
        for ratio in result["ratios"]:
            for which in ("minimum", "median"):
                seconds = sum(cases[name][which] for name in ratio["to"].split(" + "))
                self.assertAlmostEqual(ratio[which] / (cases[ratio["of"]][which] / seconds), 1, delta=1e-9)
        return result

    def test_sweep_and_disk(self):
        for kind in ("sweep", "disk"):
            with self.subTest(kind):
                work = {case["name"]: case["work"] for case in self.check_ratios(kind)["cases"]}
                self.assertEqual((work["file-fsync"], work["write-fsync"]), (2 * 8 * 6, 2 * 8 * 6 * 65))

    def test_samples(self):
        """1000 times as many. Those from files are refused, since there are no more of them."""
        result = self.check_ratios("samples")
        work = {case["name"]: case["work"] for case in result["cases"]}
        self.assertEqual((work["draw"], work["sweep-many"]), (2 * 20_000, 2 * 8 * 6))
        options = ["--data", "A", "--phi", "96", "--r", "96", "--samples-per-class"]
        result = self.succeed_json("bench", "samples", *options, "100", "-n", "1")["result"]
        swept = self.succeed_json("sweep", *options, "100000", "--json", "-o", "x.h5")
        self.assertEqual(result["sources"], swept["data"]["A"]["sources"])
        self.assertGreater(result["bytes_a_sample"], 17)  # what it takes to hold a sample
        self.refuse_input("samples", "--data", "x=x.h5", word="draws its samples")

    def check_scaling(self, result):
        """Every point against the first of its curve, the one with one thread."""
        cells = []
        for point, case in zip(result["scaling"], result["cases"], strict=True):
            name = "{timed}-{kind}-{threads}".format(**point)
            self.assertEqual(name, case["name"])
            self.assertEqual(case["work"], point["phi"] * point["r"] * 2)
            if point["threads"] == 1:
                one = case
            weak = point["kind"] == "weak"
            self.assertEqual(case["work"], one["work"] * (point["threads"] if weak else 1))
            faster = one["minimum"] / case["minimum"] * (point["threads"] if weak else 1)
            self.assertAlmostEqual(point["speed_up"] / faster, 1, delta=1e-9)
            self.assertAlmostEqual(point["speed_up"] / (point["efficiency"] * point["threads"]), 1, delta=1e-9)
            cells.append((point["phi"], point["r"]))
        return cells

    def test_scaling(self):
        """With the whole grid, at least a row for each thread, by any method."""
        for options, rows in [([], [8, 8, 4, 8]), (["--phi", 1], [1, 1, 1, 2]), (["--method", "direct"], [8, 8, 4, 8])]:
            with self.subTest(options):
                result = self.succeed_json("bench", "scaling", *COMMON, *options)["result"]
                self.assertEqual([case["name"] for case in result["cases"]], CASES["scaling"])
                self.assertEqual({point["method"] for point in result["scaling"]}, {"direct" if "direct" in options else "auto"})
                self.assertEqual(self.check_scaling(result), [(phi, 6) for phi in rows * 2])

    def test_tiles_of_scaling(self):
        """All of one size."""
        options = ["--phi", 1024, "--r", 128, "-t", 2, "-n", 1, "--tile", 1024]
        points = self.succeed_json("bench", "scaling", *COMMON, *options)["result"]["scaling"]
        self.assertEqual({point["phi"] * point["r"] / point["tiles"] for point in points}, {1024})

    def test_scaling_of_many_threads(self):
        """From eight on in quarters of a doubling, and always the last."""
        result = self.succeed_json("bench", "scaling", *COMMON, "-n", "1", "-t", "21", "--method", "direct")["result"]
        threads = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 21]
        self.assertEqual([point["threads"] for point in result["scaling"]], threads * 4)

    def test_environment_is_told(self):
        """Threads that are bound do not hide processors."""
        for places, bind in [(None, "false"), ("cores", "spread")]:
            environment = {"OMP_PLACES": places, "OMP_PROC_BIND": bind}
            machine = self.succeed_json("bench", "kernel", *COMMON, env=environment)["machine"]
            self.check_machine(machine)
            self.assertEqual([machine[name] for name in ENVIRONMENT], [places, bind])

    def test_text(self):
        """A line a case and what follows from them."""
        last = {
            "kernel": r"issue slots to finish a cell: \d+ \(median \d+\)",
            "sweep": r"file-fsync / write-fsync: [\d.]+ \(median [\d.]+\)",
            "disk": r"file-fsync / write-fsync: [\d.]+ \(median [\d.]+\)",
            "samples": r"40000 samples as \d+ sources; peak memory of a sweep: [\d.]+ bytes a sample",
            "scaling": r"file-weak-2 +speed-up [\d.]+, efficiency [\d.]+",
        }
        for kind, cases in CASES.items():
            with self.subTest(kind):
                lines = self.succeed("bench", kind, *COMMON).splitlines()
                self.assertEqual([line.split()[0] for line in lines[1 : 1 + len(cases)]], cases)
                self.assertRegex(lines[-1], last[kind])

    def test_files_are_removed(self):
        """From --directory, and nothing of the user's."""
        (self.directory / "files").mkdir()
        (self.directory / "files" / "mine.h5").write_text("mine")
        for kind in CASES:
            with self.subTest(kind):
                self.succeed("bench", kind, *COMMON, "--directory", "files")
                self.assertEqual([path.name for path in self.directory.rglob("*")], ["files", "mine.h5"])
        self.assertEqual((self.directory / "files" / "mine.h5").read_text(), "mine")

    def test_a_directory_may_have_any_name(self):
        """Also one that is no UTF-8, which the report is."""
        (self.directory / b"d\xff".decode(errors="surrogateescape")).mkdir()
        for kind in ("kernel", "sweep"):
            self.check_problem(self.succeed_json("bench", kind, *COMMON, "--directory", b"d\xff")["problem"])

    def test_chosen_fields(self):
        """Only those are stored, and only their bytes count."""
        for fields, size in [("loss", 8), ("natural_gradient_flag", 1), ("gradient_r,natural_gradient_flag", 9)]:
            with self.subTest(fields):
                cases = {case["name"]: case for case in self.bench("sweep", "--fields", fields)["cases"]}
                for name in ("store", "write", *WAYS):
                    self.assertEqual(cases[name]["work"], 2 * 8 * 6 * size)

    def test_grid_larger_than_memory(self):
        """Also where the number of bytes does not fit into 64 bits."""
        done = fishergrid.run("bench", "sweep", "--phi", 2**31, "--r", 2**31, cwd=self.directory)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertRegex(done.stderr, rb"\Afishergrid bench: no memory for 5995\d{17} bytes[^\n]*\n\Z")

    def test_grid_larger_than_the_disk(self):
        """Nothing is written."""
        done = fishergrid.run("bench", "disk", "--phi", 2**27, "--r", 2**20, cwd=self.directory)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertRegex(done.stderr, rb"\Afishergrid bench: [^\n]*no room for 1829\d{13} bytes[^\n]*\n\Z")
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_interrupted(self):
        """Files are removed, of sweeps and of plain writes."""
        command = [fishergrid.PROGRAM, "bench", "disk", "--phi", "512", "--r", "512", "-n", "1000"]
        for seconds in (0, 0.1, 0.2):
            settings = {"cwd": self.directory, "env": fishergrid.environment(), "stderr": subprocess.PIPE}
            with self.subTest(seconds), subprocess.Popen(command, **settings) as process:
                while process.poll() is None and not list(self.directory.glob("*.h5*")):
                    pass
                time.sleep(seconds)
                process.send_signal(signal.SIGINT)
                _, stderr = process.communicate(timeout=60)
                self.assertEqual((process.returncode, stderr), (75, b"fishergrid bench: stopped by SIGINT\n"))
                self.assertEqual(list(self.directory.iterdir()), [])

    def test_standard_output_that_cannot_be_written(self):
        for options in ([], ["--json"]):
            with self.subTest(options=options), open("/dev/full", "wb") as full:
                streams = {"capture_output": False, "stdout": full, "stderr": subprocess.PIPE}
                done = fishergrid.run("bench", "kernel", *COMMON, *options, cwd=self.directory, **streams)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, rb"\Afishergrid bench: [^\n]*standard output[^\n]*\n\Z")

    def test_wrong_usage(self):
        for arguments, word in [
            (["nothing"], "nothing"),
            ([], "kernel|sweep|disk|samples|scaling"),
            (["kernel", "sweep"], "sweep"),
            (["sweep", "--directory", "missing"], "missing"),
            (["sweep", "-n", "0"], "repetitions"),
        ]:
            with self.subTest(arguments=arguments):
                self.refuse_input(*arguments, word=word)

    def refuse_input(self, *arguments, word):
        done = fishergrid.run("bench", *arguments, *TINY, cwd=self.directory)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertRegex(done.stderr.decode(), rf"\Afishergrid bench: [^\n]*{re.escape(word)}[^\n]*\n\Z")


@unittest.skipUnless(
    all(importlib.util.find_spec(name) for name in ("numpy", "h5py")), "NumPy and h5py are not installed"
)
class PeersTest(fishergrid.ProgramTest):
    OPTIONS = [*COMMON, "--rows", "2", "--rows-numba", "3"]

    def peers(self, *options, program=None):
        command = [sys.executable, str(PEERS), "--program", program or fishergrid.PROGRAM, *options]
        settings = {"cwd": self.directory, "env": fishergrid.environment(), "timeout": 300}
        return subprocess.run(command, capture_output=True, text=True, check=False, **settings)

    def succeed_peers(self, *options):
        done = self.peers(*options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.directory.iterdir()), [])
        return done.stdout

    def test_json(self):
        report = json.loads(self.succeed_peers(*self.OPTIONS, "--json"))
        found = {peer["name"]: peer["rows"] for peer in report["peers"]}
        self.assertEqual(found["numpy"], 2)
        self.assertEqual({*found, *report["missing"]}, {"numpy", "numba", "torch", "jax"})
        names = ["fishergrid compute", "fishergrid file", *found]
        lines = report["results"]
        self.assertEqual([(line["data"], line["name"]) for line in lines], [(d, n) for d in "AB" for n in names])
        for line in lines:
            self.check_line(line, lines[0 if line["data"] == "A" else len(names)])
            self.assertEqual(line["cells"], 6 * found.get(line["name"], 8))
        for differences in report["differences"].values():
            self.assertEqual(list(differences), list(found))
            self.assertLessEqual(max(differences.values()), report["tolerance"])

    def check_line(self, line, compute):
        self.assertEqual((len(line["seconds"]), line["samples"]), (ROUNDS, 20))
        self.assertEqual(line["minimum"]["seconds"], min(line["seconds"]))
        for which in ("minimum", "median"):
            of = line[which]
            for value, expected in [
                (of["ns_per_cell"], 1e9 * of["seconds"] / line["cells"]),
                (of["ns_per_cell_sample"], of["ns_per_cell"] / 20),
                (of["seconds_of_grid"], 1e-9 * of["ns_per_cell"] * 48),
                (of["ratio"], of["ns_per_cell"] / compute[which]["ns_per_cell"]),
            ]:
                self.assertAlmostEqual(value / expected, 1, delta=1e-9)

    def test_text(self):
        text = self.succeed_peers(*self.OPTIONS, "--peers", "numpy,jax")
        self.assertRegex(text, r"(?m)^data set B: largest difference .*numpy \S+.*tolerance 1e-09")
        for name in ("fishergrid compute", "fishergrid file", "numpy"):
            self.assertRegex(text, rf"(?m)^A +{name} +\d+( +[\d.e+-]+){{10}}$")
        if not importlib.util.find_spec("jax"):
            self.assertIn("\njax: not installed\n", text)
        self.assertIn("scaled per cell-sample", " ".join(text.split()))

    def test_data_of_the_user(self):
        (self.directory / "x.csv").write_text("x0,x1,y\n1,1,0\n2,1,1\n1,3,1\n2,2,0\n0,1,0\n")
        done = self.peers(*self.OPTIONS, "--peers", "numpy", "--data", "mine=x.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^mine +numpy ")

    def test_errors_are_one_line(self):
        for options, program, status, words in [
            ([], "./missing", 1, "missing: No such file.*--program"),
            (["--data", "C"], None, 1, "unknown data set 'C'"),
            (["--directory", "nowhere"], None, 1, "nowhere"),
        ]:
            with self.subTest(options=options, program=program):
                done = self.peers(*self.OPTIONS, "--peers", "numpy", *options, program=program)
                self.assertEqual((done.returncode, done.stdout), (status, ""))
                self.assertRegex(done.stderr, rf"\Apeers: [^\n]*{words}[^\n]*\n\Z")
        self.assertEqual(self.peers("--peers", "fortran").returncode, 2)


if __name__ == "__main__":
    fishergrid.main()
