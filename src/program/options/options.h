/* The command line: parsing, --help, checks, manual and completions all follow from one table of options. */
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
    const char *path; /* NULL: built in; borrowed from the command line, or from the file of --config */
    bool of_config;   /* from the file of --config */
};

/* Every option of every command. Strings are borrowed from argv. */
struct options {
    enum command_id command;
    int argc; /* the whole command line, for the record of the run; set by main */
    char **argv;
    struct fg_setup setup; /* the requested setup, without samples, kernel and arithmetic */
    double at_phi, at_r;   /* the cell of `point`; NaN if not given */
    struct data_request data[FG_DATA_MAX];
    size_t n_data;
    uint64_t threads; /* 0: not given; see threads_decide */
    int progress;     /* enum progress_mode */
    bool quiet, dry_run, sbatch, force, unless_done, json;
    double max_time;     /* maximum seconds of a sweep; infinite if not given */
    double sync_seconds; /* seconds between fsyncs */
    const char *output;  /* the file to write */
    char **inputs; /* [n_inputs] operands: files to read, or the kind of `bench`; only the list is owned */
    const char *input; /* the first of them; NULL: there is none */
    size_t n_inputs;
    uint64_t deflate;           /* deflate level of `pack` */
    uint64_t keep_digits;       /* decimal digits of packed values; 0: all */
    bool float32;               /* store packed values in 32 bits */
    uint64_t cells, cells_seed; /* random cells that `verify` recomputes, and their seed */
    uint64_t repetitions;       /* rounds of a benchmark */
    const char *directory;      /* where a benchmark writes its files */
    const struct fg_team *team; /* not an option: the processes that sweep together; NULL: this one alone */
    const char *config;         /* the file of `sweep --config` */
    bool show_config;           /* `info --config` */
    json_t *config_values;      /* contents of that file, from which strings are borrowed, too; owned */
};

/* Reads argv into `options`. argv[0] is the program with its command, as messages name it. Options that are
 * not in argv are read from the file of --config. Checks each value and their combinations. --help and
 * --version print and exit. Replaces arguments that only request a dry run or the line for Slurm by empty
 * strings (no value may be empty), so that the rest is the command line of the actual run. Errors:
 * FG_BAD_INPUT for wrong usage; FG_FAILED if --help or --version cannot be printed. options_free must be
 * called in any case. */
enum fg_status options_parse(struct options *options, enum command_id command, int argc, char **argv,
                             struct fg_error *error);
void options_free(struct options *options);

/* Prints --help: a line for each option. `program` is the program with its command. */
void options_print_help(enum command_id command, const char *program);

/* Stores the names of the options that set the scalar `name` of a setup, "--phi-range" or "--a and --b"; ""
 * if none does. */
void options_of_scalar(const char *name, char text[64]);

#endif
