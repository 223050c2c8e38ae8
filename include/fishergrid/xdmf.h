/* XDMF: a small text file through which ParaView opens a result file. */
#ifndef FISHERGRID_XDMF_H
#define FISHERGRID_XDMF_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/result.h"

FG_API_BEGIN

/* Writes the XDMF file `output` atomically. It contains one grid for each data set, in which x is phi and y
 * is r. The cells have all stored fields. They also have the vectors "gradient", "natural_gradient" and
 * "newton", if both components are stored. The XDMF file names the result file by a path relative to itself.
 * Only the "XDMF Reader" of VTK and ParaView (for XDMF 2) can transpose the arrays.
 * Errors: FG_BAD_INPUT if `output` exists and `force` is false, if the result has a single cell, or if XDMF
 * cannot express the name of the result file; else FG_FAILED. */
enum fg_status fg_xdmf_write(const struct fg_result *result, const char *output, bool force,
                             struct fg_error *error);

FG_API_END
#endif
