/* The profile of the loss: along each phi its minimum over r, where G0 = 0. Computed in double precision by
 * the kernel, to find where the profile is stationary; see fishergrid/stationary.h. */
#ifndef FISHERGRID_PROFILE_H
#define FISHERGRID_PROFILE_H

#include "fishergrid/kernel.h"

/* What does not depend on phi. */
struct fg_profile {
    const struct fg_kernel *kernel;
    const struct fg_samples *samples;
    struct fg_kernel_params params;
    double bound;  /* -bound < r*(phi) < bound for every phi */
    double spread; /* maximum distance of a sample from the mean */
};

/* A point of the profile. */
struct fg_profile_point {
    double phi, r;
    double loss, N, S; /* S = dN/dphi */
    double slope;      /* dr/dphi along the profile */
};

/* Returns the profile of samples of both classes. */
struct fg_profile fg_profile_of(const struct fg_kernel *kernel, const struct fg_samples *samples);

/* Computes the point at `phi`. The search of r begins at `r`, in steps of `width` > 0, and ends within about
 * `off` of r*(phi); N and S are then off by the square of that. */
struct fg_profile_point fg_profile_at(const struct fg_profile *profile, double phi, double r, double width,
                                      double off);

#endif
