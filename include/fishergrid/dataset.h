/* Data sets: named lists of labelled points (x0, x1, y), built in or read from a CSV file. */
#ifndef FISHERGRID_DATASET_H
#define FISHERGRID_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

#define FG_DATA_MAX 64        /* most data sets of a run */
#define FG_NAME_MAX 64        /* longest name of a data set, in bytes */
#define FG_COORDINATE_MAX 1e6 /* largest |x0|, |x1|: a double still holds the margin to about 1e-10 there */
#define FG_SAMPLES_MAX (INT64_C(1) << 31) /* most samples of one data set */

/* Built-in data sets. The means are the exercise's; the size and the spread are our choice, because the
 * exercise shows them only in a figure. */
#define FG_SAMPLES_PER_CLASS 500
#define FG_SPREAD 0.3     /* standard deviation in each coordinate */
#define FG_SPREAD_MAX 1e5 /* largest spread */

/* Zero-initialise; filled by fg_dataset_builtin or fg_dataset_read_csv, emptied by fg_dataset_free. */
struct fg_dataset {
    char name[FG_NAME_MAX + 1]; /* [A-Za-z][A-Za-z0-9_]*: the suffix of its fields in the file */
    size_t n;                   /* number of samples, at least 1 */
    double *x0;                 /* [n] first input, dimensionless; owned by the struct */
    double *x1;                 /* [n] second input, dimensionless; owned by the struct */
    unsigned char *y;           /* [n] label, 0 or 1; p(y=0|x) = z; owned by the struct */
};

/* How the built-in data sets are drawn. */
struct fg_draw {
    size_t samples_per_class; /* 1 or more */
    double spread;            /* standard deviation of each coordinate, dimensionless, > 0 */
    uint64_t seed;            /* key of the random generator; every value is good */
};

/* FG_OK when a data set may bear `name`: [A-Za-z][A-Za-z0-9_]*, at most FG_NAME_MAX bytes, and none of the
 * names the file uses itself (title, start_time, end_time, program_name, provenance, setup, samples_...,
 * tiles_...), in whatever case, because some readers do not tell names apart by case. Otherwise FG_BAD_INPUT
 * and the rule.
 */
enum fg_status fg_dataset_check_name(const char *name, struct fg_error *error);

/* Draws data set "A" or "B": `samples_per_class` points of class 0 around (1, 1), then as many of class 1
 * around (1, 2), gaussian with standard deviation `spread` in each coordinate; B is A with 5 added to x0.
 *
 * Sample k of class y comes from Threefry-2x64-20 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC11) with counter (k, y) and key (seed, 0), by the Box-Muller transform of
 * u = ((bits >> 11) + 1/2) 2^-53, in double arithmetic a number in (0, 1]: so a sample depends on nothing but
 * seed, k and y, and a larger set begins each class with the samples of a smaller one.
 *
 * Any other name, or a spread or size out of range: FG_BAD_INPUT; no memory: FG_FAILED. The data set is
 * then empty. */
enum fg_status fg_dataset_builtin(struct fg_dataset *dataset, const char *name, const struct fg_draw *draw,
                                  struct fg_error *error);

/* Reads the CSV file at `path`: a header line `x0,x1,y`, then a line of two finite decimal numbers and a
 * label 0 or 1 for each sample. Blanks around values, CRLF line ends, a UTF-8 byte order mark and blank
 * lines at the end are accepted. Lines may have 255 bytes. |x0|, |x1| <= FG_COORDINATE_MAX.
 *
 * FG_BAD_INPUT for anything else, with path, line and column (both from 1), what was found and what would
 * work; FG_FAILED when reading fails or memory runs out. The data set is then empty. */
enum fg_status fg_dataset_read_csv(struct fg_dataset *dataset, const char *name, const char *path,
                                   struct fg_error *error);

/* XXH3 of x0, then of x1 and of y, each begun with the hash of the one before. */
uint64_t fg_dataset_checksum(const struct fg_dataset *dataset);

/* Gives the arrays back and empties the struct; does nothing on an empty one. */
void fg_dataset_free(struct fg_dataset *dataset);

FG_API_END
#endif
