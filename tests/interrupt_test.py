"""Tests signals, time limits, several writers, readers during a sweep, locks, and unusual environments."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

# Half a second of work or more with one thread, in hundreds of tiles; and five times as much.
WORK = ["--method", "direct", "--phi", "300", "--r", "300", "--tile", "300", "--samples-per-class", "4000", "-t", "1"]
MORE = ["--samples-per-class", "20000"]
STOPPED = r"\A(resuming [^\n]*\n)?fishergrid sweep: x\.h5: stopped by {}; x\.h5\.part keeps [^\n]*same command again[^\n]*\n\Z"


@unittest.skipUnless(fishergrid.h5py, "h5py is not installed: cannot look into files")
class InterruptTest(fishergrid.ProgramTest):
    def path(self, name):
        return self.directory / name

    def start(self, *options, **more):
        """Starts a sweep, and returns its process while it computes."""
        return fishergrid.start_sweep(self.directory, *WORK, *options, tiles=1, **more)

    def sweep(self, *options, **more):
        return fishergrid.run("sweep", *WORK, *options, "-o", "x.h5", cwd=self.directory, **more)

    def check_interrupted(self, status, told, by):
        self.assertEqual(status, 75, told)
        self.assertRegex(told.decode(), STOPPED.format(by))
        self.assertFalse(self.path("x.h5").exists())
        self.assertFalse(self.path("x.h5.lock").exists())
        with fishergrid.h5py.File(self.path("x.h5.part"), "r") as file:
            flags = file["natural_gradient_flag_A"][()]
            self.assertTrue((flags == 0).any() or (file["natural_gradient_flag_B"][()] == 0).any())
        return fishergrid.tiles_done(self.path("x.h5.part"))

    def check_finished(self, done, expected):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)

    # --- signals

    def test_each_signal_stops_also_what_was_continued(self):
        expected = fishergrid.reference(*WORK, *MORE, "-t", "2", "-q")
        done = 0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP):
            process = self.start(*MORE)
            process.send_signal(number)
            told = process.communicate()[1]
            more = self.check_interrupted(process.returncode, told, number.name)
            self.assertGreater(more, done, "no progress")
            done = more
            if shutil.which("ncdump"):
                subprocess.run(["ncdump", "-h", self.path("x.h5.part")], check=True, stdout=subprocess.DEVNULL)
        self.check_finished(self.sweep(*MORE, "-t", "2"), expected)

    def test_a_second_interrupt_leaves_at_once(self):
        """A second interrupt ends the process even if a tile takes minutes."""
        process = fishergrid.start_sweep(self.directory, *fishergrid.SLOW, "--tile", "90000")
        begun = self.processor_time(process)
        fishergrid.wait_until(process, lambda: self.processor_time(process) > begun + 0.3)  # it is in its tile
        process.send_signal(signal.SIGINT)
        fishergrid.wait_until(process, lambda: not self.catches(process, signal.SIGINT))  # it leaves the next one alone
        self.assertIsNone(process.poll(), "it did not wait for its tile")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertTrue(self.path("x.h5.part").exists())

    @staticmethod
    def processor_time(process):
        """Returns the user CPU time of the process in seconds."""
        return int(Path(f"/proc/{process.pid}/stat").read_text().split()[13]) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def catches(process, number):
        """Returns whether the process has a handler for the signal, according to /proc."""
        caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())
        return caught and int(caught[1], 16) >> (number - 1) & 1

    def test_nohup(self):
        """A program that was started with SIGHUP ignored is not stopped by it."""
        process = self.start(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        process.communicate()
        self.assertEqual(process.returncode, 0)

    def test_a_closed_pipe_stops_no_sweep(self):
        read, write = os.pipe()
        os.close(read)
        command = [fishergrid.PROGRAM, "sweep", *WORK, "--progress", "always", "-q", "-o", "x.h5"]
        done = subprocess.run(command, cwd=self.directory, env=fishergrid.environment(), stdout=write, stderr=write)
        os.close(write)
        self.assertEqual(done.returncode, 0)
        self.succeed("info", "x.h5")

    def check_stopped_before(self, process, by):
        told = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, 75, told)
        self.assertRegex(told, rf"\Afishergrid sweep: stopped by {by} before it began a tile; run the same command [^\n]*\n\Z")
        self.assertEqual(list(self.directory.glob("x.h5*")), [])

    def test_signals_while_samples_are_drawn(self):
        """Signals stop the program from the moment at which it has installed its handlers."""
        command = [fishergrid.PROGRAM, "sweep", *WORK, "--samples-per-class", "10000000", "-q", "-o", "x.h5"]
        process = subprocess.Popen(command, cwd=self.directory, env=fishergrid.environment(), stderr=subprocess.PIPE)
        fishergrid.wait_until(process, lambda: self.catches(process, signal.SIGUSR1))
        self.assertFalse(self.path("x.h5.part").exists())
        process.send_signal(signal.SIGUSR1)
        self.check_stopped_before(process, "SIGUSR1")

    def test_samples_that_never_come(self):
        """A program that waits for a pipe without a writer can be stopped."""
        os.mkfifo(self.path("pipe"))
        command = [fishergrid.PROGRAM, "sweep", "--data", "mine=pipe", "-q", "-o", "x.h5"]
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP, None):
            limit = ["--max-time", "0.1"] if number is None else []
            process = subprocess.Popen([*command, *limit], cwd=self.directory, env=fishergrid.environment(), stderr=subprocess.PIPE)
            if number is not None:
                fishergrid.wait_until(process, lambda: self.catches(process, signal.SIGHUP))
                process.send_signal(number)
            self.check_stopped_before(process, number.name if number else "--max-time")

    def test_an_interrupted_sweep_with_force(self):
        """The same command would start again, so the message names another command, which resumes."""
        expected = fishergrid.reference(*WORK, "-q")
        for old in (False, True):
            if old:
                self.path("x.h5").write_text("old")
            process = self.start("--force")
            process.terminate()
            told = process.communicate()[1].decode()
            way = "remove the old file and run" if old else "run"
            self.assertRegex(told, rf"x\.h5\.part keeps the finished tiles; {way} the same command without --force to resume\n\Z")
            if old:
                self.assertEqual(self.path("x.h5").read_text(), "old")
                self.path("x.h5").unlink()
            done = self.sweep()
            self.assertRegex(done.stderr, rb"\Aresuming ")
            self.check_finished(done, expected)
            self.path("x.h5").unlink()

    # --- done already

    def test_unless_done(self):
        """A file of the same command is a success, and is not changed. Any other file of that name is refused."""
        small = ["--phi", "9", "--r", "7", "-o", "x.h5"]
        self.succeed("sweep", *small)
        whole = self.path("x.h5").read_bytes()
        again = fishergrid.run("sweep", *small, "--unless-done", cwd=self.directory)
        self.assertEqual((again.returncode, again.stderr), (0, b"x.h5 is complete: nothing is left to do\n"))
        damaged, moved = bytearray(whole), bytearray(whole)
        with fishergrid.h5py.File(self.path("x.h5")) as file:
            damaged[file["gradient_r_B"].id.get_offset() + 100] ^= 1
            moved[file["entry/stationary_points_B/phi"].id.get_offset()] ^= 1
        self.path("mine.csv").write_text("x0,x1,y\n1,2,0\n2,1,1\n")
        self.succeed("sweep", *small[:4], "-d", "mine=mine.csv", "-o", "given.h5")
        self.succeed("sweep", *small[:4], "-d", "mine=mine.csv", "-d", "A", "-o", "mixed.h5")
        self.succeed("pack", "x.h5", "packed.h5")
        given, mixed, packed = (self.path(f"{name}.h5").read_bytes() for name in ("given", "mixed", "packed"))
        for content, options, words in [
            (whole, [], b"x.h5 exists; "),
            (whole, ["--seed", "1"], b"x.h5 exists; "),
            (whole, ["--unless-done", "--seed", "1"], b"x.h5 exists, but was made with seed 0, this is 1 (--seed); "),
            (whole, ["--unless-done", "--r-range", "0:1"], b"made with r_low -5, this is 0 (--r-range); "),
            (whole, ["--unless-done", "-d", "A"], b"made with data A,B, this is A (--data); "),
            (damaged, ["--unless-done"], b"x.h5 exists, and has changed since it was written; "),
            (moved, ["--unless-done"], b"x.h5 exists, and has changed since it was written; "),
            (b"another file", ["--unless-done"], b"x.h5 exists, but is no result: x.h5: "),
            (whole[:5000], ["--unless-done"], b"x.h5 exists, but is no result: x.h5: "),
            (packed, ["--unless-done"], b"x.h5 exists, but is a packed copy of this result; "),
            (mixed, ["--unless-done"], b"made with data mine,A, this is A,B (--data); "),
            (given, ["--unless-done"], b"made with data mine, this is A,B (--data); "),
        ]:
            self.path("x.h5").write_bytes(content)
            done = fishergrid.run("sweep", *small, *options, cwd=self.directory)
            self.assertEqual((done.returncode, words in done.stderr), (2, True), done.stderr)
            self.assertEqual(self.path("x.h5").read_bytes(), content)
        self.path("x.h5.lock").write_text(f"host {socket.gethostname()}\npid 1\n")  # as of one that died at its end
        self.path("x.h5").write_bytes(damaged)
        self.assertEqual(fishergrid.run("sweep", *small, cwd=self.directory).returncode, 2)
        done = fishergrid.run("sweep", *small, "--unless-done", "--force", cwd=self.directory)
        self.assertEqual((done.returncode, b"leave out one of the two" in done.stderr), (2, True))

    def test_unless_done_with_other_samples_or_another_kernel(self):
        small = ["sweep", "--phi", "9", "--r", "7", "-d", "mine=mine.csv", "-o", "x.h5", "--unless-done"]
        isas = [name for name, runs in fishergrid.instruction_sets() if runs]
        self.path("mine.csv").write_text("x0,x1,y\n1,2,0\n2,1,1\n")
        self.succeed(*small, env={"FISHERGRID_ISA": isas[-1]})
        done = fishergrid.run(*small, cwd=self.directory, env={"FISHERGRID_ISA": isas[0]})
        if len(isas) > 1:
            expected = f"made with kernel {isas[-1]}, this is {isas[0]} (FISHERGRID_ISA); "
            self.assertEqual((done.returncode, expected in done.stderr.decode()), (2, True), done.stderr)
        self.path("mine.csv").write_text("x0,x1,y\n1,2,0\n2,1.5,1\n")
        done = fishergrid.run(*small, cwd=self.directory, env={"FISHERGRID_ISA": isas[-1]})
        expected = "fishergrid sweep: x.h5 exists, but was made with other samples of mine; name another output, or replace it"
        self.assertEqual((done.returncode, expected in done.stderr.decode()), (2, True), done.stderr)

    def test_a_file_that_appears_meanwhile(self):
        """A sweep does not replace a file that has appeared during the run."""
        expected = fishergrid.reference(*WORK, "-q")
        process = self.start()
        with fishergrid.paused(process):
            self.path("x.h5").write_text("precious")
        told = process.communicate()[1]
        self.assertEqual((process.returncode, b"x.h5 was made by another process meanwhile" in told), (1, True), told)
        self.assertEqual(self.path("x.h5").read_text(), "precious")
        self.path("x.h5").unlink()
        self.check_finished(self.sweep(), expected)

    # --- time limits

    def test_max_time_twice_in_a_row(self):
        expected = fishergrid.reference(*WORK, *MORE, "-t", "2", "-q")
        seen = []
        for _ in range(2):
            start = time.monotonic()
            done = self.sweep(*MORE, "--max-time", "0.5")
            # A tile takes some 2 ms; the rest is for a machine that does much else.
            self.assertLess(time.monotonic() - start, 0.5 + 10)
            seen.append(self.check_interrupted(done.returncode, done.stderr, "--max-time"))
        self.assertLess(seen[0], seen[1])
        done = self.sweep(*MORE, "--max-time", "1000", "-t", "2")
        self.check_finished(done, expected)

    def test_the_end_of_the_slurm_job(self):
        expected = fishergrid.reference(*WORK, "-q")
        end = int(time.time()) + 5
        done = self.sweep(*MORE, "--phi", "3000", env={"SLURM_JOB_ID": "77", "SLURM_JOB_END_TIME": str(end)})
        self.assertLess(time.time(), end)  # a tenth of the time is left, and a tile takes milliseconds
        self.check_interrupted(done.returncode, done.stderr, re.escape(f"the end of the Slurm job (SLURM_JOB_END_TIME={end})"))
        self.path("x.h5.part").unlink()
        late = {"SLURM_JOB_END_TIME": str(int(time.time()) - 10)}
        done = self.sweep(env=late)
        self.assertEqual((done.returncode, b"SLURM_JOB_END_TIME=" in done.stderr), (75, True), done.stderr)
        self.assertIn(f"{late['SLURM_JOB_END_TIME']}, which is over; unset it outside of that job) before".encode(), done.stderr)
        for end in ["", "soon", str(int(time.time()) + 3600)]:
            self.check_finished(self.sweep("--force", env={"SLURM_JOB_END_TIME": end}), expected)

    def test_bad_limits(self):
        for option in ["--max-time", "--sync"]:
            for value in ["0", "-1", "nan", "1s", ""]:
                done = self.sweep(f"{option}={value}")
                self.assertEqual(done.returncode, 2)
                self.assertIn(option.encode(), done.stderr)

    # --- one writer

    def test_two_writers(self):
        expected = fishergrid.reference(*WORK, "-q")
        first = self.start(env=fishergrid.environment(SLURM_JOB_ID="4711"))
        lock = self.path("x.h5.lock").read_text()
        self.assertEqual(lock, f"host {socket.gethostname()}\npid {first.pid}\njob 4711\n")
        who = re.escape(f"process {first.pid} on {socket.gethostname()} (job 4711)")
        with fishergrid.paused(first):
            for options in [[], ["--force"], ["--seed", "3"]]:
                done = self.sweep(*options)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr.decode(), rf"\Afishergrid sweep: x\.h5 is being written by {who};[^\n]*\n\Z")
        self.assertEqual((first.communicate()[1], first.returncode), (b"", 0))
        self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)

    def test_many_writers_at_once(self):
        """One of the sweeps makes the file, even if it ends before the others have looked for its lock."""
        small = ["--phi", "60", "--r", "60"]
        for work in [WORK, *6 * [small]]:
            command = [fishergrid.PROGRAM, "sweep", *work, "-q", "-o", "x.h5"]
            crowd = [subprocess.Popen(command, cwd=self.directory, env=fishergrid.environment(), stderr=subprocess.PIPE) for _ in range(8)]
            for process in crowd:
                process.communicate()
            self.assertEqual(sorted(process.returncode for process in crowd), [0] + 7 * [2])
            self.succeed("info", "x.h5")
            self.path("x.h5").unlink()

    def test_a_death_after_the_end(self):
        """A sweep dies after it has renamed the file: the same command finds the file complete, and ends."""
        self.succeed("sweep", *WORK, "-q", "-o", "x.h5")
        self.path("x.h5.lock").write_text(f"host {socket.gethostname()}\npid 1\n")
        done = self.sweep()
        self.assertEqual((done.returncode, done.stderr), (0, b"x.h5 is complete: nothing is left to do\n"))
        self.assertEqual(self.sweep().returncode, 2)

    def test_the_lock_of_another_host(self):
        """The program cannot tell whether a holder on another host lives: it refuses, says why, and changes nothing."""
        self.path("x.h5.lock").write_text("host node7\npid 12\njob 34\n")
        for options in [[], ["--force"]]:
            done = self.sweep(*options)
            self.assertEqual(done.returncode, 2)
            told = r"\Afishergrid sweep: x\.h5 is locked by process 12 on node7 \(job 34\), [^\n]*showed activity \d+ s ago; [^\n]*remove x\.h5\.lock"
            self.assertRegex(done.stderr.decode(), told)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["x.h5.lock"])
        self.assertEqual(self.path("x.h5.lock").read_text(), "host node7\npid 12\njob 34\n")

    def test_locks_of_nobody(self):
        """Locks of a dead process of this host, and locks without text, are taken over."""
        for text in [f"host {socket.gethostname()}\npid 1\n", "", "ho"]:
            with self.subTest(text=text[:20]):
                self.path("x.h5.lock").write_text(text)
                self.succeed("sweep", "--phi", "3", "--r", "3", "-q", "--force", "-o", "x.h5")
                self.assertFalse(self.path("x.h5.lock").exists())

    def test_a_file_with_the_name_of_a_lock(self):
        self.path("x.h5.lock").write_text("dear diary\n")
        done = self.sweep("--force")
        self.assertEqual((done.returncode, self.path("x.h5.lock").read_text()), (2, "dear diary\n"))
        self.assertIn(b"x.h5.lock is not a lock of fishergrid; move it", done.stderr)

    def test_the_next_turn_of_a_slurm_job(self):
        """The first host of a job died and left its lock: only the restarted job takes it over."""
        text, turn = "host node7\npid 12\njob 34\n", {"SLURM_JOB_ID": "34", "SLURM_RESTART_COUNT": "1"}
        process = self.start()
        process.kill()
        process.communicate()
        self.path("x.h5.lock").write_text(text)
        part = self.path("x.h5.part").read_bytes()
        for change in [{"SLURM_JOB_ID": "35"}, {"SLURM_JOB_ID": None}, {"SLURM_RESTART_COUNT": "0"}]:
            done = self.sweep(env={**turn, **change})
            self.assertEqual((done.returncode, b"locked by process 12 on node7 (job 34)" in done.stderr), (2, True))
        with open(self.path("x.h5.lock")) as lost:  # a process that Slurm lost sight of
            fcntl.flock(lost, fcntl.LOCK_EX)
            done = self.sweep(env=turn)
            self.assertEqual((done.returncode, b"being written by process 12 on node7" in done.stderr), (2, True))
        self.assertEqual((self.path("x.h5.part").read_bytes(), self.path("x.h5.lock").read_text()), (part, text))
        done = self.sweep(env=turn)
        told = rb"\A[^\n]*lock of x\.h5[^\n]*node7[^\n]*SLURM_RESTART_COUNT=1[^\n]*\nresuming [^\n]*\n"
        self.assertRegex(done.stderr, told)
        self.assertEqual(done.returncode, 0)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["x.h5"])

    def test_a_lock_that_is_no_file(self):
        self.path("x.h5.lock").mkdir()
        done = self.sweep()
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"x.h5.lock is a directory", done.stderr)

    # --- company

    def test_readers_looking_in_all_the_time(self):
        expected = fishergrid.reference(*WORK, *MORE, "-t", "2", "-q")
        process = self.start(*MORE, "-t", "2")
        part, looks = self.path("x.h5.part"), 0
        tools = [[*tool, part] for tool in (["h5ls", "-r"], ["ncdump", "-h"]) if shutil.which(tool[0])]
        while process.poll() is None:
            for tool in tools:
                done = subprocess.run(tool, capture_output=True)
                self.assertTrue(done.returncode == 0 or not part.exists(), done.stderr)
            try:
                with fishergrid.h5py.File(part, "r") as file:
                    self.assertEqual(file["loss_A"][()].shape, (300, 300))
                    looks += 1
            except FileNotFoundError:
                break
        self.assertEqual((process.communicate()[1], process.returncode), (b"", 0))
        self.assertGreater(looks, 3)
        self.assertEqual(fishergrid.contents(self.path("x.h5")), expected)

    def test_odd_surroundings(self):
        """Tests a locale with a decimal comma, a time zone, a HOME that is missing or read-only, and a umask."""
        small = ["--phi", "9", "--r", "7", "--phi-range", "0.5:1.5", "-o", "x.h5"]
        self.succeed("sweep", *small)
        expected = fishergrid.contents(self.path("x.h5"))
        locale = self.make_german_locale()
        for change in [{**locale, "LC_ALL": "de_DE.UTF-8"}, {"TZ": "Asia/Kathmandu"}, {"HOME": None}, {"HOME": "/proc"}]:
            self.succeed("sweep", *small, "--force", env=change)
            self.assertEqual(fishergrid.contents(self.path("x.h5")), expected, change)
        for umask, mode in [(0o077, 0o600), (0o002, 0o664), (0, 0o666)]:
            self.succeed("sweep", *small, "--force", umask=umask)
            self.assertEqual(self.path("x.h5").stat().st_mode & 0o777, mode)

    def make_german_locale(self):
        if not shutil.which("localedef"):
            return {}
        made = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", self.path("de_DE.UTF-8")], capture_output=True)
        return {"LOCPATH": str(self.directory)} if self.path("de_DE.UTF-8").exists() and made.returncode <= 1 else {}

    def test_what_is_done_reaches_the_disk_now_and_then(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        trace = self.path("trace")
        calls = {r" pwrite64\(\d+<[^>]*x\.h5": "write", r" fsync\(\d+<[^>]*x\.h5": "sync", r" rename": "rename", r" fsync\(": "directory"}
        command = ["strace", "-f", "-y", "-o", trace, "-e", "trace=fsync,pwrite64,rename,renameat2"]
        command += [fishergrid.PROGRAM, "sweep", *WORK, "-q", "-o", "x.h5", "--force", "--sync"]
        seen = {}
        for sync in ["0.05", "60"]:
            done = subprocess.run([*command, sync], cwd=self.directory, env=fishergrid.environment(), capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = trace.read_text().splitlines()
            found = [next((kind for call, kind in calls.items() if re.search(call, line)), None) for line in lines]
            seen[sync] = [kind for kind, last in zip(found, [None, *found]) if kind and kind != last]
        # Text of the lock, file, name; layout, file, name, directory; values, mark of completeness, name, directory: what
        # comes after is never on the disk before.
        named = ["rename", "directory"]
        self.assertEqual(seen["60"][:3], ["write", "sync", "rename"])
        self.assertEqual(seen["60"][3:], ["write", "sync", *named, "write", "sync", "write", "sync", *named])
        self.assertGreater(seen["0.05"].count("sync"), 6)  # some 20 a second


if __name__ == "__main__":
    fishergrid.main()
