/* Newton's method on (N, G0) = 0.
 *
 * The zero is found as accurately as N and G0 are known. The error of a step has three parts: the errors of N
 * and G0 divided by S and W0; the relative errors of S, W0 and M times the step; and the square of the step.
 * N and G0 are sums of pairs, whose terms have relative errors of 2^-66. Sine, cosine and a of the mean are
 * long doubles, whose errors of 2^-64 are larger. The terms of the other sums are rounded to doubles; after a
 * step from 1e-12 away, this leaves an error of about 1e-27. So one pass over the samples suffices if the
 * search begins so near, as it does if the samples have sources. From this pass, the sums at the zero rounded
 * to doubles follow by their derivatives: their change is of the order of the step, and the error of the
 * change of the order of its square. */
#include "newton_search.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Samples are summed in blocks of at least BLOCK_SAMPLES. The blocks are added in order, so the sums do not
 * depend on the number of threads. */
enum { BLOCK_SAMPLES = 4096, BLOCKS = 1024 };

/* A step is the last if it moves a by at most this. The remaining error is of the order of its square, far
 * below the rounding of a double. */
#define SMALL_STEP 1e-12L
/* Sums are moved from place to place if that changes a by at most this. The square is below the rounding of a
 * double. */
#define LARGEST_MOVE 1e-8L
enum { STEPS = 300 };

