/* Recomputes ill-conditioned cells in two passes, with differences to the sample of largest weight instead of
 * differences to the mean.
 *
 * If one sample (or several equal ones) has nearly all the weight, the variance C of a_phi is far below the
 * second moment about any fixed centre. In differences to the sample j of largest weight, nothing
 * cancels: its own difference is 0, equal samples have exactly 0, and each other sample enters with its own
 * small weight. Weights are scaled by e^mu, mu = |m_j|, and gradients by e^nu, nu = min max(m, 0). Far out in
 * the saturated region, unscaled weights and gradients are below the smallest double, but their quotient, the
 * natural gradient, is not.
 *
 * With weighted sources, the anchor is the source of largest w. Weights of sources may be negative. If the
 * terms of C cancel, the cell is computed from the samples instead. The functions are compiled for samples
 * and for `weighted` sources. */
#include "stages.h"

/* A vector of cells, and for each cell the sample j of largest weight, its anchor. */
struct anchor {
    lanes r;
    lanes x0, x1; /* of sample j */
    lanes o0, o1; /* offsets of source j */
    lanes mu;     /* |m_j|, the minimum of |m| */
    lanes nu;     /* minimum of max(m, 0) */
    lanes side;   /* +1 where a_j >= 0, else -1 */
    lanes beyond; /* minimum of |a| over the samples on the other side of a = 0 */
};

/* The terms of one sample in the sums of a vector of cells. */
struct term {
    lanes d;           /* a_phi - a_phi of the anchor */
    lanes w;           /* e^mu z (1 - z), times the weight of a source */
    lanes rho;         /* e^nu (z - [y = 0]), times the weight of a source */
    lanes rho_squared; /* the square of e^nu (z - [y = 0]), times the weight of a source */
};

/* Returns a - r of sample or source k. */
FG_INSTANCE double offset_of(const struct fg_samples *samples, bool weighted,
                             const struct fg_phi_terms *phi_terms, size_t k)
{
    double x0 = samples->x0[k], x1 = samples->x1[k];
    if (weighted) {
        x0 += samples->o0[k];
        x1 += samples->o1[k];
    }
    return phi_terms->sin * x0 + phi_terms->cos * x1;
}

FG_INSTANCE lanes margin(const struct fg_samples *samples, bool weighted,
                         const struct fg_phi_terms *phi_terms, size_t k, lanes r)
{
    double u = offset_of(samples, weighted, phi_terms, k);
    return k < samples->n_class0 ? u + r : -u - r;
}

FG_INSTANCE struct anchor find_anchor(const struct fg_samples *samples, bool weighted,
                                      const struct fg_phi_terms *phi_terms, lanes r)
{
    struct anchor anchor = {.r = r, .mu = lanes_all(INFINITY), .nu = lanes_all(INFINITY)};
    for (size_t k = 0; k < samples->n; k++) {
        lanes m = margin(samples, weighted, phi_terms, k, r);
        lane_mask heavier = lanes_abs(m) < anchor.mu;
        anchor.mu = lanes_select(heavier, lanes_abs(m), anchor.mu);
        anchor.x0 = lanes_select(heavier, lanes_all(samples->x0[k]), anchor.x0);
        anchor.x1 = lanes_select(heavier, lanes_all(samples->x1[k]), anchor.x1);
        if (weighted) {
            anchor.o0 = lanes_select(heavier, lanes_all(samples->o0[k]), anchor.o0);
            anchor.o1 = lanes_select(heavier, lanes_all(samples->o1[k]), anchor.o1);
        }
        anchor.nu = lanes_min(lanes_max(m, lanes_all(0)), anchor.nu);
    }
    return anchor;
}

/* The difference of sample or source k to the anchor. */
struct difference {
    lanes x0, x1;
};

FG_INSTANCE struct difference difference(const struct fg_samples *samples, bool weighted, size_t k,
                                         const struct anchor *anchor)
{
    struct difference from = {samples->x0[k] - anchor->x0, samples->x1[k] - anchor->x1};
    if (weighted) {
        from.x0 += samples->o0[k] - anchor->o0;
        from.x1 += samples->o1[k] - anchor->o1;
    }
    return from;
}

/* Returns the terms of sample k. `e_mu` = e^-mu, `e_nu_mu` = e^(nu - mu). If any sample is on the wrong side,
 * nu is 0, so such samples need no scaling. */
