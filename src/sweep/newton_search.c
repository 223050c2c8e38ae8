#include "newton_search.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Samples are summed in blocks, at least so many samples in each, and the blocks are added in order: so the
 * sums do not depend on the threads. */
enum { BLOCK_SAMPLES = 4096, BLOCKS = 1024 };

/* After a step as small as that, what is left is of its square, below the rounding of a long double. */
#define LAST_STEP 1e-10L
enum { STEPS = 300 };

/* Sums over samples at one place. p = 1 - t where the label is not the likely one, else p = t; t is below 1/2
 * and has all its digits also where the network saturates. So G0 is a whole number and a sum of t. */
struct fg_newton_sums {
    long double whole, tails;      /* G0 = whole + tails */
    long double G1, W0, W1, W2, h; /* as in fishergrid/kernel.h, with d about `shift`; h about the mean */
    long double loss;
    long double t, t_d, w_d; /* sums of t, of |rho d| and of w |d| */
};

static void add_sums(struct fg_newton_sums *to, const struct fg_newton_sums *more)
{
    to->whole += more->whole;
    to->tails += more->tails;
    to->G1 += more->G1;
    to->W0 += more->W0;
    to->W1 += more->W1;
    to->W2 += more->W2;
    to->h += more->h;
    to->loss += more->loss;
    to->t += more->t;
    to->t_d += more->t_d;
    to->w_d += more->w_d;
}

/* The place and what follows from it. */
struct direction {
    long double sine, cosine;
    long double mean;  /* a of the mean of the samples */
    long double a_phi; /* a_phi of the mean */
    long double shift; /* what is taken from d */
};

static struct direction direction_at(const struct fg_samples *samples, const struct fg_place *at,
                                     long double shift)
{
    const long double sine = sinl(at->phi), cosine = cosl(at->phi);
    return (struct direction){.sine = sine,
                              .cosine = cosine,
                              .mean = sine * samples->mean0 + cosine * samples->mean1 + at->r,
                              .a_phi = cosine * samples->mean0 - sine * samples->mean1,
                              .shift = shift};
}

/* Samples first..end-1. */
static struct fg_newton_sums sum_block(const struct fg_samples *samples, const struct direction *direction,
                                       bool with_loss, size_t first, size_t end)
{
    struct fg_newton_sums sums = {0};
    for (size_t k = first; k < end; k++) {
        const long double e0 = (long double)samples->x0[k] - samples->mean0;
        const long double e1 = (long double)samples->x1[k] - samples->mean1;
        const long double u = direction->sine * e0 + direction->cosine * e1;
        const long double d = direction->cosine * e0 - direction->sine * e1 - direction->shift;
        const long double s = k < samples->n_class0 ? 1 : -1, m = s * (u + direction->mean);
        const long double e = expl(-fabsl(m)), t = e / (1 + e), w = t / (1 + e);
        const long double tail = m < 0 ? s * t : -s * t, rho = m < 0 ? tail - s : tail;
        sums.whole -= m < 0 ? s : 0;
        sums.tails += tail;
        sums.G1 += rho * d;
        sums.W0 += w;
        sums.W1 += w * d;
        sums.W2 += w * d * d;
        sums.h -= rho * u;
        sums.loss += with_loss ? fmaxl(-m, 0) + log1pl(e) : 0;
        sums.t += t;
        sums.t_d += fabsl(rho * d);
        sums.w_d += w * fabsl(d);
    }
    return sums;
}

static size_t block_size(size_t n)
{
    const size_t size = (n + BLOCKS - 1) / BLOCKS;
    return size > BLOCK_SAMPLES ? size : BLOCK_SAMPLES;
}

static struct fg_newton_sums sum_all(const struct fg_newton_search *search, const struct direction *direction,
                                     bool with_loss)
{
    const size_t n = search->samples->n, size = block_size(n), blocks = (n + size - 1) / size;
    struct fg_newton_sums sums = {0};
#pragma omp parallel for schedule(dynamic, 1) num_threads(search->threads) if (blocks > 1)
    for (size_t b = 0; b < blocks; b++)
        search->block[b] =
            sum_block(search->samples, direction, with_loss, b * size, b + 1 < blocks ? (b + 1) * size : n);
    for (size_t b = 0; b < blocks; b++)
        add_sums(&sums, &search->block[b]);
    return sums;
}

/* What follows from the sums. */
struct derivatives {
    long double G0, N, S, W0, C, M; /* M: mean of a_phi under the weights */
    long double error_phi, error_r; /* how far rounding may move the zero of (N, G0) */
};

static struct derivatives derivatives_of(const struct fg_newton_search *search, const struct fg_place *at,
                                         const struct direction *direction, const struct fg_newton_sums *sums)
{
    const long double mean = sums->W0 > 0 ? sums->W1 / sums->W0 : 0, G0 = sums->whole + sums->tails;
    struct derivatives of = {.G0 = G0,
                             .N = sums->G1 - mean * G0,
                             .W0 = sums->W0,
                             .C = sums->W2 - mean * sums->W1,
                             .M = mean + direction->shift + direction->a_phi};
    /* h about the mean of the samples is h about 0 but for G0, which is 0 at the point */
    of.S = of.C + sums->h;
    /* Each term is rounded a few times; so is u, and with it a. The rounding of r and of the mean is the same
     * for all samples, and moves r alone. */
    const long double few = 8 * LDBL_EPSILON, a = search->spread + 1;
    const long double lost_G0 = few * (sums->t + a * sums->W0);
    const long double lost_N =
        few * (sums->t_d + fabsl(mean) * sums->t + a * (sums->w_d + fabsl(mean) * sums->W0));
    of.error_phi = lost_N / fabsl(of.S);
    of.error_r =
        lost_G0 / of.W0 + few * (fabsl(at->r) + fabsl(direction->mean - at->r)) + fabsl(of.M) * of.error_phi;
    return of;
}

