/* The layout of the result file in HDF5: groups, datasets and attributes; everything but the values of axes,
 * fields and samples. */
#ifndef FISHERGRID_LAYOUT_H
#define FISHERGRID_LAYOUT_H

#include <hdf5.h>

#include "fishergrid/file.h"
#include "fishergrid/stationary.h"
#include "tile_marks.h"

/* Names of the objects that are changed when the file is completed, and that readers look up. */
#define LAYOUT_COMPLETE "complete" /* attribute of the root: 0, then 1 */
#define LAYOUT_END_TIME "/entry/end_time"
#define LAYOUT_PROVENANCE "/entry/provenance"
#define LAYOUT_PARAMETERS LAYOUT_PROVENANCE "/parameters"
#define LAYOUT_SUMMARY LAYOUT_PROVENANCE "/summary_json"
#define LAYOUT_SAMPLES "samples_" /* followed by the name of a data set: a group in /entry */
#define LAYOUT_TILES "tiles_"
#define LAYOUT_POINTS "stationary_points_"
#define LAYOUT_VERSION "format_version" /* attribute of the root: FG_FORMAT_VERSION */
#define LAYOUT_SETUP "/entry/setup"     /* the scalars of struct fg_setup */
#define LAYOUT_HASH "layout_hash"       /* in /entry/setup: see fg_layout_hash */
#define LAYOUT_METADATA_HASH                                                                                 \
    "metadata_hash"                    /* in /entry: fg_skeleton_hash of the unfinished file, then 0         \
                                        */
#define LAYOUT_FILL_VALUE "_FillValue" /* of real fields: 0 in an unfinished file, then NaN */

extern const char *const fg_layout_text[]; /* [FG_N_TEXTS] paths of the texts that describe the run */

/* Attributes of a rounded field: the number of kept mantissa bits, an int; and the maximum of |stored -
 * computed| / |computed|, a double. */
#define LAYOUT_KEPT_BITS "quantization_nsb"
#define LAYOUT_RELATIVE_ERROR "quantization_maximum_relative_error"

/* Columns of a data set. They form three tables: the samples, the marks of the tiles, and the stationary
 * points. The table of stationary points also has three single values. */
enum {
    COLUMN_SAMPLE, /* numbers the rows of the samples */
    COLUMN_X0,
    COLUMN_X1,
    COLUMN_Y,
    COLUMN_TILE,                             /* numbers the rows of the marks */
    COLUMN_MARK,                             /* and MARK_WORDS - 1 more, see tile_marks.h */
    COLUMN_POINT = COLUMN_MARK + MARK_WORDS, /* numbers the rows of the stationary points */
    COLUMN_POINT_PHI,
    COLUMN_POINT_R,
    COLUMN_POINT_LOSS,
    COLUMN_POINT_KIND,
    COLUMN_POINT_FISHER, /* each pair of eigenvalues: the larger, then the smaller */
    COLUMN_POINT_HESSIAN = COLUMN_POINT_FISHER + 2,
    COLUMN_POINT_RELATIVE = COLUMN_POINT_HESSIAN + 2,
    COLUMN_POINT_GRADIENT = COLUMN_POINT_RELATIVE + 2,
    COLUMN_POINTS_FOUND, /* single values from here on */
    COLUMN_POINTS_NOTES,
    COLUMN_POINTS_CHECKSUM,
    LAYOUT_COLUMNS
};
/* Types of values: a number of a row, another 64-bit word, a double, a byte. */
enum fg_column_type { COLUMN_INDEX, COLUMN_WORD, COLUMN_REAL, COLUMN_BYTE };
struct fg_layout_column {
    const char *table; /* LAYOUT_SAMPLES, LAYOUT_TILES or LAYOUT_POINTS */
    const char *name;
    enum fg_column_type type;
    const char *meaning;
};
extern const struct fg_layout_column fg_layout_column[]; /* [LAYOUT_COLUMNS] */

/* Return the HDF5 type and the bytes of a value. */
hid_t fg_layout_type(enum fg_column_type type);
size_t fg_layout_bytes(enum fg_column_type type);

/* Return whether a column is a single value, and its number of rows. */
bool fg_layout_is_single(int column);
uint64_t fg_layout_rows(const struct fg_setup *setup, size_t s, int column);

