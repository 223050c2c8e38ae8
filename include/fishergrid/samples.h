/* A data set made ready for the kernels: sorted by class and centred on its mean. */
#ifndef FISHERGRID_SAMPLES_H
#define FISHERGRID_SAMPLES_H

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"

FG_API_BEGIN

/* Samples 0..n_class0-1 have label 0, the others label 1, each in the order of the data set. Zero-initialise;
 * filled by fg_samples_init, emptied by fg_samples_free. The arrays belong to the struct. */
struct fg_samples {
    size_t n, n_class0;
    double mean0, mean1; /* mean of x0 and of x1: the centre of the moments */
    double radius;       /* largest |(x0, x1)|: bounds |a - r| for every phi */
    double *x0, *x1;     /* [n] inputs, dimensionless */
    double *d0, *d1;     /* [n] x0 - mean0 and x1 - mean1 */
};

/* Sorts and centres `dataset`, which is only read. No memory: FG_FAILED, and `samples` is empty. */
enum fg_status fg_samples_init(struct fg_samples *samples, const struct fg_dataset *dataset,
                               struct fg_error *error);

/* Gives the arrays back; does nothing on an empty struct. */
void fg_samples_free(struct fg_samples *samples);

FG_API_END
#endif
