/* How commands print JSON. */
#include <math.h>
#include <stdio.h>

#include "commands.h"

enum fg_status print_json(json_t *object, struct fg_error *error)
{
    int failed = !object || json_dumpf(object, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF ||
                 fflush(stdout) != 0;
    json_decref(object);
    return failed ? fg_fail(error, FG_FAILED, "writing to standard output") : FG_OK;
}

json_t *finite_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
