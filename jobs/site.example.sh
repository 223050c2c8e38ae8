# shellcheck shell=bash disable=SC2034
# All that the job scripts must know of your cluster, in one place. Copy it once, edit the copy; git ignores it:
#
#   cp jobs/site.example.sh jobs/site.sh
#
# Beside installed scripts, which may be those of all users, the copy is ~/.config/fishergrid/site.sh instead.
# It is read by you, once a login, since sbatch takes account and partition from the environment,
#
#   . jobs/site.sh
#   sbatch jobs/sweep.sbatch --phi 16384 --r 16384 -o sweep.h5
#
# and by every job, for modules and programs. What stays a comment keeps its default; options of sbatch's command
# line win over all of it.

# Who pays, where jobs run, and what else sbatch shall always be told (`man sbatch`, INPUT ENVIRONMENT VARIABLES).
#export SBATCH_ACCOUNT=my_project
#export SBATCH_PARTITION=compute
#export SBATCH_TIMELIMIT=04:00:00

# Called by every job, never at your login: what the program was built with.
load_modules() {
    : # module purge && module load gcc hdf5
}

# The program. Default: build/release/fishergrid beside jobs/, or else the one on the PATH.
#fishergrid=$HOME/.local/bin/fishergrid

# The program with MPI, for mpi.sbatch alone. Default: build/mpi/fishergrid beside jobs/, or else the one on the PATH if
# it was built with MPI.
#fishergrid_mpi=$HOME/mpi/bin/fishergrid

# How processes are started: as many on a node as sbatch was asked for, one unless told otherwise, with all its cores.
# Default: srun --mpi=pmix (`srun --mpi=list` names others). Open MPI's own starter ties each of one or two processes,
# and with it all its threads, to one core, unless told not to:
#start_mpi=(mpirun --bind-to none)

# Where nodes have unlike processors: the instruction set (baseline, avx2 or avx512) that all of them have. A job put
# back onto another kind of node could not resume, nor could merge join parts that unlike nodes have computed.
# Default: the best of each node.
#export FISHERGRID_ISA=avx2

# Python with Matplotlib, for the figure of scaling.sbatch. Default: python3.
#python=/usr/bin/python3

# How often a job that was interrupted puts itself back into the queue before it gives up. Default: 20.
#most_restarts=20
