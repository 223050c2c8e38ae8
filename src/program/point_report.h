/* Stationary points, for people and as JSON. */
#ifndef FISHERGRID_POINT_REPORT_H
#define FISHERGRID_POINT_REPORT_H

#include <jansson.h>

#include "fishergrid/stationary.h"

/* Returns {"found": n, "notes": [name, ...], "points": [{"kind": ..., "phi": ..., ...}, ...]}. Infinite
 * numbers are null. NULL if memory runs out. */
json_t *points_to_json(const struct fg_stationary *points);

/* Prints the JSON of points_to_json: a line for each of the first points, and for each note; each line begins
 * with `indent`. */
void points_print(const char *indent, const json_t *points);

#endif