/* Returns the HDF5 type of a scalar of the setup. H5T_C_S1: the scalar is a text. */
hid_t fg_layout_setup_type(enum fg_setup_type type);

/* Returns value k of an axis, as the 64 bits of a double. If `axis` is NULL, returns k, as in columns that
 * number rows. */
uint64_t fg_layout_word(const struct fg_axis *axis, size_t k);

/* Offsets of values, in bytes from the start of the file; 0: not stored. */
struct fg_layout_data {
    uint64_t field[FG_N_FIELDS]; /* [phi.n, r.n] values each; 0 also for packed fields */
    uint64_t column[LAYOUT_COLUMNS];
};
struct fg_layout_map {
    uint64_t phi, r;                         /* [phi.n] and [r.n] doubles */
    uint64_t layout_hash, metadata_hash;     /* one uint64_t each */
    struct fg_layout_data data[FG_DATA_MAX]; /* [n_data] */
};

/* Returns the chunks of packed fields, as tiles. HDF5's cache (1 MiB per dataset) holds two chunks, so that a
 * reader that goes row by row unpacks each chunk only once. */
struct fg_tiling fg_layout_chunks(const struct fg_grid *grid);

enum { LAYOUT_PATH_MAX = 300 }; /* buffer size of the path of an object: four names, one of FG_NAME_MAX */

/* An array of the file. */
struct fg_layout_array {
    char path[LAYOUT_PATH_MAX]; /* "/loss_A", "/entry/samples_A/x0" */
    enum fg_column_type type;
    int rank; /* 0: a single value */
    hsize_t shape[2];
    size_t s;         /* its data set, unless it is an axis or a hash */
    int field;        /* its field; FG_N_FIELDS: none */
    uint64_t *offset; /* where the map has its offset */
};

/* Returns array k of the file, 0 <= k < LAYOUT_ARRAYS_MAX: hashes, axes, then the fields and columns of each
 * data set. Fields that are not stored are among them. */
struct fg_layout_array fg_layout_array(const struct fg_setup *setup, struct fg_layout_map *map, size_t k);

/* Returns the number of values of an array, or 0 if they do not fit into `room` bytes. */
uint64_t fg_layout_values(const struct fg_layout_array *array, uint64_t room);

/* A range of the file that holds the values of an array. */
struct fg_layout_range {
    uint64_t offset, bytes;
};

#define LAYOUT_ARRAYS_MAX(n_data) (4 + (n_data) * (FG_N_FIELDS + LAYOUT_COLUMNS))

/* Lists the ranges of all stored arrays in order of their offsets. Returns their number, at most
 * LAYOUT_ARRAYS_MAX. */
size_t fg_layout_arrays(const struct fg_setup *setup, const struct fg_layout_map *map,
                        struct fg_layout_range arrays[]);

/* Returns XXH3 of the format version, the setup and the offsets of all arrays. A file with this hash was
 * begun with the same setup and layout. Texts about the run, and with them the size of the file, may
 * differ. */
uint64_t fg_layout_hash(const struct fg_setup *setup, const struct fg_layout_map *map);

/* Creates the file `path` (or truncates it) as `output` describes, with everything but the values of the
 * arrays, and stores their offsets in `map`. Then the file is closed and has its final size. */
enum fg_status fg_layout_create(const char *path, const struct fg_output *output, struct fg_layout_map *map,
                                struct fg_error *error);

/* Opens a file that was laid out. Pass it to fg_layout_complete. */
enum fg_status fg_layout_open(const char *path, hid_t *file, struct fg_error *error);

/* Marks the open file complete: stores the end time, the summary and the fill values in place, and closes the
 * file in any case; `*file` is negative afterwards.
 * Errors: FG_FAILED, also if the summary has more than FG_SUMMARY_MAX bytes. */
enum fg_status fg_layout_complete(hid_t *file, const char *end_time, const char *summary_json,
                                  struct fg_error *error);

/* Opens the file `path` and reads the attribute `complete`.
 * Errors: FG_FAILED if the file is not marked complete. */
enum fg_status fg_layout_check_complete(const char *path, struct fg_error *error);

#endif
