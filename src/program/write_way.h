/* Which way the values of a file go to the disk. */
#ifndef FISHERGRID_WRITE_WAY_H
#define FISHERGRID_WRITE_WAY_H

#include "fishergrid/file.h"

/* Returns the bytes of all values of the wanted fields, which may be more than any file has. */
double bytes_of_values(const struct fg_setup *setup);

/* Chooses the way of writing by the size of the output and the available memory, or takes the way that the
 * environment variable FISHERGRID_WRITE names. Errors: FG_BAD_INPUT if the variable names no way. */
enum fg_status write_way(struct fg_output *output, struct fg_error *error);

#endif