FG_INSTANCE struct term term(const struct fg_samples *samples, bool weighted,
                             const struct fg_phi_terms *phi_terms, size_t k, const struct anchor *anchor,
                             lanes e_mu, lanes e_nu_mu)
{
    lanes m = margin(samples, weighted, phi_terms, k, anchor->r);
    struct difference from = difference(samples, weighted, k, anchor);
    lanes scaled = lanes_exp(anchor->mu - lanes_abs(m));
    lanes t = 1.0 / (1.0 + scaled * e_mu);
    lanes p = t * lanes_select(m > 0, scaled * e_nu_mu, lanes_all(1));
    struct term of = {
        .d = phi_terms->cos * from.x0 - phi_terms->sin * from.x1,
        .w = scaled * t * t,
        .rho = k < samples->n_class0 ? -p : p,
        .rho_squared = p * p,
    };
    if (weighted) {
        of.w *= samples->weight[k];
        of.rho *= samples->weight[k];
        of.rho_squared *= samples->weight[k];
    }
    return of;
}

/* Finds the side of a = 0 of the anchor, and the sample nearest to a = 0 on the other side. */
FG_INSTANCE void find_sides(const struct fg_samples *samples, bool weighted,
                            const struct fg_phi_terms *phi_terms, struct anchor *anchor)
{
    lanes above = lanes_all(INFINITY), below = above; /* minimum of |a| on either side */
    for (size_t k = 0; k < samples->n; k++) {
        lanes m = margin(samples, weighted, phi_terms, k, anchor->r), a = k < samples->n_class0 ? m : -m;
        above = lanes_select(a >= 0, lanes_min(a, above), above);
        below = lanes_select(a >= 0, below, lanes_min(-a, below));
    }
    lanes x0 = anchor->x0, x1 = anchor->x1;
    if (weighted) {
        x0 += anchor->o0;
        x1 += anchor->o1;
    }
    lanes own = phi_terms->sin * x0 + phi_terms->cos * x1 + anchor->r;
    anchor->side = lanes_select(own >= 0, lanes_all(1), lanes_all(-1));
    anchor->beyond = lanes_select(own >= 0, below, above);
}

/* The terms of one sample in the curvature of a vector of cells, as differences to the anchor. */
struct bend {
    lanes u; /* difference of side a */
    lanes f; /* e^kappa times the tail f = 1 / (1 + e^(side a)) */
};

/* Returns u and f of sample k. Neither form of f cancels: f - f_j = f_j (1 - f) expm1(-u) = -f (1 - f_j)
 * expm1(u). f_j, and f for u < 0, are scaled by e^kappa: `e_nearer` = e^(kappa - mu). u is negative for
 * samples on the other side of a = 0, and, by rounding, for samples whose a equals that of the anchor. */
FG_INSTANCE struct bend bend(const struct fg_samples *samples, bool weighted,
                             const struct fg_phi_terms *phi_terms, size_t k, const struct anchor *anchor,
                             lanes e_mu, lanes e_nearer)
{
    lanes f_j = e_nearer / (1.0 + e_mu);
    struct difference from = difference(samples, weighted, k, anchor);
    lanes u = anchor->side * (phi_terms->sin * from.x0 + phi_terms->cos * from.x1);
    lanes shrunk = lanes_expm1(-lanes_abs(u)); /* e^-|u| - 1 */
    lanes e = 1.0 + shrunk;
    lanes further = f_j / (1.0 + e_mu * e) * shrunk;
    lanes f = e_nearer / (e_mu + lanes_exp(-lanes_abs(u))); /* for u < 0 */
    lanes nearer = -f / (1.0 + e_mu) * shrunk;
    return (struct bend){u, lanes_select(u > 0, further, lanes_select(u < 0, nearer, lanes_all(0)))};
}

/* Returns x root^2; 0 if x is 0. root and root^2 may be out of range although the product is not. */
static lanes times_square(lanes x, lanes root)
{
    return lanes_select(x == 0, x, x * root * root);
}

/* If samples lie on both sides of a = 0, f is not scaled, and it underflows if mu is larger than this. The
 * reference kernel computes these cells. */
#define MU_MAX 300

