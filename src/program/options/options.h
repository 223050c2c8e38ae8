/* The command line: one table of options, from which parsing, --help, checks, manual and completions follow.
 */
#ifndef FISHERGRID_OPTIONS_H
#define FISHERGRID_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "fishergrid/setup.h"
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

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* One --data: a built-in data set, or a name and a file. */
struct data_request {
    char name[FG_NAME_MAX + 1];
    const char *path; /* NULL: built in; borrowed from the command line */
};

/* Every option of every command, with its default. Strings are borrowed from argv. */
struct options {
    enum command_id command;
    struct fg_setup setup; /* what is asked for; samples, kernel and arithmetic are not known yet */
    double at_phi, at_r;   /* the cell of `point`; NaN while not given */
    struct data_request data[FG_DATA_MAX];
    size_t n_data;
    uint64_t threads; /* 0: OMP_NUM_THREADS or all cores */
    int progress;     /* enum progress_mode */
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
    uint64_t cells, cells_seed; /* random cells that `verify` computes again, and what chooses them */
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

/* The names of the options that set the scalar `name` of a setup, "--phi-range" or "--a and --b"; "" where
 * none does. */
void options_of_scalar(const char *name, char text[64]);

#endif
