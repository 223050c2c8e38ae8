/* The stages of struct fg_kernel as functions, one set for each instruction set. See fishergrid/kernel.h for
 * what each does. */
#ifndef FISHERGRID_STAGES_H
#define FISHERGRID_STAGES_H

#include "fishergrid/kernel.h"
#include "lanes.h"

void FG_TARGET(fg_moments)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                           const struct fg_phi_terms *phi_terms, const double *r, size_t n,
                           struct fg_moments *moments);
size_t FG_TARGET(fg_fields_from_moments)(const struct fg_moments *moments, const double *w2_scale,
                                         const struct fg_kernel_params *params,
                                         const struct fg_phi_terms *phi_terms, size_t n,
                                         const struct fg_cells *cells);
void FG_TARGET(fg_recompute_pivoted)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                                     const struct fg_phi_terms *phi_terms, const double *r, size_t n,
                                     const struct fg_cells *cells);

void FG_TARGET(fg_weighted_sum)(const double *table, size_t stride, const double *weights, size_t nodes,
                                size_t n, double *row);
size_t FG_TARGET(fg_interpolate)(const double *coefficients, const double *x, double w2_scale,
                                 const struct fg_kernel_params *params, const struct fg_phi_terms *phi_terms,
                                 size_t n, const struct fg_cells *cells);
double FG_TARGET(fg_peak)(size_t rounds);

/* The centred moments (W0, M, C, G0, N) from which every field follows, see fishergrid/kernel.h. */
struct fg_centred {
    lanes W0, M, C, G0, N;
};

/* Computes (F + lambda I)^-1 g for lambda > 0. With F and g in centred form nothing in the determinant
 * cancels:
 *
 *     det(F + lambda I) = W0 C + lambda (C + M^2 W0 + W0) + lambda^2
 *     n_phi = (W0 N + lambda g_phi) / det       n_r = ((C + lambda) G0 - M W0 N) / det */
static inline void fg_damped_natural_gradient(const struct fg_centred *s, double lambda, lanes *n_phi,
                                              lanes *n_r)
{
    lanes det = s->W0 * s->C + lambda * (s->C + s->M * s->M * s->W0 + s->W0) + lambda * lambda;
    *n_phi = (s->W0 * s->N + lambda * (s->N + s->M * s->G0)) / det;
    *n_r = ((s->C + lambda) * s->G0 - s->M * s->W0 * s->N) / det;
}

/* Stores a vector at cell j if the field is requested. */
static inline void fg_store(const struct fg_cells *cells, enum fg_field field, size_t j, lanes x)
{
    if (cells->field[field])
        lanes_store(cells->field[field] + j, x);
}

/* Stores the Fisher matrix and the gradient of a vector of cells at cell j. */
static inline void fg_store_centred(const struct fg_cells *cells, const struct fg_centred *s, double scale,
                                    size_t j)
{
    fg_store(cells, FG_FISHER_PHI_PHI, j, scale * (s->C + s->M * s->M * s->W0));
    fg_store(cells, FG_FISHER_R_PHI, j, scale * (s->M * s->W0));
    fg_store(cells, FG_FISHER_R_R, j, scale * s->W0);
    fg_store(cells, FG_GRADIENT_PHI, j, scale * (s->N + s->M * s->G0));
    fg_store(cells, FG_GRADIENT_R, j, scale * s->G0);
}

/* Memory for all fields of one vector of cells, of which only some lanes are stored. */
struct fg_room {
    double field[FG_N_REAL_FIELDS][FG_LANES];
};

/* Returns pointers into `room` for the fields that `cells` requests, without the flag. */
static inline struct fg_cells fg_cells_in(struct fg_room *room, const struct fg_cells *cells)
{
    struct fg_cells in = {.flag = NULL};
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        in.field[f] = cells->field[f] ? room->field[f] : NULL;
    return in;
}

/* Copies the first n lanes of `room` to cell j. */
static inline void fg_copy_room(const struct fg_room *room, const struct fg_cells *cells, size_t j, size_t n)
{
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        if (cells->field[f])
            memcpy(cells->field[f] + j, room->field[f], n * sizeof(double));
    }
}

