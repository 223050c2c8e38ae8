/* Samples: a data set in the form that the kernels need, sorted by class and centred on its mean. */
#ifndef FISHERGRID_SAMPLES_H
#define FISHERGRID_SAMPLES_H

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"

FG_API_BEGIN

/* Samples of a data set. Samples 0..n_class0-1 have label 0, the others label 1; both groups keep the order
 * of the data set. Zero-initialise it, fill it with fg_samples_init and empty it with fg_samples_free. The
 * struct owns its arrays. */
struct fg_samples {
    size_t n, n_class0;
    double mean0, mean1; /* means of x0 and of x1: the centre of the moments */
    double radius;       /* maximum of |(x0, x1)|, an upper bound of |a - r| for every phi */
    double *x0, *x1;     /* [n] inputs, dimensionless */
    double *d0, *d1;     /* [n] x0 - mean0 and x1 - mean1 */
};

/* Fills `samples` with the sorted and centred samples of `dataset`, which is not changed.
 * Errors: FG_FAILED if memory runs out; `samples` is then empty. */
enum fg_status fg_samples_init(struct fg_samples *samples, const struct fg_dataset *dataset,
                               struct fg_error *error);

/* Frees the arrays. Does nothing on an empty struct. */
void fg_samples_free(struct fg_samples *samples);

FG_API_END
#endif
