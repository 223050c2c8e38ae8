/* What commands print, and whether it arrived. */
#ifndef FISHERGRID_STANDARD_OUTPUT_H
#define FISHERGRID_STANDARD_OUTPUT_H

#include "fishergrid/error.h"

/* To be called when all is printed: FG_FAILED where standard output could not be written, for instance
 * because the disk is full. */
enum fg_status finish_output(struct fg_error *error);

#endif
