#include "recompute_list.h"

static bool is_lost(const struct fg_cells *cells, size_t j, bool only_curvature)
{
    const unsigned char natural = cells->flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][j];
    if (only_curvature)
        return natural == FG_REGULAR && cells->flag[FG_FLAG(FG_CURVATURE_FLAG)][j] == FG_RECOMPUTED;
    return natural == FG_RECOMPUTED;
}

size_t fg_recompute_collect(struct fg_recompute_list *gathered, const struct fg_cells *cells, const double *r,
                            size_t n, size_t first, size_t most, bool only_curvature)
{
    size_t j = first;
    most = most < FG_CHUNK ? most : FG_CHUNK;
    gathered->n = 0;
    gathered->only_curvature = only_curvature;
    for (; j < n && gathered->n < most; j++) {
        if (is_lost(cells, j, only_curvature)) {
            gathered->at[gathered->n] = j;
            gathered->r[gathered->n++] = r[j];
        }
    }
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        gathered->cells.field[f] =
            cells->field[f] && (!only_curvature || f == FG_FISHER_CURVATURE) ? gathered->field[f] : NULL;
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        gathered->cells.flag[f] =
            cells->flag[f] && (!only_curvature || f != FG_FLAG(FG_NEWTON_FLAG)) ? gathered->flag[f] : NULL;
    return j;
}

void fg_recompute_scatter(const struct fg_recompute_list *gathered, const struct fg_cells *cells)
{
    for (size_t k = 0; k < gathered->n; k++) {
        for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
            if (cells->field[f] && gathered->cells.field[f])
                cells->field[f][gathered->at[k]] = gathered->field[f][k];
        }
        for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
            const bool is_mine = !gathered->only_curvature || f == FG_FLAG(FG_CURVATURE_FLAG);
            if (is_mine && cells->flag[f] && gathered->cells.flag[f])
                cells->flag[f][gathered->at[k]] = gathered->flag[f][k];
        }
    }
}
