#include "recompute_list.h"

size_t fg_recompute_collect(struct fg_recompute_list *gathered, const struct fg_cells *cells, const double *r,
                            size_t n, size_t first, size_t most)
{
    size_t j = first;
    most = most < FG_CHUNK ? most : FG_CHUNK;
    gathered->n = 0;
    for (; j < n && gathered->n < most; j++) {
        if (cells->flag[j] == FG_RECOMPUTED) {
            gathered->at[gathered->n] = j;
            gathered->r[gathered->n++] = r[j];
        }
    }
    gathered->cells.flag = gathered->flag;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        gathered->cells.field[f] = cells->field[f] ? gathered->field[f] : NULL;
    return j;
}

void fg_recompute_scatter(const struct fg_recompute_list *gathered, const struct fg_cells *cells)
{
    for (size_t k = 0; k < gathered->n; k++) {
        cells->flag[gathered->at[k]] = gathered->flag[k];
        for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
            if (cells->field[f] && gathered->cells.field[f])
                cells->field[f][gathered->at[k]] = gathered->field[f][k];
        }
    }
}
