#include "batch_script.h"

#include <math.h>
#include <stdio.h>

#include "build_info.h"

/* Turns of a job that would be put back for ever. */
#define LEAST_RESTARTS 20

struct batch_time batch_time(uint64_t minutes)
{
    struct batch_time time;
    snprintf(time.text, sizeof time.text, "%02llu:%02llu:00", (unsigned long long)(minutes / 60),
             (unsigned long long)(minutes % 60));
    return time;
}

/* So many turns as the estimate says, and as many more. */
static double most_restarts(const struct sweep_plan *plan)
{
    double seconds = plan->seconds_computing + plan->seconds_writing;
    return fmax(LEAST_RESTARTS, ceil(2 * seconds / (60 * (double)plan->ask_minutes)));
}

static void print_head(void)
{
    puts("#!/usr/bin/env bash\n"
         "# One sweep on one node, as `fishergrid sweep --dry-run --sbatch` foretold it. To be submitted "
         "from the\n"
         "# directory where it was printed, with the modules loaded that the program needs:\n"
         "#\n"
         "#   sbatch SCRIPT\n"
         "#\n"
         "# A job that is interrupted, by the end of its time or by Slurm, puts itself back into the queue "
         "and\n"
         "# continues; after anything else, the same sbatch continues it.\n");
}

static void print_requests(const struct sweep_plan *plan)
{
    puts("# What squeue shows.\n"
         "#SBATCH --job-name=fishergrid-sweep\n"
         "# One node: this script starts one process.\n"
         "#SBATCH --nodes=1\n"
         "# It shares its work among threads.\n"
         "#SBATCH --ntasks=1\n"
         "# A core for each of them.");
    printf("#SBATCH --cpus-per-task=%llu\n", (unsigned long long)plan->threads);
    puts("# Whole cores: a second hardware thread would share the arithmetic units of the first, and win "
         "nothing.\n"
         "#SBATCH --hint=nomultithread");
    printf("# Tiles, nodes and samples take %.0f MiB; half as much again, and 256 MiB for program and "
           "libraries.\n"
           "#SBATCH --mem=%lluM\n",
           ceil((double)plan->memory_bytes / 0x1p20), (unsigned long long)plan->ask_mebibytes);
    printf("# Twice the estimate, %.3g s to compute and %.3g s to write at %.0f MB/s, and the four minutes "
           "below;\n"
           "# a day at most. A job that needs more continues in its next turn.\n"
           "#SBATCH --time=%s\n",
           plan->seconds_computing, plan->seconds_writing, PLAN_BYTES_PER_SECOND / 1e6,
           batch_time(plan->ask_minutes).text);
    puts("# Two minutes before the end the program gets a signal, finishes its tiles, and exits with 75. "
         "Slurm may\n"
         "# be a minute early, and looks only every half minute.\n"
         "#SBATCH --signal=USR1@120\n"
         "# Slurm may start it again after a failed node or for a more urgent job: the same command line "
         "continues\n"
         "# the file.\n"
         "#SBATCH --requeue\n"
         "# One log a job, named after it.\n"
         "#SBATCH --output=%x-%j.log\n"
         "# Without `append` every turn would overwrite the log of the last.\n"
         "#SBATCH --open-mode=append\n");
}

static void print_run(const struct sweep_plan *plan, const char *command)
{
    puts("# A thread a core, each staying where it started: so its tiles lie in the memory beside it. But "
         "only\n"
         "# with cores of its own: jobs that Slurm does not confine to theirs would meet on the first.\n"
         "unset OMP_NUM_THREADS OMP_THREAD_LIMIT # or nproc would count these\n"
         "if (($(nproc) <= SLURM_CPUS_ON_NODE)) ||\n"
         "    scontrol show config | grep -Eq '^TaskPlugin .*affinity|^ConstrainCores .*yes'; then\n"
         "    export OMP_PLACES=cores OMP_PROC_BIND=spread\n"
         "fi\n"
         "export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK\n"
         "\n"
         "code=0\n"
         "trap : TERM USR1 # Slurm signals the program, too; this shell has to see how it ends");
    if (FISHERGRID_MPI)
        puts("# A program built with MPI needs this to start, also alone; `srun --mpi=list` names others.");
    printf("srun %s--ntasks=1 --cpus-per-task=\"$SLURM_CPUS_PER_TASK\" --export=ALL \\\n    %s --unless-done "
           "|| code=$?\n",
           FISHERGRID_MPI ? "--mpi=pmix " : "", command);
    printf(
        "\n"
        "# 75: interrupted. Not back into the queue where Slurm has seen to that, or has cancelled the job.\n"
        "state=$(squeue --noheader --jobs=\"$SLURM_JOB_ID\" --format=%%T)\n"
        "if ((code == 75 && ${SLURM_RESTART_COUNT:-0} < %.0f)) && [[ $state == RUNNING ]]; then\n"
        "    scontrol requeue \"$SLURM_JOB_ID\"\n"
        "fi\n"
        "exit \"$code\"\n",
        most_restarts(plan));
}

void batch_script_print(const struct sweep_plan *plan, const char *command)
{
    print_head();
    print_requests(plan);
    print_run(plan, command);
}
