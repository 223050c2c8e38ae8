/* Atomic files: a file is written under a temporary name and then renamed, so that it exists completely or
 * not at all. */
#ifndef FISHERGRID_ATOMIC_FILE_H
#define FISHERGRID_ATOMIC_FILE_H

#include <stdbool.h>

#include "fishergrid/error.h"
#include "lock.h"
#include "paths.h"

/* A file being written. Zero-initialise it, begin with fg_atomic_file_begin, end with fg_atomic_file_finish
 * or fg_atomic_file_discard. Both do nothing on an empty struct. */
struct fg_atomic_file {
    char path[FG_PATH_MAX]; /* the final name; "": nothing has begun */
    char name[FG_PATH_MAX]; /* the temporary name, PATH.part.new */
    int fd;                 /* of the temporary file, open for writing */
    bool force;
    struct fg_lock lock;
};

/* Takes the lock of PATH and creates an empty PATH.part.new. Replaces a PATH.part.new left by a dead process.
 * Errors: FG_BAD_INPUT if PATH exists and `force` is false, or if another process writes it; else
 * FG_FAILED. */
enum fg_status fg_atomic_file_begin(struct fg_atomic_file *file, const char *path, bool force,
                                    struct fg_error *error);

/* Writes the file to the disk (fsync) and renames it to PATH. On failure the file is removed. */
enum fg_status fg_atomic_file_finish(struct fg_atomic_file *file, struct fg_error *error);

/* Removes the temporary file. */
void fg_atomic_file_discard(struct fg_atomic_file *file);

#endif
