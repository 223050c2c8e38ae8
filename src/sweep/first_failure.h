/* First failure: the failure that stops all threads that share work, or a request of the watcher to stop. */
#ifndef FISHERGRID_FIRST_FAILURE_H
#define FISHERGRID_FIRST_FAILURE_H

#include <stdbool.h>

#include "fishergrid/sweep.h"

/* The first failure. Initialise all members to 0, except the watcher. */
struct fg_first_failure {
    const struct fg_watcher *watcher; /* borrowed; NULL: no watcher */
    int status;                       /* enum fg_status; set in a critical section, read atomically */
    struct fg_error error;
};

/* Stores status and text if they are the first failure. Ignores FG_OK. */
void fg_first_failure_note(struct fg_first_failure *failure, enum fg_status status,
                           const struct fg_error *error);

/* Returns whether threads must not begin new work. If the watcher requests a stop, this is stored as
 * FG_INTERRUPTED. */
bool fg_first_failure_is_over(struct fg_first_failure *failure);

/* Returns the status and its text. Called by one thread after the others have finished. */
enum fg_status fg_first_failure_end(const struct fg_first_failure *failure, struct fg_error *error);

#endif
