/* What stops threads that share work: the first failure of one of them, or a watcher. */
#ifndef FISHERGRID_FIRST_FAILURE_H
#define FISHERGRID_FIRST_FAILURE_H

#include <stdbool.h>

#include "fishergrid/sweep.h"

/* Begin with all 0 but the watcher. */
struct fg_first_failure {
    const struct fg_watcher *watcher; /* borrowed; NULL: nobody stops the work */
    int status;                       /* enum fg_status; set in a critical section, read atomically */
    struct fg_error error;
};

/* Keeps status and text, if they are the first. */
void fg_first_failure_note(struct fg_first_failure *failure, enum fg_status status,
                           const struct fg_error *error);

/* Whether nothing more shall be begun; a watcher who wants that has it noted as FG_INTERRUPTED. */
bool fg_first_failure_is_over(struct fg_first_failure *failure);

/* The status, with its text; for one thread, when the others are done. */
enum fg_status fg_first_failure_end(const struct fg_first_failure *failure, struct fg_error *error);

#endif