/* At a smaller W0 the products of the formulas approach the smallest doubles. `recompute_pivoted` recomputes
 * these cells with scaled weights. */
#define FG_SMALL_WEIGHT 1e-250
/* At a smaller C, terms of it have lost digits to underflow. Above it no quotient of the formulas overflows:
 * |N| and |M| are below 1e16 and 1e7, see FG_SAMPLES_MAX and FG_COORDINATE_MAX. */
#define FG_SMALL_VARIANCE 1e-280

/* The moments of one vector of cells, and the C up to which a cell counts as ill-conditioned. */
struct fg_moment_lanes {
    lanes of[FG_N_MOMENTS], c_least;
};

/* Computes every field but the flag of one vector of cells, stored at cell j. Returns -1 in lanes that are
 * ill-conditioned or whose weight is at most FG_SMALL_WEIGHT. */
static inline lane_mask fg_finish_lanes(const struct fg_moment_lanes *of,
                                        const struct fg_kernel_params *params, double centre,
                                        const struct fg_cells *cells, size_t j)
{
    const lanes *sum = of->of;
    lanes per_weight = 1.0 / sum[FG_W0];
    lanes m = sum[FG_W1] * per_weight;
    struct fg_centred s = {.W0 = sum[FG_W0],
                           .M = m + centre,
                           .C = sum[FG_W2] - m * sum[FG_W1],
                           .G0 = sum[FG_G0],
                           .N = sum[FG_G1] - m * sum[FG_G0]};
    lanes n_phi, n_r;
    if (params->damping > 0) {
        fg_damped_natural_gradient(&s, params->damping, &n_phi, &n_r);
    } else {
        n_phi = s.N / s.C;
        n_r = s.G0 * per_weight - s.M * n_phi;
    }
    fg_store(cells, FG_LOSS, j, params->scale * sum[FG_L]);
    fg_store_centred(cells, &s, params->scale, j);
    fg_store(cells, FG_NATURAL_GRADIENT_PHI, j, n_phi);
    fg_store(cells, FG_NATURAL_GRADIENT_R, j, n_r);
    return ~((s.C > of->c_least) & (s.W0 > FG_SMALL_WEIGHT));
}

/* Number of vectors of moments that are collected before their fields are computed. A processor overlaps the
 * divisions of several consecutive vectors, but cannot look ahead across the sums or polynomials between
 * them. */
enum { FG_HELD = 16 };

/* Sets the flags of those of n cells whose lanes are -1 in `n_ill_conditioned`. Returns their number. */
static inline size_t fg_flag_ill(const lane_mask n_ill_conditioned[FG_HELD], size_t n, unsigned char *flag)
{
    size_t count = 0;
    for (size_t l = 0; l < n; l++) {
        if (n_ill_conditioned[l / FG_LANES][l % FG_LANES]) {
            flag[l] = FG_RECOMPUTED;
            count++;
        }
    }
    return count;
}

/* Computes every field of the n <= FG_HELD x FG_LANES cells from cell j on. Returns the number of
 * ill-conditioned cells. */
static inline size_t fg_fields_from_held(const struct fg_moment_lanes held[FG_HELD],
                                         const struct fg_kernel_params *params, double centre,
                                         const struct fg_cells *cells, size_t j, size_t n)
{
    lane_mask n_ill_conditioned[FG_HELD], any = {0};
    size_t v = 0, done = 0;
    for (; done + FG_LANES <= n; v++, done += FG_LANES)
        any |= n_ill_conditioned[v] = fg_finish_lanes(&held[v], params, centre, cells, j + done);
    if (done < n) {
        struct fg_room room;
        struct fg_cells end = fg_cells_in(&room, cells);
        any |= n_ill_conditioned[v] = fg_finish_lanes(&held[v], params, centre, &end, 0);
        fg_copy_room(&room, cells, j + done, n - done);
    }
    memset(cells->flag + j, FG_REGULAR, n);
    for (size_t l = 0; l < FG_LANES; l++) {
        if (any[l])
            return fg_flag_ill(n_ill_conditioned, n, cells->flag + j);
    }
    return 0;
}

#endif
