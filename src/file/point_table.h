/* The table of the stationary points of a data set, between memory and file. */
#ifndef FISHERGRID_POINT_TABLE_H
#define FISHERGRID_POINT_TABLE_H

#include "layout.h"

/* Writes the table; column c begins at at[c]. The checksum comes last: XXH3 of these columns, each seeded
 * with the hash of the one before it, the first with `samples`, the checksum of the samples. A checksum of 0
 * is replaced by 1. */
enum fg_status fg_point_table_write(const struct fg_stationary *points, uint64_t samples,
                                    const uint64_t at[LAYOUT_COLUMNS], fg_file_write *write, void *context,
                                    struct fg_error *error);

/* State of a table, according to its checksum. */
enum fg_points_found { FG_POINTS_MISSING, FG_POINTS_INTACT, FG_POINTS_CHANGED };

/* Reads the table that fg_point_table_write wrote. Stores in `*found` whether the points have been searched
 * for, and whether they have changed since. `points` is valid only if they are intact. */
enum fg_status fg_point_table_read(struct fg_stationary *points, enum fg_points_found *found,
                                   uint64_t samples, const uint64_t at[LAYOUT_COLUMNS], fg_file_read *read,
                                   void *context, struct fg_error *error);

#endif
