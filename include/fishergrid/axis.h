/* An axis of the grid: n equally spaced values from low to high, both ends included. An axis can also be a
 * piece of a longer axis. */
#ifndef FISHERGRID_AXIS_H
#define FISHERGRID_AXIS_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

#define FG_AXIS_MAX (INT64_C(1) << 31) /* maximum number of cells along one axis */
#define FG_AXIS_BOUND 1e6              /* maximum |low|, |high|: a double still resolves an angle to 1e-10 */

/* An axis, or a piece of one. */
struct fg_axis {
    size_t n;         /* number of values, 1 to FG_AXIS_MAX */
    double low, high; /* phi in radians, r dimensionless; low < high; |low|, |high| <= FG_AXIS_BOUND */
    /* For a piece, `first` is the index of its first value in the whole axis, `whole` is the number of values
     * of the whole axis, and low and high are the ends of the whole axis. For a whole axis, `first` and
     * `whole` are 0. */
    size_t first, whole;
};

/* Returns the whole axis to which `axis` belongs. A whole axis is returned as it is. */
struct fg_axis fg_axis_whole(const struct fg_axis *axis);

/* Checks that the axis keeps the limits above and that its values are distinct. Neighbours must differ by at
 * least 8 units in the last place of the larger end, so that rounding cannot make them equal. The error text
 * begins with `name`.
 * Errors: FG_BAD_INPUT. */
enum fg_status fg_axis_check(const struct fg_axis *axis, const char *name, struct fg_error *error);

/* Returns value i, 0 <= i < n. The ends of a whole axis are exactly `low` and `high`; a single value is
 * `low`. If the range is symmetric about 0, so are the values. A piece has exactly the values of the whole
 * axis. */
double fg_axis_value(const struct fg_axis *axis, size_t i);

FG_API_END
#endif
