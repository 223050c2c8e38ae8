/* Names of files: those beside the output, and their directory. */
#ifndef FISHERGRID_NAMES_H
#define FISHERGRID_NAMES_H

#include <stdbool.h>

#include "fishergrid/error.h"

/* `path` with `suffix` at its end; the caller frees it. NULL: no memory. */
char *name_with(const char *path, const char *suffix);

/* The directory of `path`; the caller frees it. NULL: no memory. */
char *name_directory(const char *path);

/* Brings the names in the directory of `path` to the disk, as far as its file system can. */
enum fg_status name_sync_directory(const char *path, struct fg_error *error);

/* As rename(2), but where `replace` is false only to a name that is free: EEXIST. Returns whether it was
 * done. */
bool name_rename(const char *from, const char *to, bool replace);

/* Beside the output FILE: what is being written, that while it is laid out, and the lock. */
#define NAME_PART ".part"
#define NAME_NEW ".part.new"
#define NAME_LOCK ".lock"

#endif
