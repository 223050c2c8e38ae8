/* Sorts a data set by class for the kernels. */
#include "fishergrid/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "radius.h"

/* For most points, the squared distance shows that another point is farther away. It has a relative error of
 * 3e-16 unless it is below 1e-300. So hypot, which is slow, is called for few points. */
double fg_radius(const double *x0, const double *x1, size_t n, double centre0, double centre1)
{
    double radius = 0, least = 0;
    for (size_t i = 0; i < n; i++) {
        const double d0 = x0[i] - centre0, d1 = x1[i] - centre1;
        if (d0 * d0 + d1 * d1 < least)
            continue;
        radius = fmax(radius, hypot(d0, d1));
        least = radius > 1e-150 ? radius * radius * (1 - 1e-14) : 0;
    }
    return radius;
}

/* Returns all members but the arrays. The means are updated with each sample, in the order of the data set:
 * large sums would lose the digits of a narrow cloud far from the origin. */
static struct fg_samples measure(const struct fg_dataset *dataset)
{
    struct fg_samples samples = {.n = dataset->n,
                                 .n_class0 = dataset->y[0] == 0,
                                 .mean0 = dataset->x0[0],
                                 .mean1 = dataset->x1[0],
                                 .radius = fg_radius(dataset->x0, dataset->x1, dataset->n, 0, 0)};
    for (size_t i = 1; i < dataset->n; i++) {
        samples.mean0 += (dataset->x0[i] - samples.mean0) / (double)(i + 1);
        samples.mean1 += (dataset->x1[i] - samples.mean1) / (double)(i + 1);
        samples.n_class0 += dataset->y[i] == 0;
    }
    return samples;
}

/* Moves the values of class 1 after those of class 0. `room` has one double for each value of class 1. */
static void sort(double *x, const unsigned char *y, size_t n, double *room)
{
    size_t n_class0 = 0, n_class1 = 0;
    for (size_t i = 0; i < n; i++) {
        if (y[i] == 0)
            x[n_class0++] = x[i];
        else
            room[n_class1++] = x[i];
    }
    memcpy(x + n_class0, room, n_class1 * sizeof *room);
}

enum fg_status fg_samples_sort(struct fg_samples *samples, struct fg_dataset *dataset, struct fg_error *error)
{
    *samples = measure(dataset);
    samples->x0 = dataset->x0;
    samples->x1 = dataset->x1;
    samples->y = dataset->y;
    const size_t n = dataset->n, n_class0 = samples->n_class0;
    if (!memchr(dataset->y, 1, n_class0)) /* sorted already */
        return FG_OK;
    double *room = malloc((n - n_class0) * sizeof *room);
    if (!room) {
        *samples = (struct fg_samples){.n = 0};
        return fg_fail(error, FG_FAILED, "data set %s: no memory to sort %zu samples", dataset->name, n);
    }
    sort(dataset->x0, dataset->y, n, room);
    sort(dataset->x1, dataset->y, n, room);
    free(room);
    return FG_OK;
}

enum fg_status fg_samples_init(struct fg_samples *samples, const struct fg_dataset *dataset,
                               struct fg_error *error)
{
    const size_t n = dataset->n, bytes = 2 * sizeof(double) + 1;
    double *memory = n <= SIZE_MAX / bytes ? malloc(n * bytes) : NULL;
    *samples = (struct fg_samples){.n = 0};
    if (!memory)
        return fg_fail(error, FG_FAILED, "data set %s: no memory for %zu samples", dataset->name, n);
    struct fg_dataset copy = {.n = n, .x0 = memory, .x1 = memory + n, .y = (unsigned char *)(memory + 2 * n)};
    memcpy(copy.name, dataset->name, sizeof copy.name);
    memcpy(copy.x0, dataset->x0, n * sizeof *copy.x0);
    memcpy(copy.x1, dataset->x1, n * sizeof *copy.x1);
    memcpy(copy.y, dataset->y, n);
    const enum fg_status status = fg_samples_sort(samples, &copy, error);
    if (status == FG_OK)
        samples->owned = memory;
    else
        free(memory);
    return status;
}

const struct fg_samples *fg_samples_behind(const struct fg_samples *summed)
{
    return summed->behind ? summed->behind : summed;
}

void fg_samples_free(struct fg_samples *samples)
{
    free(samples->owned);
    *samples = (struct fg_samples){.n = 0};
}
