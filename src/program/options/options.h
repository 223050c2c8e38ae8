/* The command line: one table of options, from which parsing, --help, checks and the record in the file
 * follow. */
#ifndef FISHERGRID_OPTIONS_H
#define FISHERGRID_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "fishergrid/axis.h"
#include "fishergrid/dataset.h"
#include "fishergrid/kernel.h"
#include "fishergrid/nodes.h"
#include "fishergrid/team.h"

enum command_id {
    COMMAND_SWEEP = 1,
    COMMAND_POINT = 2,
    COMMAND_INFO = 4,
    COMMAND_BENCH = 8,
    COMMAND_VERIFY = 16,
    COMMAND_MERGE = 32,
    COMMAND_PACK = 64,
    COMMAND_XDMF = 128
}; /* bits, for the table of options */

enum progress { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

#define MOST_DATA 64 /* data sets of one run */

/* One --data: a built-in data set, or a name and a file. */
struct data_request {
    char name[FG_NAME_MAX + 1];
    const char *path; /* NULL: built in; borrowed from the command line */
};

/* One of several parts of the grid, 1 <= k <= n; 0 and 0: the whole. */
struct grid_part {
    uint64_t k, n;
};

/* Every option of every command, with its default. Strings are borrowed from argv. */
struct options {
    enum command_id command;
    struct fg_axis phi, r; /* the whole grid of a sweep */
    struct grid_part part; /* of its rows of tiles, which is to be computed */
    double at_phi, at_r;   /* the cell of `point`; NaN while not given */
    struct data_request data[MOST_DATA];
    size_t n_data;
    struct fg_draw draw; /* of built-in data sets */
    int method;          /* enum fg_method */
    int reduction;       /* enum fg_reduction */
    double damping;      /* lambda */
    fg_field_set fields;
    uint64_t threads;    /* 0: OMP_NUM_THREADS or all cores */
    uint64_t tile_cells; /* 0: chosen by the sweep */
    int progress;        /* enum progress */
    bool quiet, dry_run, sbatch, force, unless_done, json;
    double max_time;     /* seconds a sweep may take; infinite without */
    double sync_seconds; /* from one fsync to the next */
    const char *output;  /* the file to make */
    const char *input;   /* the file of `info`, `verify`, `pack` and `xdmf`, the kind of `bench` */
    char **inputs;       /* [n_inputs] the files of `merge` and `pack`; borrowed */
    size_t n_inputs;
    uint64_t deflate;           /* level of `pack` */
    uint64_t keep_digits;       /* of packed values; 0: all */
    bool float32;               /* of packed values: in 32 bits */
    uint64_t cells;             /* random cells that `verify` computes again */
    uint64_t repetitions;       /* of a bench */
    const char *directory;      /* where a bench writes its files */
    const struct fg_team *team; /* no option: the processes that sweep together; NULL: this one alone */
    const char *config;         /* the file of `sweep --config` */
    bool show_config;           /* `info --config` */
    json_t *config_values;      /* what that file holds; strings are borrowed from it, too; owned */
};

/* Reads argv (argv[0] = program and command, as messages shall name it) into `options`, and what is not given
 * there from the file of --config; checks each value and how they go together. Words that only ask
 * for a dry run or its script become empty (no value may be), so that the others are the command line of the
 * run it foretells.
 * --help and --version print and exit, or else say FG_FAILED. Wrong usage: FG_BAD_INPUT and one line.
 * Whatever comes back, options_free takes it. */
enum fg_status options_parse(struct options *options, enum command_id command, int argc, char **argv,
                             struct fg_error *error);
void options_free(struct options *options);

/* How an option is written and what it does, for help, manual and completions. */
struct option_text {
    int key;              /* the letter of its short form, or above 255 */
    const char *name;     /* of the long form, without dashes */
    const char *argument; /* placeholder of its value, NULL for a switch */
    const char *choices;  /* the values there are, separated by '|', or NULL */
    enum { VALUE_WORD, VALUE_FILE, VALUE_DIRECTORY, VALUE_FIELDS, VALUE_DATA } value;
    const char *help;
};
enum { MOST_OPTIONS = 64 };

/* Lists the options of a command, --help and --version last, and returns their number. */
size_t options_list(enum command_id command, struct option_text list[MOST_OPTIONS]);

/* What --help says above the options and, behind "\v", below them; paragraphs are separated by blank lines.
 */
const char *options_description(enum command_id command);

/* What a command line has besides options, and the options that it must have. */
const char *options_operands(enum command_id command);

/* The options that decide what a sweep computes, a line "--name value" each; the caller frees it. Where a
 * data set is read from does not belong to them. NULL when memory runs out. */
char *options_identity(const struct options *options);

/* Sets `options` to those of a sweep that stand in such lines, all others to their defaults; data sets are
 * left out. FG_BAD_INPUT when one cannot be read. */
enum fg_status options_read_identity(struct options *options, const char *identity, struct fg_error *error);

/* Every option that belongs to a run's record, name -> value, as the command line would take it. The caller
 * owns the object; NULL when memory runs out. */
json_t *options_to_json(const struct options *options);

#endif
