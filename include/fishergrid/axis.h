/* One axis of the grid: n equally spaced values from low to high, both ends included; or a piece of one. */
#ifndef FISHERGRID_AXIS_H
#define FISHERGRID_AXIS_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

#define FG_AXIS_MAX (INT64_C(1) << 31) /* most cells along one axis */
#define FG_AXIS_BOUND 1e6 /* largest |low|, |high|: a double still resolves an angle to 1e-10 there */

/* The axis, or the piece. */
struct fg_axis {
    size_t n;         /* number of values, 1 to FG_AXIS_MAX */
    double low, high; /* phi in radians, r dimensionless; low < high; |low|, |high| <= FG_AXIS_BOUND */
    /* For a piece of a longer axis, to which low and high belong then: its first value, and the number of
     * values of the whole. 0 and 0 for an axis that is whole. */
    size_t first, whole;
};

/* The whole axis of which this one is a piece, or itself. */
struct fg_axis fg_axis_whole(const struct fg_axis *axis);

/* FG_OK when the axis keeps the limits above and its values are distinct (8 units in the last place of the
 * larger end apart, more than rounding moves them), otherwise FG_BAD_INPUT; `name` stands in the text. */
enum fg_status fg_axis_check(const struct fg_axis *axis, const char *name, struct fg_error *error);

/* Value i of 0..n-1; of a piece, to the bit that of the whole axis. The ends of a whole axis are `low` and
 * `high` to the bit (a single value is `low`), and a range that is symmetric about 0 has symmetric values. */
double fg_axis_value(const struct fg_axis *axis, size_t i);

FG_API_END
#endif
