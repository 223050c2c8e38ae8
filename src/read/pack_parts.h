/* Internals of packing, shared by its source files. */
#ifndef FISHERGRID_PACK_PARTS_H
#define FISHERGRID_PACK_PARTS_H

#include "atomic_file.h"
#include "fishergrid/pack.h"
#include "layout.h"

struct fg_packer {
    const struct fg_result *from;
    struct fg_packing packing;
    struct fg_output output;  /* the packed file */
    struct fg_layout_map map; /* offsets in the packed file */
    struct fg_atomic_file file;
    hid_t hdf5;               /* the same file, open in HDF5; negative before fields are packed */
    struct fg_packed *packed; /* [n_data] borrowed while the file is filled */
};

/* Writes n bytes at `offset` of the packed file. `context` is the packer. Has the type fg_file_write. */
enum fg_status fg_pack_write(void *context, const void *values, size_t n, uint64_t offset,
                             struct fg_error *error);

/* Compares all tiles with their marks, and writes the marks of the values that will be stored. */
enum fg_status fg_pack_tiles(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                             struct fg_error *error);

/* Packs all fields into the open HDF5 file. */
enum fg_status fg_pack_chunks(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                              struct fg_error *error);

#endif
