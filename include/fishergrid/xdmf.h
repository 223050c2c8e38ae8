/* XDMF: a small text file through which ParaView and VisIt open a result file. */
#ifndef FISHERGRID_XDMF_H
#define FISHERGRID_XDMF_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/result.h"

FG_API_BEGIN

/* Writes the XDMF file `output` atomically. It contains one grid for each data set, with every field at its
 * cells, and names the result file by a path relative to itself.
 * Errors: FG_BAD_INPUT if `output` exists and `force` is false, or if XDMF cannot express the name of the
 * result file; else FG_FAILED. */
enum fg_status fg_xdmf_write(const struct fg_result *result, const char *output, bool force,
                             struct fg_error *error);

FG_API_END
#endif
