/* Memory for the samples of a data set; shared by the built-in data sets and the CSV reader. */
#ifndef FISHERGRID_DATASET_RESERVE_H
#define FISHERGRID_DATASET_RESERVE_H

#include "fishergrid/dataset.h"

/* Grows the arrays to at least `n` >= 1 samples and keeps their contents. dataset->n does not change.
 * Errors: FG_FAILED if memory runs out; the old contents remain valid, for fg_dataset_free. */
enum fg_status fg_dataset_reserve(struct fg_dataset *dataset, size_t n, struct fg_error *error);

#endif