static struct derivatives derivatives_at(const struct fg_newton_search *search, const struct fg_place *at)
{
    const struct direction direction = direction_at(search->samples, at, 0);
    const struct fg_newton_sums sums = sum_all(search, &direction, false);
    return derivatives_of(search, at, &direction, &sums);
}

/* `step`, but at most `most` in size; 0 where there is none. */
static long double damped(long double step, long double most)
{
    return isnan(step) ? 0 : fmaxl(-most, fminl(step, most));
}

/* Whether the place is known well enough to be rounded to doubles. */
static bool is_determined(const struct fg_newton_search *search, const struct derivatives *of,
                          const struct fg_place *at)
{
    const long double scale_r = fmaxl(1, fmaxl(fabsl(at->r), search->samples->radius));
    return of->error_phi <= 2 * DBL_EPSILON && of->error_r <= DBL_EPSILON * scale_r;
}

bool fg_newton_search_refine(const struct fg_newton_search *search, double low, double high,
                             const struct fg_watcher *watcher, struct fg_place *at)
{
    for (int k = 0; k < STEPS; k++) {
        if (watcher && watcher->stop && watcher->stop(watcher->context))
            return false;
        const struct derivatives of = derivatives_at(search, at);
        /* First r alone: far from its zero, G0 is an exponential of r, on which Newton's method moves by 1.
         */
        const long double off = damped(-of.G0 / of.W0, 1);
        const long double step = fabsl(off) > 0.01L ? 0 : damped(-of.N / of.S, (long double)high - low);
        const long double phi = fmaxl(low, fminl(at->phi + step, high));
        at->r += off - of.M * (phi - at->phi);
        at->M = of.M;
        const bool at_end = phi != at->phi + step;
        at->phi = phi;
        if (fabsl(off) <= LAST_STEP && fabsl(step) * fmaxl(1, search->spread) <= LAST_STEP)
            return !at_end && is_determined(search, &of, at);
    }
    return false;
}

/* The eigenvalues of the symmetric matrix (A + M^2 W, M W; M W, W), whose determinant is A W. The first has
 * the larger absolute value, and no digits cancel. */
static void eigenvalues(long double A, long double M, long double W, long double value[2])
{
    const long double trace = A + M * M * W + W, gap = hypotl(A + M * M * W - W, 2 * M * W);
    value[0] = (trace + (trace < 0 ? -gap : gap)) / 2;
    value[1] = value[0] == 0 ? 0 : A * (W / value[0]);
}

static void store_pair(double pair[2], const long double value[2])
{
    const int larger = value[0] < value[1];
    pair[0] = (double)value[larger];
    pair[1] = (double)value[!larger];
}

struct fg_stationary_point fg_newton_search_describe(const struct fg_newton_search *search,
                                                     const struct fg_place *at, double phi, double r)
{
    const struct fg_place rounded = {.phi = phi, .r = r};
    struct direction direction = direction_at(search->samples, &rounded, 0);
    direction.shift = at->M - direction.a_phi; /* so that C does not cancel */
    const struct fg_newton_sums sums = sum_all(search, &direction, true);
    struct derivatives of = derivatives_of(search, &rounded, &direction, &sums);
    /* where F has rank 1, phi is off by its rounding, and so is d */
    const long double rounding = 4 * DBL_EPSILON * search->spread;
    if (of.C <= of.W0 * rounding * rounding) {
        of.S -= of.C;
        of.C = 0;
    }
    struct fg_stationary_point point = {.phi = phi,
                                        .r = r,
                                        .loss = (double)sums.loss,
                                        .kind = of.S > 0 ? FG_MINIMUM : FG_SADDLE,
                                        .gradient = (double)hypotl(of.N + of.M * of.G0, of.G0)};
    long double value[2];
    eigenvalues(of.C, of.M, of.W0, value);
    store_pair(point.fisher, value);
    eigenvalues(of.S, of.M, of.W0, value);
    store_pair(point.hessian, value);
    value[0] = 1;
    value[1] = of.S / of.C;
    store_pair(point.relative, value);
    return point;
}

enum fg_status fg_newton_search_init(struct fg_newton_search *search, const struct fg_samples *samples,
                                     double spread, int threads, struct fg_error *error)
{
    *search = (struct fg_newton_search){.samples = samples, .spread = spread, .threads = threads};
    search->block = malloc(BLOCKS * sizeof *search->block);
    return search->block ? FG_OK : fg_fail(error, FG_FAILED, "no memory for the search of stationary points");
}

void fg_newton_search_free(struct fg_newton_search *search)
{
    free(search->block);
    search->block = NULL;
}
