/* Interpolates moments from Chebyshev nodes and computes fields from them at once. */
#include "stages.h"

enum { SUMS = 8 }; /* number of sums side by side, which do not wait for each other */

/* Computes the sums of `rows` rows for `wide` vectors, of which `left` doubles exist. The rows of `out` are
 * `apart` doubles apart. `rows` and `wide` are constants in each copy. */
FG_INSTANCE void sum_vectors(const double *table, size_t stride, const double *weights, size_t nodes,
                             size_t rows, size_t wide, size_t left, double *out, size_t apart)
{
    lanes sum[SUMS] = {{0}};
    for (size_t k = 0; k < nodes; k++) {
        for (size_t v = 0; v < wide; v++) {
            const lanes at_node = lanes_load_some(table + k * stride + v * FG_LANES, left - v * FG_LANES);
            for (size_t q = 0; q < rows; q++)
                sum[q * wide + v] += weights[q * nodes + k] * at_node;
        }
    }
    for (size_t s = 0; s < rows * wide; s++)
        lanes_store_some(out + s / wide * apart + s % wide * FG_LANES, sum[s], left - s % wide * FG_LANES);
}

FG_INSTANCE void sum_rows(const double *table, size_t stride, const double *weights, size_t nodes, size_t n,
                          size_t rows, double *out)
{
    const size_t wide = SUMS / rows;
    size_t i = 0;
    for (; i + wide * FG_LANES <= n; i += wide * FG_LANES)
        sum_vectors(table + i, stride, weights, nodes, rows, wide, wide * FG_LANES, out + i, n);
    for (; i < n; i += FG_LANES)
        sum_vectors(table + i, stride, weights, nodes, rows, 1, n - i, out + i, n);
}

void FG_TARGET(fg_weighted_sums)(const double *table, size_t stride, const double *weights, size_t nodes,
                                 size_t n, size_t rows, double *out)
{
    size_t q = 0;
    for (; q + FG_ROWS_AT_ONCE <= rows; q += FG_ROWS_AT_ONCE)
        sum_rows(table, stride, weights + q * nodes, nodes, n, FG_ROWS_AT_ONCE, out + q * n);
    for (; q < rows; q++)
        sum_rows(table, stride, weights + q * nodes, nodes, n, 1, out + q * n);
}

/* Evaluates the polynomials of the moments first..end-1 by Horner's rule: a[m][0] + a[m][1] x + ... */
FG_INSTANCE void polynomials(const double (*a)[FG_ORDER_R], int first, int end, const lanes *x,
                             struct fg_vector *of)
{
    lanes value[FG_N_MOMENTS][FG_SIDE_BY_SIDE];
    for (int m = first; m < end; m++) {
        for (size_t v = 0; v < FG_SIDE_BY_SIDE; v++)
            value[m][v] = lanes_all(a[m][FG_ORDER_R - 1]);
    }
    for (size_t k = FG_ORDER_R - 1; k-- > 0;) {
        for (int m = first; m < end; m++) {
            for (size_t v = 0; v < FG_SIDE_BY_SIDE; v++)
                value[m][v] = value[m][v] * x[v] + a[m][k];
        }
    }
    for (int m = first; m < end; m++) {
        for (size_t v = 0; v < FG_SIDE_BY_SIDE; v++)
            of[v].sum[m] = value[m][v];
    }
}

/* Interpolates and finishes the cells first..end-1, at least FG_WIDE. Computes some cells twice, because that
 * is quicker than a part of a vector. The moments of a stage are interpolated just before it, so that few of
 * them occupy registers. Returns -1 in lanes with an ill-conditioned cell. */
