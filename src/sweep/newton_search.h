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

/* Moves `at`, whose M is approximately known, to the zero of N between `low` and `high`, at which N has
 * different signs. Describes the point that is `at` rounded to doubles. Returns whether the place is
 * determined to about a unit in the last place of a double; otherwise `point` is not set. The watcher may be
 * NULL; if it stops the search, the result has no meaning. */
bool fg_newton_search_refine(const struct fg_newton_search *search, double low, double high,
                             const struct fg_watcher *watcher, struct fg_place *at,
                             struct fg_stationary_point *point);

/* Describes the point (phi, r): `at` rounded, perhaps a few turns away. The values are sums over the
 * samples. */
struct fg_stationary_point fg_newton_search_describe(const struct fg_newton_search *search,
                                                     const struct fg_place *at, double phi, double r);

#endif
