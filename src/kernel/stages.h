/* The stages of struct fg_kernel as functions, one set for each instruction set. fishergrid/kernel.h says
 * what each stage does. */
#ifndef FISHERGRID_STAGES_H
#define FISHERGRID_STAGES_H

#include "fishergrid/kernel.h"
#include "lanes.h"

void FG_TARGET(fg_moments)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                           const struct fg_phi_terms *phi_terms, const double *r, const double *tail,
                           size_t n, struct fg_moments *moments);
/* Computes the same with the reciprocal by Newton's method, see reciprocal.h. */
void FG_TARGET(fg_moments_newton)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                                  const struct fg_phi_terms *phi_terms, const double *r, const double *tail,
                                  size_t n, struct fg_moments *moments);
void FG_TARGET(fg_loss)(const struct fg_samples *sources, const struct fg_phi_terms *phi_terms,
                        const double *r, size_t n, double *loss);
void FG_TARGET(fg_precise_sums)(const struct fg_samples *samples, const struct fg_precise_place *place,
                                size_t first, size_t end, struct fg_precise_sums *sums);
void FG_TARGET(fg_chebyshev_sums)(const double *t0, const double *t1, size_t n, size_t order0, size_t order1,
                                  double sums[FG_SOURCE_ORDER][FG_SOURCE_ORDER]);
void FG_TARGET(fg_cell_sums)(const double *at0, const double *at1, size_t n, const size_t cells[2],
                             double *sums);
size_t FG_TARGET(fg_fields_from_moments)(const struct fg_moments *moments, double (*scale)[FG_CHUNK],
                                         const struct fg_kernel_params *params,
                                         const struct fg_phi_terms *phi_terms, size_t n,
                                         const struct fg_cells *cells);
void FG_TARGET(fg_recompute_pivoted)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                                     const struct fg_phi_terms *phi_terms, const double *r, size_t n,
                                     const struct fg_cells *cells);

void FG_TARGET(fg_weighted_sums)(const double *table, size_t stride, const double *weights, size_t nodes,
                                 size_t n, size_t rows, double *out);
size_t FG_TARGET(fg_interpolate)(const double *coefficients, const double *x, const double scale[FG_N_SCALES],
                                 const struct fg_kernel_params *params, const struct fg_phi_terms *phi_terms,
                                 size_t first, size_t end, const struct fg_cells *cells);
double FG_TARGET(fg_minimum)(const double *values, size_t n);
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
    lanes trace = s->C + s->M * s->M * s->W0 + s->W0; /* trace of F */
    lanes det = s->W0 * s->C + lanes_rounded(lambda * trace) + lambda * lambda;
    *n_phi = (s->W0 * s->N + lanes_rounded(lambda * (s->N + s->M * s->G0))) / det;
    *n_r = ((s->C + lambda) * s->G0 - lanes_rounded(s->M * s->W0 * s->N)) / det;
}

/* Stores a vector at cell j if the field is requested. */
static inline void fg_store(const struct fg_cells *cells, enum fg_field field, size_t j, lanes x)
{
    if (cells->field[field])
        lanes_store(cells->field[field] + j, x);
}

/* Stores a vector of flags at cell j if the flag is requested. `values` are whole numbers. */
static inline void fg_store_flag(const struct fg_cells *cells, enum fg_field field, size_t j,
                                 lane_mask values)
{
    const lane_bytes bytes = __builtin_convertvector(values, lane_bytes);
    if (cells->flag[FG_FLAG(field)])
        memcpy(cells->flag[FG_FLAG(field)] + j, &bytes, sizeof bytes);
}

