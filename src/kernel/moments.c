/* Sums the moments of a row of cells over the samples, block by block. Sums within a block are plain. Sums
 * between blocks are compensated, so the error does not grow with the number of samples. The loss takes one
 * logarithm per cell: sum log1p(q) = log prod (1 + q). After each block, the binary exponent of this product
 * is split off and added to a count. */
#include "reciprocal.h"
#include "stages.h"

#ifdef FG_NEWTON
#define FG_MOMENTS fg_moments_newton
#else
#define FG_MOMENTS fg_moments
#endif

/* Sums of a vector of cells: the moments, and the sums of the absolute terms of W2 and of SUU. */
enum { SIZE = FG_N_MOMENTS, SIZE_UU, N_SUMS };

/* Totals of one vector of cells. The loss is of[FG_L], sum max(-m, 0) of the safe kernel, and a logarithm. */
struct total {
    struct lanes_log log;
    struct lanes_sum of[N_SUMS];
};

/* The terms of a block of samples of one class at one phi, which do not depend on r. */
struct block {
    size_t n;
    double s;            /* +1 for label 0, -1 for label 1 */
    double su[FG_BLOCK]; /* s (sin x0 + cos x1) */
    double e[FG_BLOCK];  /* e^{-su}; only for the separable kernel */
    double d[FG_BLOCK];  /* a_phi - centre */
    double d_squared[FG_BLOCK];
    double d_cubed[FG_BLOCK], u[FG_BLOCK], u_squared[FG_BLOCK], ud[FG_BLOCK]; /* for the curvature only */
    double weight[FG_BLOCK];                                                  /* sources only */
};

/* The functions below are compiled once for each number of moments, for samples and for `weighted` sources.
 * Both are constants in each copy. */
#define FOR_MOMENTS static inline __attribute__((always_inline))

FOR_MOMENTS void fill_block(struct block *block, const struct fg_samples *samples,
                            const struct fg_phi_terms *phi_terms, size_t first, size_t n, double s,
                            bool weighted)
{
    block->n = n;
    block->s = s;
    for (size_t k = 0; k < n; k++) {
        size_t i = first + k;
        double x0 = samples->x0[i], x1 = samples->x1[i];
        double d0 = x0 - samples->mean0, d1 = x1 - samples->mean1;
        if (weighted) {
            x0 += samples->o0[i], d0 += samples->o0[i];
            x1 += samples->o1[i], d1 += samples->o1[i];
            block->weight[k] = samples->weight[i];
        }
        block->su[k] = s * (phi_terms->sin * x0 + phi_terms->cos * x1);
        block->d[k] = phi_terms->cos * d0 - phi_terms->sin * d1;
        block->d_squared[k] = block->d[k] * block->d[k];
    }
}

/* Fills the terms that only the curvature needs, with the differences u = a - a of the mean. */
FOR_MOMENTS void fill_block_for_curvature(struct block *block, const struct fg_samples *samples,
                                          const struct fg_phi_terms *phi_terms, size_t first, bool weighted)
{
    for (size_t k = 0; k < block->n; k++) {
        double d0 = samples->x0[first + k] - samples->mean0, d1 = samples->x1[first + k] - samples->mean1;
        if (weighted) {
            d0 += samples->o0[first + k];
            d1 += samples->o1[first + k];
        }
        const double u = phi_terms->sin * d0 + phi_terms->cos * d1;
        block->u[k] = u;
        block->u_squared[k] = u * u;
        block->ud[k] = u * block->d[k];
        block->d_cubed[k] = block->d_squared[k] * block->d[k];
    }
}

/* Computes e^{-su} for a vector of samples at a time. The last vector is padded with zeros. */
static void exponentiate_block(struct block *block)
{
    for (size_t k = block->n; k % FG_LANES; k++)
        block->su[k] = 0;
    for (size_t k = 0; k < block->n; k += FG_LANES)
        lanes_store(block->e + k, lanes_exp(-lanes_load(block->su + k)));
}

