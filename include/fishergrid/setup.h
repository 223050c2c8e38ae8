/* The setup of a run: everything that decides the bytes of its fields, in one struct.
 *
 * It is made once from what the user asks for, travels through the sweep, the writer and the reader, and is
 * stored in the file as scalars of /entry/setup. Two runs with equal setups make the same fields, so a run
 * continues only what was begun with an equal setup. */
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

#define FG_KERNEL_NAME_MAX 15 /* longest name of a kernel, in bytes */

/* A data set of a run. */
struct fg_setup_data {
    char name[FG_NAME_MAX + 1];
    uint64_t n;        /* number of samples, 1 to FG_SAMPLES_MAX */
    uint64_t checksum; /* fg_dataset_checksum of them */
    bool drawn;        /* built in: `draw` of the setup made it */
};

/* Zero-initialise; made by filling in what is asked for, fg_setup_add_data and fg_setup_cut, or read from a
 * file by fg_result_open. Owns nothing, so it may be copied. */
struct fg_setup {
    struct fg_axis phi, r; /* of the whole grid; phi in radians, r dimensionless */
    uint64_t tile_cells;   /* cells of a full tile; 0 until fg_setup_cut: a default */
    uint64_t part, parts;  /* only part number `part` of 1..parts of the grid; 0 and 0: all of it */
    enum fg_method method;
    enum fg_reduction reduction;
    double damping; /* lambda: 0, or FG_DAMPING_MIN to FG_DAMPING_MAX */
    fg_field_set fields;
    struct fg_draw draw;                 /* all 0 where no data set was drawn */
    char kernel[FG_KERNEL_NAME_MAX + 1]; /* name of the kernel */
    uint64_t arithmetic;                 /* fg_arithmetic of that kernel */
    size_t n_data;                       /* 1 to FG_DATA_MAX */
    struct fg_setup_data data[FG_DATA_MAX];
    /* Follows from the above by fg_setup_cut: the part of the grid that is computed, cut into tiles. */
    struct fg_grid grid;
};

/* Adds a data set. */
void fg_setup_add_data(struct fg_setup *setup, const struct fg_dataset *data, bool drawn);

/* Checks the grid and cuts it, once: fills `grid`, and `tile_cells` where it is 0. An axis outside of its
 * limits, or more parts than the grid has rows of tiles: FG_BAD_INPUT. */
enum fg_status fg_setup_cut(struct fg_setup *setup, struct fg_error *error);

/* Number of cells of all data sets together. */
uint64_t fg_setup_cells(const struct fg_setup *setup);

/* What the kernels need to know besides the samples of a data set; see fg_recipe. */
struct fg_recipe fg_setup_recipe(const struct fg_setup *setup, const struct fg_samples *samples);

/* A number for the arithmetic of this build on this processor: equal where the bits of results are. It is the
 * hash of a few hundred cells computed in every way there is, so that nobody has to keep a version of the
 * arithmetic, and compilers, libraries and processors are part of it. No memory: FG_FAILED. */
enum fg_status fg_arithmetic(const struct fg_kernel *kernel, uint64_t *arithmetic, struct fg_error *error);

/* --- the scalars of a setup, for files and for people ------------------------------------------------------
 */

enum fg_setup_type {
    FG_SETUP_COUNT, /* `number`, at most INT64_MAX; int64 in the file */
    FG_SETUP_BITS,  /* `number`, all 64 bits; uint64 in the file */
    FG_SETUP_REAL,  /* `real`; float64 in the file */
    FG_SETUP_TEXT   /* `text`; UTF-8 in the file */
};

#define FG_SETUP_TEXT_MAX ((FG_NAME_MAX + 1) * FG_DATA_MAX) /* bytes of a text with the 0 at its end */
#define FG_SETUP_NAME_MAX (FG_NAME_MAX + 16)                /* bytes of a name with the 0 at its end */

/* One scalar: the member called `name` in the file. */
struct fg_setup_value {
    char name[FG_SETUP_NAME_MAX];
    const char *meaning; /* for `long_name`; constant */
    enum fg_setup_type type;
    uint64_t number;
    double real;
    char text[FG_SETUP_TEXT_MAX];
};

#define FG_SETUP_FIXED 19  /* scalars of the run; the last is "data", the names of the data sets */
#define FG_SETUP_OF_DATA 3 /* scalars of each data set, which follow in the order of "data" */

/* Number of scalars: FG_SETUP_FIXED + FG_SETUP_OF_DATA n_data. */
size_t fg_setup_size(const struct fg_setup *setup);

/* Scalar k of 0..fg_setup_size-1. Name, meaning and type of the first FG_SETUP_FIXED are the same in every
 * setup. */
void fg_setup_get(const struct fg_setup *setup, size_t k, struct fg_setup_value *value);

/* Sets scalar k from the number, real or text of `value`, in the order of k. FG_BAD_INPUT where no setup has
 * such a value; `error` then says what would be right. */
enum fg_status fg_setup_set(struct fg_setup *setup, size_t k, const struct fg_setup_value *value,
                            struct fg_error *error);

/* The text of a value as messages show it, in `text`; long ones lose their end. */
void fg_setup_show(const struct fg_setup_value *value, char text[100]);

/* The first scalar in which two setups differ, its name and both values. */
struct fg_setup_difference {
    char name[FG_SETUP_NAME_MAX];
    char first[100], second[100];
};
/* Whether two setups differ, and in what. */
bool fg_setup_differ(const struct fg_setup *first, const struct fg_setup *second,
                     struct fg_setup_difference *difference);

/* FG_BAD_INPUT in the processes of a team whose setup differs from that of process 0, with what differs.
 * Collective: every process calls it. */
enum fg_status fg_setup_compare_in_team(const struct fg_setup *setup, const struct fg_team *team,
                                        struct fg_error *error);

/* A hash of all scalars: equal for equal setups, on every machine. */
uint64_t fg_setup_hash(const struct fg_setup *setup);

FG_API_END
#endif
