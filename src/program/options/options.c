/* Parses the whole command line and checks the combination of options. */
#define _GNU_SOURCE /* access, getopt_long */
#include "options.h"

#include <argp.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_info.h"
#include "commands.h"
#include "fishergrid/text.h"
#include "option_table.h"
#include "standard_output.h"

static enum fg_status check_output_options(const struct options *options, struct fg_error *error)
{
    if (!options->output)
        return fg_fail(error, FG_BAD_INPUT, "no output file; give one with -o FILE.h5");
    if (options->force && options->unless_done)
        return fg_fail(error, FG_BAD_INPUT,
                       "--unless-done keeps what --force would replace; leave out one of the two");
    return FG_OK;
}

/* Checks the setup. The setup names its scalars in errors, "parts: ..."; this function replaces the name by
 * that of the option. */
static enum fg_status check_setup_options(struct options *options, struct fg_error *error)
{
    struct fg_error cause = {0};
    char name[FG_SETUP_NAME_MAX], option[64];
    if (fg_setup_cut(&options->setup, &cause) == FG_OK)
        return FG_OK;
    const size_t length = strcspn(cause.text, ":");
    snprintf(name, sizeof name, "%.*s", (int)length, cause.text);
    options_of_scalar(name, option);
    return fg_fail(error, FG_BAD_INPUT, "%s%s", *option ? option : name, cause.text + length);
}

/* Checks the options together, and that required options and operands are there. */
static enum fg_status check_options(struct options *options, const char *program, struct fg_error *error)
{
    const struct command_row *command = command_of(options->command);
    if (options->command & (COMMAND_SWEEP | COMMAND_MERGE) && check_output_options(options, error) != FG_OK)
        return FG_BAD_INPUT;
    if (options->command == COMMAND_POINT && (isnan(options->at_phi) || isnan(options->at_r)))
        return fg_fail(error, FG_BAD_INPUT, "no cell; give both --phi P and --r R");
    if (options->n_inputs < command->least)
        return fg_fail(error, FG_BAD_INPUT, "an argument is missing; write: %s %s", program,
                       command->operands);
    options->input = options->inputs[0];
    if (options->command == COMMAND_PACK)
        options->output = options->inputs[--options->n_inputs];
    enum fg_status status = FG_OK;
    if (options->command & (COMMAND_SWEEP | COMMAND_BENCH | COMMAND_POINT))
        status = check_setup_options(options, error);
    options->dry_run |= options->sbatch;
    if (options->n_data == 0) {
        strcpy(options->data[0].name, "A");
        strcpy(options->data[1].name, "B");
        options->n_data = 2;
    }
    return status;
}

/* --- parsing words --- */

/* State of the parsing of a command line. */
struct parsing {
    struct options *options;
    int argc;
    char **argv;
    bool given[MOST_OPTIONS]; /* which rows of the table have been on the command line */
    size_t n;
    const struct option_row *list[MOST_OPTIONS]; /* [n] the options of the command */
};

/* getopt_long returns LONG_FORM plus the index in `list` for the long form of an option, and the letter for
 * its short form. */
enum { LONG_FORM = 256 };

static const struct option_row *option_of(const struct parsing *parsing, int found)
{
    if (found >= LONG_FORM)
        return parsing->list[found - LONG_FORM];
    for (size_t o = 0; o < parsing->n; o++) {
        if (found > 0 && parsing->list[o]->letter == found)
            return parsing->list[o];
    }
    return NULL;
}

/* Prints every detail of the help, formatted by argp. */
static void print_all_help(const struct parsing *parsing)
{
    struct argp_option known[MOST_OPTIONS + 1] = {0};
    const struct command_row *command = command_of(parsing->options->command);
    const struct argp argp = {.options = known, .args_doc = command->operands, .doc = command->description};
    for (size_t o = 0; o < parsing->n; o++) {
        const struct option_row *option = parsing->list[o];
        known[o] = (struct argp_option){.name = option->name,
                                        .key = option->letter ? option->letter : LONG_FORM + (int)o,
                                        .arg = option->argument,
                                        .doc = option->help,
                                        .group = option->type == OPTION_ANSWER ? -1 : 0};
    }
    known[parsing->n - 2].arg = "all"; /* the option --help */
    known[parsing->n - 2].flags = OPTION_ARG_OPTIONAL;
    argp_help(&argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, parsing->argv[0]);
}