/* Recomputes a vector of cells, and stores its first n lanes at cell j. */
FG_INSTANCE void recompute_lanes(const struct fg_samples *samples, bool weighted,
                                 const struct fg_kernel_params *params, bool geometry, bool curvature,
                                 const struct fg_phi_terms *phi_terms, lanes r, size_t j, size_t n,
                                 const struct fg_cells *cells)
{
    struct anchor anchor = find_anchor(samples, weighted, phi_terms, r);
    lanes e_mu = lanes_exp(-anchor.mu), e_nu_mu = lanes_exp(anchor.nu - anchor.mu);

    lanes e_nearer = {0};
    lane_mask crossed = {0};
    if (curvature) {
        find_sides(samples, weighted, phi_terms, &anchor);
        crossed = lanes_exp(anchor.mu - anchor.beyond) > 0;
        e_nearer = lanes_select(crossed, e_mu, lanes_all(1));
    }
    const lanes f_j = e_nearer / (1.0 + e_mu);

    struct lanes_sum W0 = {0}, W1 = {0}, U0 = {0}, S0 = {0};
    lane_mask rank_1 = lanes_all(0) == 0;
    for (size_t k = 0; k < samples->n; k++) {
        struct term of = term(samples, weighted, phi_terms, k, &anchor, e_mu, e_nu_mu);
        lanes_add(&W0, of.w);
        lanes_add(&W1, of.w * of.d);
        rank_1 &= of.d == 0;
        if (curvature) {
            struct bend bent = bend(samples, weighted, phi_terms, k, &anchor, e_mu, e_nearer);
            lanes_add(&U0, of.w * bent.u);
            lanes_add(&S0, of.w * bent.f);
        }
    }
    lanes weight = W0.high + W0.low;
    lanes mean = (W1.high + W1.low) / weight;
    lanes mean_u = (U0.high + U0.low) / weight, mean_f = (S0.high + S0.low) / weight;

    struct lanes_sum C = {0}, G0 = {0}, N = {0}, h = {0}, E0 = {0}, E1 = {0}, E2 = {0};
    struct lanes_sum X = {0}, T1 = {0}, T2 = {0}, T3 = {0}, U1 = {0}, W3 = {0};
    lanes size = {0}, size_X = {0}; /* sums of |w| d^2 and of |w tau u| */
    for (size_t k = 0; k < samples->n; k++) {
        struct term of = term(samples, weighted, phi_terms, k, &anchor, e_mu, e_nu_mu);
        lanes d = of.d - mean;
        lanes_add(&C, of.w * d * d);
        if (weighted)
            size += lanes_abs(of.w) * d * d;
        lanes_add(&G0, of.rho);
        lanes_add(&N, of.rho * d);
        if (geometry) {
            lanes_add(&h, -of.rho * offset_of(samples, weighted, phi_terms, k));
            lanes_add(&E0, of.rho_squared);
            lanes_add(&E1, of.rho_squared * d);
            lanes_add(&E2, of.rho_squared * d * d);
        }
        if (curvature) {
            struct bend bent = bend(samples, weighted, phi_terms, k, &anchor, e_mu, e_nearer);
            lanes u = bent.u - mean_u, w_tau = of.w * (bent.f - mean_f);
            lanes_add(&X, w_tau * u);
            if (weighted)
                size_X += lanes_abs(w_tau * u);
            lanes_add(&T1, w_tau * d);
            lanes_add(&T2, w_tau * d * d);
            lanes_add(&T3, w_tau * d * d * d);
            lanes_add(&U1, of.w * u * d);
            lanes_add(&W3, of.w * d * d * d);
        }
    }
    if (weighted) {
        anchor.x0 += anchor.o0;
        anchor.x1 += anchor.o1;
    }
    struct fg_centred scaled = {.W0 = weight,
                                .M = mean + (phi_terms->cos * anchor.x0 - phi_terms->sin * anchor.x1),
                                .C = C.high + C.low,
                                .G0 = G0.high + G0.low,
                                .N = N.high + N.low};
    lanes e_nu = lanes_exp(-anchor.nu);
    struct fg_centred s = {.W0 = scaled.W0 * e_mu,
                           .M = scaled.M,
                           .C = scaled.C * e_mu,
                           .G0 = scaled.G0 * e_nu,
                           .N = scaled.N * e_nu};
    struct fg_room room;
    struct fg_cells whole = fg_cells_in(&room, geometry, cells);
    fg_store_centred(&whole, &s, params->scale, 0);
    const struct fg_quotients q = fg_quotients(&scaled, 1.0 / weight);
    if (geometry) {
        lanes e_two_nu = e_nu * e_nu;
        fg_store_newton(&whole, &scaled, &q, h.high + h.low, e_nu_mu, lanes_exp((anchor.mu - anchor.nu) / 2),
                        0);
        fg_store_spectrum(&whole, &scaled, &q, e_mu, lanes_exp(anchor.mu / 2 - anchor.nu), params->scale, 0);
        fg_store_summed(&whole, s.C + s.M * s.M * s.W0, (h.high + h.low) * e_nu,
                        (E0.high + E0.low) * e_two_nu, (E1.high + E1.low) * e_two_nu,
                        (E2.high + E2.low) * e_two_nu, s.M, params->scale, 0);
    }
    lane_mask in_range = scaled.C > FG_SMALL_VARIANCE, cancels = {0};
    if (weighted)
        cancels = scaled.C < FG_ILL_INTERPOLATED * size;
    if (curvature) {
        lanes e_kappa = lanes_select(crossed, lanes_all(1), e_mu);
        struct fg_curving bent = {.X = X.high + X.low,
                                  .T1 = T1.high + T1.low,
                                  .T2 = T2.high + T2.low,
                                  .T3 = T3.high + T3.low,
                                  .U1 = U1.high + U1.low,
                                  .W3 = W3.high + W3.low,
                                  .tbar = e_kappa * (f_j + mean_f) - 0.5};
        lanes K = fg_curvature(&bent, &q, e_kappa);
        K = lanes_select(rank_1, lanes_all(NAN), lanes_select(crossed, K / e_mu, K));
        fg_store_curvature(&whole, K, ~rank_1 & (lanes_abs(K) < INFINITY), params->scale, 0);
        lane_mask computed = rank_1 | (in_range & ~cancels & ~(crossed & (anchor.mu > MU_MAX)));
        if (weighted)
            computed &= lanes_abs(bent.X) >= FG_FLAT * size_X;
        for (size_t l = 0; l < FG_LANES; l++)
            room.flag[FG_FLAG(FG_CURVATURE_FLAG)][l] &= (unsigned char)computed[l];
    }

    lanes n_phi, n_r;
    if (params->damping > 0) {
        fg_damped_natural_gradient(&s, params->damping, &n_phi, &n_r);
        rank_1 = lanes_all(0) != 0; /* lambda makes every matrix regular */
        in_range = ~rank_1;
    } else {
        lanes root = lanes_exp((anchor.mu - anchor.nu) / 2);
        n_phi = scaled.N / scaled.C;
        n_r = times_square(scaled.G0 / scaled.W0 - scaled.M * n_phi, root);
        n_phi = times_square(n_phi, root);
        n_phi = lanes_select(rank_1, lanes_all(NAN), n_phi);
        n_r = lanes_select(rank_1, lanes_all(NAN), n_r);
    }
    in_range &= ~cancels;
    fg_store(&whole, FG_NATURAL_GRADIENT_PHI, 0, n_phi);
    fg_store(&whole, FG_NATURAL_GRADIENT_R, 0, n_r);
    lane_mask overflows = (lanes_abs(n_phi) == lanes_all(INFINITY)) | (lanes_abs(n_r) == lanes_all(INFINITY));
    lane_mask kind = fg_choose(overflows, FG_OVERFLOW, (lane_mask){0} + FG_RECOMPUTED);
    kind = fg_choose(~in_range, FG_NOT_COMPUTED, kind);
    fg_store_flag(&whole, FG_NATURAL_GRADIENT_FLAG, 0, fg_choose(rank_1, FG_UNDEFINED, kind));
    fg_copy_room(&room, geometry, cells, j, n);
}

