/* Equally spaced values of phi and of r. */
#include "fishergrid/axis.h"

#include <math.h>

enum fg_status fg_axis_check(const struct fg_axis *axis, const char *name, struct fg_error *error)
{
    if (axis->n < 1 || axis->n > (size_t)FG_AXIS_MAX)
        return fg_fail(error, FG_BAD_INPUT, "%s: %zu cells; 1 to %lld work", name, axis->n,
                       (long long)FG_AXIS_MAX);
    if (!isfinite(axis->low) || !isfinite(axis->high))
        return fg_fail(error, FG_BAD_INPUT, "%s: the range %g:%g is not finite", name, axis->low, axis->high);
    if (!(axis->low < axis->high))
        return fg_fail(error, FG_BAD_INPUT, "%s: the range %g:%g is empty; write LOW:HIGH with LOW < HIGH",
                       name, axis->low, axis->high);
    if (fmax(fabs(axis->low), fabs(axis->high)) > FG_AXIS_BOUND)
        return fg_fail(error, FG_BAD_INPUT, "%s: the range %g:%g leaves the limits -%g:%g", name, axis->low,
                       axis->high, FG_AXIS_BOUND, FG_AXIS_BOUND);
    return FG_OK;
}

double fg_axis_value(const struct fg_axis *axis, size_t i)
{
    if (i == 0)
        return axis->low;
    size_t last = axis->n - 1;
    if (i == last)
        return axis->high;
    return (axis->low * (double)(last - i) + axis->high * (double)i) / (double)last;
}
