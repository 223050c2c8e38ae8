/* Samples: a data set in the form that the kernels need, sorted by class, with its mean. */
#ifndef FISHERGRID_SAMPLES_H
#define FISHERGRID_SAMPLES_H

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"

FG_API_BEGIN

/* Samples of a data set. Samples 0..n_class0-1 have label 0, the others label 1; both groups keep the order
 * of the data set. Zero-initialise it, fill it with fg_samples_init or fg_samples_sort, and empty it with
 * fg_samples_free. */
struct fg_samples {
    size_t n, n_class0;
    double mean0, mean1;    /* means of x0 and of x1: the centre of the moments */
    double radius;          /* maximum of |(x0, x1)|, an upper bound of |a - r| for every phi */
    const double *x0, *x1;  /* [n] inputs, dimensionless */
    const unsigned char *y; /* [n] labels in the order of the data set; NULL for sources */
    double *owned;          /* memory of the arrays; NULL if they are borrowed */
    /* For weighted sources (see fishergrid/sources.h); NULL for samples. Source k is at (x0 + o0, x1 +
     * o1). */
    const double *o0, *o1;           /* [n] offsets to the centre of its box, dimensionless */
    const double *weight;            /* [n] number of samples that it stands for; may be negative */
    const struct fg_samples *behind; /* the samples that the sources replace; borrowed */
};

/* Fills `samples` with the sorted samples of `dataset`, which is not changed.
 * Errors: FG_FAILED if memory runs out; `samples` is then empty. */
enum fg_status fg_samples_init(struct fg_samples *samples, const struct fg_dataset *dataset,
                               struct fg_error *error);

/* Fills `samples` without a copy. x0 and x1 of `dataset` are sorted by class where they are; the labels keep
 * their order, so `dataset` must not be used as a data set any more. `samples` borrows its arrays, and
 * `dataset` must live as long as `samples`. Sorting takes 8 bytes of memory for each sample of class 1 while
 * it runs, and none if the samples are sorted already.
 * Errors: FG_FAILED if memory runs out; `samples` is then empty. */
enum fg_status fg_samples_sort(struct fg_samples *samples, struct fg_dataset *dataset,
                               struct fg_error *error);

/* Returns the samples that `summed` stands for: `summed` itself if it holds no sources. */
const struct fg_samples *fg_samples_behind(const struct fg_samples *summed);

/* Frees the arrays unless they are borrowed. Does nothing on an empty struct. */
void fg_samples_free(struct fg_samples *samples);

FG_API_END
#endif
