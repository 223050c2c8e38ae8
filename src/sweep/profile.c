#include "profile.h"

#include <math.h>

#include "radius.h"

/* TRIED values of r are tried at once, one vector of the widest kernel; at most ROUNDS times. */
enum { TRIED = 8, ROUNDS = 60 };

/* Sources have an error of FG_SOURCE_ERROR = 2e-14: relative to n in W0, and to n spread in N. If W0 or N is
 * smaller than these parts of n and n spread, the samples are summed instead. The margin is wide, because the
 * error of G0 / W0 also moves r. */
#define TELLING_W0 1e-6
#define TELLING_N 1e-8

/* Returns what the kernel sums for a profile with -bound < r < bound. */
static struct fg_summed summed_of(const struct fg_samples *samples, double bound)
{
    return (struct fg_summed){samples, fg_kernel_params(samples, bound, FG_SUM, 0, 1u << FG_HESSIAN_PHI_PHI)};
}

struct fg_profile fg_profile_of(const struct fg_kernel *kernel, const struct fg_samples *samples,
                                const struct fg_samples *summed)
{
    struct fg_profile profile = {.kernel = kernel, .telling_N = TELLING_N};
    /* At r = -bound, a < -log n - 1 and z < 1 / (e n), so sum z < 1 and G0 < 0. At r = bound, G0 > 0
     * likewise. */
    profile.bound = samples->radius + log((double)samples->n) + 1;
    profile.spread = fg_radius(samples->x0, samples->x1, samples->n, samples->mean0, samples->mean1);
    profile.exact = summed_of(samples, profile.bound);
    profile.quick = summed_of(summed, profile.bound);
    return profile;
}

/* Returns the point for entry k of the moments. */
static struct fg_profile_point point_of(const struct fg_moments *moments, size_t k, double phi, double r,
                                        double centre)
{
    const double W0 = moments->of[FG_W0][k], W1 = moments->of[FG_W1][k], G0 = moments->of[FG_G0][k];
    const double mean = W0 > 0 ? W1 / W0 : 0;
    return (struct fg_profile_point){.phi = phi,
                                     .r = r,
                                     .loss = moments->of[FG_L][k],
                                     .N = moments->of[FG_G1][k] - mean * G0,
                                     .S = moments->of[FG_W2][k] - mean * W1 + moments->of[FG_H][k],
                                     .slope = -(mean + centre),
                                     .off = G0 == 0 ? 0 : -G0 / W0,
                                     .W0 = W0};
}

/* Fills `tried` with values of r around the guess `r`, or with values spread over the interval if `width` is
 * 0. */
static void place(double r, double width, double low, double high, double tried[TRIED])
{
    static const double offset[TRIED] = {0, -1, 1, -4, 4, -16, 16, 64};
    for (size_t k = 0; k < TRIED; k++)
        tried[k] = width > 0 ? fmin(fmax(r + width * offset[k], low), high)
                             : low + (high - low) * (double)(k + 1) / (TRIED + 1);
}

/* Finds r*(phi) by Newton's method and by narrowing the interval of r that has the zero of G0. Returns the
 * point of the last round with the smallest step. The arguments are those of fg_profile_at. */
static struct fg_profile_point search(const struct fg_profile *profile, const struct fg_summed *summed,
                                      double phi, double r, double width, double off)
{
    const struct fg_phi_terms terms = fg_phi_terms(summed->samples, phi);
    double low = -profile->bound, high = profile->bound, tried[TRIED];
    struct fg_moments moments;
    struct fg_profile_point at = {.phi = phi};
    for (int round = 0; round < ROUNDS; round++) {
        place(r, width, low, high, tried);
        profile->kernel->moments(summed->samples, &summed->params, &terms, tried, NULL, TRIED, &moments);
        for (size_t k = 0; k < TRIED; k++) {
            const struct fg_profile_point point = point_of(&moments, k, phi, tried[k], terms.centre);
            const double G0 = moments.of[FG_G0][k];
            low = G0 < 0 ? fmax(low, tried[k]) : low;
            high = G0 > 0 ? fmin(high, tried[k]) : high;
            at = k == 0 || fabs(point.off) < fabs(at.off) ? point : at;
        }
        if (fabs(at.off) <= off || high - low <= 1e-12 * profile->bound)
            break;
        r = at.r + at.off;
        width = r > low && r < high ? fabs(at.off) / 4 : 0;
    }
    return at;
}

/* Returns whether the sources determine the sign of N at a point. */
static bool is_told(const struct fg_profile *profile, const struct fg_profile_point *at)
{
    const double n = (double)profile->exact.samples->n;
    return at->W0 >= TELLING_W0 * n && fabs(at->N) >= profile->telling_N * n * profile->spread;
}

struct fg_profile_point fg_profile_at(const struct fg_profile *profile, double phi, double r, double width,
                                      double off)
{
    const struct fg_profile_point at = search(profile, &profile->quick, phi, r, width, off);
    return profile->quick.samples == profile->exact.samples || is_told(profile, &at)
               ? at
               : search(profile, &profile->exact, phi, at.r, off, off);
}
