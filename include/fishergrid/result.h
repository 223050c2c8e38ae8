/* Reads the description and the values of a result file.
 *
 * A file may be truncated, damaged or malicious. Therefore HDF5 reads its structure in a child process with
 * limits on memory and time, everything the child reports is compared with the size of the file before it is
 * used, and values are read without HDF5 at the offsets that were reported. Copies by other tools (h5repack,
 * nccopy, h5jam) are read, too. A copy may have a user block, other offsets, and arrays in chunks. */
#ifndef FISHERGRID_RESULT_H
#define FISHERGRID_RESULT_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"
#include "fishergrid/fields.h"
#include "fishergrid/file.h"
#include "fishergrid/setup.h"
#include "fishergrid/stationary.h"

FG_API_BEGIN

#define FG_RESULT_TEXT_MAX (1 << 20) /* maximum length of a text that is read, in bytes */

/* A data set of a file. Its name and number of samples are in the setup. */
struct fg_result_data {
    fg_field_set fields;                /* the stored fields */
    double relative_error[FG_N_FIELDS]; /* maximum relative error of the rounding when packed; 0: none */
};

/* A file that is open for reading. fg_result_open makes it and owns all its members. */
struct fg_result {
    char *path;
    uint64_t bytes; /* size of the file */
    bool complete;  /* the file is marked complete */
    bool moved;     /* offsets do not match layout_hash: another tool has copied or damaged the file */
    bool packed;    /* fields are stored in chunks: call fg_result_unpack before reading their values */
    bool float32;   /* a packed field is stored as 32-bit numbers */
    int kept_bits;  /* quantization_nsb of the first packed field: mantissa bits, 1 to 51; 0: not stated */
    struct fg_setup setup;                   /* setup of the run, cut into tiles */
    struct fg_result_data data[FG_DATA_MAX]; /* [setup.n_data] */
    char *text[FG_N_TEXTS];                  /* as stored: any bytes but 0; NULL if it is missing */
    uint64_t threads, processes;             /* of the run; 0 if not stored */
};

/* Opens the file `path` for reading. Afterwards its setup is valid, and every array has the type, rank and
 * shape it must have and lies inside the file. Arrays other than fields that another tool packed are unpacked
 * into memory, at most 256 MiB. Values are not checked. Forks a child process.
 * Errors: FG_BAD_INPUT if fishergrid did not make the file, if it is damaged, or if its FG_FORMAT_VERSION is
 * newer; the text says what is wrong. FG_FAILED if memory or processes run out. `*result` is then NULL. */
enum fg_status fg_result_open(struct fg_result **result, const char *path, struct fg_error *error);

/* Closes the file and frees the result. Does nothing on NULL. `*result` is NULL afterwards. */
void fg_result_close(struct fg_result **result);

/* Unpacks the fields of a packed file into an unnamed file in TMPDIR, or in /tmp without TMPDIR. That
 * directory must have room for all their values. Does nothing if no field is packed. Forks a child process.
 * Errors: FG_BAD_INPUT if HDF5 cannot read a chunk, or if the fields have more values than deflate could pack
 * into a file of this size; FG_FAILED if the directory has no room. */
enum fg_status fg_result_unpack(struct fg_result *result, struct fg_error *error);

/* Reads n values of a stored field of data set s into `values`, beginning at cell `first` = i n_r + j.
 * `values` is an array of n doubles, or of n bytes for a flag.
 * Errors: FG_BAD_INPUT if the cells lie outside the grid or the file has shrunk; else FG_FAILED. */
enum fg_status fg_result_read_cells(const struct fg_result *result, size_t s, enum fg_field field,
                                    uint64_t first, size_t n, void *values, struct fg_error *error);

/* Reads the samples of data set s, without checking their values. Free them with fg_dataset_free. */
enum fg_status fg_result_read_samples(const struct fg_result *result, size_t s, struct fg_dataset *dataset,
                                      struct fg_error *error);

/* Reads the stationary points of data set s. If the file has none, because it is not complete, sets
 * `searched` to false and `points` to zeros.
 * Errors: FG_BAD_INPUT if the points do not match their checksum. */
enum fg_status fg_result_read_stationary(const struct fg_result *result, size_t s,
                                         struct fg_stationary *points, bool *searched,
                                         struct fg_error *error);

/* Sets `done` to whether tile t of data set s, t < setup.grid.tiling.n, has a mark. Does not check that the
 * mark matches the values. */
enum fg_status fg_result_tile_done(const struct fg_result *result, size_t s, size_t t, bool *done,
                                   struct fg_error *error);

/* Counts the tiles of data set s that have a mark. Does not check that the marks match the values. */
enum fg_status fg_result_count_tiles(const struct fg_result *result, size_t s, uint64_t *done,
                                     struct fg_error *error);

FG_API_END
#endif
