/* Processes that a launcher (mpirun, srun) has started together, found from environment variables. */
#ifndef FISHERGRID_LAUNCH_H
#define FISHERGRID_LAUNCH_H

#include "options.h"

/* Checks that a command without a team is not one of several processes that do the same. Under srun, each
 * process may sweep into its own file. Errors: FG_BAD_INPUT in every process; only the first process has a
 * text, for all of them. */
enum fg_status launch_check_alone(const struct options *options, struct fg_error *error);

/* Makes sure that only the first of several processes reports a failure: in the others, empties the text, and
 * waits until the first has printed it. Returns `status`. */
enum fg_status launch_fail_once(enum fg_status status, struct fg_error *error);

#endif