/* Recomputes a vector of cells from sources or from samples. */
FG_INSTANCE void recompute_vector(const struct fg_samples *samples, const struct fg_kernel_params *params,
                                  bool geometry, bool curvature, const struct fg_phi_terms *phi_terms,
                                  lanes r, size_t j, size_t n, const struct fg_cells *cells)
{
    if (samples->weight)
        recompute_lanes(samples, true, params, geometry, curvature, phi_terms, r, j, n, cells);
    else
        recompute_lanes(samples, false, params, geometry, curvature, phi_terms, r, j, n, cells);
}

/* Recomputes the fields of the exercise. Their bits must not depend on the other requested fields, so they
 * are computed by this function even if other fields are computed, too: a compiler may fuse operations of
 * larger functions differently. */
static __attribute__((noinline)) void recompute_exercise(const struct fg_samples *samples,
                                                         const struct fg_kernel_params *params,
                                                         const struct fg_phi_terms *phi_terms, lanes r,
                                                         size_t j, size_t n, const struct fg_cells *cells)
{
    recompute_vector(samples, params, false, false, phi_terms, r, j, n, cells);
}

void FG_TARGET(fg_recompute_pivoted)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                                     const struct fg_phi_terms *phi_terms, const double *r, size_t n,
                                     const struct fg_cells *cells)
{
    bool exercise = false; /* whether fields of the exercise are requested */
    for (int f = 0; f < FG_HESSIAN_PHI_PHI; f++)
        exercise |= cells->field[f] != NULL;
    for (size_t j = 0; j < n; j += FG_LANES) {
        size_t count = n - j < FG_LANES ? n - j : FG_LANES;
        lanes padded = lanes_load_some(r + j, count);
        for (size_t l = count; l < FG_LANES; l++)
            padded[l] = r[j];
        if (params->n_moments == FG_N_MOMENTS)
            recompute_vector(samples, params, true, true, phi_terms, padded, j, count, cells);
        else if (params->geometry)
            recompute_vector(samples, params, true, false, phi_terms, padded, j, count, cells);
        if (exercise || !params->geometry)
            recompute_exercise(samples, params, phi_terms, padded, j, count, cells);
    }
}
