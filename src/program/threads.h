/* Threads: how many this process runs, decided in one place for all commands. */
#ifndef FISHERGRID_THREADS_H
#define FISHERGRID_THREADS_H

#include "options.h"

/* Decides the number of threads, starts them once, and stores in options->threads how many really run. The
 * number is --threads, else OMP_NUM_THREADS, else this process's share of the CPUs that it may use: those of
 * its affinity mask, at most the quota of its cgroups, SLURM_CPUS_PER_TASK and OMP_THREAD_LIMIT, and no more
 * than a small sweep has work for. A child process that is forked later must not use OpenMP. All processes of
 * a team call this function. Errors: FG_BAD_INPUT if a variable is not a number from 1 to 4096, or if the
 * system does not let so many threads, or threads with so small a stack, run. */
enum fg_status threads_decide(struct options *options, struct fg_error *error);

/* Checks whether the stack of this process suffices for so many threads.
 * Errors: FG_BAD_INPUT if it is too small. */
enum fg_status threads_check_stack(uint64_t threads, struct fg_error *error);

#endif
