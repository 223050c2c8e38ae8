/* Builder: creates objects in a new HDF5 file, in the forms that all readers of the file accept. */
#ifndef FISHERGRID_H5_BUILDER_H
#define FISHERGRID_H5_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "h5.h"

/* The state of a builder. The first HDF5 call that fails sets `failed`. An object that could not be made has
 * a negative identifier, and every HDF5 call with this identifier fails. Therefore one check at the end of a
 * sequence of calls is enough. */
struct fg_h5_builder {
    hid_t file;
    hid_t scalars, arrays; /* properties of the datasets with one value, and of the others */
    bool failed;
    char at[200], cause[H5_CAUSE_MAX]; /* the first object that failed, and HDF5's cause */
};

/* Records a failure at the object `at` if `result` is negative. */
void fg_h5_check(struct fg_h5_builder *builder, hid_t result, const char *at);

/* Creates the file `path`, or truncates it. It has no timestamps, so that equal runs make equal files.
 * fg_h5_close_file must be called in any case. */
void fg_h5_create_file(struct fg_h5_builder *builder, const char *path);
void fg_h5_close_file(struct fg_h5_builder *builder);

/* Creates an attribute. fg_h5_put_attribute closes `space`. */
void fg_h5_put_attribute(struct fg_h5_builder *builder, hid_t object, const char *name, hid_t type,
                         hid_t space, const void *value);
void fg_h5_put_text_attribute(struct fg_h5_builder *builder, hid_t object, const char *name,
                              const char *text);

#define H5_LIST_MAX 64 /* maximum number of texts of a list */
/* Creates an attribute with a list of n ASCII texts of at most 64 bytes each: an array of strings, as NeXus
 * requires. */
void fg_h5_put_list_attribute(struct fg_h5_builder *builder, hid_t object, const char *name,
                              const char *const *texts, hsize_t n);

/* Creates a group with its NeXus class. Close with fg_h5_close_group. */
hid_t fg_h5_put_group(struct fg_h5_builder *builder, hid_t parent, const char *name, const char *nx_class);
void fg_h5_close_group(struct fg_h5_builder *builder, hid_t group);

/* Creates a soft link. */
void fg_h5_put_link(struct fg_h5_builder *builder, hid_t group, const char *name, const char *target);

/* Creates a dataset with a single value of `type`. `meaning` is its long_name, or NULL for none. */
void fg_h5_put_scalar(struct fg_h5_builder *builder, hid_t group, const char *name, hid_t type,
                      const void *value, const char *meaning);
void fg_h5_put_text(struct fg_h5_builder *builder, hid_t group, const char *name, const char *text,
                    const char *meaning);

/* Notes that memory ran out for an object, if nothing has failed before. */
void fg_h5_no_memory(struct fg_h5_builder *builder, const char *name);

/* Returns dataset properties without timestamps, which the caller closes. */
hid_t fg_h5_dataset_properties(void);

/* Creates a dataset. `fill` is its fill value, which is declared and never written; NULL for none. */
hid_t fg_h5_put_dataset(struct fg_h5_builder *builder, hid_t group, const char *name, int rank,
                        const hsize_t *shape, hid_t type, hid_t properties, const double *fill);

/* Creates a contiguous dataset that is allocated but not written. fg_h5_close_array closes it and returns the
 * offset of its values. */
hid_t fg_h5_put_array(struct fg_h5_builder *builder, hid_t group, const char *name, int rank,
                      const hsize_t *shape, hid_t type, const double *fill);
uint64_t fg_h5_close_array(struct fg_h5_builder *builder, hid_t dataset, const char *name);

#endif
