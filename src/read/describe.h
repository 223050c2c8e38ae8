/* Describes the contents of a result file with HDF5. HDF5 may crash on a damaged file, so a child process
 * calls it. */
#ifndef FISHERGRID_DESCRIBE_H
#define FISHERGRID_DESCRIBE_H

#include "fishergrid/result.h"
#include "layout.h"
#include "sandbox.h"

#define FG_COPIED_MAX ((size_t)256 << 20) /* as much as HDF5 may take; only what is used takes memory */

/* Lies in memory that the child shares with its parent, who copies it. */
struct fg_description {
    const char *path;       /* to be read */
    uint64_t bytes;         /* of that file */
    struct fg_result found; /* without path and texts */
    struct fg_layout_map map;
    /* Values that do not lie in the file as plain arrays, because another tool packed them. Offset bytes + k
     * of the map means copied[k]. */
    uint64_t copied_bytes;
    char copied[FG_COPIED_MAX];
    bool has_text[FG_N_TEXTS];
    char text[FG_N_TEXTS][FG_RESULT_TEXT_MAX + 1];
};

/* Limits of a child that walks through a file: one of ours takes some MB and milliseconds. */
extern const struct fg_sandbox_limits fg_describe_limits;

/* Fills a struct fg_description that has path and bytes, and zeros; a fg_sandbox_work. Every array has the
 * type, rank and shape it must have, and lies inside the file; otherwise FG_BAD_INPUT, with what is wrong.
 * Follows hard links only, so that neither loops nor other files are in the way. */
enum fg_status fg_describe(void *description, struct fg_error *error);

#endif
