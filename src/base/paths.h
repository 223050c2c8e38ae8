/* Names of the output and of the files beside it, and their directory. */
#ifndef FISHERGRID_PATHS_H
#define FISHERGRID_PATHS_H

#include <limits.h>
#include <stdbool.h>

#include "fishergrid/error.h"

/* Buffer size of a path with a suffix of at most 31 bytes. */
enum { FG_PATH_MAX = PATH_MAX + 32 };

/* Stores `path` with `suffix` appended in `name`, and returns `name`. A path that is too long for the system
 * is cut to PATH_MAX bytes, which is still too long: every system call with the name fails. */
const char *fg_path_with(const char *path, const char *suffix, char name[FG_PATH_MAX]);

/* Returns the directory of `path`, stored in `room`, or `path` itself if it is too long, in which case the
 * next system call fails. Does not allocate memory: it is called after the rename, when a failure would leave
 * the new name unsynced. */
const char *fg_path_directory(const char *path, char room[PATH_MAX]);

/* Writes the names in the directory of `path` to the disk (fsync), as far as its file system supports
 * that. */
enum fg_status fg_path_sync_directory(const char *path, struct fg_error *error);

/* Fails with FG_BAD_INPUT and a text that says that `path` exists already. `what` is appended to the text; it
 * may be "". */
enum fg_status fg_path_refuse_taken(const char *path, const char *what, struct fg_error *error);

/* Returns whether `path` is a name of the open file `fd`. */
bool fg_path_leads_to(const char *path, int fd);

/* Renames like rename(2). If `replace` is false and `to` exists, fails with EEXIST. Returns whether it
 * succeeded. */
bool fg_path_rename(const char *from, const char *to, bool replace);

/* Suffixes of the files beside the output FILE: the file while it is written, the file while it is laid out,
 * the lock, and the lock while it is made. */
#define NAME_PART ".part"
#define NAME_NEW ".part.new"
#define NAME_LOCK ".lock"
#define NAME_LOCK_NEW ".lock.new"

#endif
