/* The layout of the result file in HDF5: groups, datasets, attributes; everything but the values of
 * axes, fields and samples. */
#ifndef FISHERGRID_LAYOUT_H
#define FISHERGRID_LAYOUT_H

#include <hdf5.h>

#include "fishergrid/file.h"
#include "tile_marks.h"

/* Names of what is changed when the file is complete, and found again by readers. */
#define LAYOUT_COMPLETE "complete" /* attribute of the root: 0, then 1 */
#define LAYOUT_END_TIME "/entry/end_time"
#define LAYOUT_PROVENANCE "/entry/provenance"
#define LAYOUT_PARAMETERS LAYOUT_PROVENANCE "/parameters"
#define LAYOUT_SUMMARY LAYOUT_PROVENANCE "/summary_json"
#define LAYOUT_SAMPLES "samples_" /* and the name of a data set: a group in /entry */
#define LAYOUT_TILES "tiles_"
#define LAYOUT_VERSION "format_version" /* attribute of the root: FG_FORMAT_VERSION */
#define LAYOUT_SETUP "/entry/setup"     /* the scalars of struct fg_setup, and */
#define LAYOUT_HASH "layout_hash"       /* in it: see fg_layout_hash */

/* Attributes of fields that were rounded: to how many bits of the mantissa, an int; the largest
 * |stored - computed| / |computed|, a double. */
#define LAYOUT_KEPT_BITS "quantization_nsb"
#define LAYOUT_RELATIVE_ERROR "quantization_maximum_relative_error"

/* Where values belong, in bytes from the start of the file; 0: not stored. */
struct fg_layout_data {
    uint64_t field[FG_N_FIELDS]; /* [phi.n, r.n] values each; 0 also where they are packed */
    uint64_t sample, x0, x1, y;  /* [n] int64_t, double, double, unsigned char */
    uint64_t tile;               /* [tiles] int64_t */
    uint64_t mark[MARK_WORDS];   /* [tiles] 64-bit words each, see tile_marks.h */
};
struct fg_layout_map {
    uint64_t phi, r;                         /* [phi.n] and [r.n] doubles */
    uint64_t layout_hash;                    /* one uint64_t, see fg_layout_hash */
    struct fg_layout_data data[FG_DATA_MAX]; /* [n_data] */
};

/* The chunks of packed fields: as tiles, of so many cells that the cache of HDF5 (1 MiB a dataset) holds two
 * of them, so that who reads row by row unpacks each only once. */
struct fg_tiling fg_layout_chunks(const struct fg_grid *grid);

/* A piece of the file that holds the values of an array. */
struct fg_layout_range {
    uint64_t offset, bytes;
};

#define LAYOUT_ARRAYS_MAX(n_data) (3 + (n_data) * (FG_N_FIELDS + 4 + 1 + MARK_WORDS))

/* Lists all arrays of the file, in order of their offsets; returns how many. */
size_t fg_layout_arrays(const struct fg_setup *setup, const struct fg_layout_map *map,
                        struct fg_layout_range arrays[]);

/* XXH3 of the version of the format, the setup and the places of all arrays: a file with this hash began with
 * the same setup and layout. Texts of the run may differ, and with them its size. */
uint64_t fg_layout_hash(const struct fg_setup *setup, const struct fg_layout_range arrays[], size_t n);

/* Makes the file `path` (which is truncated) according to `output`, with everything but the values of the
 * arrays, and says in `map` where those belong. The file is closed afterwards and as long as it will ever be.
 */
enum fg_status fg_layout_create(const char *path, const struct fg_output *output, struct fg_layout_map *map,
                                struct fg_error *error);

/* Opens a laid-out file for fg_layout_complete. */
enum fg_status fg_layout_open(const char *path, hid_t *file, struct fg_error *error);

/* Marks the open file as complete, with the time it was and the summary, in place, and closes it. A summary
 * of more than FG_SUMMARY_MAX bytes: FG_FAILED. */
enum fg_status fg_layout_complete(hid_t file, const char *end_time, const char *summary_json,
                                  struct fg_error *error);

/* Opens the file `path` and reads the mark of completeness; FG_FAILED where there is none. */
enum fg_status fg_layout_check_complete(const char *path, struct fg_error *error);

#endif
