/* Random data sets of many kinds: ordinary, tiny, far, saturated, clustered, degenerate. */
#ifndef FISHERGRID_CLOUDS_H
#define FISHERGRID_CLOUDS_H

#include "check.h"

/* A way to scatter samples. */
struct cloud {
    const char *name;
    size_t n;
    double x0, x1, spread; /* uniform in a square of half-width `spread` */
    double apart;          /* class 1 is shifted by this in x1 */
    double class1;         /* fraction of class 1 */
    double r_bound;        /* |r| asked for */
    bool equal;            /* all samples coincide with one of two points */
};

static const struct cloud clouds[] = {
    {"ordinary", 100, 1, 1, 1, 1, 0.5, 5, false},
    {"large", 3000, 1, 1, 1, 1, 0.5, 5, false},
    {"tiny", 50, 0, 0, 1e-3, 0, 0.5, 5, false},
    {"tiny and far", 50, 30, -20, 1e-3, 0, 0.5, 50, false},
    {"saturated", 60, 40, -25, 2, 0, 0.5, 5, false},
    {"saturated, wide r", 60, 40, -25, 2, 0, 0.5, 700, false},
    {"wide", 100, 0, 0, 50, 0, 0.5, 50, false},
    {"very wide", 100, 0, 0, 1000, 0, 0.5, 700, false},
    {"two clusters", 100, 0, -8, 0.1, 16, 0.5, 5, false},
    {"far clusters", 100, 0, -300, 0.1, 600, 0.5, 350, false},
    {"one class", 70, 1, 1, 1, 0, 0, 5, false},
    {"other class", 70, 1, 1, 1, 0, 1, 5, false},
    {"unbalanced", 1000, 1, 1, 1, 1, 0.01, 5, false},
    {"duplicates", 64, 1, 1, 1, 0, 0.5, 5, true},
    {"outliers", 200, 1, 1, 1, 60, 0.02, 5, false},
    {"one sample", 1, 1, 1, 1, 0, 0, 5, false},
    {"two samples", 2, 1, 1, 1, 1, 0.5, 5, false},
};
enum { N_CLOUDS = sizeof clouds / sizeof *clouds };

static inline struct fg_samples scatter(const struct cloud *cloud, uint64_t *random)
{
    double *x0 = malloc(cloud->n * sizeof *x0), *x1 = malloc(cloud->n * sizeof *x1);
    unsigned char *y = malloc(cloud->n);
    for (size_t k = 0; k < cloud->n; k++) {
        bool copy = cloud->equal && k >= 2;
        y[k] = uniform(random) < cloud->class1;
        x0[k] = copy ? x0[k % 2] : cloud->x0 + between(random, -cloud->spread, cloud->spread);
        x1[k] = copy ? x1[k % 2]
                     : cloud->x1 + between(random, -cloud->spread, cloud->spread) + y[k] * cloud->apart;
    }
    struct fg_samples samples = samples_of(cloud->n, x0, x1, y);
    free(x0);
    free(x1);
    free(y);
    return samples;
}

#endif
