# shellcheck shell=bash disable=SC2034,SC2154
# What the job scripts share. To be sourced at the start of a job, with `jobs` set to this directory. Reads site.sh,
# places the threads, and has functions to find the program, to run a step and to put the job back into the queue.
# The scripts use $fishergrid, $fishergrid_mpi, $start_mpi and $python.

say() { printf '%s: %s\n' "${SLURM_JOB_NAME:-job}" "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

# --- the site ---------------------------------------------------------------------------------------------------------

load_modules() { :; }
fishergrid=
fishergrid_mpi=
start_mpi=()
python=python3
most_restarts=20

site=$jobs/site.sh
if ! [[ -e $site ]]; then site=${XDG_CONFIG_HOME:-$HOME/.config}/fishergrid/site.sh; fi
if [[ -e $site ]]; then
    bash -n "$site" || fail "$site cannot be read; mend what bash says above"
    # shellcheck source=jobs/site.example.sh
    . "$site"
fi
load_modules
if ((${#start_mpi[@]} == 1)) && [[ ${start_mpi[0]} == *[[:blank:]]* ]]; then
    fail "start_mpi is a list of words; write start_mpi=(${start_mpi[0]}) in $site"
fi
if ((${#start_mpi[@]} == 0)); then start_mpi=(srun --mpi=pmix); fi
set -euo pipefail # not before: what modules and conda run uses variables that are not set, and commands that fail

# find_program PRESET CHOSEN: the program that the site file names, or else the one that this preset builds, the one
# installed with these scripts, or the one of the PATH. For the preset mpi it must be one with MPI: others would all
# sweep alone, into the same file.
find_program() {
    local with='' word words=("$2")
    if [[ -z $2 ]]; then words=("${jobs%/*}/build/$1/fishergrid" "$jobs/../../../bin/fishergrid" fishergrid); fi
    if [[ $1 == mpi ]]; then with=' with MPI'; fi
    for word in "${words[@]}"; do
        if command -v "$word" >/dev/null && [[ -z $with || $("$word" --version) == *"$with" ]]; then
            command -v "$word"
            return
        fi
    done
    fail "no program$with at ${words[0]}; cmake --preset $1 && cmake --build --preset $1 builds it, or name it in" \
        "$site"
}

# --- what Slurm knows ------------------------------------------------------------------------------------------------

# fact FORMAT: what squeue tells of this job. The number of a task of an array may be that of the whole array, too.
fact() {
    local job=$SLURM_JOB_ID
    if [[ -n ${SLURM_ARRAY_TASK_ID:-} ]]; then job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; fi
    squeue --noheader --jobs="$job" --format="$1"
}

# When Slurm will end this job, in seconds since 1970, by which the program stops in time. Slurm before 23.02 does not
# say so by itself.
job_end=$(fact %e || true)
if [[ $job_end == [0-9]*T* ]]; then # a job without a limit has no such time
    SLURM_JOB_END_TIME=$(date --date="$job_end" +%s)
    export SLURM_JOB_END_TIME
fi

# --- threads ----------------------------------------------------------------------------------------------------------

# The hardware threads this job may use, one number a line; the kernel writes them as "0-3,8".
allowed_cpus() {
    local range
    sed -n 's/^Cpus_allowed_list:[[:blank:]]*//p' /proc/self/status | tr , '\n' | while read -r range; do
        seq "${range%-*}" "${range#*-}"
    done
}

# How many cores these are: hardware threads of one core have the same siblings.
allowed_cores() {
    local cpu
    while read -r cpu; do
        cat "/sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list" 2>/dev/null || echo "$cpu"
    done < <(allowed_cpus) | sort -u | wc -l
}

# Whether no other job may use them: this one has the node, or all its CPUs, or Slurm confines every job to its own.
own_cpus() {
    [[ $(fact %h) == NO ]] || (($(allowed_cpus | wc -l) <= SLURM_CPUS_ON_NODE)) ||
        scontrol show config | grep -Eq '^TaskPlugin .*affinity|^ConstrainCores .*yes'
}

tasks=${SLURM_TASKS_PER_NODE%%[(,]*} # "2(x3),1": two on each of three nodes, one on the last
cpus=${SLURM_CPUS_PER_TASK:-$((SLURM_CPUS_ON_NODE / tasks))}
cores=$(($(allowed_cores) / tasks))

# A thread a core: a second hardware thread would share its arithmetic units and win nothing.
export OMP_NUM_THREADS=$((cpus < cores ? cpus : (cores > 0 ? cores : 1)))

# Each staying where it started: so the tiles, which every thread allocates and touches first for itself, lie in the
# memory of its own NUMA node. Spread: fewer threads than cores share as few caches and memory channels as can be.
# But only one process with CPUs of its own. Others, each counting from the first core, would meet there.
if ((tasks == 1)) && own_cpus; then
    export OMP_PLACES=cores OMP_PROC_BIND=spread
fi

# srun gives its steps neither the CPUs of the job nor, after sbatch --export=NONE, its environment, unless told so.
export SRUN_CPUS_PER_TASK=$cpus SLURM_EXPORT_ENV=ALL

# --- steps ------------------------------------------------------------------------------------------------------------

# put_back: requeues the job, which then starts again with the same number and options.
put_back() {
    local restarts=${SLURM_RESTART_COUNT:-0}
    if [[ $(fact %T) != RUNNING ]]; then # COMPLETING: cancelled, or requeued already
        say "interrupted by Slurm; submit it again to resume, unless Slurm restarts it"
    elif ((restarts >= most_restarts)); then
        say "interrupted, and not requeued after $restarts restarts; submit it again to resume"
    else
        say "interrupted; requeued to resume (restart $((restarts + 1)) of at most $most_restarts)"
        scontrol requeue "$(fact %i)" || say "Slurm did not requeue it; submit it again to resume"
    fi
}

# run_resumable COMMAND...: runs a step that exits with 75 if it was interrupted and would resume if started again.
# Then the job is requeued; it ends with the exit code of the step in any case. Slurm may also start a job again that
# had finished its file when the node failed, hence --unless-done in these steps.
run_resumable() {
    local code=0 word
    for word in "$@"; do
        case $word in --fo | --for | --forc | --force)
            fail "with $word every restart of the job would begin from scratch; remove the old file and leave out $word"
            ;;
        esac
    done
    trap : TERM USR1 # Slurm signals the step, too; this shell has to see how it ends
    "$@" || code=$?
    if ((code == 75)); then put_back; fi
    exit "$code"
}
