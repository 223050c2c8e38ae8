/* Sorts and centres a data set for the kernels. */
#include "fishergrid/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean by a running update: no sum that could lose the digits of a far, narrow cloud. */
static double mean(const double *x, size_t n)
{
    double mean = x[0];
    for (size_t k = 1; k < n; k++)
        mean += (x[k] - mean) / (double)(k + 1);
    return mean;
}

enum fg_status fg_samples_init(struct fg_samples *samples, const struct fg_dataset *dataset,
                               struct fg_error *error)
{
    size_t n = dataset->n;
    memset(samples, 0, sizeof *samples);
    double *memory = n <= SIZE_MAX / (4 * sizeof *memory) ? malloc(4 * n * sizeof *memory) : NULL;
    if (!memory)
        return fg_fail(error, FG_FAILED, "data set %s: no memory for %zu samples", dataset->name, n);
    samples->n = n;
    samples->x0 = memory;
    samples->x1 = memory + n;
    samples->d0 = memory + 2 * n;
    samples->d1 = memory + 3 * n;
    samples->mean0 = mean(dataset->x0, n);
    samples->mean1 = mean(dataset->x1, n);

    size_t k = 0;
    for (unsigned char label = 0; label <= 1; label++) {
        for (size_t i = 0; i < n; i++) {
            if (dataset->y[i] != label)
                continue;
            samples->x0[k] = dataset->x0[i];
            samples->x1[k] = dataset->x1[i];
            samples->d0[k] = dataset->x0[i] - samples->mean0;
            samples->d1[k] = dataset->x1[i] - samples->mean1;
            samples->radius = fmax(samples->radius, hypot(dataset->x0[i], dataset->x1[i]));
            k++;
        }
        if (label == 0)
            samples->n_class0 = k;
    }
    return FG_OK;
}

void fg_samples_free(struct fg_samples *samples)
{
    free(samples->x0); /* the head of the one block */
    memset(samples, 0, sizeof *samples);
}
