/* Newton's method on (N, G0) = 0.
 *
 * The zero is found as accurately as N and G0 are known. The error of a step has three parts: the errors of N
 * and G0 divided by S and W0; the relative errors of S, W0 and M times the step; and the square of the step.
 * N and G0 are sums of pairs, whose terms have relative errors of 2^-66. Sine, cosine and a of the mean are
 * long doubles, whose errors of 2^-64 are larger. The terms of the other sums are rounded to doubles; after a
 * step from 1e-10 away, this leaves an error of about 1e-25. So the last pass over the samples may be at the
 * place rounded to doubles: it gives the values of the point, and the distance of the zero from it. */
#include "newton_search.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Samples are summed in blocks of at least BLOCK_SAMPLES. The blocks are added in order, so the sums do not
 * depend on the number of threads. */
enum { BLOCK_SAMPLES = 4096, BLOCKS = 1024 };

/* A step is the last if it moves a by at most this. The remaining error is of the order of its square, below
 * the rounding of a double. */
#define SMALL_STEP 1e-10L
enum { STEPS = 300, SMALL_STEPS = 3 };

/* A place, given by doubles, and the values that the sums there give. */
struct derivatives {
    double phi, r;
    long double loss, G0, N, S, W0, C;
    long double M;                  /* mean of a_phi under the weights */
    long double error_phi, error_r; /* how far rounding may move the zero of (N, G0) */
};

/* Splits x into the sum of two doubles. */
static struct fg_pair pair_of(long double x)
{
    const double high = (double)x;
    return (struct fg_pair){high, (double)(x - high)};
}

static long double value_of_sum(const struct fg_precise_sums *sums, enum fg_precise_sum m)
{
    return ((long double)sums->of[m].high + sums->of[m].low) / FG_PRECISE_SCALE;
}

static size_t block_size(size_t n)
{
    const size_t size = (n + BLOCKS - 1) / BLOCKS;
    return size > BLOCK_SAMPLES ? size : BLOCK_SAMPLES;
}

/* Sums over all samples at a place. */
static struct fg_precise_sums sum_all(const struct fg_newton_search *search,
                                      const struct fg_precise_place *place)
{
    const size_t n = search->samples->n, size = block_size(n), blocks = (n + size - 1) / size;
    struct fg_precise_sums sums = {0};
#pragma omp parallel for schedule(dynamic, 1) num_threads(search->threads) if (blocks > 1)
    for (size_t b = 0; b < blocks; b++)
        search->kernel->precise_sums(search->samples, place, b * size, b + 1 < blocks ? (b + 1) * size : n,
                                     &search->block[b]);
    for (size_t b = 0; b < blocks; b++)
        fg_precise_sums_add(&sums, &search->block[b]);
    return sums;
}

/* Computes the values at (phi, r), where the mean of a_phi under the weights is about M. The sums take d
 * about M, so that C does not cancel. */
static struct derivatives derivatives_at(const struct fg_newton_search *search, double phi, double r,
                                         long double M)
{
    const struct fg_samples *samples = search->samples;
    const long double sine = sinl(phi), cosine = cosl(phi);
    const long double mean_a = sine * samples->mean0 + cosine * samples->mean1;
    const long double shift = M - (cosine * samples->mean0 - sine * samples->mean1);
    const struct fg_precise_place place = {pair_of(sine), pair_of(cosine), pair_of(mean_a + r),
                                           pair_of(shift)};
    const struct fg_precise_sums sums = sum_all(search, &place);
    const long double W0 = value_of_sum(&sums, FG_PRECISE_W), W1 = value_of_sum(&sums, FG_PRECISE_W_D);
    const long double mean = W0 > 0 ? W1 / W0 : 0;
    struct derivatives of = {.phi = phi, .r = r, .W0 = W0, .M = M + mean};
    of.loss = value_of_sum(&sums, FG_PRECISE_LOSS);
    of.G0 = value_of_sum(&sums, FG_PRECISE_WHOLE) + value_of_sum(&sums, FG_PRECISE_TAILS);
    of.N = value_of_sum(&sums, FG_PRECISE_RHO_D) - mean * of.G0;
    of.C = value_of_sum(&sums, FG_PRECISE_W_D_D) - mean * W1;
    /* h about 0 differs from h about the mean of the samples by a multiple of G0, which is 0 at the point */
    of.S = of.C - value_of_sum(&sums, FG_PRECISE_RHO_U);
    /* Sine, cosine and a of the mean are rounded to long doubles. The rounding of r and of a of the mean is
     * the same for all samples, so it moves r alone. The errors of the sums in pairs are smaller. */
    const long double few = 8 * fmaxl(LDBL_EPSILON, 0x1p-63L), a = search->spread + 1;
    const long double tails = value_of_sum(&sums, FG_PRECISE_ABS_TAILS), lost_G0 = few * (tails + a * W0),
                      lost_N = few * (value_of_sum(&sums, FG_PRECISE_ABS_RHO_D) + fabsl(mean) * tails +
                                      a * (value_of_sum(&sums, FG_PRECISE_ABS_W_D) + fabsl(mean) * W0));
    of.error_phi = lost_N / fabsl(of.S);
    of.error_r = lost_G0 / W0 + few * (fabsl((long double)r) + fabsl(mean_a)) + fabsl(of.M) * of.error_phi;
    return of;
}

