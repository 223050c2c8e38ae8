/* Parses the whole command line and checks the combination of options. */
#define _POSIX_C_SOURCE 200809L /* access */
#include "options.h"

#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_info.h"
#include "fishergrid/text.h"
#include "option_table.h"
#include "standard_output.h"

static enum fg_status check_output_options(const struct options *options, struct fg_error *error)
{
    if (!options->output)
        return fg_fail(error, FG_BAD_INPUT, "no output file; give one with -o FILE.h5");
    if (options->force && options->unless_done)
        return fg_fail(error, FG_BAD_INPUT,
                       "--unless-done keeps what --force would replace; leave out one of both");
    return FG_OK;
}

/* The setup says what is wrong in its own terms, "parts: ..."; the option that set it is put in their place.
 */
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

/* What must hold between options, and what may not be left out. */
static enum fg_status check_options(struct options *options, struct fg_error *error)
{
    if (options->command & (COMMAND_SWEEP | COMMAND_MERGE) && check_output_options(options, error) != FG_OK)
        return FG_BAD_INPUT;
    if (options->command == COMMAND_POINT && (isnan(options->at_phi) || isnan(options->at_r)))
        return fg_fail(error, FG_BAD_INPUT, "no cell; give both --phi P and --r R");
    if (options->command == COMMAND_BENCH && !options->input)
        return fg_fail(error, FG_BAD_INPUT, "no kind of bench; write: fishergrid bench kernel|sweep|scaling");
    if (options->command == COMMAND_MERGE && options->n_inputs == 0)
        return fg_fail(error, FG_BAD_INPUT, "no parts; write: fishergrid merge -o FILE.h5 PART.h5...");
    if (options->command == COMMAND_INFO && !options->input)
        return fg_fail(error, FG_BAD_INPUT, "no file; write: fishergrid info FILE.h5");
    if (options->command == COMMAND_VERIFY && !options->input)
        return fg_fail(error, FG_BAD_INPUT, "no file; write: fishergrid verify FILE.h5");
    if (options->command == COMMAND_PACK && options->n_inputs != 2)
        return fg_fail(error, FG_BAD_INPUT, "not two files; write: fishergrid pack IN.h5 OUT.h5");
    if (options->command == COMMAND_PACK) {
        options->input = options->inputs[0];
        options->output = options->inputs[1];
    }
    if (options->command == COMMAND_XDMF && !options->input)
        return fg_fail(error, FG_BAD_INPUT, "no file; write: fishergrid xdmf FILE.h5");
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

/* --- words --- */

/* What is known of the command line while it is read. */
struct parsing {
    struct options *options;
    int argc, at; /* the word argv[at] is read */
    char **argv;
    bool given[MOST_OPTIONS]; /* which rows of the table have been on the command line */
    size_t n;
    struct option_text list[MOST_OPTIONS]; /* [n] the options of the command */
};

/* Prints every detail of the help, which argp formats. */
static void print_all_help(const struct parsing *parsing)
{
    struct argp_option known[MOST_OPTIONS + 1] = {0};
    const enum command_id command = parsing->options->command;
    const struct argp argp = {
        .options = known, .args_doc = options_operands(command), .doc = options_description(command)};
    for (size_t o = 0; o < parsing->n; o++) {
        const struct option_text *option = &parsing->list[o];
        const bool is_last = option->key == KEY_HELP || option->key == KEY_VERSION;
        known[o] = (struct argp_option){.name = option->name,
                                        .key = option->key,
                                        .arg = option->argument,
                                        .doc = option->help,
                                        .group = is_last ? -1 : 0};
    }
    known[parsing->n - 2].arg = "all"; /* of help */
    known[parsing->n - 2].flags = OPTION_ARG_OPTIONAL;
    argp_help(&argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, parsing->argv[0]);
}

/* Prints help or version, and ends the program. */
static enum fg_status answer(const struct parsing *parsing, int key, const char *value,
                             struct fg_error *error)
{
    if (key == KEY_HELP && value && strcmp(value, "all") != 0)
        return fg_fail(error, FG_BAD_INPUT, "--help or --help=all, not --help=%.60s", value);
    if (key == KEY_VERSION)
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

static enum fg_status unknown_option(const struct parsing *parsing, struct fg_error *error)
{
    const char *word = parsing->argv[parsing->at];
    char names[MOST_OPTIONS * 24] = "", name[64], hint[FG_HINT_MAX];
    for (size_t o = 0; o < parsing->n; o++) {
        snprintf(name, sizeof name, "--%s", parsing->list[o].name);
        fg_text_add(names, sizeof names, "|", name);
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    fg_text_suggest(name, names, hint);
    if (access(word, F_OK) == 0 || strchr(name, '.'))
        snprintf(hint, sizeof hint, " (a file of that name is given as ./%.40s)", word);
    return fg_fail(error, FG_BAD_INPUT, "unknown option '%.60s'%s; '%s --help' lists all", word, hint,
                   parsing->argv[0]);
}

/* The option whose long name is `name` (length bytes), or the only one that begins so. */
static enum fg_status find_long(const struct parsing *parsing, const char *name, size_t length,
                                const struct option_text **found, struct fg_error *error)
{
    char names[400] = "", next[64];
    int n = 0;
    for (size_t o = 0; o < parsing->n; o++) {
        const struct option_text *option = &parsing->list[o];
        if (strncmp(option->name, name, length) != 0)
            continue;
        *found = option;
        if (option->name[length] == '\0')
            return FG_OK;
        snprintf(next, sizeof next, "--%s", option->name);
        fg_text_add(names, sizeof names, ", ", next);
        n++;
    }
    if (n == 0)
        return unknown_option(parsing, error);
    return n == 1 ? FG_OK
                  : fg_fail(error, FG_BAD_INPUT, "'--%.*s' may be %s; write one of them in full", (int)length,
                            name, names);
}

/* Sets an option to `value`; if this is NULL, to the next word where the option has a value. */
static enum fg_status take_option(struct parsing *parsing, const struct option_text *text, const char *value,
                                  struct fg_error *error)
{
    if (text->key == KEY_HELP || text->key == KEY_VERSION)
        return answer(parsing, text->key, value, error);
    const struct option_row *option = option_find(text->key, parsing->options->command);
    if (option->key == KEY_DRY_RUN || option->key == KEY_SBATCH)
        parsing->argv[parsing->at] = ""; /* see options_parse */
    if (option->argument && !value && ++parsing->at < parsing->argc)
        value = parsing->argv[parsing->at];
    if (option->argument && !value)
        return fg_fail(error, FG_BAD_INPUT, "--%s needs a value: --%s %s", option->name, option->name,
                       option->argument);
    parsing->given[option - option_table] = true;
    return option_set(parsing->options, option, value, error);
}

/* "--name" or "--name=value" */
static enum fg_status take_long(struct parsing *parsing, struct fg_error *error)
{
    const char *name = parsing->argv[parsing->at] + 2;
    const size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct option_text *option = NULL;
    enum fg_status status = find_long(parsing, name, length, &option, error);
    if (status == FG_OK && value && !option->argument && option->key != KEY_HELP)
        status = fg_fail(error, FG_BAD_INPUT, "--%s takes no value; leave out '=%.60s'", option->name, value);
    return status == FG_OK ? take_option(parsing, option, value, error) : status;
}

/* "-qN5": switches, then perhaps an option with its value, or with the next word as its value. */
static enum fg_status take_letters(struct parsing *parsing, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    bool had_value = false;
    for (const char *letter = parsing->argv[parsing->at] + 1; status == FG_OK && *letter && !had_value;
         letter++) {
        const int key = *letter == KEY_HELP_TOO ? KEY_HELP : *letter;
        size_t o = 0;
        while (o < parsing->n && parsing->list[o].key != key)
            o++;
        if (o == parsing->n)
            return unknown_option(parsing, error);
        had_value = parsing->list[o].argument;
        status = take_option(parsing, &parsing->list[o], had_value && letter[1] ? letter + 1 : NULL, error);
    }
    return status;
}

static enum fg_status take_operand(struct parsing *parsing, struct fg_error *error)
{
    struct options *options = parsing->options;
    char *word = parsing->argv[parsing->at];
    if (options->command & (COMMAND_MERGE | COMMAND_PACK))
        options->inputs[options->n_inputs++] = word;
    else if (options->command & (COMMAND_SWEEP | COMMAND_POINT) || options->input)
        return fg_fail(error, FG_BAD_INPUT, "'%.60s' is one argument too many; write: %s %s", word,
                       parsing->argv[0], options_operands(options->command));
    else
        options->input = word;
    return FG_OK;
}

static enum fg_status take_words(struct parsing *parsing, struct fg_error *error)
{
    bool options_ended = false;
    enum fg_status status = FG_OK;
    for (parsing->at = 1; parsing->at < parsing->argc && status == FG_OK; parsing->at++) {
        const char *word = parsing->argv[parsing->at];
        if (options_ended || word[0] != '-' || word[1] == '\0')
            status = take_operand(parsing, error);
        else if (strcmp(word, "--") == 0)
            options_ended = true;
        else if (word[1] == '-')
            status = take_long(parsing, error);
        else
            status = take_letters(parsing, error);
    }
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
    return status == FG_OK ? check_options(options, error) : status;
}

void options_free(struct options *options)
{
    json_decref(options->config_values);
    options->config_values = NULL;
    free(options->inputs);
    options->inputs = NULL;
}
