/* Whether a result file is right: its structure against what a sweep lays out, its values against their
 * checksums, against what the reference kernel computes from its own samples, and against laws that they must
 * obey. */
#ifndef FISHERGRID_VERIFY_H
#define FISHERGRID_VERIFY_H

#include "fishergrid/api.h"
#include "fishergrid/result.h"
#include "fishergrid/sink.h"

FG_API_BEGIN

/* What came of one kind of check. Errors have a largest and a bound; what is only right or wrong has an error
 * of 0 or 1 and the bound 0. */
struct fg_check {
    uint64_t checked, wrong; /* cells, tiles or values; not checked at all: 0 */
    double worst, bound;     /* largest error */
    uint64_t i, j;           /* where: of the cell, or of the first cell of the tile; else the number i */
};

/* Checks of the file. */
enum fg_file_check {
    FG_CHECK_OBJECTS,   /* every object of the file can be opened by HDF5, which checks its header */
    FG_CHECK_STRUCTURE, /* all objects, links and attributes that a sweep writes, see fg_verify_file */
    FG_CHECK_TEXTS,     /* no text is missing */
    FG_CHECK_SETUP,     /* the hash of the setup, and of the places of all arrays */
    FG_CHECK_PHI,       /* values of the axis are those of its range, to the bit */
    FG_CHECK_R,
    FG_N_FILE_CHECKS
};

/* Checks of a data set. The first are those of fields: by random cells, recomputed from the stored samples.
 * The flag is right where it says undefined exactly where the reference kernel does. */
enum fg_data_check {
    FG_CHECK_DIFFERENCE_PHI = FG_N_FIELDS, /* gradient_phi against differences of the loss at the cell */
    FG_CHECK_DIFFERENCE_R,                 /* gradient_r against the same */
    FG_CHECK_SEMIDEFINITE, /* |F_rphi| over sqrt(F_phiphi F_rr), less 1; every cell, as all of these: */
    FG_CHECK_VALUES,       /* finite where they must be, not negative, flags 1 to 3, NaN where undefined */
    FG_CHECK_TILES,        /* checksums; in a complete file, that no tile is missing */
    FG_CHECK_SUMMARIES,    /* least loss and counts of flags that the marks of tiles tell */
    FG_CHECK_SAMPLES,     /* checksum against the setup, labels 0 and 1, coordinates within limits, numbers */
    FG_CHECK_SHORT_NAMES, /* links of /entry/NAME */
    FG_N_DATA_CHECKS
};

/* Name and sentence; of fields the name is the field's. Constant. */
struct fg_check_info {
    const char *name, *sentence;
};
/* What a check is called, and what it says. */
struct fg_check_info fg_file_check_info(enum fg_file_check check);
struct fg_check_info fg_data_check_info(int check); /* an enum fg_data_check, or an enum fg_field */

/* What comes of a data set. */
struct fg_verdict {
    uint64_t tiles, tiles_done;
    struct fg_check check[FG_N_DATA_CHECKS];
    /* Least loss (if it is stored) and flags (of all done tiles), as the marks say. */
    struct fg_summary found;
};

/* What is up to the caller. */
struct fg_verify_choice {
    uint64_t cells; /* random cells of each data set */
    uint64_t seed;  /* chooses them */
    int threads;    /* 1 or more */
};

#define FG_VERIFY_CELLS_MAX 1000000 /* most random cells of a data set */

#define FG_MISTAKE_MAX 320 /* bytes of a text on what is wrong, with the 0 at its end */

/* Checks what concerns the whole file. FG_FAILED only where it cannot be read, or no memory is left;
 * FG_BAD_INPUT where files may not be as large (ulimit -f) as its layout without fields. Forks.
 *
 * The structure is compared with what a sweep lays out for the axes, fields, data sets and tiles of the file.
 * Every group, dataset, link and attribute of that must be there, with its type and shape; of datasets that
 * every sweep writes alike, of links and of attributes also the value. What tells of the run (times, host,
 * command line, versions, history, options) may have any value. How values are stored (in chunks, filtered)
 * is not compared, and a file may have more than that. `mistake` says what is the first thing that is wrong,
 * "/phi: attribute units is missing"; "" where nothing is. */
enum fg_status fg_verify_file(const struct fg_result *result, struct fg_check check[FG_N_FILE_CHECKS],
                              char mistake[FG_MISTAKE_MAX], struct fg_error *error);

/* Checks data set s, as far as it is done. FG_BAD_INPUT where the fields are packed
 * (fg_result_unpack helps); FG_FAILED where it cannot be read, or no memory is left (all samples are held in
 * memory, cells are not). */
enum fg_status fg_verify_data(const struct fg_result *result, size_t s, const struct fg_verify_choice *choice,
                              struct fg_verdict *verdict, struct fg_error *error);

FG_API_END
#endif
