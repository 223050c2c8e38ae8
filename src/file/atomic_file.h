/* A file that is there either whole or not at all: written under another name, then renamed. */
#ifndef FISHERGRID_ATOMIC_FILE_H
#define FISHERGRID_ATOMIC_FILE_H

#include <stdbool.h>

#include "fishergrid/error.h"
#include "lock.h"

/* Zero-initialise; begun by fg_atomic_file_begin, ended by fg_atomic_file_finish or fg_atomic_file_discard,
 * which do nothing on an empty struct. */
struct fg_atomic_file {
    char *path, *name; /* the final name, and PATH.part.new until then; owned */
    int fd;            /* of it, open for writing */
    bool force;
    struct fg_lock lock;
};

/* Takes the lock of PATH and makes PATH.part.new, empty; one that a dead process left is replaced. PATH
 * exists, without `force`, or somebody else writes it: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status fg_atomic_file_begin(struct fg_atomic_file *file, const char *path, bool force,
                                    struct fg_error *error);

/* Brings it to the disk and gives it the final name. On failure it is discarded. */
enum fg_status fg_atomic_file_finish(struct fg_atomic_file *file, struct fg_error *error);

/* Removes it. */
void fg_atomic_file_discard(struct fg_atomic_file *file);

#endif
