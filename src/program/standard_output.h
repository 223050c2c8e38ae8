/* Standard output of the commands, and whether it was written. */
#ifndef FISHERGRID_STANDARD_OUTPUT_H
#define FISHERGRID_STANDARD_OUTPUT_H

#include <stdint.h>

#include "fishergrid/error.h"

/* Finishes standard output. Call it after all printing.
 * Errors: FG_FAILED if standard output could not be written, for instance because the disk is full. */
enum fg_status finish_output(struct fg_error *error);

/* Returns the ending of a noun that is counted: "" for 1, else "s". */
static inline const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

#endif