/* Returns `yes` in lanes in which `where` is -1, and `no` in the others. */
static inline lane_mask fg_choose(lane_mask where, int64_t yes, lane_mask no)
{
    return (where & yes) | (~where & no);
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

/* Quotients that the fields of the geometry share, because a vector of divisions takes as long as ten of
 * multiplications. */
struct fg_quotients {
    lanes per_W0, per_C;
    lanes along_r; /* FG_SQUARABLE G0 / W0 */
};

/* Gradients times this factor can be squared and divided by W0 or C. Above FG_SMALL_WEIGHT and
 * FG_SMALL_VARIANCE, nothing overflows. Errors by underflow are below the rounding error of the sums G0 and
 * N, whose absolute terms are at least the terms of W0. */
#define FG_SQUARABLE 0x1p-40

static inline struct fg_quotients fg_quotients(const struct fg_centred *s, lanes per_W0)
{
    return (struct fg_quotients){
        .per_W0 = per_W0, .per_C = 1.0 / s->C, .along_r = FG_SQUARABLE * s->G0 * per_W0};
}

/* Stores what follows from the Fisher matrix alone, and the norm of the natural gradient. Weights may be
 * scaled by e^mu and gradients by e^nu: `e_mu` = e^-mu, `e_norm` = e^(mu/2 - nu). See fishergrid/kernel.h. */
static inline void fg_store_spectrum(const struct fg_cells *cells, const struct fg_centred *s,
                                     const struct fg_quotients *q, lanes e_mu, lanes e_norm, double scale,
                                     size_t j)
{
    lanes A = s->C * q->per_W0, T = A + s->M * s->M, off = 2.0 * s->M + 0.0; /* no -0 */
    lanes D = T - 1.0, gap = lanes_sqrt(D * D + off * off), x = 0.5 * (T + 1.0 + gap);
    const struct lanes_half_angle angle = lanes_half_angle(off, D, gap);
    lanes both = 1.0 / (x * angle.below); /* one division for two */
    lanes N = FG_SQUARABLE * s->N, norm = FG_SQUARABLE * s->G0 * q->along_r + N * (N * q->per_C);
    norm = 1 / FG_SQUARABLE * lanes_sqrt(scale * norm);
    norm = lanes_select(s->C > 0, lanes_select(norm == 0, norm, norm * e_norm), lanes_all(NAN));
    fg_store(cells, FG_FISHER_EIGENVALUE_MAX, j, scale * (s->W0 * x * e_mu));
    fg_store(cells, FG_FISHER_EIGENVALUE_MIN, j, scale * (s->C * (angle.below * both) * e_mu));
    fg_store(cells, FG_FISHER_EIGENVECTOR_ANGLE, j, lanes_half_angle_value(&angle, x * both));
    fg_store(cells, FG_FISHER_CONDITION, j, x * (x * (s->W0 * q->per_C)));
    fg_store(cells, FG_FISHER_VOLUME, j, scale * (s->W0 * lanes_sqrt(A) * e_mu));
    fg_store(cells, FG_NATURAL_GRADIENT_NORM, j, norm);
}

/* Stores the Hessian and the empirical Fisher matrix, whose sums are about `centre`. */
static inline void fg_store_summed(const struct fg_cells *cells, lanes F_phiphi, lanes h, lanes E0, lanes E1,
                                   lanes E2, lanes centre, double scale, size_t j)
{
    lanes E_rphi = E1 + centre * E0;
    fg_store(cells, FG_HESSIAN_PHI_PHI, j, scale * (F_phiphi + h));
    fg_store(cells, FG_EMPIRICAL_FISHER_PHI_PHI, j,
             scale * lanes_max(E2 + centre * (E1 + E_rphi), lanes_all(0)));
    fg_store(cells, FG_EMPIRICAL_FISHER_R_PHI, j, scale * E_rphi);
    fg_store(cells, FG_EMPIRICAL_FISHER_R_R, j, scale * lanes_max(E0, lanes_all(0)));
}

/* Stores H^-1 g. Weights may be scaled by e^mu, and gradients and h by e^nu: `e_nu_mu` = e^(nu - mu), `root`
 * = e^((mu - nu) / 2). */
static inline void fg_store_newton(const struct fg_cells *cells, const struct fg_centred *s,
                                   const struct fg_quotients *q, lanes h, lanes e_nu_mu, lanes root, size_t j)
{
    lanes det = s->C * e_nu_mu + h; /* determinant of H, divided by W0 */
    lanes newton_phi = lanes_select(det == 0, lanes_all(NAN), s->N / det);
    lanes along_r = 1 / FG_SQUARABLE * q->along_r;
    along_r = lanes_select(along_r == 0, along_r, along_r * root * root);
    lanes newton_r = along_r - s->M * newton_phi, infinite = lanes_all(INFINITY);
    fg_store(cells, FG_NEWTON_PHI, j, newton_phi);
    fg_store(cells, FG_NEWTON_R, j, newton_r);
    lane_mask kind = fg_choose(det > 0, FG_POSITIVE_DEFINITE,
                               fg_choose(det < 0, FG_INDEFINITE, (lane_mask){0} + FG_UNDEFINED));
    lane_mask overflows = (lanes_abs(newton_phi) == infinite) | (lanes_abs(newton_r) == infinite);
    fg_store_flag(cells, FG_NEWTON_FLAG, j, (kind & ~overflows) | (overflows & FG_OVERFLOW));
}

/* Central moments from which the curvature is computed, with tau = f - mean f. See fishergrid/kernel.h. */
struct fg_curving {
    lanes X, T1, T2, T3, U1, W3;
    lanes tbar; /* mean f - 1/2 */
};

/* Returns the curvature. f may be scaled by e^k: `e_k` = e^-k. */
static inline lanes fg_curvature(const struct fg_curving *k, const struct fg_quotients *q, lanes e_k)
{
    lanes slope = k->T1 * q->per_C;
    lanes of_F = e_k * (k->T1 * (k->T1 * q->per_W0) + k->T2 * (k->T2 * q->per_C) - slope * k->T3);
    lanes sum = slope * k->U1 - k->X + of_F + k->tbar * (k->T2 - slope * k->W3);
    return sum * q->per_W0 * q->per_C;
}

/* Stores the curvature K of the summed F, and its flag, which is FG_RECOMPUTED in the lanes of `lost`. */
static inline void fg_store_curvature(const struct fg_cells *cells, lanes K, lane_mask lost, double scale,
                                      size_t j)
{
    K = 1 / scale * K;
    fg_store(cells, FG_FISHER_CURVATURE, j, K);
    lane_mask kind = fg_choose(lanes_abs(K) == INFINITY, FG_OVERFLOW,
                               fg_choose(K != K, FG_UNDEFINED, (lane_mask){0} + FG_REGULAR));
    fg_store_flag(cells, FG_CURVATURE_FLAG, j, fg_choose(lost, FG_RECOMPUTED, kind));
}

/* Number of vectors of cells that are interpolated side by side: enough that no sum waits for another, and
 * few enough for the registers. */
enum { FG_SIDE_BY_SIDE = 2, FG_WIDE = FG_SIDE_BY_SIDE * FG_LANES };

/* Memory for all fields of the last cells of a row, which do not fill whole vectors. */
struct fg_room {
    double field[FG_N_REAL_FIELDS][FG_WIDE];
    unsigned char flag[FG_N_FLAG_FIELDS][FG_WIDE];
};

/* Return the number of fields and of flags, with or without the geometry. */
static inline int fg_n_fields(bool geometry)
{
    return geometry ? FG_N_REAL_FIELDS : FG_HESSIAN_PHI_PHI;
}

static inline int fg_n_flags(bool geometry)
{
    return geometry ? FG_N_FLAG_FIELDS : FG_FLAG(FG_NATURAL_GRADIENT_FLAG) + 1;
}

/* Returns pointers into `room` for the fields that `cells` requests. */
static inline struct fg_cells fg_cells_in(struct fg_room *room, bool geometry, const struct fg_cells *cells)
{
    struct fg_cells in;
    for (int f = 0; f < fg_n_fields(geometry); f++)
        in.field[f] = cells->field[f] ? room->field[f] : NULL;
    for (int f = 0; f < fg_n_flags(geometry); f++)
        in.flag[f] = cells->flag[f] ? room->flag[f] : NULL;
    return in;
}

/* Copies the first n cells of `room` to cell j. */
static inline void fg_copy_room(const struct fg_room *room, bool geometry, const struct fg_cells *cells,
                                size_t j, size_t n)
{
    for (int f = 0; f < fg_n_fields(geometry); f++) {
        if (cells->field[f])
            memcpy(cells->field[f] + j, room->field[f], n * sizeof(double));
    }
    for (int f = 0; f < fg_n_flags(geometry); f++) {
        if (cells->flag[f])
            memcpy(cells->flag[f] + j, room->flag[f], n);
    }
}

/* If W0 is smaller, products in the formulas approach the smallest doubles. `recompute_pivoted` recomputes
 * these cells with scaled weights. */
#define FG_SMALL_WEIGHT 1e-250
/* If C is smaller, its terms have lost digits to underflow. If it is larger, no quotient in the formulas
 * overflows: |N| and |M| are below 1e16 and 1e7, see FG_SAMPLES_MAX and FG_COORDINATE_MAX. */
#define FG_SMALL_VARIANCE 1e-280

/* If sums of w f are smaller, they lose digits to underflow. */
#define FG_SMALL_TAIL 1e-250

/* The functions below are compiled once for each `n_moments` and `geometry` of struct fg_kernel_params, which
 * are constants in each copy. */
#define FG_INSTANCE static inline __attribute__((always_inline))

/* A vector of cells: its moments, the values that follow from them, and the limits of their accuracy. */
struct fg_vector {
    lanes sum[FG_N_MOMENTS];
    lanes C_least, X_least; /* if C, or |X| of the curvature, is smaller, digits are lost */
    struct fg_centred s;
    struct fg_quotients q;
    lanes m; /* the mean of d */
};

/* Stores the fields of the exercise at cell j. Returns -1 in lanes that are ill-conditioned or whose weight
 * is at most FG_SMALL_WEIGHT. */
FG_INSTANCE lane_mask fg_finish_exercise(struct fg_vector *of, const struct fg_kernel_params *params,
                                         double centre, const struct fg_cells *cells, size_t j)
{
    const lanes *sum = of->sum;
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
        n_r = s.G0 * per_weight - lanes_rounded(s.M * n_phi);
    }
    lane_mask ill = ~((s.C > of->C_least) & (s.W0 > FG_SMALL_WEIGHT));
    fg_store(cells, FG_LOSS, j, params->scale * sum[FG_L]);
    fg_store_centred(cells, &s, params->scale, j);
    fg_store(cells, FG_NATURAL_GRADIENT_PHI, j, n_phi);
    fg_store(cells, FG_NATURAL_GRADIENT_R, j, n_r);
    fg_store_flag(cells, FG_NATURAL_GRADIENT_FLAG, j,
                  fg_choose(ill, FG_RECOMPUTED, (lane_mask){0} + FG_REGULAR));
    of->s = s;
    of->m = m;
    if (params->geometry)
        of->q = fg_quotients(&s, per_weight);
    return ill;
}

