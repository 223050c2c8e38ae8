#include "standard_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum fg_status finish_output(struct fg_error *error)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return FG_OK;
    if (errno == 0) { /* an earlier write has failed; the next one fails for the same reason */
        clearerr(stdout);
        putchar('\n');
        fflush(stdout);
    }
    return fg_fail(error, FG_FAILED, "writing to standard output: %s", strerror(errno ? errno : EIO));
}
