/* Names of files: those beside the output, and their directory. */
#ifndef FISHERGRID_PATHS_H
#define FISHERGRID_PATHS_H

#include <limits.h>
#include <stdbool.h>

#include "fishergrid/error.h"

/* `path` with `suffix` at its end; the caller frees it. NULL: no memory. */
char *fg_path_with(const char *path, const char *suffix);

/* The directory of `path`, made in `room`; `path` itself where it is longer than any, as the system will say.
 * Needs no memory, lest a file that has got its name could not be brought to the disk. */
const char *fg_path_directory(const char *path, char room[PATH_MAX]);

/* Brings the names in the directory of `path` to the disk, as far as its file system can. */
enum fg_status fg_path_sync_directory(const char *path, struct fg_error *error);

/* FG_BAD_INPUT: something has the name `path` already, of which `what` more is to be told, or "". */
enum fg_status fg_path_refuse_taken(const char *path, const char *what, struct fg_error *error);

/* As rename(2), but where `replace` is false only to a name that is free: EEXIST. Returns whether it was
 * done. */
bool fg_path_rename(const char *from, const char *to, bool replace);

/* Beside the output FILE: what is being written, that while it is laid out, and the lock. */
#define NAME_PART ".part"
#define NAME_NEW ".part.new"
#define NAME_LOCK ".lock"

#endif
