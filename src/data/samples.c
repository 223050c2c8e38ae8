/* Sorts a data set by class for the kernels. */
#include "fishergrid/samples.h"

#include <math.h>
#include <stdlib.h>

/* Mean by a running update: no sum that could lose the digits of a far, narrow cloud. */
static double mean(const double *x, size_t n)
{
    double mean = x[0];
    for (size_t k = 1; k < n; k++)
        mean += (x[k] - mean) / (double)(k + 1);
    return mean;
}

/* Number of samples of class 0 if they all come before those of class 1, else n + 1. */
static size_t count_sorted_class0(const struct fg_dataset *dataset)
{
    size_t n_class0 = 0;
    while (n_class0 < dataset->n && dataset->y[n_class0] == 0)
        n_class0++;
    for (size_t k = n_class0; k < dataset->n; k++) {
        if (dataset->y[k] == 0)
            return dataset->n + 1;
    }
    return n_class0;
}

/* Copies the samples, class 0 first. */
static void sort(struct fg_samples *samples, const struct fg_dataset *dataset)
{
    const size_t n = dataset->n;
    size_t k = 0;
    for (unsigned char label = 0; label <= 1; label++) {
        for (size_t i = 0; i < n; i++) {
            if (dataset->y[i] != label)
                continue;
            samples->owned[k] = dataset->x0[i];
            samples->owned[n + k] = dataset->x1[i];
            k++;
        }
        if (label == 0)
            samples->n_class0 = k;
    }
    samples->x0 = samples->owned;
    samples->x1 = samples->owned + n;
}

/* Mean and radius; the mean in the order of the data set. */
static void measure(struct fg_samples *samples, const struct fg_dataset *dataset)
{
    samples->n = dataset->n;
    samples->mean0 = mean(dataset->x0, dataset->n);
    samples->mean1 = mean(dataset->x1, dataset->n);
    for (size_t i = 0; i < dataset->n; i++)
        samples->radius = fmax(samples->radius, hypot(dataset->x0[i], dataset->x1[i]));
}

enum fg_status fg_samples_init(struct fg_samples *samples, const struct fg_dataset *dataset,
                               struct fg_error *error)
{
    const size_t n = dataset->n;
    double *memory = n <= SIZE_MAX / (2 * sizeof *memory) ? malloc(2 * n * sizeof *memory) : NULL;
    *samples = (struct fg_samples){.owned = memory};
    if (!memory)
        return fg_fail(error, FG_FAILED, "data set %s: no memory for %zu samples", dataset->name, n);
    measure(samples, dataset);
    sort(samples, dataset);
    return FG_OK;
}

enum fg_status fg_samples_borrow(struct fg_samples *samples, const struct fg_dataset *dataset,
                                 struct fg_error *error)
{
    const size_t n_class0 = count_sorted_class0(dataset);
    if (n_class0 > dataset->n)
        return fg_samples_init(samples, dataset, error);
    *samples = (struct fg_samples){.n_class0 = n_class0, .x0 = dataset->x0, .x1 = dataset->x1};
    measure(samples, dataset);
    return FG_OK;
}

void fg_samples_free(struct fg_samples *samples)
{
    free(samples->owned);
    *samples = (struct fg_samples){.n = 0};
}
