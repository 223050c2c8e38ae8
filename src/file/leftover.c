#include "leftover.h"

#include <stdlib.h>

#include "fishergrid/result.h"
#include "text_lines.h"

/* FG_BAD_INPUT with the first line in which the identities differ. */
static enum fg_status explain(const char *part, const char *theirs, const char *ours, struct fg_error *error)
{
    fg_lines_skip_same(&theirs, &ours);
    if (!*theirs && !*ours)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s has another size than this run's, so it is damaged; start afresh with --force",
                       part);
    return fg_fail(
        error, FG_BAD_INPUT,
        "%s was begun with '%.*s', this is '%.*s'; repeat its command line to continue it, or start "
        "afresh with --force",
        part, fg_line_length(theirs), theirs, fg_line_length(ours), ours);
}

enum fg_status fg_leftover_refuse(const char *part, const char *identity, struct fg_error *error)
{
    char *theirs = NULL;
    enum fg_status status = fg_result_read_identity(part, &theirs, error);
    if (status == FG_OK)
        status = explain(part, theirs, identity, error);
    else if (status == FG_BAD_INPUT)
        status =
            fg_fail(error, FG_BAD_INPUT,
                    "%s is damaged or was not made by fishergrid; name another output, or replace it with "
                    "--force",
                    part);
    free(theirs);
    return status;
}
