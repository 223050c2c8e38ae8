/* Describes the contents of a result file with HDF5. HDF5 may crash on a damaged file, so a child process
 * calls it. */
#ifndef FISHERGRID_DESCRIBE_H
#define FISHERGRID_DESCRIBE_H

#include "open_result.h"
#include "sandbox.h"

/* Limits of a child process that reads the structure of a file. A file that fishergrid made takes some MB and
 * milliseconds. */
extern const struct fg_sandbox_limits fg_describe_limits;

/* Fills a struct fg_open_result of FG_OPEN_RESULT_MAX bytes, in which only path and size of the file are set;
 * has the type fg_sandbox_work. Leaves `text`, `moved` and setup_hash unset. Checks that every array has the
 * type, rank and shape it must have, and lies inside the file; otherwise fails with FG_BAD_INPUT and says
 * what is wrong. Follows hard links only, because other links may form loops or lead to other files. */
enum fg_status fg_describe(void *opened, struct fg_error *error);

#endif
