/* A batch script for Slurm that runs a sweep. */
#ifndef FISHERGRID_BATCH_SCRIPT_H
#define FISHERGRID_BATCH_SCRIPT_H

#include "plan.h"

/* How sbatch takes a time limit: "HH:MM:00". */
struct batch_time {
    char text[32];
};
struct batch_time batch_time(uint64_t minutes);

/* Prints the script, which needs no file of ours but the program. `command` is a line for the shell. The end
 * of output is for the caller to check. */
void batch_script_print(const struct sweep_plan *plan, const char *command);

#endif
