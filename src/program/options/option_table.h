/* The table of options, for its readers: parsing, help, manual and completions. Other code uses options.h. */
#ifndef FISHERGRID_OPTION_TABLE_H
#define FISHERGRID_OPTION_TABLE_H

#include <stddef.h>

#include "options.h"

enum option_type {
    OPTION_WHOLE,  /* uint64_t (or size_t, which has the same size here) from minimum to maximum */
    OPTION_REAL,   /* double from minimum to maximum */
    OPTION_RANGE,  /* struct fg_axis: low and high */
    OPTION_CHOICE, /* int: index in `choices` */
    OPTION_SWITCH, /* bool: present or not */
    OPTION_TEXT,   /* const char * */
    OPTION_FIELDS, /* fg_field_set */
    OPTION_DATA,   /* adds a struct data_request */
    OPTION_PART,   /* uint64_t part, followed by parts */
    OPTION_ANSWER  /* nothing is stored: prints help or version and ends the program */
};

/* Headings of --help. The rows of the table are in the order of the headings. */
enum option_group { IN_VALUES, IN_FILE, IN_RUN };

struct option_row {
    char letter; /* of the short form; 0: none */
    const char *name;
    const char *argument; /* placeholder in --help, NULL for a switch */
    enum option_type type;
    size_t at; /* offset in struct options */
    double minimum, maximum;
    const char *choices; /* separated by '|', for OPTION_CHOICE */
    unsigned commands;   /* bits of the commands that have the option */
    enum option_group group;
    /* NULL unless a --config file may contain the option; else the setup scalars that it sets, separated by
     * commas. */
    const char *setup;
    const char *help; /* the first sentence is the line of --help; it fits into 50 columns */
};

enum { MOST_OPTIONS = 64 };
extern const struct option_row option_table[]; /* the last row has no name */

enum { THREADS_MAX = 4096 };

/* Lists the options of a command, --help and --version last. Returns their number. */
size_t options_list(enum command_id command, const struct option_row *list[MOST_OPTIONS]);

/* Returns the length of the first sentence of a help text, without its full stop. */
int option_brief(const char *help);

void options_set_defaults(struct options *options, enum command_id command);

/* Sets an option from the text given for it (none for a switch), or adds a data set.
 * Errors: FG_BAD_INPUT; the error text names the option, the given text and what would work. */
enum fg_status option_set(struct options *options, const struct option_row *option, const char *text,
                          struct fg_error *error);

/* Adds the data set of one --data. Its path is borrowed from `text`. */
enum fg_status option_add_data(struct options *options, const char *text, struct fg_error *error);

/* Sets the options that are not `given` from the file options->config. */
enum fg_status options_take_config(struct options *options, const bool given[MOST_OPTIONS],
                                   struct fg_error *error);

#endif
