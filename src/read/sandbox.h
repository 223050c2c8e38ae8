/* Sandbox: runs work that may crash, loop or allocate without bound, because it reads files made by others,
 * in a child process with limits. */
#ifndef FISHERGRID_SANDBOX_H
#define FISHERGRID_SANDBOX_H

#include <stddef.h>

#include "fishergrid/error.h"

/* The work. `shared` is memory that the child shares with the caller. All other changes are lost when the
 * child ends. */
typedef enum fg_status fg_sandbox_work(void *shared, struct fg_error *error);

struct fg_sandbox_limits {
    size_t bytes; /* memory beyond what the process has already */
    unsigned cpu_seconds;
};

/* Allocates zeroed memory that a child shares with its parent; NULL on failure. Free it with fg_sandbox_free,
 * which does nothing on NULL. */
void *fg_sandbox_memory(size_t bytes);
void fg_sandbox_free(void *shared, size_t bytes);

/* Runs `work` in a child process and returns its status and text. `path` is the file that it reads, for the
 * error text.
 * Errors: FG_BAD_INPUT if the child crashes or exceeds a limit; FG_FAILED if there is no child process. */
enum fg_status fg_sandbox_run(fg_sandbox_work *work, void *shared, const struct fg_sandbox_limits *limits,
                              const char *path, struct fg_error *error);

#endif
