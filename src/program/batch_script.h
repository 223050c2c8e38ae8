/* Batch scripts: a Slurm script that runs a sweep. */
#ifndef FISHERGRID_BATCH_SCRIPT_H
#define FISHERGRID_BATCH_SCRIPT_H

#include "plan.h"

/* A time limit in the format of sbatch, "HH:MM:00". */
struct batch_time {
    char text[32];
};
struct batch_time batch_time(uint64_t minutes);

/* Prints the script. It needs no file of ours except the program. `command` is a shell command line. The
 * caller checks whether standard output could be written. */
void batch_script_print(const struct sweep_plan *plan, const char *command);

#endif
