/* The setup of a run: one struct that holds everything that decides the bytes of its fields.
 *
 * It is made once from the user's options, passes through the sweep, the writer and the reader, and is stored
 * in the file as the scalars of /entry/setup. Runs with equal setups compute equal fields. Therefore a run
 * resumes only a file with an equal setup. */
#ifndef FISHERGRID_SETUP_H
#define FISHERGRID_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"
#include "fishergrid/fields.h"
#include "fishergrid/grid.h"
#include "fishergrid/kernel.h"
#include "fishergrid/nodes.h"
#include "fishergrid/team.h"

FG_API_BEGIN

#define FG_KERNEL_NAME_MAX 15 /* maximum length of the name of a kernel, in bytes */

/* A data set of a run. */
struct fg_setup_data {
    char name[FG_NAME_MAX + 1];
    uint64_t n;        /* number of samples, 1 to FG_SAMPLES_MAX */
    uint64_t checksum; /* fg_dataset_checksum of the samples */
    uint64_t sources;  /* number of weighted sources that stand for the samples, see sources.h; 0: none */
    bool drawn;        /* true: built in, drawn with `gaussian` of the setup */
};

/* A setup. Zero-initialise it, fill in the options, then call fg_setup_add_data for each data set and
 * fg_setup_cut; or read it from a file with fg_result_open. It owns nothing and may be copied. */
struct fg_setup {
    struct fg_axis phi, r; /* axes of the whole grid; phi in radians, r dimensionless */
    uint64_t tile_cells;   /* cells of a full tile; 0: fg_setup_cut chooses a default */
    uint64_t part, parts;  /* compute only part number `part`, 1 to `parts`; both 0: the whole grid */
    enum fg_method method;
    enum fg_reduction reduction;
    double damping; /* lambda: 0, or FG_DAMPING_MIN to FG_DAMPING_MAX */
    fg_field_set fields;
    struct fg_gaussian gaussian;         /* all 0 if no data set is built in */
    char kernel[FG_KERNEL_NAME_MAX + 1]; /* name of the kernel, see fg_kernel_select */
    uint64_t arithmetic;                 /* fg_arithmetic of that kernel */
    size_t n_data;                       /* 1 to FG_DATA_MAX */
    struct fg_setup_data data[FG_DATA_MAX];
    /* The part of the grid that is computed, cut into tiles. fg_setup_cut derives it from the members
     * above. */
    struct fg_grid grid;
};

/* Adds a data set to the setup, which must have room for it (FG_DATA_MAX). `drawn` says whether it is built
 * in. */
void fg_setup_add_data(struct fg_setup *setup, const struct fg_dataset *data, bool drawn);

/* Checks the grid and the damping, and cuts the grid into tiles. Fills `grid`, and `tile_cells` if it is 0.
 * Errors: FG_BAD_INPUT if an axis or the damping is outside its limits, or if the grid has fewer rows of
 * tiles than parts. */
enum fg_status fg_setup_cut(struct fg_setup *setup, struct fg_error *error);

/* Returns the number of cells over all data sets. */
uint64_t fg_setup_cells(const struct fg_setup *setup);

/* Returns the parameters of the kernels for the samples of one data set, see fg_kernel_params. */
struct fg_kernel_params fg_setup_kernel_params(const struct fg_setup *setup,
                                               const struct fg_samples *samples);

/* Computes an identifier of the arithmetic of this build on this processor: equal identifiers mean equal bits
 * of the results. It is a hash of the fields of a few hundred cells, computed on every code path of the
 * library. It changes if the compiler, a library or the processor changes the bits, so the arithmetic needs
 * no version number.
 * Errors: FG_FAILED if memory runs out. */
enum fg_status fg_arithmetic(const struct fg_kernel *kernel, uint64_t *arithmetic, struct fg_error *error);

/* --- the scalars of a setup, for files and for people ------------------------------------------------------
 */

enum fg_setup_type {
    FG_SETUP_COUNT, /* `number`, at most INT64_MAX; int64 in the file */
    FG_SETUP_BITS,  /* `number`, all 64 bits; uint64 in the file */
    FG_SETUP_REAL,  /* `real`; float64 in the file */
    FG_SETUP_TEXT   /* `text`; UTF-8 in the file */
};

#define FG_SETUP_TEXT_MAX ((FG_NAME_MAX + 1) * FG_DATA_MAX) /* bytes of a text, with the terminating 0 */
#define FG_SETUP_NAME_MAX (FG_NAME_MAX + 16)                /* bytes of a name, with the terminating 0 */

/* One scalar of a setup. Only the member that belongs to `type` is used: `number`, `real` or `text`. */
struct fg_setup_value {
    char name[FG_SETUP_NAME_MAX];
    const char *meaning; /* one sentence for `long_name`; constant */
    enum fg_setup_type type;
    uint64_t number;
    double real;
    char text[FG_SETUP_TEXT_MAX];
};

#define FG_SETUP_FIXED 19  /* scalars of the run; the last is "data", the names of the data sets */
#define FG_SETUP_OF_DATA 4 /* scalars of each data set, after the others, in the order of "data" */

/* Returns the number of scalars: FG_SETUP_FIXED + FG_SETUP_OF_DATA n_data. */
size_t fg_setup_size(const struct fg_setup *setup);

/* Stores scalar k, 0 <= k < fg_setup_size, in `value`. Name, meaning and type of the first FG_SETUP_FIXED
 * scalars are the same in every setup. */
void fg_setup_get(const struct fg_setup *setup, size_t k, struct fg_setup_value *value);

/* Sets scalar k from the number, real or text of `value`. Set the scalars in order of k.
 * Errors: FG_BAD_INPUT if no setup can have this value; the text says which values are valid. */
enum fg_status fg_setup_set(struct fg_setup *setup, size_t k, const struct fg_setup_value *value,
                            struct fg_error *error);

/* Formats a value as messages show it. Truncates long texts. */
void fg_setup_show(const struct fg_setup_value *value, char text[100]);

/* The first scalar in which two setups differ: its name and both values. */
struct fg_setup_difference {
    char name[FG_SETUP_NAME_MAX];
    char first[100], second[100];
};
/* Returns whether two setups differ. If they do, fills `difference`. */
bool fg_setup_differ(const struct fg_setup *first, const struct fg_setup *second,
                     struct fg_setup_difference *difference);

/* Gives all processes of a team the same setup. The numbers of samples and of sources and the checksums
 * become those of process 0, which alone has the samples. Collective: every process calls it. Errors:
 * FG_BAD_INPUT in each process whose setup differs from that of process 0 in anything else; the text names
 * the difference. */
enum fg_status fg_setup_share(struct fg_setup *setup, const struct fg_team *team, struct fg_error *error);

/* Returns a hash of all scalars. Equal setups have equal hashes, on every machine. */
uint64_t fg_setup_hash(const struct fg_setup *setup);

FG_API_END
#endif
