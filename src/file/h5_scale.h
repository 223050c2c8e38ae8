/* Dimension scales, in the form of HDF5's high-level library. */
#ifndef FISHERGRID_H5_SCALE_H
#define FISHERGRID_H5_SCALE_H

#include "h5_builder.h"

/* A dimension scale: an array whose values belong to a dimension of other datasets, its users. */
struct fg_h5_scale {
    hid_t dataset;
    hobj_ref_t reference; /* to this dataset */
    struct fg_h5_scale_user {
        hobj_ref_t dataset;
        int dimension;
    } * users; /* [n] */
    size_t n;
};

/* Creates an array of n values that is a dimension scale, which makes it a netCDF coordinate variable. It can
 * have `most` users. Close with fg_h5_close_scale, which returns the offset of its values. */
struct fg_h5_scale fg_h5_put_scale(struct fg_h5_builder *builder, hid_t group, const char *name, hsize_t n,
                                   hid_t type, const char *units, size_t most);
uint64_t fg_h5_close_scale(struct fg_h5_builder *builder, struct fg_h5_scale *scale, const char *name);

/* Stores which scales the dimensions of a dataset of this rank, 1 or 2, have. */
void fg_h5_use_scales(struct fg_h5_builder *builder, hid_t dataset, struct fg_h5_scale *const scales[],
                      hsize_t rank);

#endif