/* Adds sample k of a block. p is summed in place of rho = -s p. `f` is p or 1 - p, see FG_S0. */
FOR_MOMENTS void add_sample(const struct block *block, size_t k, lanes p, lanes w, lanes f, int n_moments,
                            bool weighted, lanes sum[N_SUMS])
{
    lanes p_squared = p * p;
    if (weighted) {
        p *= block->weight[k];
        w *= block->weight[k];
        p_squared *= block->weight[k];
        sum[SIZE] += lanes_abs(w) * block->d_squared[k];
    }
    sum[FG_G0] += p;
    sum[FG_G1] += p * block->d[k];
    sum[FG_W0] += w;
    sum[FG_W1] += w * block->d[k];
    sum[FG_W2] += w * block->d_squared[k];
    if (n_moments > FG_N_EXERCISE_MOMENTS) {
        sum[FG_H] += p * block->su[k];
        sum[FG_E0] += p_squared;
        sum[FG_E1] += p_squared * block->d[k];
        sum[FG_E2] += p_squared * block->d_squared[k];
    }
    if (n_moments > FG_N_HESSIAN_MOMENTS) {
        lanes wf = w * f;
        sum[FG_S0] += wf;
        sum[FG_S1] += wf * block->d[k];
        sum[FG_S2] += wf * block->d_squared[k];
        sum[FG_S3] += wf * block->d_cubed[k];
        sum[FG_SU] += wf * block->u[k];
        sum[FG_SUU] += wf * block->u_squared[k];
        if (weighted)
            sum[SIZE_UU] += lanes_abs(wf) * block->u_squared[k];
        sum[FG_W3] += w * block->d_cubed[k];
        sum[FG_U0] += w * block->u[k];
        sum[FG_U1] += w * block->ud[k];
    }
}

/* Adds the sums of a block to the totals. `side` is the sign of u, see FG_SU. */
FOR_MOMENTS void add_sums(const struct block *block, int n_moments, bool weighted, lanes sum[N_SUMS],
                          lanes side, struct total *total)
{
    if (n_moments > FG_N_HESSIAN_MOMENTS) {
        sum[FG_SU] *= side;
        sum[FG_U0] *= side;
        sum[FG_U1] *= side;
    }
    lanes_add(&total->of[FG_G0], -block->s * sum[FG_G0]);
    lanes_add(&total->of[FG_G1], -block->s * sum[FG_G1]);
    for (int m = FG_W0; m < n_moments; m++)
        lanes_add(&total->of[m], sum[m]);
    if (weighted)
        lanes_add(&total->of[SIZE], sum[SIZE]);
    if (weighted && n_moments > FG_N_HESSIAN_MOMENTS)
        lanes_add(&total->of[SIZE_UU], sum[SIZE_UU]);
}

/* Adds a block to one vector of cells, for which `e` is e^{-s r}. The product of 1 + q is added to the
 * logarithm after each `stretch` of samples, before it can overflow. */
FOR_MOMENTS void add_separable(const struct block *block, size_t stretch, lanes e, lanes side, int n_moments,
                               bool weighted, struct total *total)
{
    const lane_mask p_is_tail = block->s * side > 0;
    lanes sum[N_SUMS] = {{0}};
    for (size_t k = 0; k < block->n;) {
        size_t end = block->n - k < stretch ? block->n : k + stretch;
        lanes product = {0};
        for (; k < end; k++) {
            lanes q = block->e[k] * e;
            lanes q1 = 1.0 + q;
            lanes t = lanes_reciprocal(q1);
            lanes p = q * t;            /* p = q / (1 + q) */
            lanes w = p * t;            /* w = z (1 - z) = p / (1 + q) */
            product = product * q1 + q; /* (1 + product)(1 + q) - 1, also accurate if every q is tiny */
            add_sample(block, k, p, w, lanes_select(p_is_tail, p, t), n_moments, weighted, sum);
        }
        if (!weighted)
            lanes_log_add(&total->log, product);
    }
    add_sums(block, n_moments, weighted, sum, side, total);
}

/* Adds a block without the limit of an exponential: e^-|m| never overflows, and log1p(e^-m) = max(-m, 0) +
 * log1p(e^-|m|). `r` is r of the cells. A product of FG_BLOCK factors of at most 2 does not overflow. */
FOR_MOMENTS void add_safe(const struct block *block, lanes r, lanes side, int n_moments, bool weighted,
                          struct total *total)
{
    const lane_mask p_is_tail = block->s * side > 0;
    lanes product = {0}, wrong = {0}, sum[N_SUMS] = {{0}};
    for (size_t k = 0; k < block->n; k++) {
        lanes m = block->su[k] + block->s * r;
        lanes e = lanes_exp(-lanes_abs(m));
        lanes t = lanes_reciprocal(1.0 + e);
        lanes p = lanes_select(m > 0, e * t, t), other = lanes_select(m > 0, t, e * t);
        lanes w = e * t * t;
        product = product * (1.0 + e) + e;
        wrong += lanes_max(-m, lanes_all(0));
        add_sample(block, k, p, w, lanes_select(p_is_tail, p, other), n_moments, weighted, sum);
    }
    if (!weighted) {
        lanes_log_add(&total->log, product);
        lanes_add(&total->of[FG_L], wrong);
    }
    add_sums(block, n_moments, weighted, sum, side, total);
}

