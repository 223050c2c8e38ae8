/* Work that may crash, loop or ask for any memory, because it reads what others wrote: done by a child
 * process with limits. */
#ifndef FISHERGRID_SANDBOX_H
#define FISHERGRID_SANDBOX_H

#include <stddef.h>

#include "fishergrid/error.h"

/* `shared` is memory that the caller sees, too; nothing else that the work changes outlives it. */
typedef enum fg_status fg_sandbox_work(void *shared, struct fg_error *error);

struct fg_sandbox_limits {
    size_t bytes; /* of memory, beyond what the process has already */
    unsigned seconds;
};

/* Memory that a child shares with its parent, of zeros; NULL: none. Back with fg_sandbox_free, which does
 * nothing on NULL. */
void *fg_sandbox_memory(size_t bytes);
void fg_sandbox_free(void *shared, size_t bytes);

/* Does `work` in a child process, and brings back its status and text. Where it crashes or exceeds a limit:
 * FG_BAD_INPUT, and the text says so of `path`, the file it reads. No child: FG_FAILED. */
enum fg_status fg_sandbox_run(fg_sandbox_work *work, void *shared, const struct fg_sandbox_limits *limits,
                              const char *path, struct fg_error *error);

#endif
