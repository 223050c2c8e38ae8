/* Processes that a launcher (mpirun, srun) has started together, found from environment variables. */
#ifndef FISHERGRID_LAUNCH_H
#define FISHERGRID_LAUNCH_H

#include "options.h"

/* Checks that the command, which runs without a team, is not one of several processes doing the same. Under
 * srun, each process may sweep into a file of its own.
 * Errors: FG_BAD_INPUT in every process. The text is empty in all but the first, which speaks for them. */
enum fg_status launch_check_alone(const struct options *options, struct fg_error *error);

/* Lets the first of several processes speak for all: in the others it empties the text, and waits until the
 * first has spoken. Returns `status`. */
enum fg_status launch_fail_once(enum fg_status status, struct fg_error *error);

#endif
