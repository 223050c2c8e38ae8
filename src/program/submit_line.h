/* The command line that submits a sweep to Slurm. */
#ifndef FISHERGRID_SUBMIT_LINE_H
#define FISHERGRID_SUBMIT_LINE_H

#include "plan.h"

/* Prints `sbatch ... sweep.sbatch ...` for the sweep of the command line. jobs/sweep.sbatch is
 * looked for in the directory FISHERGRID_JOBS, where it is installed, and in the source tree of the build.
 * The caller checks whether standard output could be written.
 * Errors: FG_BAD_INPUT if a job could not run this command line, or if the script is not found. */
enum fg_status submit_line_print(const struct sweep_plan *plan, const struct options *options,
                                 struct fg_error *error);

#endif
