/* Puts objects into an HDF5 file that is being made, in the forms that all its readers take. */
#ifndef FISHERGRID_H5_BUILDER_H
#define FISHERGRID_H5_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "h5.h"

/* The first call of HDF5 that fails sets `failed`, and makes all functions below do nothing. So a sequence of
 * them needs one check, at its end. */
struct fg_h5_builder {
    hid_t file;
    bool failed;
    char at[200], cause[H5_CAUSE_MAX]; /* which object, and what HDF5 said of it */
};

/* Notes a failure at the object `at` where `result` is negative. */
void fg_h5_check(struct fg_h5_builder *builder, hid_t result, const char *at);

/* Makes the file `path`, which is truncated. Without times, so that equal runs make equal files. */
void fg_h5_create_file(struct fg_h5_builder *builder, const char *path);

/* An attribute; closes `space`. */
void fg_h5_put_attribute(struct fg_h5_builder *builder, hid_t object, const char *name, hid_t type,
                         hid_t space, const void *value);
void fg_h5_put_text_attribute(struct fg_h5_builder *builder, hid_t object, const char *name,
                              const char *text);

#define H5_LIST_MAX 64 /* most texts of a list */
/* A list of n texts of at most 64 bytes: an array of strings, as NeXus wants it. */
void fg_h5_put_list_attribute(struct fg_h5_builder *builder, hid_t object, const char *name,
                              const char *const *texts, hsize_t n);

/* A group with its NeXus class; close with fg_h5_close_group. */
hid_t fg_h5_put_group(struct fg_h5_builder *builder, hid_t parent, const char *name, const char *nx_class);
void fg_h5_close_group(struct fg_h5_builder *builder, hid_t group);

/* A soft link. */
void fg_h5_put_link(struct fg_h5_builder *builder, hid_t group, const char *name, const char *target);

/* A single value; `meaning` is its long_name, NULL: it has none. */
void fg_h5_put_scalar(struct fg_h5_builder *builder, hid_t group, const char *name, hid_t type,
                      hid_t memory_type, const void *value, const char *meaning);
void fg_h5_put_text(struct fg_h5_builder *builder, hid_t group, const char *name, const char *text,
                    const char *meaning);
void fg_h5_put_number(struct fg_h5_builder *builder, hid_t group, const char *name, uint64_t number);

/* Room for a text that is not known yet, in blanks. */
void fg_h5_put_blanks(struct fg_h5_builder *builder, hid_t group, const char *name, size_t length);

/* Dataset properties without times; for fg_h5_put_dataset, which takes and closes them. `fill`: the fill
 * value, which is declared and never written; NULL: none. */
hid_t fg_h5_dataset_properties(void);
hid_t fg_h5_put_dataset(struct fg_h5_builder *builder, hid_t group, const char *name, int rank,
                        const hsize_t *shape, hid_t type, hid_t properties, const double *fill);

/* A contiguous dataset, allocated but not written. fg_h5_close_array says where its values belong. */
hid_t fg_h5_put_array(struct fg_h5_builder *builder, hid_t group, const char *name, int rank,
                      const hsize_t *shape, hid_t type, const double *fill);
uint64_t fg_h5_close_array(struct fg_h5_builder *builder, hid_t dataset, const char *name);

/* An array of n values that is a dimension scale, which makes it a netCDF coordinate variable. */
hid_t fg_h5_put_scale(struct fg_h5_builder *builder, hid_t group, const char *name, hsize_t n, hid_t type,
                      const char *units);

/* A column of the table that `scale` numbers; returns where its values belong. */
uint64_t fg_h5_put_column(struct fg_h5_builder *builder, hid_t group, const char *name, const char *meaning,
                          hsize_t n, hid_t type, hid_t scale);

#endif
