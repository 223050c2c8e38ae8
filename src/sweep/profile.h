/* The profile of the loss: along each phi its minimum over r, where G0 = 0. Computed in double precision by
 * the kernel, to find where the profile is stationary; see fishergrid/stationary.h. */
#ifndef FISHERGRID_PROFILE_H
#define FISHERGRID_PROFILE_H

#include "fishergrid/kernel.h"

/* Samples or sources to sum, with the parameters of the kernel. */
struct fg_summed {
    const struct fg_samples *samples;
    struct fg_kernel_params params;
};

/* The part of a profile that does not depend on phi. If the samples have sources, points are computed from
 * the sources, which is quicker. They are computed again from the samples where the sources leave the sign of
 * N open: near zeros of N, and where all samples but a few are far on the right side of the line, so that the
 * sums have lost digits. */
struct fg_profile {
    const struct fg_kernel *kernel;
    struct fg_summed quick, exact; /* sources and samples; equal if there are no sources */
    double bound;                  /* -bound < r*(phi) < bound for every phi */
    double spread;                 /* maximum distance of a sample from the mean */
    double telling_N;              /* above this part of n spread, sources determine the sign of N */
};

/* A point of the profile. */
struct fg_profile_point {
    double phi, r;
    double loss, N, S; /* S = dN/dphi */
    double slope;      /* dr/dphi along the profile */
    double off;        /* step of Newton's method from r to the profile */
    double W0;         /* sum of the weights w, at most n / 4 */
};

/* Returns the profile of samples of both classes. `summed` is these samples, or their sources; both are
 * borrowed. */
struct fg_profile fg_profile_of(const struct fg_kernel *kernel, const struct fg_samples *samples,
                                const struct fg_samples *summed);

/* Computes the point at `phi`. The search for r begins at `r`, in steps of `width` > 0, and ends within about
 * `off` of r*(phi). N and S then have errors of the order of off^2. */
struct fg_profile_point fg_profile_at(const struct fg_profile *profile, double phi, double r, double width,
                                      double off);

#endif
