/* The radius of a set of points. */
#ifndef FISHERGRID_RADIUS_H
#define FISHERGRID_RADIUS_H

#include <stddef.h>

/* Returns the maximum distance of n points from (centre0, centre1). */
double fg_radius(const double *x0, const double *x1, size_t n, double centre0, double centre1);

#endif
