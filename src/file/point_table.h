/* The table of the stationary points of a data set, between memory and file. */
#ifndef FISHERGRID_POINT_TABLE_H
#define FISHERGRID_POINT_TABLE_H

#include "layout.h"

#define POINT_COLUMN_BYTES (FG_STATIONARY_MAX * sizeof(double)) /* the most that a column has */

/* Stores the bytes of a column from COLUMN_POINT_PHI to COLUMN_POINTS_NOTES. In rows that are not used, the
 * kind is 0 and the other values are NaN. Returns their number. */
size_t fg_point_column(const struct fg_stationary *points, int column, unsigned char bytes[]);

/* Sets points from the bytes of a column; call it for each of them in their order.
 * Returns false if they cannot be those of a column. */
bool fg_point_set_column(struct fg_stationary *points, int column, const unsigned char bytes[]);

/* Writes the table; column c begins at at[c]. The checksum comes last: XXH3 of these columns, each seeded
 * with the hash of the one before it, the first with `samples`, the checksum of the samples. A checksum of 0
 * is replaced by 1. */
enum fg_status fg_point_table_write(const struct fg_stationary *points, uint64_t samples,
                                    const uint64_t at[LAYOUT_COLUMNS], fg_file_write *write, void *context,
                                    struct fg_error *error);

#endif
