/* Sums the moments of a row of cells over the samples, block by block. Sums within a block are plain.
 * Sums between blocks are compensated, so the error does not grow with the number of samples. The loss takes
 * one logarithm per cell: sum log1p(q) = log prod (1 + q). The binary exponent of this product is split off
 * and counted after each block. */
#include "stages.h"

/* Totals of one vector of cells. The loss is of[FG_L], sum max(-m, 0) of the safe kernel, and a logarithm. */
struct total {
    struct lanes_log log;
    struct lanes_sum of[FG_N_MOMENTS];
};

/* What a block of samples of one class contributes at one phi, whatever r. */
struct block {
    size_t n;
    double s;            /* +1 for label 0, -1 for label 1 */
    double su[FG_BLOCK]; /* s (sin x0 + cos x1) */
    double e[FG_BLOCK];  /* e^{-su}; only for the separable kernel */
    double d[FG_BLOCK];  /* a_phi - centre */
    double d_squared[FG_BLOCK];
};

static void fill_block(struct block *block, const struct fg_samples *samples,
                       const struct fg_phi_terms *phi_terms, size_t first, size_t n, double s)
{
    block->n = n;
    block->s = s;
    for (size_t k = 0; k < n; k++) {
        size_t i = first + k;
        block->su[k] = s * (phi_terms->sin * samples->x0[i] + phi_terms->cos * samples->x1[i]);
        block->d[k] = phi_terms->cos * samples->d0[i] - phi_terms->sin * samples->d1[i];
        block->d_squared[k] = block->d[k] * block->d[k];
    }
}

/* e^{-su}, a vector of samples at a time; the last vector is padded with zeros. */
static void exponentiate_block(struct block *block)
{
    for (size_t k = block->n; k % FG_LANES; k++)
        block->su[k] = 0;
    for (size_t k = 0; k < block->n; k += FG_LANES)
        lanes_store(block->e + k, lanes_exp(-lanes_load(block->su + k)));
}

/* Adds what a block has summed; rho = -s p. */
static inline void add_sums(const struct block *block, lanes p, lanes pd, lanes w, lanes wd, lanes wdd,
                            struct total *total)
{
    lanes_add(&total->of[FG_G0], -block->s * p);
    lanes_add(&total->of[FG_G1], -block->s * pd);
    lanes_add(&total->of[FG_W0], w);
    lanes_add(&total->of[FG_W1], wd);
    lanes_add(&total->of[FG_W2], wdd);
}

/* Adds a block to one vector of cells; `e` holds their e^{-s r}. The product is put away after each `stretch`
 * of samples, before it can leave the range. */
static void add_separable(const struct block *block, size_t stretch, lanes e, struct total *total)
{
    lanes p_sum = {0}, pd_sum = {0}, w_sum = {0}, wd_sum = {0}, wdd_sum = {0};
    for (size_t k = 0; k < block->n;) {
        size_t end = block->n - k < stretch ? block->n : k + stretch;
        lanes product = {0};
        for (; k < end; k++) {
            lanes q = block->e[k] * e;
            lanes q1 = 1.0 + q;
            lanes t = 1.0 / q1;
            lanes p = q * t;            /* p = q / (1 + q) */
            lanes w = p * t;            /* w = z (1 - z) = p / (1 + q) */
            product = product * q1 + q; /* (1 + product)(1 + q) - 1, right also where every q is tiny */
            p_sum += p;
            pd_sum += p * block->d[k];
            w_sum += w;
            wd_sum += w * block->d[k];
            wdd_sum += w * block->d_squared[k];
        }
        lanes_log_add(&total->log, product);
    }
    add_sums(block, p_sum, pd_sum, w_sum, wd_sum, wdd_sum, total);
}

/* The same without the range of an exponential: e^-|m| never overflows, and log1p(e^-m) = max(-m, 0) +
 * log1p(e^-|m|). `r` holds the cells' r. A product of FG_BLOCK factors of at most 2 stays in range. */
static void add_safe(const struct block *block, lanes r, struct total *total)
{
    lanes product = {0}, wrong = {0}, p_sum = {0}, pd_sum = {0}, w_sum = {0}, wd_sum = {0}, wdd_sum = {0};
    for (size_t k = 0; k < block->n; k++) {
        lanes m = block->su[k] + block->s * r;
        lanes e = lanes_exp(-lanes_abs(m));
        lanes t = 1.0 / (1.0 + e);
        lanes p = lanes_select(m > 0, e * t, t);
        lanes w = e * t * t;
        product = product * (1.0 + e) + e;
        wrong += lanes_max(-m, lanes_all(0));
        p_sum += p;
        pd_sum += p * block->d[k];
        w_sum += w;
        wd_sum += w * block->d[k];
        wdd_sum += w * block->d_squared[k];
    }
    lanes_log_add(&total->log, product);
    lanes_add(&total->of[FG_L], wrong);
    add_sums(block, p_sum, pd_sum, w_sum, wd_sum, wdd_sum, total);
}

/* Adds the samples first..end-1, all of one class, to all cells. */
static void add_class(const struct fg_samples *samples, const struct fg_kernel_params *params,
                      const struct fg_phi_terms *phi_terms, const double *r, size_t n, size_t first,
                      size_t end, double s, struct total *totals)
{
    struct block block;
    double e[FG_CHUNK]; /* e^{-s r} */
    if (params->separable) {
        for (size_t j = 0; j < n; j += FG_LANES)
            lanes_store(e + j, lanes_exp(-s * lanes_load(r + j)));
    }
    for (; first < end; first += block.n) {
        fill_block(&block, samples, phi_terms, first, end - first < FG_BLOCK ? end - first : FG_BLOCK, s);
        if (params->separable) {
            exponentiate_block(&block);
            for (size_t j = 0; j < n; j += FG_LANES)
                add_separable(&block, params->stretch, lanes_load(e + j), &totals[j / FG_LANES]);
        } else {
            for (size_t j = 0; j < n; j += FG_LANES)
                add_safe(&block, lanes_load(r + j), &totals[j / FG_LANES]);
        }
    }
}

void FG_TARGET(fg_moments)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                           const struct fg_phi_terms *phi_terms, const double *r, size_t n,
                           struct fg_moments *moments)
{
    double padded[FG_CHUNK];
    size_t vectors = (n + FG_LANES - 1) / FG_LANES;
    memcpy(padded, r, n * sizeof *r);
    for (size_t j = n; j < vectors * FG_LANES; j++)
        padded[j] = r[n - 1];

    struct total totals[FG_CHUNK / FG_LANES];
    memset(totals, 0, vectors * sizeof totals[0]);
    add_class(samples, params, phi_terms, padded, n, 0, samples->n_class0, +1.0, totals);
    add_class(samples, params, phi_terms, padded, n, samples->n_class0, samples->n, -1.0, totals);

    for (size_t v = 0; v < vectors; v++) {
        for (size_t m = 0; m < FG_N_MOMENTS; m++) {
            lanes sum = totals[v].of[m].high + totals[v].of[m].low;
            lanes_store(moments->of[m] + v * FG_LANES,
                        m == FG_L ? sum + lanes_log_value(&totals[v].log) : sum);
        }
    }
}
