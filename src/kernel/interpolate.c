/* Interpolates moments from Chebyshev nodes and computes fields from them at once. */
#include "stages.h"

/* row[i] = sum over k of weights[k] table[k][i]: one line of the table out of several. */
void FG_TARGET(fg_weighted_sum)(const double *table, size_t stride, const double *weights, size_t nodes,
                                size_t n, double *row)
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
        for (size_t k = 0; k < nodes; k++)
            sum += weights[k] * lanes_load_some(table + k * stride + i, n - i);
        lanes_store_some(row + i, sum, n - i);
    }
}

/* Vectors of cells side by side: with a polynomial for each moment, enough sums that none waits for another,
 * and few enough for 16 registers. */
enum { SIDE_BY_SIDE = 2 };

/* The polynomials of `count` moments by Horner's rule, for SIDE_BY_SIDE vectors: a[m][0] + a[m][1] x + ... */
FG_INSTANCE void some_polynomials(const double (*a)[FG_ORDER_R], int count, const lanes *x, lanes *held,
                                  size_t stride)
{
    lanes value[FG_N_EXERCISE_MOMENTS][SIDE_BY_SIDE];
    for (int m = 0; m < count; m++) {
        for (size_t v = 0; v < SIDE_BY_SIDE; v++)
            value[m][v] = lanes_all(a[m][FG_ORDER_R - 1]);
    }
    for (size_t k = FG_ORDER_R - 1; k-- > 0;) {
        for (int m = 0; m < count; m++) {
            for (size_t v = 0; v < SIDE_BY_SIDE; v++)
                value[m][v] = value[m][v] * x[v] + a[m][k];
        }
    }
    for (int m = 0; m < count; m++) {
        for (size_t v = 0; v < SIDE_BY_SIDE; v++)
            held[v * stride + (size_t)m] = value[m][v];
    }
}

/* The polynomials of the moments from `first` on, as many as the exercise has: more would not stay in
 * registers. */
FG_INSTANCE void next_polynomials(const double (*a)[FG_ORDER_R], int first, int end, const lanes *x,
                                  lanes *held, size_t stride)
{
    const int left = end - first, most = FG_N_EXERCISE_MOMENTS;
    if (left > 0)
        some_polynomials(a + first, left < most ? left : most, x, held + first, stride);
}

/* All polynomials. Without a loop, so that each group has a constant number of moments. */
FG_INSTANCE void polynomials(const double (*a)[FG_ORDER_R], int n_moments, const lanes *x, lanes c_least,
                             lanes X_least, lanes *held)
{
    const size_t stride = FG_HELD_STRIDE(n_moments);
    const int few = FG_N_EXERCISE_MOMENTS, end = n_moments < FG_N_MOMENTS ? n_moments : FG_SUU;
    next_polynomials(a, 0, end, x, held, stride);
    next_polynomials(a, few, end, x, held, stride);
    next_polynomials(a, 2 * few, end, x, held, stride);
    _Static_assert(FG_SUU <= 3 * FG_N_EXERCISE_MOMENTS, "a group for each moment");
    for (size_t v = 0; v < SIDE_BY_SIDE; v++, held += stride) {
        held[n_moments] = c_least;
        if (n_moments > FG_N_HESSIAN_MOMENTS)
            held[n_moments + 1] = X_least;
    }
}

FG_INSTANCE size_t interpolate(const double *coefficients, const double *x, const double scale[FG_N_SCALES],
                               const struct fg_kernel_params *params, int n_moments, bool geometry,
                               const struct fg_phi_terms *phi_terms, size_t first, size_t end,
                               const struct fg_cells *cells)
{
    const double(*a)[FG_ORDER_R] = (const double(*)[FG_ORDER_R])coefficients;
    const lanes c_least = lanes_all(fmax(FG_ILL_INTERPOLATED * scale[FG_SCALE_W2], FG_SMALL_VARIANCE));
    const lanes X_least =
        lanes_all(n_moments > FG_N_HESSIAN_MOMENTS ? FG_FLAT_INTERPOLATED * scale[FG_SCALE_SU] : 0);
    lanes held[FG_HELD * FG_HELD_STRIDE(FG_N_MOMENTS)];
    size_t n_ill_conditioned = 0;
    for (size_t j = first; j < end; j += FG_HELD * FG_LANES) {
        size_t count = end - j < FG_HELD * FG_LANES ? end - j : FG_HELD * FG_LANES;
        for (size_t done = 0; done < count; done += SIDE_BY_SIDE * FG_LANES) {
            lanes at[SIDE_BY_SIDE];
            for (size_t v = 0, cell = done; v < SIDE_BY_SIDE; v++, cell += FG_LANES)
                at[v] = cell < count ? lanes_load_some(x + j + cell, count - cell) : lanes_all(0);
            polynomials(a, n_moments, at, c_least, X_least,
                        held + done / FG_LANES * FG_HELD_STRIDE(n_moments));
        }
        n_ill_conditioned +=
            fg_fields_from_held(held, params, n_moments, geometry, phi_terms->centre, cells, j, count);
    }
    return n_ill_conditioned;
}

size_t FG_TARGET(fg_interpolate)(const double *coefficients, const double *x, const double scale[FG_N_SCALES],
                                 const struct fg_kernel_params *params, const struct fg_phi_terms *phi_terms,
                                 size_t first, size_t end, const struct fg_cells *cells)
{
    const int few = FG_N_EXERCISE_MOMENTS, more = FG_N_HESSIAN_MOMENTS;
    if (!params->geometry)
        return interpolate(coefficients, x, scale, params, few, false, phi_terms, first, end, cells);
    if (params->n_moments == few)
        return interpolate(coefficients, x, scale, params, few, true, phi_terms, first, end, cells);
    return params->n_moments == more
               ? interpolate(coefficients, x, scale, params, more, true, phi_terms, first, end, cells)
               : interpolate(coefficients, x, scale, params, FG_N_MOMENTS, true, phi_terms, first, end,
                             cells);
}