/* Prints help or version, and ends the program. */
static enum fg_status answer(const struct parsing *parsing, char letter, const char *value,
                             struct fg_error *error)
{
    if (letter == 'h' && value && strcmp(value, "all") != 0)
        return fg_fail(error, FG_BAD_INPUT, "--help or --help=all, not --help=%.60s", value);
    if (letter == 'V')
        puts(FG_VERSION_LINE);
    else if (value)
        print_all_help(parsing);
    else
        options_print_help(parsing->options->command, parsing->argv[0]);
    enum fg_status status = finish_output(error);
    if (status == FG_OK)
        exit(EXIT_SUCCESS);
    return status;
}

/* Lists the commands that have an option of this name: "sweep, bench". The list is empty if the command
 * `mine` has it. */
static void list_owners(const char *name, enum command_id mine, char text[FG_HINT_MAX - 20])
{
    unsigned bits = 0;
    text[0] = '\0';
    for (const struct option_row *option = option_table; option->name; option++)
        bits |= strcmp(option->name, name) == 0 ? option->commands : 0;
    for (size_t c = 0; c < N_COMMANDS && !(bits & mine); c++) {
        if (bits & commands[c].command)
            fg_text_add(text, FG_HINT_MAX - 20, ", ", commands[c].name);
    }
}

