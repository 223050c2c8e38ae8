/* Describes the contents of a result file with HDF5. HDF5 may crash on a damaged file, so a child process
 * calls it. */
#ifndef FISHERGRID_DESCRIBE_H
#define FISHERGRID_DESCRIBE_H

#include "open_result.h"
#include "sandbox.h"

/* Limits of a child that walks through a file: one of ours takes some MB and milliseconds. */
extern const struct fg_sandbox_limits fg_describe_limits;

/* Fills a struct fg_open_result of FG_OPEN_RESULT_MAX bytes, which has the path and the size of the file, and
 * zeros; a fg_sandbox_work. Does not set text, `moved` and setup_hash. Every array has the type, rank and
 * shape it must have, and lies inside the file; otherwise FG_BAD_INPUT, with what is wrong. Follows hard
 * links only, so that neither loops nor other files are in the way. */
enum fg_status fg_describe(void *opened, struct fg_error *error);

#endif