FG_INSTANCE lane_mask interpolate(const double *coefficients, const double *x,
                                  const double scale[FG_N_SCALES], const struct fg_kernel_params *params,
                                  int n_moments, bool geometry, double factor,
                                  const struct fg_phi_terms *phi_terms, size_t first, size_t end,
                                  const struct fg_cells *cells)
{
    const double(*a)[FG_ORDER_R] = (const double(*)[FG_ORDER_R])coefficients;
    struct fg_kernel_params own = *params; /* a local copy, which no store to a field can change */
    own.geometry = geometry;
    own.scale = factor;
    const double centre = phi_terms->centre;
    const lanes C_least = lanes_all(fmax(FG_ILL_INTERPOLATED * scale[FG_SCALE_W2], FG_SMALL_VARIANCE));
    const lanes X_least = lanes_all(FG_FLAT_INTERPOLATED * scale[FG_SCALE_SU]);
    lane_mask ill = {0};
    for (size_t next = first; next < end; next += FG_WIDE) {
        const size_t j = next + FG_WIDE <= end ? next : end - FG_WIDE;
        struct fg_vector of[FG_SIDE_BY_SIDE];
        lanes position[FG_SIDE_BY_SIDE];
        for (size_t v = 0; v < FG_SIDE_BY_SIDE; v++) {
            position[v] = lanes_load(x + j + v * FG_LANES);
            of[v].C_least = C_least;
            of[v].X_least = X_least;
        }
        polynomials(a, 0, FG_N_EXERCISE_MOMENTS, position, of);
        for (size_t v = 0; v < FG_SIDE_BY_SIDE; v++)
            ill |= fg_finish_exercise(&of[v], &own, centre, cells, j + v * FG_LANES);
        for (size_t v = 0; v < FG_SIDE_BY_SIDE && geometry; v++)
            fg_finish_spectrum(&of[v], own.scale, cells, j + v * FG_LANES);
        if (n_moments > FG_N_EXERCISE_MOMENTS) {
            polynomials(a, FG_N_EXERCISE_MOMENTS, FG_N_HESSIAN_MOMENTS, position, of);
            for (size_t v = 0; v < FG_SIDE_BY_SIDE; v++)
                fg_finish_hessian(&of[v], own.scale, centre, cells, j + v * FG_LANES);
        }
        if (n_moments > FG_N_HESSIAN_MOMENTS) {
            polynomials(a, FG_S0, FG_SUU, position, of);
            for (size_t v = 0; v < FG_SIDE_BY_SIDE; v++)
                fg_finish_curvature(&of[v], own.scale, cells, j + v * FG_LANES);
        }
    }
    return ill;
}

/* Calls the copy of `interpolate` for the parameters. */
static lane_mask interpolate_with(const double *coefficients, const double *x,
                                  const double scale[FG_N_SCALES], const struct fg_kernel_params *params,
                                  const struct fg_phi_terms *phi_terms, size_t first, size_t end,
                                  const struct fg_cells *cells)
{
    const int few = FG_N_EXERCISE_MOMENTS, more = FG_N_HESSIAN_MOMENTS;
    if (!params->geometry && params->scale == 1)
        return interpolate(coefficients, x, scale, params, few, false, 1, phi_terms, first, end, cells);
    if (!params->geometry)
        return interpolate(coefficients, x, scale, params, few, false, params->scale, phi_terms, first, end,
                           cells);
    if (params->n_moments == few)
        return interpolate(coefficients, x, scale, params, few, true, params->scale, phi_terms, first, end,
                           cells);
    return params->n_moments == more ? interpolate(coefficients, x, scale, params, more, true, params->scale,
                                                   phi_terms, first, end, cells)
                                     : interpolate(coefficients, x, scale, params, FG_N_MOMENTS, true,
                                                   params->scale, phi_terms, first, end, cells);
}

size_t FG_TARGET(fg_interpolate)(const double *coefficients, const double *x, const double scale[FG_N_SCALES],
                                 const struct fg_kernel_params *params, const struct fg_phi_terms *phi_terms,
                                 size_t first, size_t end, const struct fg_cells *cells)
{
    const size_t n = end - first;
    lane_mask ill;
    if (n >= FG_WIDE) {
        ill = interpolate_with(coefficients, x, scale, params, phi_terms, first, end, cells);
    } else {
        double padded[FG_WIDE] = {0};
        struct fg_room room;
        const struct fg_cells in_room = fg_cells_in(&room, params->geometry, cells);
        memcpy(padded, x + first, n * sizeof *x);
        ill = interpolate_with(coefficients, padded, scale, params, phi_terms, 0, FG_WIDE, &in_room);
        fg_copy_room(&room, params->geometry, cells, first, n);
    }
    return fg_count_ill(ill, cells->flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)] + first, n);
}
