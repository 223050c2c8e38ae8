/* Finds out whether the values of a dataset were written. HDF5 replaces values that were not, without a
 * message. */
#ifndef FISHERGRID_STORED_VALUES_H
#define FISHERGRID_STORED_VALUES_H

#include <hdf5.h>

/* Returns what is wrong with how the n values of a dataset are stored, "has values that were never written";
 * NULL if all are there. `path` is the name of the open file: virtual datasets look for their sources beside
 * it. */
const char *fg_stored_values_fault(hid_t file, hid_t dataset, const char *path, hsize_t n);

#endif
