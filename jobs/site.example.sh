# shellcheck shell=bash disable=SC2034
# All that the job scripts must know of your cluster, in one place. Copy it once, edit the copy; git ignores it:
#
#   cp jobs/site.example.sh jobs/site.sh
#
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

# The program with MPI, and how to start it. Default: build/mpi/fishergrid, or else the one above; srun --mpi=pmix.
#fishergrid_mpi=$HOME/mpi/bin/fishergrid
#start_mpi=(srun --mpi=pmix)

# Python with Matplotlib, for the figure of scaling.sbatch. Default: python3.
#python=/usr/bin/python3

# How often a job that was interrupted puts itself back into the queue before it gives up. Default: 20.
#most_restarts=20