/* The values that sums give. */
struct derivatives {
    long double N, S, C;
    long double mean, M; /* means of d and of a_phi under the weights */
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

/* Computes the sums at (phi, r), where the mean of a_phi under the weights is about M. They take d about M,
 * so that C does not cancel. */
static struct fg_near_sums sums_at(const struct fg_newton_search *search, double phi, double r, long double M)
{
    const struct fg_samples *samples = search->samples;
    const long double sine = sinl(phi), cosine = cosl(phi);
    struct fg_near_sums of = {.phi = phi,
                              .r = r,
                              .mean_u = sine * samples->mean0 + cosine * samples->mean1,
                              .centre = cosine * samples->mean0 - sine * samples->mean1};
    of.shift = M - of.centre;
    const struct fg_precise_place place = {pair_of(sine), pair_of(cosine), pair_of(of.mean_u + r),
                                           pair_of(of.shift)};
    const struct fg_precise_sums sums = sum_all(search, &place);
    of.loss = value_of_sum(&sums, FG_PRECISE_LOSS);
    of.G0 = value_of_sum(&sums, FG_PRECISE_WHOLE) + value_of_sum(&sums, FG_PRECISE_TAILS);
    of.rho_d = value_of_sum(&sums, FG_PRECISE_RHO_D);
    of.rho_u = value_of_sum(&sums, FG_PRECISE_RHO_U);
    of.W0 = value_of_sum(&sums, FG_PRECISE_W);
    of.W1 = value_of_sum(&sums, FG_PRECISE_W_D);
    of.W2 = value_of_sum(&sums, FG_PRECISE_W_D_D);
    of.U0 = value_of_sum(&sums, FG_PRECISE_W_U);
    of.U1 = value_of_sum(&sums, FG_PRECISE_W_U_D);
    for (int power = 0; power <= 3; power++)
        of.V[power] = value_of_sum(&sums, (enum fg_precise_sum)(FG_PRECISE_V + power));
    of.abs_tails = value_of_sum(&sums, FG_PRECISE_ABS_TAILS);
    of.abs_rho_d = value_of_sum(&sums, FG_PRECISE_ABS_RHO_D);
    of.abs_w_d = value_of_sum(&sums, FG_PRECISE_ABS_W_D);
    return of;
}

/* Returns the sums at (phi + along_phi, r + along_r), with an error of the order of the square of the step. a
 * of a sample changes by d along_phi + step, d by -u along_phi and u by (d + shift) along_phi. */
static struct fg_near_sums moved(struct fg_near_sums of, long double along_phi, long double along_r)
{
    const struct fg_near_sums from = of;
    const long double step = (from.centre + from.shift) * along_phi + along_r;
    of.centre -= from.mean_u * along_phi;
    of.loss += from.rho_d * along_phi + from.G0 * step;
    of.G0 += from.W1 * along_phi + from.W0 * step;
    of.rho_d += (from.W2 - from.rho_u) * along_phi + from.W1 * step;
    of.rho_u += (from.U1 + from.rho_d + from.shift * from.G0) * along_phi + from.U0 * step;
    of.W0 += from.V[1] * along_phi + from.V[0] * step;
    of.W1 += (from.V[2] - from.U0) * along_phi + from.V[1] * step;
    of.W2 += (from.V[3] - 2 * from.U1) * along_phi + from.V[2] * step;
    return of;
}

static struct derivatives derivatives_of(const struct fg_near_sums *sums)
{
    const long double mean = sums->W0 > 0 ? sums->W1 / sums->W0 : 0, C = sums->W2 - mean * sums->W1;
    /* h about 0 differs from h about the mean of the samples by a multiple of G0, which is 0 at the point */
    return (struct derivatives){.N = sums->rho_d - mean * sums->G0,
                                .S = C - sums->rho_u,
                                .C = C,
                                .mean = mean,
                                .M = sums->centre + sums->shift + mean};
}

/* Returns `step`, cut to at most `most` in size; 0 if `step` is NaN. */
static long double damped(long double step, long double most)
{
    return isnan(step) ? 0 : fmaxl(-most, fminl(step, most));
}

/* Returns whether the place is known well enough to be rounded to doubles. Sine, cosine and a of the mean are
 * rounded to long doubles. The rounding of r and of a of the mean is the same for all samples, so it moves r
 * alone. The errors of the sums in pairs are smaller. */
static bool is_determined(const struct fg_newton_search *search, const struct fg_near_sums *sums,
                          const struct derivatives *of)
{
    const long double few = 8 * fmaxl(LDBL_EPSILON, 0x1p-63L), a = search->spread + 1, mean = fabsl(of->mean);
    const long double lost_G0 = few * (sums->abs_tails + a * sums->W0),
                      lost_N = few * (sums->abs_rho_d + mean * sums->abs_tails +
                                      a * (sums->abs_w_d + mean * sums->W0));
    const long double r = fabsl((long double)sums->r), error_phi = lost_N / fabsl(of->S),
                      error_r =
                          lost_G0 / sums->W0 + few * (r + fabsl(sums->mean_u + r)) + fabsl(of->M) * error_phi;
    const double scale_r = fmax(1, fmax(fabs(sums->r), search->samples->radius));
    return error_phi <= 2 * DBL_EPSILON && error_r <= DBL_EPSILON * scale_r;
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

struct fg_stationary_point fg_newton_search_describe(const struct fg_newton_search *search,
                                                     const struct fg_zero *zero, long double turned,
                                                     double phi, double r)
{
    const long double along_phi = (phi - turned) - zero->near.phi;
    const struct fg_near_sums sums = fabsl(along_phi) * fmaxl(1, search->spread) <= LARGEST_MOVE
                                         ? moved(zero->near, along_phi, (long double)r - zero->near.r)
                                         : sums_at(search, phi, r, derivatives_of(&zero->near).M);
    struct derivatives of = derivatives_of(&sums);
    /* where F has rank 1, C comes from the rounding of phi alone */
    const long double rounding = 4 * DBL_EPSILON * search->spread;
    if (of.C <= sums.W0 * rounding * rounding) {
        of.S -= of.C;
        of.C = 0;
    }
    struct fg_stationary_point point = {.phi = phi,
                                        .r = r,
                                        .loss = (double)sums.loss,
                                        .kind = of.S > 0 ? FG_MINIMUM : FG_SADDLE,
                                        .gradient = (double)hypotl(of.N + of.M * sums.G0, sums.G0)};
    long double value[2];
    eigenvalues(of.C, of.M, sums.W0, value);
    store_pair(point.fisher, value);
    eigenvalues(of.S, of.M, sums.W0, value);
    store_pair(point.hessian, value);
    value[0] = 1;
    value[1] = of.S / of.C;
    store_pair(point.relative, value);
    return point;
}

/* Returns the size up to which a step is the last. It is not below the rounding of a place to doubles. */
static long double small_step(const struct fg_newton_search *search)
{
    return fmaxl(SMALL_STEP, 8 * DBL_EPSILON * (long double)search->samples->radius);
}

bool fg_newton_search_refine(const struct fg_newton_search *search, double low, double high,
                             const struct fg_watcher *watcher, struct fg_place at, struct fg_zero *zero)
{
    for (int k = 0; k < STEPS; k++) {
        if (watcher && watcher->stop && watcher->stop(watcher->context))
            return false;
        const struct fg_near_sums sums = sums_at(search, (double)at.phi, (double)at.r, at.M);
        const struct derivatives of = derivatives_of(&sums);
        /* Moves r alone first: far from its zero, G0 is an exponential of r, and each step of Newton's method
         * moves r by 1. */
        const long double off = damped(-sums.G0 / sums.W0, 1);
        const long double step = fabsl(off) > 0.01L ? 0 : damped(-of.N / of.S, (long double)high - low);
        const long double phi = fmaxl(low, fminl(sums.phi + step, high));
        at = (struct fg_place){.phi = phi, .r = sums.r + off - of.M * (phi - sums.phi), .M = of.M};
        if (fmaxl(fabsl(off), fabsl(step) * fmaxl(1, search->spread)) > small_step(search))
            continue;
        *zero = (struct fg_zero){.phi = at.phi, .r = at.r, .near = sums};
        return phi == sums.phi + step && is_determined(search, &sums, &of);
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
