/* Moments from Chebyshev nodes instead of from samples, and straight on to the fields. */
#include "stages.h"

/* row[i] = sum over k of weights[k] table[k][i]: one line of the table out of several. */
void FG_TARGET(fg_contract)(const double *table, size_t stride, const double *weights, size_t nodes, size_t n,
                            double *row)
{
    enum { WIDE = 4 }; /* vectors side by side, so that their sums do not wait for each other */
    size_t i = 0;
    for (; i + WIDE * FG_LANES <= n; i += WIDE * FG_LANES) {
        lanes sum[WIDE] = {{0}};
        for (size_t k = 0; k < nodes; k++) {
            for (size_t v = 0; v < WIDE; v++)
                sum[v] += weights[k] * lanes_load(table + k * stride + i + v * FG_LANES);
        }
        for (size_t v = 0; v < WIDE; v++)
            lanes_store(row + i + v * FG_LANES, sum[v]);
    }
    for (; i < n; i += FG_LANES) {
        lanes sum = {0};
        size_t count = n - i < FG_LANES ? n - i : FG_LANES;
        for (size_t k = 0; k < nodes; k++) {
            lanes part = {0};
            memcpy(&part, table + k * stride + i, count * sizeof *table);
            sum += weights[k] * part;
        }
        lanes_store_some(row + i, sum, count);
    }
}

/* The polynomial a[0] + a[1] x + ..., by Horner's rule. */
static inline lanes polynomial(const double a[FG_ORDER_R], lanes x)
{
    lanes value = lanes_all(a[FG_ORDER_R - 1]);
    for (size_t k = FG_ORDER_R - 1; k-- > 0;)
        value = value * x + a[k];
    return value;
}

size_t FG_TARGET(fg_interpolate)(const double *coefficients, const double *x, double w2_scale,
                                 const struct fg_recipe *recipe, const struct fg_direction *direction,
                                 size_t n, const struct fg_cells *cells)
{
    size_t ill = 0;
    const lanes c_least = lanes_all(FG_ILL_INTERPOLATED * w2_scale);
    for (size_t j = 0; j < n; j += FG_LANES) {
        size_t count = n - j < FG_LANES ? n - j : FG_LANES;
        lanes at = {0};
        if (count == FG_LANES)
            at = lanes_load(x + j);
        else
            memcpy(&at, x + j, count * sizeof *x);
        struct fg_moment_lanes of = {
            .L = polynomial(coefficients, at),
            .G0 = polynomial(coefficients + FG_ORDER_R, at),
            .G1 = polynomial(coefficients + 2 * FG_ORDER_R, at),
            .W0 = polynomial(coefficients + 3 * FG_ORDER_R, at),
            .W1 = polynomial(coefficients + 4 * FG_ORDER_R, at),
            .W2 = polynomial(coefficients + 5 * FG_ORDER_R, at),
        };
        ill += fg_finish_lanes(&of, c_least, recipe, direction->centre, cells, j, count);
    }
    return ill;
}