/* Returns `step`, cut to at most `most` in size; 0 if `step` is NaN. */
static long double damped(long double step, long double most)
{
    return isnan(step) ? 0 : fmaxl(-most, fminl(step, most));
}

/* Returns whether the place is known well enough to be rounded to doubles. */
static bool is_determined(const struct fg_newton_search *search, const struct derivatives *of)
{
    const double scale_r = fmax(1, fmax(fabs(of->r), search->samples->radius));
    return of->error_phi <= 2 * DBL_EPSILON && of->error_r <= DBL_EPSILON * scale_r;
}

/* Computes the eigenvalues of the symmetric matrix (A + M^2 W, M W; M W, W), whose determinant is A W. The
 * first has the larger absolute value. No digits cancel. */
static void eigenvalues(long double A, long double M, long double W, long double value[2])
{
    const long double trace = A + M * M * W + W, gap = hypotl(A + M * M * W - W, 2 * M * W);
    value[0] = (trace + (trace < 0 ? -gap : gap)) / 2;
    value[1] = value[0] == 0 ? 0 : A * (W / value[0]);
}

/* Stores two eigenvalues, the larger first. */
static void store_pair(double pair[2], const long double value[2])
{
    const int larger = value[0] < value[1];
    pair[0] = (double)value[larger];
    pair[1] = (double)value[!larger];
}

/* Returns the point with the eigenvalues that follow from its derivatives. */
static struct fg_stationary_point describe(const struct fg_newton_search *search, struct derivatives of)
{
    /* where F has rank 1, C comes from the rounding of phi alone */
    const long double rounding = 4 * DBL_EPSILON * search->spread;
    if (of.C <= of.W0 * rounding * rounding) {
        of.S -= of.C;
        of.C = 0;
    }
    struct fg_stationary_point point = {.phi = of.phi,
                                        .r = of.r,
                                        .loss = (double)of.loss,
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

struct fg_stationary_point fg_newton_search_describe(const struct fg_newton_search *search,
                                                     const struct fg_place *at, double phi, double r)
{
    return describe(search, derivatives_at(search, phi, r, at->M));
}

/* Returns the size up to which a step is the last. It is not below the rounding of a place to doubles. */
static long double small_step(const struct fg_newton_search *search)
{
    return fmaxl(SMALL_STEP, 8 * DBL_EPSILON * (long double)search->samples->radius);
}

bool fg_newton_search_refine(const struct fg_newton_search *search, double low, double high,
                             const struct fg_watcher *watcher, struct fg_place *at,
                             struct fg_stationary_point *point)
{
    for (int k = 0, small = 0; k < STEPS; k++) {
        if (watcher && watcher->stop && watcher->stop(watcher->context))
            return false;
        const struct derivatives of = derivatives_at(search, (double)at->phi, (double)at->r, at->M);
        /* Moves r alone first: far from its zero, G0 is an exponential of r, and each step of Newton's method
         * moves r by 1. */
        const long double off = damped(-of.G0 / of.W0, 1);
        const long double step = fabsl(off) > 0.01L ? 0 : damped(-of.N / of.S, (long double)high - low);
        const long double phi = fmaxl(low, fminl(of.phi + step, high));
        *at = (struct fg_place){.phi = phi, .r = of.r + off - of.M * (phi - of.phi), .M = of.M};
        if (fmaxl(fabsl(off), fabsl(step) * fmaxl(1, search->spread)) > small_step(search))
            continue;
        if (phi != of.phi + step || !is_determined(search, &of))
            return false;
        /* the sums describe the point if they were taken at the zero, rounded to doubles */
        if (((double)phi == of.phi && (double)at->r == of.r) || ++small == SMALL_STEPS) {
            *point = describe(search, of);
            return true;
        }
    }
    return false;
}

enum fg_status fg_newton_search_init(struct fg_newton_search *search, const struct fg_kernel *kernel,
                                     const struct fg_samples *samples, double spread, int threads,
                                     struct fg_error *error)
{
    *search =
        (struct fg_newton_search){.kernel = kernel, .samples = samples, .spread = spread, .threads = threads};
    search->block = malloc(BLOCKS * sizeof *search->block);
    return search->block ? FG_OK : fg_fail(error, FG_FAILED, "no memory for the search of stationary points");
}

void fg_newton_search_free(struct fg_newton_search *search)
{
    free(search->block);
    search->block = NULL;
}