static enum fg_status unknown_option(const struct parsing *parsing, const char *word, struct fg_error *error)
{
    char names[MOST_OPTIONS * 24] = "", name[64], hint[FG_HINT_MAX], owners[FG_HINT_MAX - 20];
    for (size_t o = 0; o < parsing->n; o++) {
        snprintf(name, sizeof name, "--%s", parsing->list[o]->name);
        fg_text_add(names, sizeof names, "|", name);
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    fg_text_suggest(name, names, hint);
    list_owners(name + strspn(name, "-"), parsing->options->command, owners);
    if (*owners)
        snprintf(hint, sizeof hint, ", an option of %s", owners);
    if (access(word, F_OK) == 0 || strchr(name, '.'))
        snprintf(hint, sizeof hint, " (a file of that name is given as ./%.40s)", word);
    return fg_fail(error, FG_BAD_INPUT, "unknown option '%.60s'%s; '%s --help' lists all", word, hint,
                   parsing->argv[0]);
}

/* Fails for a word for which getopt_long has returned ':' (no value) or '?' (unknown or ambiguous). */
static enum fg_status refuse_option(const struct parsing *parsing, int found, const char *word,
                                    struct fg_error *error)
{
    const struct option_row *known = option_of(parsing, optopt);
    char names[400] = "", next[64];
    if (found == ':')
        return fg_fail(error, FG_BAD_INPUT, "--%s needs a value: --%s %s", known->name, known->name,
                       known->argument);
    if (known)
        return fg_fail(error, FG_BAD_INPUT, "--%s takes no value; leave out '=%.60s'", known->name,
                       strchr(word, '=') + 1);
    const size_t length = strcspn(word, "=");
    for (size_t o = 0; o < parsing->n; o++) {
        snprintf(next, sizeof next, "--%s", parsing->list[o]->name);
        if (strncmp(next, word, length) == 0)
            fg_text_add(names, sizeof names, ", ", next);
    }
    return *names ? fg_fail(error, FG_BAD_INPUT, "'%.*s' may be %s; write one of them in full", (int)length,
                            word, names)
                  : unknown_option(parsing, word, error);
}

/* Sets the option in `*word`, with its value if it has one. */
static enum fg_status take_option(struct parsing *parsing, int found, char **word, struct fg_error *error)
{
    const struct option_row *option = option_of(parsing, found);
    if (option->type == OPTION_ANSWER)
        return answer(parsing, option->letter, optarg, error);
    if (option->at == offsetof(struct options, dry_run) || option->at == offsetof(struct options, sbatch))
        *word = ""; /* see options_parse */
    parsing->given[option - option_table] = true;
    return option_set(parsing->options, option, optarg, error);
}

static enum fg_status take_operand(const struct parsing *parsing, char *word, struct fg_error *error)
{
    struct options *options = parsing->options;
    const struct command_row *command = command_of(options->command);
    if (options->n_inputs == command->most)
        return fg_fail(error, FG_BAD_INPUT, "'%.60s' is one argument too many; write: %s %s", word,
                       parsing->argv[0], command->operands);
    options->inputs[options->n_inputs++] = word;
    return FG_OK;
}

/* Returns whether a word is a long option with one dash, such as "-threads" or "-thr=2", and not a letter
 * with its value. */
static bool is_long_name(const struct parsing *parsing, const char *word)
{
    const size_t length = strcspn(word + 1, "=");
    for (size_t o = 0; o < parsing->n && length >= 3; o++) {
        if (strncmp(parsing->list[o]->name, word + 1, length) == 0)
            return true;
    }
    return false;
}

/* Handles the word that getopt_long has parsed. `found` is 1 for an operand. */
static enum fg_status take_word(struct parsing *parsing, int found, char **word, struct fg_error *error)
{
    if (found == 1)
        return take_operand(parsing, optarg, error);
    if (is_long_name(parsing, *word))
        return unknown_option(parsing, *word, error);
    if (found == '?' && optopt == '?')
        return answer(parsing, 'h', NULL, error);
    return found == '?' || found == ':' ? refuse_option(parsing, found, *word, error)
                                        : take_option(parsing, found, word, error);
}

static enum fg_status take_words(struct parsing *parsing, struct fg_error *error)
{
    char letters[2 + 2 * MOST_OPTIONS] = "-:",
                         *end = letters + 2; /* "-": operands in order; ":": no messages */
    struct option known[MOST_OPTIONS + 1] = {{0}};
    for (size_t o = 0; o < parsing->n; o++) {
        const struct option_row *option = parsing->list[o];
        const int has_value = option->argument        ? required_argument
                              : option->letter == 'h' ? optional_argument
                                                      : no_argument;
        known[o] = (struct option){.name = option->name, .has_arg = has_value, .val = LONG_FORM + (int)o};
        if (option->letter)
            end += sprintf(end, option->argument ? "%c:" : "%c", option->letter);
    }
    optind = 0; /* starts getopt_long anew */
    enum fg_status status = FG_OK;
    for (int at = 1, found; status == FG_OK; at = optind) {
        found = getopt_long(parsing->argc, parsing->argv, letters, known, NULL);
        if (found == -1)
            break;
        status = take_word(parsing, found, &parsing->argv[at], error);
    }
    while (status == FG_OK && optind < parsing->argc) /* after "--" */
        status = take_operand(parsing, parsing->argv[optind++], error);
    return status;
}

enum fg_status options_parse(struct options *options, enum command_id command, int argc, char **argv,
                             struct fg_error *error)
{
    struct parsing parsing = {.options = options, .argc = argc, .argv = argv};
    parsing.n = options_list(command, parsing.list);
    options_set_defaults(options, command);
    options->inputs = calloc((size_t)argc, sizeof *options->inputs);
    if (!options->inputs)
        return fg_fail(error, FG_FAILED, "no memory for the command line");
    enum fg_status status = take_words(&parsing, error);
    if (status == FG_OK && options->config)
        status = options_take_config(options, parsing.given, error);
    return status == FG_OK ? check_options(options, argv[0], error) : status;
}

void options_free(struct options *options)
{
    json_decref(options->config_values);
    options->config_values = NULL;
    free(options->inputs);
    options->inputs = NULL;
}
