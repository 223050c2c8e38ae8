/* Room for the samples of a data set; shared by the built-in data sets and the CSV reader. */
#ifndef FISHERGRID_DATASET_RESERVE_H
#define FISHERGRID_DATASET_RESERVE_H

#include "fishergrid/dataset.h"

/* Makes the arrays hold at least `n` >= 1 samples and keeps what is in them; dataset->n stays as it is. No
 * memory: FG_FAILED, and what was there is still there, for fg_dataset_free. */
enum fg_status fg_dataset_reserve(struct fg_dataset *dataset, size_t n, struct fg_error *error);

#endif
