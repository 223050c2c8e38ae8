/* Newton's method for a stationary point of the loss, with sums over all samples in pairs of doubles. */
#ifndef FISHERGRID_NEWTON_SEARCH_H
#define FISHERGRID_NEWTON_SEARCH_H

#include "fishergrid/stationary.h"

/* Input and memory of a search. */
struct fg_newton_search {
    const struct fg_kernel *kernel;
    const struct fg_samples *samples;
    double spread; /* maximum distance of a sample from the mean */
    int threads;
    struct fg_precise_sums *block; /* memory for the sums of blocks */
};

/* Allocates memory. Free it with fg_newton_search_free, which does nothing on zeros.
 * Errors: FG_FAILED if memory runs out. */
enum fg_status fg_newton_search_init(struct fg_newton_search *search, const struct fg_kernel *kernel,
                                     const struct fg_samples *samples, double spread, int threads,
                                     struct fg_error *error);
void fg_newton_search_free(struct fg_newton_search *search);

/* A place in the plane, and the mean of a_phi under the weights w there. */
struct fg_place {
    long double phi, r, M;
};

/* Sums over all samples at a place, named as in enum fg_precise_sum. d is about `centre` plus `shift`. */
struct fg_near_sums {
    double phi, r;
    long double mean_u, centre; /* a - r and a_phi of the mean of the samples */
    long double shift;
    long double loss, G0, rho_d, rho_u;
    long double W0, W1, W2, U0, U1, V[4]; /* sums of w d^k, of w u d^k, and of dw/da d^k */
    long double abs_tails, abs_rho_d, abs_w_d;
};

/* A zero of (N, G0), and the sums at a place next to it. */
struct fg_zero {
    long double phi, r;
    struct fg_near_sums near;
};

/* Finds the zero of N between `low` and `high`, at which N has different signs, from a place next to it,
 * whose M is approximately known. Returns whether the zero is determined to about a unit in the last place of
 * a double. The watcher may be NULL; if it stops the search, the result has no meaning. */
bool fg_newton_search_refine(const struct fg_newton_search *search, double low, double high,
                             const struct fg_watcher *watcher, struct fg_place at, struct fg_zero *zero);

/* Describes the zero, rounded to the doubles phi and r. It may be at some whole turns from where it was
 * found; `turned` is their angle. */
struct fg_stationary_point fg_newton_search_describe(const struct fg_newton_search *search,
                                                     const struct fg_zero *zero, long double turned,
                                                     double phi, double r);

#endif
