#include "point_table.h"

#include <math.h>
#include <string.h>

#include "hash.h"

#define COLUMN_BYTES (FG_STATIONARY_MAX * sizeof(double)) /* maximum size of a column */

/* Returns the address of a column's real number in a point. */
static double *real_of(struct fg_stationary_point *point, int column)
{
    double *const reals[] = {[COLUMN_POINT_PHI] = &point->phi,
                             [COLUMN_POINT_R] = &point->r,
                             [COLUMN_POINT_LOSS] = &point->loss,
                             [COLUMN_POINT_FISHER] = &point->fisher[0],
                             [COLUMN_POINT_FISHER + 1] = &point->fisher[1],
                             [COLUMN_POINT_HESSIAN] = &point->hessian[0],
                             [COLUMN_POINT_HESSIAN + 1] = &point->hessian[1],
                             [COLUMN_POINT_RELATIVE] = &point->relative[0],
                             [COLUMN_POINT_RELATIVE + 1] = &point->relative[1],
                             [COLUMN_POINT_GRADIENT] = &point->gradient};
    return reals[column];
}

/* Stores the bytes of a column from COLUMN_POINT_PHI to COLUMN_POINTS_NOTES, and returns their number. In
 * unused rows, the kind is 0 and the other values are NaN. */
static size_t column_of(const struct fg_stationary *points, int column, unsigned char bytes[])
{
    if (column == COLUMN_POINTS_FOUND) {
        memcpy(bytes, &points->found, sizeof points->found);
        return sizeof points->found;
    }
    if (column == COLUMN_POINTS_NOTES) {
        bytes[0] = (unsigned char)points->notes;
        return 1;
    }
    for (size_t k = 0; k < FG_STATIONARY_MAX; k++) {
        struct fg_stationary_point point = points->point[k];
        const double value = k < points->n && column != COLUMN_POINT_KIND ? *real_of(&point, column) : NAN;
        if (column == COLUMN_POINT_KIND)
            bytes[k] = k < points->n ? (unsigned char)point.kind : FG_NO_POINT;
        else
            memcpy(bytes + k * sizeof value, &value, sizeof value);
    }
    return FG_STATIONARY_MAX * fg_layout_bytes(fg_layout_column[column].type);
}

/* Sets points from the bytes of a column. Call it for all columns in order. Returns false if the bytes cannot
 * be those of a column. */
static bool set_column(struct fg_stationary *points, int column, const unsigned char bytes[])
{
    if (column == COLUMN_POINTS_FOUND) {
        memcpy(&points->found, bytes, sizeof points->found);
        return points->found >= points->n;
    }
    if (column == COLUMN_POINTS_NOTES) {
        points->notes = bytes[0];
        return points->notes < 1u << FG_N_NOTES;
    }
    for (size_t k = 0; k < FG_STATIONARY_MAX; k++) {
        struct fg_stationary_point *point = &points->point[k];
        if (column != COLUMN_POINT_KIND)
            memcpy(real_of(point, column), bytes + k * sizeof(double), sizeof(double));
        else if (bytes[k] >= FG_N_KINDS)
            return false;
        else if (bytes[k] != FG_NO_POINT) {
            point->kind = bytes[k];
            points->n = k + 1;
        }
    }
    return true;
}

static uint64_t at_least_1(uint64_t checksum)
{
    return checksum ? checksum : 1;
}

enum fg_status fg_point_table_write(const struct fg_stationary *points, uint64_t samples,
                                    const uint64_t at[LAYOUT_COLUMNS], fg_file_write *write, void *context,
                                    struct fg_error *error)
{
    unsigned char bytes[COLUMN_BYTES];
    uint64_t checksum = samples;
    enum fg_status status = FG_OK;
    for (int c = COLUMN_POINT_PHI; c < COLUMN_POINTS_CHECKSUM && status == FG_OK; c++) {
        const size_t n = column_of(points, c, bytes);
        checksum = fg_hash_bytes(bytes, n, checksum);
        status = write(context, bytes, n, at[c], error);
    }
    checksum = at_least_1(checksum);
    return status == FG_OK ? write(context, &checksum, sizeof checksum, at[COLUMN_POINTS_CHECKSUM], error)
                           : status;
}

enum fg_status fg_point_table_read(struct fg_stationary *points, enum fg_points_found *found,
                                   uint64_t samples, const uint64_t at[LAYOUT_COLUMNS], fg_file_read *read,
                                   void *context, struct fg_error *error)
{
    unsigned char bytes[COLUMN_BYTES];
    uint64_t stored = 0, checksum = samples;
    bool fits = true;
    memset(points, 0, sizeof *points); /* also the padding, as fg_stationary_find does */
    enum fg_status status = read(context, &stored, sizeof stored, at[COLUMN_POINTS_CHECKSUM], error);
    for (int c = COLUMN_POINT_PHI; stored && c < COLUMN_POINTS_CHECKSUM && status == FG_OK && fits; c++) {
        const size_t n =
            (fg_layout_is_single(c) ? 1 : FG_STATIONARY_MAX) * fg_layout_bytes(fg_layout_column[c].type);
        status = read(context, bytes, n, at[c], error);
        fits = status != FG_OK || set_column(points, c, bytes);
        checksum = fg_hash_bytes(bytes, n, checksum);
    }
    const bool is_intact = fits && stored == at_least_1(checksum);
    *found = stored == 0 ? FG_POINTS_MISSING : is_intact ? FG_POINTS_INTACT : FG_POINTS_CHANGED;
    return status;
}