/* Stores the fields of the geometry that follow from the moments of the exercise. */
FG_INSTANCE void fg_finish_spectrum(const struct fg_vector *of, double scale, const struct fg_cells *cells,
                                    size_t j)
{
    fg_store_spectrum(cells, &of->s, &of->q, lanes_all(1), lanes_all(1), scale, j);
}

/* Stores the fields that need the moments of the Hessian. */
FG_INSTANCE void fg_finish_hessian(const struct fg_vector *of, double scale, double centre,
                                   const struct fg_cells *cells, size_t j)
{
    const lanes *sum = of->sum;
    fg_store_newton(cells, &of->s, &of->q, sum[FG_H], lanes_all(1), lanes_all(1), j);
    fg_store_summed(cells, of->s.C + of->s.M * of->s.M * of->s.W0, sum[FG_H], sum[FG_E0], sum[FG_E1],
                    sum[FG_E2], lanes_all(centre), scale, j);
}

/* Stores the curvature. */
FG_INSTANCE void fg_finish_curvature(const struct fg_vector *of, double scale, const struct fg_cells *cells,
                                     size_t j)
{
    const lanes *sum = of->sum, m = of->m;
    lanes f = sum[FG_S0] * of->q.per_W0;    /* mean of f */
    lanes T2 = sum[FG_S2] - f * sum[FG_W2]; /* about the centre, as is T3 */
    lanes T3 = sum[FG_S3] - f * sum[FG_W3];
    struct fg_curving k = {.X = sum[FG_SU] - f * sum[FG_U0],
                           .T1 = sum[FG_S1] - f * sum[FG_W1],
                           .U1 = sum[FG_U1] - m * sum[FG_U0],
                           .W3 = (sum[FG_W3] - m * sum[FG_W2]) - 2.0 * m * of->s.C,
                           .tbar = f - 0.5};
    k.T2 = T2 - 2.0 * m * k.T1;
    k.T3 = T3 - 3.0 * m * (T2 - m * k.T1);
    lanes K = fg_curvature(&k, &of->q, lanes_all(1));
    fg_store_curvature(cells, K, ~((-k.X > of->X_least) & (sum[FG_S0] > FG_SMALL_TAIL)), scale, j);
}

/* Returns the number of ill-conditioned cells among n, if any lane of `ill` is -1. */
static inline size_t fg_count_ill(lane_mask ill, const unsigned char *flag, size_t n)
{
    unsigned count = 0; /* not size_t, whose vector loop crashes clang 14 for AVX-512 without BW */
    for (size_t l = 0; l < FG_LANES; l++) {
        if (ill[l]) {
            for (size_t k = 0; k < n; k++)
                count += flag[k] == FG_RECOMPUTED;
            return count;
        }
    }
    return 0;
}

#endif
