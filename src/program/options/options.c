/* Parses the whole command line and checks the combination of options. */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
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

/* What the parser below needs from one call to the next. */
struct parsing {
    struct options *options;
    bool given[MOST_OPTIONS]; /* which rows of the table have been on the command line */
    enum fg_status status;
    struct fg_error *error;
};

/* One line for what getopt could not read: argp's own answer takes three. */
static void explain_bad_option(struct parsing *parsing, const struct argp_state *state)
{
    const char *word = state->next > 0 && state->next <= state->argc ? state->argv[state->next - 1] : "";
    if (parsing->status != FG_OK)
        return;
    const char *name = word + strspn(word, "-");
    size_t length = strcspn(name, "=");
    for (const struct option_row *option = option_table; option->name; option++) {
        bool exact = strlen(option->name) == length && memcmp(option->name, name, length) == 0;
        bool letter = length == 1 && option->key == name[0];
        if (!(option->commands & parsing->options->command) || !(exact || letter))
            continue;
        parsing->status = option->argument
                              ? fg_fail(parsing->error, FG_BAD_INPUT, "--%s needs a value: --%s %s",
                                        option->name, option->name, option->argument)
                              : fg_fail(parsing->error, FG_BAD_INPUT, "--%s takes no value", option->name);
        return;
    }
    parsing->status =
        fg_fail(parsing->error, FG_BAD_INPUT, "unknown or ambiguous option '%.60s'; '%s --help' lists all",
                word, state->name);
}

static error_t parse_one(int key, char *argument, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    if (key == KEY_HELP || key == KEY_HELP_TOO || key == KEY_VERSION) {
        if (key == KEY_HELP && argument && strcmp(argument, "all") != 0) {
            parsing->status =
                fg_fail(parsing->error, FG_BAD_INPUT, "--help or --help=all, not --help=%.60s", argument);
            return EINVAL;
        }
        if (key == KEY_VERSION) {
            puts(FG_VERSION_LINE);
        } else if (!argument) {
            options_print_help(parsing->options->command, state->name);
        } else {
            state->flags &= ~(unsigned)ARGP_NO_ERRS; /* which would silence the help, too */
            argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK);
        }
        parsing->status = finish_output(parsing->error);
        if (parsing->status == FG_OK)
            exit(EXIT_SUCCESS);
        return EIO;
    }
    if (key == ARGP_KEY_ERROR) {
        explain_bad_option(parsing, state);
        return 0;
    }
    if (key == ARGP_KEY_ARG && !parsing->options->input &&
        parsing->options->command & (COMMAND_INFO | COMMAND_BENCH | COMMAND_VERIFY | COMMAND_XDMF)) {
        parsing->options->input = argument;
        return 0;
    }
    if (key == ARGP_KEY_ARGS) { /* all of them, after the options */
        parsing->options->inputs = state->argv + state->next;
        parsing->options->n_inputs = (size_t)(state->argc - state->next);
        return 0;
    }
    if (key == ARGP_KEY_ARG && parsing->options->command & (COMMAND_MERGE | COMMAND_PACK))
        return ARGP_ERR_UNKNOWN;
    if (key == ARGP_KEY_ARG) {
        parsing->status = fg_fail(parsing->error, FG_BAD_INPUT, "'%.60s' is one argument too many", argument);
        return EINVAL;
    }
    const struct option_row *option = option_find(key, parsing->options->command);
    if (!option)
        return ARGP_ERR_UNKNOWN;
    if (key == KEY_DRY_RUN || key == KEY_SBATCH)
        state->argv[state->next - 1] = ""; /* see options_parse */
    parsing->given[option - option_table] = true;
    parsing->status = option_set(parsing->options, option, argument, parsing->error);
    return parsing->status == FG_OK ? 0 : EINVAL;
}

enum fg_status options_parse(struct options *options, enum command_id command, int argc, char **argv,
                             struct fg_error *error)
{
    struct option_text list[MOST_OPTIONS];
    struct argp_option known[MOST_OPTIONS + 2] = {0};
    size_t n = options_list(command, list);
    for (size_t o = 0; o < n; o++)
        known[o] =
            (struct argp_option){.name = list[o].name,
                                 .key = list[o].key,
                                 .arg = list[o].argument,
                                 .doc = list[o].help,
                                 .group = list[o].key == KEY_HELP || list[o].key == KEY_VERSION ? -1 : 0};
    known[n - 2].arg = "all"; /* of help */
    known[n - 2].flags = OPTION_ARG_OPTIONAL;
    known[n] = (struct argp_option){.key = KEY_HELP_TOO, .flags = OPTION_HIDDEN, .doc = ""};

    options_set_defaults(options, command);
    struct parsing parsing = {.options = options, .status = FG_OK, .error = error};
    struct argp argp = {.options = known,
                        .parser = parse_one,
                        .args_doc = options_operands(command),
                        .doc = options_description(command)};
    error_t failed = argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, &parsing);
    if (parsing.status != FG_OK)
        return parsing.status;
    if (failed)
        return fg_fail(error, FG_FAILED, "reading the command line: %s", strerror(failed));
    enum fg_status status = options->config ? options_take_config(options, parsing.given, error) : FG_OK;
    return status == FG_OK ? check_options(options, error) : status;
}

void options_free(struct options *options)
{
    json_decref(options->config_values);
    options->config_values = NULL;
}
