"""A Slurm of one's own: a controller and nodes on loopback, with ports and directories of their own.

    cluster = Cluster(directory)        # raises NoSlurm where Slurm cannot run, saying why
    job = cluster.sbatch("jobs/sweep.sbatch", "-o", "x.h5", cwd=somewhere)
    cluster.wait(job)["JobState"]       # "COMPLETED"
    cluster.stop()                      # ends jobs and daemons

Nothing outside the directory is written, and no Slurm of the machine is touched.
"""

import contextlib
import getpass
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time

import fishergrid_program as fishergrid

NODES, CPUS = ["n1", "n2"], 2
# The default partition is closed: jobs run only if they ask for the other one, as their site file says. No job is put
# back that does not ask for it.
# cred_expire is also how long a job waits that is put back.
CONFIGURATION = """
ClusterName=fishergrid
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool/%n
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd-%n.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd-%n.log
PlugStackConfig={directory}/plugstack.conf
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
KillWait=10
ReturnToService=2
JobRequeue=0
MailProg=/bin/true
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
{nodes}
PartitionName=closed Nodes=ALL Default=YES State=DOWN
PartitionName=main Nodes=ALL DefaultTime=5 State=UP
"""
OVER = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT"}


class NoSlurm(Exception):
    """The message says why."""


def _free_ports(count):
    """Below those that the system gives to whoever asks for any, so that they are still free in a moment."""
    ports = []
    while len(ports) < count:
        port = random.randrange(10000, 32000)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            ports.append(port)
    return ports


class Cluster:
    """Two nodes of two CPUs each; the partition is called main."""

    def __init__(self, directory):
        """Starts the daemons in `directory` and waits until the nodes are idle."""
        missing = [name for name in ("slurmctld", "slurmd", "sbatch", "srun") if not self._find(name)]
        if missing:
            raise NoSlurm(f"{', '.join(missing)}: not installed")
        self.directory = directory
        self.environment = fishergrid.environment(SLURM_CONF=str(directory / "slurm.conf"))
        self.environment = {n: v for n, v in self.environment.items() if not n.startswith(("SBATCH_", "SLURM_JOB"))}
        self._daemons = []
        self._write_configuration()
        try:
            self._start("slurmctld", "-D", "-c")
            for node in NODES:
                self._start("slurmd", "-D", "-c", "-N", node)
            self._wait_until_idle()
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def _find(name):
        return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def _write_configuration(self):
        for name in ("state", "spool"):
            (self.directory / name).mkdir()
        (self.directory / "plugstack.conf").touch()
        controller_port, *ports = _free_ports(1 + len(NODES))
        nodes = "\n".join(
            f"NodeName={node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs={CPUS} RealMemory=8000"
            for node, port in zip(NODES, ports)
        )
        values = {"directory": self.directory, "user": getpass.getuser(), "nodes": nodes}
        text = CONFIGURATION.format(controller_port=controller_port, **values)
        (self.directory / "slurm.conf").write_text(text)
        # Nothing is confined; without this, slurmd wants a cgroup file system to be mounted.
        (self.directory / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")

    def _start(self, name, *options):
        """In the foreground, so that it is ours to stop; it also ends should this process be killed. With as many
        CPUs as a node shall have: only then can a job have all of them."""
        cpus = ",".join(map(str, sorted(os.sched_getaffinity(0))[:CPUS]))
        command = ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", cpus, self._find(name), *options]
        with open(self.directory / f"{name}.err", "ab") as errors:
            streams = {"stdin": subprocess.DEVNULL, "stdout": errors, "stderr": errors}
            self._daemons.append(subprocess.Popen(command, env=self.environment, **streams))

    def _wait_until_idle(self):
        for _ in range(300):
            for daemon in self._daemons:
                if daemon.poll() is not None:
                    raise NoSlurm(f"{daemon.args[6]} ended: {self._last_words()}")
            done = self.command("sinfo", "-h", "-p", "main", "-o", "%T %D")
            if done.stdout.strip() == f"idle {len(NODES)}":
                return
            time.sleep(0.1)
        raise NoSlurm(f"the nodes are not idle after 30 s: {self._last_words()}")

    def _last_words(self):
        lines = [line for log in self.directory.glob("*.log") for line in log.read_text().splitlines()]
        lines += [line for log in self.directory.glob("*.err") for line in log.read_text().splitlines()]
        return "; ".join(line for line in lines if "error" in line or "fatal" in line)[-600:] or "no error logged"

    def command(self, *words, env=None, cwd=None):
        """Runs a command of Slurm; the result has returncode, stdout and stderr as text."""
        environment = {**self.environment, **(env or {})}
        options = {"capture_output": True, "text": True, "check": False, "timeout": 60, "cwd": cwd}
        return subprocess.run([str(word) for word in words], env=environment, **options)

    def run(self, *words, **options):
        """The same, for what must not fail; returns standard output."""
        done = self.command(*words, **options)
        if done.returncode != 0:
            raise AssertionError(f"{words} failed: {done.stderr}{done.stdout}")
        return done.stdout

    def sbatch(self, *words, **options):
        """Submits; returns the number of the job."""
        return self.run("sbatch", "--parsable", *words, **options).strip()

    def job(self, job):
        """What Slurm knows of a job, {name: value} as `scontrol show job` names it; of an array, of its last task."""
        text = self.run("scontrol", "show", "job", job)
        return dict(re.findall(r"(?m)(?:^|(?<=\s))([A-Za-z/:]+)=(.*?)(?= [A-Za-z/:]+=|$)", text))

    def wait(self, job, seconds=90):
        """Waits for the job to be over, and returns what is known of it then."""
        return self.wait_for(job, lambda facts: facts["JobState"] in OVER, seconds)

    def wait_for(self, job, condition, seconds=30):
        """Waits until what is known of the job fulfils the condition."""
        end = time.monotonic() + seconds
        while not condition(facts := self.job(job)):
            if time.monotonic() > end:
                raise AssertionError(f"job {job} is still {facts} after {seconds} s")
            time.sleep(0.1)
        return facts

    def stop(self):
        """Ends every job and all daemons."""
        if self._daemons and all(daemon.poll() is None for daemon in self._daemons):
            self.command("scancel", "--signal=KILL", "--full", "-u", getpass.getuser())
            self.command("scancel", "-u", getpass.getuser())
            end = time.monotonic() + 15
            while self.command("squeue", "-h").stdout.strip() and time.monotonic() < end:
                time.sleep(0.1)
        for daemon in reversed(self._daemons):
            daemon.send_signal(signal.SIGTERM)
        for daemon in self._daemons:
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self._daemons = []
