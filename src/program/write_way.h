/* Which way the values of a file go to the disk. */
#ifndef FISHERGRID_WRITE_WAY_H
#define FISHERGRID_WRITE_WAY_H

#include "fishergrid/file.h"

/* Chooses the way of an output by its size and the memory there is, or takes the one that the environment
 * variable FISHERGRID_WRITE names. Errors: FG_BAD_INPUT if the variable names no way. */
enum fg_status write_way(struct fg_output *output, struct fg_error *error);

#endif
