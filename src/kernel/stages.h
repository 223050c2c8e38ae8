/* The stages of struct fg_kernel as functions, one set for each instruction set; the contract of each stands
 * in fishergrid/kernel.h. */
#ifndef FISHERGRID_STAGES_H
#define FISHERGRID_STAGES_H

#include "fishergrid/kernel.h"
#include "lanes.h"

void FG_TARGET(fg_moments)(const struct fg_samples *samples, const struct fg_recipe *recipe,
                           const struct fg_direction *direction, const double *r, size_t n,
                           struct fg_moments *moments);
size_t FG_TARGET(fg_finish)(const struct fg_moments *moments, const double *w2_scale,
                            const struct fg_recipe *recipe, const struct fg_direction *direction, size_t n,
                            const struct fg_cells *cells);
void FG_TARGET(fg_anchored)(const struct fg_samples *samples, const struct fg_recipe *recipe,
                            const struct fg_direction *direction, const double *r, size_t n,
                            const struct fg_cells *cells);

void FG_TARGET(fg_contract)(const double *table, size_t stride, const double *weights, size_t nodes, size_t n,
                            double *row);
size_t FG_TARGET(fg_interpolate)(const double *coefficients, const double *x, double w2_scale,
                                 const struct fg_recipe *recipe, const struct fg_direction *direction,
                                 size_t n, const struct fg_cells *cells);
double FG_TARGET(fg_peak)(size_t rounds);

/* What the stages after the sums share: every field from (W0, M, C, G0, N), see fishergrid/kernel.h. */
struct fg_centred {
    lanes W0, M, C, G0, N;
};

/* (F + lambda I)^-1 g for lambda > 0. With F and g in centred form nothing in the determinant cancels:
 *
 *     det(F + lambda I) = W0 C + lambda (C + M^2 W0 + W0) + lambda^2
 *     n_phi = (W0 N + lambda g_phi) / det       n_r = ((C + lambda) G0 - M W0 N) / det            */
static inline void fg_damped_natural_gradient(const struct fg_centred *s, double lambda, lanes *n_phi,
                                              lanes *n_r)
{
    lanes det = s->W0 * s->C + lambda * (s->C + s->M * s->M * s->W0 + s->W0) + lambda * lambda;
    *n_phi = (s->W0 * s->N + lambda * (s->N + s->M * s->G0)) / det;
    *n_r = ((s->C + lambda) * s->G0 - s->M * s->W0 * s->N) / det;
}

/* Stores the first n lanes at cell j where the field is wanted. */
static inline void fg_store(const struct fg_cells *cells, enum fg_field field, size_t j, lanes x, size_t n)
{
    if (cells->field[field])
        lanes_store_some(cells->field[field] + j, x, n);
}

/* The Fisher matrix and the gradient of the first n lanes, at cell j. */
static inline void fg_store_centred(const struct fg_cells *cells, const struct fg_centred *s, double scale,
                                    size_t j, size_t n)
{
    fg_store(cells, FG_FISHER_PHI_PHI, j, scale * (s->C + s->M * s->M * s->W0), n);
    fg_store(cells, FG_FISHER_R_PHI, j, scale * (s->M * s->W0), n);
    fg_store(cells, FG_FISHER_R_R, j, scale * s->W0, n);
    fg_store(cells, FG_GRADIENT_PHI, j, scale * (s->N + s->M * s->G0), n);
    fg_store(cells, FG_GRADIENT_R, j, scale * s->G0, n);
}

/* Below this the products of the formulas come near the smallest doubles: such cells are left to `anchored`,
 * which scales its weights. */
#define FG_SMALL_WEIGHT 1e-250

/* The moments of one vector of cells. */
struct fg_moment_lanes {
    lanes L, G0, G1, W0, W1, W2;
};

/* Every field of one vector of cells, the first n lanes of it at cell j. Cells with C <= c_least (or with
 * next to no weight) count as ill-conditioned: -1 in the lanes that come back, also behind the n-th. */
static inline lane_mask fg_finish_lanes(const struct fg_moment_lanes *of, lanes c_least,
                                        const struct fg_recipe *recipe, double centre,
                                        const struct fg_cells *cells, size_t j, size_t n)
{
    lanes per_weight = 1.0 / of->W0;
    lanes m = of->W1 * per_weight;
    struct fg_centred s = {
        .W0 = of->W0, .M = m + centre, .C = of->W2 - m * of->W1, .G0 = of->G0, .N = of->G1 - m * of->G0};
    lanes n_phi, n_r;
    if (recipe->damping > 0) {
        fg_damped_natural_gradient(&s, recipe->damping, &n_phi, &n_r);
    } else {
        n_phi = s.N / s.C;
        n_r = s.G0 * per_weight - s.M * n_phi;
    }
    fg_store(cells, FG_LOSS, j, recipe->scale * of->L, n);
    fg_store_centred(cells, &s, recipe->scale, j, n);
    fg_store(cells, FG_NATURAL_GRADIENT_PHI, j, n_phi, n);
    fg_store(cells, FG_NATURAL_GRADIENT_R, j, n_r, n);

    lane_mask ill = ~((s.C > c_least) & (s.W0 > FG_SMALL_WEIGHT));
    lane_bytes flags = __builtin_convertvector(FG_REGULAR - ill, lane_bytes); /* FG_RECOMPUTED is one more */
    if (n >= FG_LANES)
        memcpy(cells->flag + j, &flags, sizeof flags);
    else
        memcpy(cells->flag + j, &flags, n);
    return ill;
}

/* How many of the first n lanes are -1. */
static inline size_t fg_count_lanes(lane_mask mask, size_t n)
{
    size_t count = 0;
    for (size_t l = 0; l < n && l < FG_LANES; l++)
        count += mask[l] != 0;
    return count;
}

#endif
