/* Advice to centre and scale the features, for cells that have no natural gradient because the features are
 * large. */
#ifndef FISHERGRID_SCALING_H
#define FISHERGRID_SCALING_H

#include <jansson.h>
#include <stddef.h>

/* Returns the number of cells that have no finite natural gradient; 0 if these are at most one cell in 100,
 * so that no hint is due. `found` is what the run summary says of the data set. */
long long scaling_cells(const json_t *found);

/* Returns {"cells": cells without natural gradient, "x0": {"mean": ..., "spread": ...}, "x1": {...}}; NULL if
 * centring and scaling the n samples (x0, x1) would not help. The caller owns it. */
json_t *scaling_hint(const json_t *found, size_t n, const double *x0, const double *x1);

/* Prints the hint as one line that begins with `margin`. Prints nothing if `hint` is not an object. */
void scaling_print(const char *margin, const json_t *hint);

#endif