/* Adds the samples first..end-1, all of one class, to all cells. */
FOR_MOMENTS void add_class(const struct fg_samples *samples, const struct fg_kernel_params *params,
                           const struct fg_phi_terms *phi_terms, const double *r, const double *side,
                           size_t n, size_t first, size_t end, double s, int n_moments, bool weighted,
                           struct total *totals)
{
    struct block block;
    double e[FG_CHUNK]; /* e^{-s r} */
    if (params->separable) {
        for (size_t j = 0; j < n; j += FG_LANES)
            lanes_store(e + j, lanes_exp(-s * lanes_load(r + j)));
    }
    for (; first < end; first += block.n) {
        fill_block(&block, samples, phi_terms, first, end - first < FG_BLOCK ? end - first : FG_BLOCK, s,
                   weighted);
        if (n_moments > FG_N_HESSIAN_MOMENTS)
            fill_block_for_curvature(&block, samples, phi_terms, first, weighted);
        if (params->separable) {
            exponentiate_block(&block);
            for (size_t j = 0; j < n; j += FG_LANES)
                add_separable(&block, params->stretch, lanes_load(e + j), lanes_load(side + j), n_moments,
                              weighted, &totals[j / FG_LANES]);
        } else {
            for (size_t j = 0; j < n; j += FG_LANES)
                add_safe(&block, lanes_load(r + j), lanes_load(side + j), n_moments, weighted,
                         &totals[j / FG_LANES]);
        }
    }
}

FOR_MOMENTS void add_classes(const struct fg_samples *samples, const struct fg_kernel_params *params,
                             const struct fg_phi_terms *phi_terms, const double *r, const double *side,
                             size_t n, int n_moments, bool weighted, struct total *totals)
{
    add_class(samples, params, phi_terms, r, side, n, 0, samples->n_class0, +1.0, n_moments, weighted,
              totals);
    add_class(samples, params, phi_terms, r, side, n, samples->n_class0, samples->n, -1.0, n_moments,
              weighted, totals);
}

FOR_MOMENTS void add_moments(const struct fg_samples *samples, const struct fg_kernel_params *params,
                             const struct fg_phi_terms *phi_terms, const double *r, const double *side,
                             size_t n, bool weighted, struct total *totals)
{
    if (params->n_moments == FG_N_EXERCISE_MOMENTS)
        add_classes(samples, params, phi_terms, r, side, n, FG_N_EXERCISE_MOMENTS, weighted, totals);
    else if (params->n_moments == FG_N_HESSIAN_MOMENTS)
        add_classes(samples, params, phi_terms, r, side, n, FG_N_HESSIAN_MOMENTS, weighted, totals);
    else
        add_classes(samples, params, phi_terms, r, side, n, FG_N_MOMENTS, weighted, totals);
}

/* Stores the scales of a vector of cells at cell j. */
static void store_sizes(const struct total *total, int n_moments, struct fg_moments *moments, size_t j)
{
    lanes_store(moments->size[FG_SCALE_W2] + j, total->of[SIZE].high + total->of[SIZE].low);
    if (n_moments > FG_N_HESSIAN_MOMENTS) {
        lanes S0 = lanes_max(total->of[FG_S0].high, lanes_all(0));
        lanes_store(moments->size[FG_SCALE_SU] + j, lanes_sqrt(S0) * lanes_sqrt(total->of[SIZE_UU].high));
    }
}

void FG_TARGET(FG_MOMENTS)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                           const struct fg_phi_terms *phi_terms, const double *r, const double *tail,
                           size_t n, struct fg_moments *moments)
{
    double padded[FG_CHUNK], side[FG_CHUNK];
    size_t vectors = (n + FG_LANES - 1) / FG_LANES;
    memcpy(padded, r, n * sizeof *r);
    for (size_t j = n; j < vectors * FG_LANES; j++)
        padded[j] = r[n - 1];
    for (size_t j = 0; j < vectors * FG_LANES; j++)
        side[j] = (tail ? tail[j < n ? j : n - 1] : phi_terms->mean_u + padded[j]) >= 0 ? 1 : -1;

    struct total totals[FG_CHUNK / FG_LANES];
    memset(totals, 0, vectors * sizeof totals[0]);
    if (samples->weight)
        add_moments(samples, params, phi_terms, padded, side, n, true, totals);
    else
        add_moments(samples, params, phi_terms, padded, side, n, false, totals);

    for (size_t v = 0; v < vectors; v++) {
        for (int m = 0; m < params->n_moments; m++) {
            lanes sum = totals[v].of[m].high + totals[v].of[m].low;
            lanes_store(moments->of[m] + v * FG_LANES,
                        m == FG_L && !samples->weight ? sum + lanes_log_value(&totals[v].log) : sum);
        }
        if (samples->weight)
            store_sizes(&totals[v], params->n_moments, moments, v * FG_LANES);
    }
}
