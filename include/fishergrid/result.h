/* Reading a result file, whoever wrote it: what is in it, and its values.
 *
 * A file may be cut off, damaged, or made to do harm. So HDF5 reads its structure in a child process with
 * limits of memory and time; nothing it says is believed before it has been compared with the size of the
 * file; and values are read without HDF5, at the places it told. */
#ifndef FISHERGRID_RESULT_H
#define FISHERGRID_RESULT_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"
#include "fishergrid/fields.h"
#include "fishergrid/setup.h"

FG_API_BEGIN

#define FG_RESULT_TEXT_MAX (1 << 20) /* longest text that is read, in bytes */

/* The texts of a file that say what made it. */
enum fg_text {
    FG_TEXT_SUMMARY, /* what the run found, a JSON object; blanks until it is complete */
    FG_TEXT_PROGRAM,
    FG_TEXT_VERSION,
    FG_TEXT_START_TIME, /* ISO 8601, UTC; and */
    FG_TEXT_END_TIME,   /* blanks until it is complete */
    FG_TEXT_COMMAND_LINE,
    FG_TEXT_CONFIG, /* the setup as options of the program, a JSON object, for people */
    FG_TEXT_GIT_REVISION,
    FG_TEXT_COMPILER,
    FG_TEXT_COMPILER_FLAGS,
    FG_TEXT_HDF5_VERSION,
    FG_TEXT_HOST,
    FG_N_TEXTS
};

/* A data set of a file; its name and number of samples are in the setup. */
struct fg_result_data {
    fg_field_set fields;                /* the stored ones */
    double relative_error[FG_N_FIELDS]; /* made by rounding when the file was packed; mostly 0 */
    bool short_names;                   /* /entry/NAME has a link to each of them, and no other */
};

/* An open file, for reading. Made by fg_result_open, which owns all of it. */
struct fg_result {
    char *path;
    uint64_t bytes;        /* of the file */
    bool complete;         /* so it says itself */
    bool readable;         /* every object of the file, also those of which nothing is said here */
    bool packed;           /* fields are in chunks: to be unpacked before their values are read */
    bool float32;          /* a packed field has numbers of 32 bits */
    int kept_bits;         /* of mantissas, 1 to 51, as the first packed field says that does; 0: none does */
    struct fg_setup setup; /* what made the values, cut */
    struct fg_result_data *data; /* [setup.n_data] */
    char *text[FG_N_TEXTS];      /* as stored: any bytes but 0; NULL where it is missing */
    bool has_threads;
    uint64_t threads, processes; /* of the run, where they are known */
};

/* Opens the file `path`. A file that fishergrid did not make, of a newer FG_FORMAT_VERSION, or damaged:
 * FG_BAD_INPUT and a line that says what is wrong; otherwise its setup is valid, and every array has the
 * type, rank and shape it must have, and lies inside the file. Nothing is said yet about values. No memory or
 * no process: FG_FAILED. Forks. */
enum fg_status fg_result_open(struct fg_result **result, const char *path, struct fg_error *error);

/* Closes the file; does nothing on NULL. `*result` is NULL afterwards. */
void fg_result_close(struct fg_result **result);

/* Unpacks the fields of a packed file into a file without a name, in TMPDIR or else /tmp, which must have
 * room for all of their values. Does nothing where nothing is packed. Chunks that HDF5 cannot read, or fields
 * larger than any that deflate packs into such a file: FG_BAD_INPUT; no room: FG_FAILED. Forks. */
enum fg_status fg_result_unpack(struct fg_result *result, struct fg_error *error);

/* Reads n values of a stored field of data set s into `values` (doubles; bytes of the flag), from cell
 * `first` = i n_r + j on. Cells beyond the grid, or a file that shrank: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status fg_result_read_cells(const struct fg_result *result, size_t s, enum fg_field field,
                                    uint64_t first, size_t n, void *values, struct fg_error *error);

/* Reads the samples of data set s, whatever their values are; empty it with fg_dataset_free. */
enum fg_status fg_result_read_samples(const struct fg_result *result, size_t s, struct fg_dataset *dataset,
                                      struct fg_error *error);

/* Whether tile t of data set s, t < setup.grid.tiling.n, has a mark, whether it fits or not. */
enum fg_status fg_result_tile_done(const struct fg_result *result, size_t s, size_t t, bool *done,
                                   struct fg_error *error);

/* Counts the tiles of data set s that have a mark, whether it fits or not. */
enum fg_status fg_result_count_tiles(const struct fg_result *result, size_t s, uint64_t *done,
                                     struct fg_error *error);

FG_API_END
#endif
