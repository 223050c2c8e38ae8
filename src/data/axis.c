/* The values of an axis, and the checks of its limits. */
#include "fishergrid/axis.h"

#include <math.h>

/* Minimum distance of neighbours, in units in the last place of the larger end. fg_axis_value rounds two
 * products, a sum and a quotient, which changes each value by less than 3 units. So neighbours stay distinct
 * and in order. */
#define RESOLVED_ULPS 8

/* Returns a unit in the last place of x. */
static double ulp(double x)
{
    return nextafter(x, INFINITY) - x;
}

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
    const double bound = fmax(fabs(axis->low), fabs(axis->high));
    if (bound > FG_AXIS_BOUND)
        return fg_fail(error, FG_BAD_INPUT, "%s: the range %g:%g leaves the limits -%g:%g", name, axis->low,
                       axis->high, FG_AXIS_BOUND, FG_AXIS_BOUND);
    if (axis->n > 1 && (axis->high - axis->low) / (double)(axis->n - 1) < RESOLVED_ULPS * ulp(bound))
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: in the range %.17g:%.17g the %zu cells lie closer than numbers can tell apart; "
                       "fewer cells or a wider range work",
                       name, axis->low, axis->high, axis->n);
    return FG_OK;
}

struct fg_axis fg_axis_whole(const struct fg_axis *axis)
{
    return (struct fg_axis){.n = axis->whole ? axis->whole : axis->n, .low = axis->low, .high = axis->high};
}

double fg_axis_value(const struct fg_axis *axis, size_t i)
{
    i += axis->first;
    if (i == 0)
        return axis->low;
    size_t last = (axis->whole ? axis->whole : axis->n) - 1;
    if (i == last)
        return axis->high;
    return (axis->low * (double)(last - i) + axis->high * (double)i) / (double)last;
}
