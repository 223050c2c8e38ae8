/* Computes sums of products of Chebyshev polynomials over the samples in each cell of a box, for the weights
 * of sources. */
#include "stages.h"

enum { ROW = FG_CELL_ORDER / FG_LANES }; /* vectors of a row of sums */

/* T_b = the sum over j of power[j][b] s^j. */
static const double power[FG_CELL_ORDER][FG_CELL_ORDER] = {
    {1, 0, -1, 0, 1, 0, -1, 0},  {0, 1, 0, -3, 0, 5, 0, -7}, {0, 0, 2, 0, -8, 0, 18, 0},
    {0, 0, 0, 4, 0, -20, 0, 56}, {0, 0, 0, 0, 8, 0, -48, 0}, {0, 0, 0, 0, 0, 16, 0, -112},
    {0, 0, 0, 0, 0, 0, 32, 0},   {0, 0, 0, 0, 0, 0, 0, 64},
};

/* Splits places into cells and the positions in them, from -1 to 1. */
static void find_cells(const double *at, size_t n, size_t cells, size_t *cell, double *position)
{
    for (size_t k = 0; k < n; k++) {
        const size_t c = (size_t)(int)at[k];
        cell[k] = c < cells ? c : cells - 1;
        position[k] = 2 * (at[k] - (double)cell[k]) - 1;
    }
}

void FG_TARGET(fg_cell_sums)(const double *at0, const double *at1, size_t n, const size_t cells[2],
                             double *sums)
{
    size_t cell0[FG_BLOCK], cell1[FG_BLOCK];
    double s0[FG_BLOCK], s1[FG_BLOCK];
    lanes power_of[FG_CELL_ORDER][ROW];
    memcpy(power_of, power, sizeof power_of);
    find_cells(at0, n, cells[0], cell0, s0);
    find_cells(at1, n, cells[1], cell1, s1);
    for (size_t k = 0; k < n; k++) {
        double *sum = sums + (cell0[k] * cells[1] + cell1[k]) * (FG_CELL_ORDER * FG_CELL_ORDER);
        double T = 1, before = s0[k]; /* T_-1 = T_1 */
        lanes row[ROW];               /* T_b */
        for (size_t v = 0; v < ROW; v++) {
            row[v] = power_of[FG_CELL_ORDER - 1][v];
            for (size_t j = FG_CELL_ORDER - 1; j-- > 0;)
                row[v] = row[v] * s1[k] + power_of[j][v];
        }
        for (size_t a = 0; a < FG_CELL_ORDER; a++) {
            for (size_t v = 0; v < ROW; v++, sum += FG_LANES)
                lanes_store(sum, lanes_load(sum) + T * row[v]);
            const double next = 2 * s0[k] * T - before;
            before = T;
            T = next;
        }
    }
}
