#include "recompute_list.h"

size_t fg_recompute_collect(struct fg_recompute_list *gathered, const struct fg_cells *cells, const double *r,
                            size_t n, size_t first, size_t most)
{
    size_t j = first;
    most = most < FG_CHUNK ? most : FG_CHUNK;
    gathered->n = 0;
    for (; j < n && gathered->n < most; j++) {
        if (cells->flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][j] == FG_RECOMPUTED) {
            gathered->at[gathered->n] = j;
            gathered->r[gathered->n++] = r[j];
        }
    }
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        gathered->cells.field[f] = cells->field[f] ? gathered->field[f] : NULL;
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        gathered->cells.flag[f] = cells->flag[f] ? gathered->flag[f] : NULL;
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
            if (cells->flag[f] && gathered->cells.flag[f])
                cells->flag[f][gathered->at[k]] = gathered->flag[f][k];
        }
    }
}
