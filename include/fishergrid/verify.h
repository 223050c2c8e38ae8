/* Verification of a result file. Its structure is compared with what a sweep lays out. Its values are
 * compared with their checksums, with results of the reference kernel for the stored samples, and with
 * properties of every result, such as a Fisher matrix without negative eigenvalues. */
#ifndef FISHERGRID_VERIFY_H
#define FISHERGRID_VERIFY_H

#include "fishergrid/api.h"
#include "fishergrid/result.h"
#include "fishergrid/sink.h"

FG_API_BEGIN

/* Result of one check. A numerical check has a largest error and a bound, and counts an error above the bound
 * as wrong. A yes-or-no check has the error 0 (right) or 1 (wrong) and the bound 0. */
struct fg_check {
    uint64_t checked, wrong; /* number of cells, tiles or values; checked = 0: the check was not made */
    double worst, bound;     /* largest error, and the bound */
    uint64_t i, j; /* position of the largest error: cell (i, j), first cell of the tile, or index i */
};

/* Checks of the whole file. */
enum fg_file_check {
    FG_CHECK_STRUCTURE, /* all objects, links and attributes of the layout are there, and HDF5 can open every
                         * object of the file, see fg_verify_file */
    FG_CHECK_TEXTS,     /* no text is missing */
    FG_CHECK_SETUP,     /* layout_hash: setup and offsets of all arrays; skipped for copies by other tools */
    FG_CHECK_PHI,       /* values of the axes phi and r: exactly those of their ranges */
    FG_CHECK_R,
    FG_N_FILE_CHECKS
};

/* Checks of a data set. Check number f < FG_N_FIELDS is the check of field f: random cells are recomputed
 * from the stored samples. The flags of the natural gradient and of the curvature are right if they say
 * undefined in exactly those cells where the reference kernel does. The flag of the Newton step must be the
 * same as that of the reference kernel. */
enum fg_data_check {
    FG_CHECK_DIFFERENCE_PHI = FG_N_FIELDS, /* gradient_phi against finite differences of the loss */
    FG_CHECK_DIFFERENCE_R,                 /* gradient_r against finite differences of the loss */
    FG_CHECK_SEMIDEFINITE,                 /* |F_rphi| / sqrt(F_phiphi F_rr) - 1, in every cell */
    FG_CHECK_VALUES,     /* values in their range (sums are finite, the loss is >= 0, ...); flags fit them */
    FG_CHECK_TILES,      /* checksums of all tiles; in a complete file no tile is missing */
    FG_CHECK_SUMMARIES,  /* minimum loss and flag counts in the marks of tiles; numbering of tiles */
    FG_CHECK_SAMPLES,    /* checksum against the setup, labels 0 and 1, coordinates in range, numbering */
    FG_CHECK_STATIONARY, /* stationary points: checksum, numbering, and the same points found again */
    FG_N_DATA_CHECKS
};

/* Return the name of a check. The check of a field has the field's name. */
const char *fg_file_check_name(enum fg_file_check check);
const char *fg_data_check_name(int check); /* an enum fg_data_check, or an enum fg_field */

/* Verification report of a data set. */
struct fg_verify_report {
    uint64_t tiles, tiles_done;
    struct fg_check check[FG_N_DATA_CHECKS];
    /* Minimum loss (if the loss is stored) and flags, over all tiles with a mark, as the marks state them. */
    struct fg_summary found;
};

/* Options of the verification. */
struct fg_verify_options {
    uint64_t cells; /* number of random cells of each data set */
    uint64_t seed;  /* seed of the random choice */
    int threads;    /* 1 or more */
};

#define FG_VERIFY_CELLS_MAX 1000000 /* maximum number of random cells of a data set */

#define FG_MISMATCH_MAX 320 /* buffer size of the texts below, with the terminating 0 */

/* Report of the checks of the whole file. */
struct fg_file_report {
    struct fg_check check[FG_N_FILE_CHECKS];
    /* The first difference in structure, in the order of names, such as "/phi: attribute units is missing";
     * "" if there is none. */
    char first_mismatch[FG_MISMATCH_MAX];
    uint64_t foreign; /* number of objects and attributes that fishergrid has not written */
    /* Their names, as many as fit: "/mine, /phi: attribute comment". */
    char foreign_names[FG_MISMATCH_MAX];
};

/* Makes the checks of the whole file, see enum fg_file_check. Forks a child process.
 * Errors: FG_FAILED if the file cannot be read or memory runs out. FG_BAD_INPUT if the limit of file sizes
 * (ulimit -f) does not allow the layout. The layout has no space for fields, except for a copy by another
 * tool.
 *
 * The structure is compared with what a sweep lays out for the setup of the file. Every group, dataset, link
 * and attribute of that layout must be there, with its type and shape. Values are also compared for links,
 * attributes and single values that are the same in every sweep. Descriptions of the run (times, host,
 * command line, versions, history, options) may have any value. How values are stored (chunks, filters), the
 * form of strings, and whether an attribute is a scalar or an array of one value are not compared: tools that
 * copy files change them.
 *
 * The file may contain additional objects and attributes. They are reported as foreign. No check reads them,
 * and they do not make the file wrong. A tool that follows links replaces a short name (/entry/A/loss) by a
 * copy of the field; this copy is foreign, too. */
enum fg_status fg_verify_file(const struct fg_result *result, struct fg_file_report *report,
                              struct fg_error *error);

/* Checks data set s, as far as it has been computed.
 * Errors: FG_BAD_INPUT if the fields are packed (call fg_result_unpack first); FG_FAILED if the file cannot
 * be read or memory runs out. All samples are held in memory, cells are not. */
enum fg_status fg_verify_data(const struct fg_result *result, size_t s,
                              const struct fg_verify_options *options, struct fg_verify_report *report,
                              struct fg_error *error);

FG_API_END
#endif
