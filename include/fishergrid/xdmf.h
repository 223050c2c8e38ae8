/* A small text file (XDMF) through which ParaView and VisIt open a result. */
#ifndef FISHERGRID_XDMF_H
#define FISHERGRID_XDMF_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/result.h"

FG_API_BEGIN

/* Writes the file `output`, which is there whole or not at all: a grid for each data set, with every field at
 * its cells. It names the result relative to itself. `output` exists without `force`, or the result has a
 * name that XDMF cannot write: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status fg_xdmf_write(const struct fg_result *result, const char *output, bool force,
                             struct fg_error *error);

FG_API_END
#endif
