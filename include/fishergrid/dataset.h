/* Data sets: named lists of labelled samples (x0, x1, y). A data set is built in, or read from a CSV file, an
 * HDF5 file (hdf5_samples.h) or a result (result.h). */
#ifndef FISHERGRID_DATASET_H
#define FISHERGRID_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

#define FG_DATA_MAX 64        /* maximum number of data sets of a run */
#define FG_NAME_MAX 64        /* maximum length of the name of a data set, in bytes */
#define FG_COORDINATE_MAX 1e6 /* maximum |x0|, |x1|: a double still holds the margin to about 1e-10 */
#define FG_SAMPLES_MAX (INT64_C(1) << 31) /* maximum number of samples of one data set */

/* Defaults of the built-in data sets. The class means are those of the exercise from which A and B come. The
 * size and the spread are our choice, because the exercise shows them only in a figure. */
#define FG_SAMPLES_PER_CLASS 500
#define FG_SPREAD 0.3     /* standard deviation of each coordinate, dimensionless */
#define FG_SPREAD_MAX 1e5 /* maximum spread */

/* A data set. Zero-initialise it, fill it with fg_dataset_builtin, fg_dataset_read_csv, fg_dataset_read_hdf5
 * or fg_result_read_samples, and empty it with fg_dataset_free. */
struct fg_dataset {
    char name[FG_NAME_MAX + 1]; /* [A-Za-z][A-Za-z0-9_]*; the suffix of the data set's fields in the file */
    size_t n;                   /* number of samples, at least 1 */
    double *x0;                 /* [n] first input, dimensionless; owned by the struct */
    double *x1;                 /* [n] second input, dimensionless; owned by the struct */
    unsigned char *y;           /* [n] label, 0 or 1; the model says p(y=0|x) = z; owned by the struct */
};

/* Parameters of the random generator of the built-in data sets. */
struct fg_gaussian {
    size_t samples_per_class; /* at least 1, at most FG_SAMPLES_MAX / 2 */
    double spread; /* standard deviation of each coordinate, dimensionless; > 0, at most FG_SPREAD_MAX */
    uint64_t seed; /* key of the random generator; every value is valid */
};

/* Checks whether `name` can name a data set. A name matches [A-Za-z][A-Za-z0-9_]* and has at most FG_NAME_MAX
 * bytes. It must not be a name that the file itself uses: title, start_time, end_time, program_name,
 * provenance, setup, metadata_hash, or a name that begins with samples_, tiles_ or stationary_points_. Upper
 * and lower case count as equal in this comparison, because some readers of the file do not tell them apart.
 * Errors: FG_BAD_INPUT; the error text states the rule. */
enum fg_status fg_dataset_check_name(const char *name, struct fg_error *error);

/* Draws the built-in data set `name`, "A" or "B". A has `samples_per_class` points of class 0 around (1, 1),
 * followed by as many points of class 1 around (1, 2). Each coordinate is gaussian with standard deviation
 * `spread`. B is A with 5 added to x0. `threads` >= 1 OpenMP threads draw; the samples do not depend on their
 * number. Errors: FG_BAD_INPUT for any other name, or if the spread or the size is out of range; FG_FAILED if
 * memory runs out. The data set is then empty.
 *
 * Sample k of class y comes from the generator Threefry-2x64-20 (Salmon et al., "Parallel random numbers: as
 * easy as 1, 2, 3", SC11) with counter (k, y) and key (seed, 0). The Box-Muller transform is applied to u =
 * ((bits >> 11) + 1/2) 2^-53, which in double arithmetic lies in (0, 1]. A sample therefore depends only on
 * seed, spread, k and y, and each class of a larger data set begins with the samples of a smaller one. */
enum fg_status fg_dataset_builtin(struct fg_dataset *dataset, const char *name,
                                  const struct fg_gaussian *gaussian, int threads, struct fg_error *error);

/* Reads a data set called `name` from the CSV file `path` (RFC 4180), or from standard input if `path` is
 * "-". The first line names the columns. x0, x1 and y must be among them, in any order; others are ignored.
 * Each following line is a sample: finite decimal numbers |x0|, |x1| <= FG_COORDINATE_MAX, and a label y of 0
 * or 1. Fields may be quoted, but have no line breaks. A line has at most 1023 bytes. Blanks around fields,
 * LF and CRLF line ends, a UTF-8 byte order mark and blank lines at the end are accepted. `threads` >= 1
 * OpenMP threads share the lines; the samples and the first error do not depend on their number. Errors:
 * FG_BAD_INPUT if the file contains anything else; the error text has the path, the line and the column
 * (counted from 1), what was found and what would work. For a compressed file or another known format,
 * recognised by its first bytes, the text names the format. FG_FAILED if reading fails or memory runs out.
 * The data set is then empty. */
enum fg_status fg_dataset_read_csv(struct fg_dataset *dataset, const char *name, const char *path,
                                   int threads, struct fg_error *error);

/* Returns a checksum of the samples: XXH3 of x0, x1 and y, in this order. The hash of each array is the seed
 * of the next. */
uint64_t fg_dataset_checksum(const struct fg_dataset *dataset);

/* Frees the arrays and empties the struct. Does nothing on an empty struct. */
void fg_dataset_free(struct fg_dataset *dataset);

FG_API_END
#endif
