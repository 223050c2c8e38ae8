/* The table of options and its reader. Adding an option is adding a line to the table. */
#define _DEFAULT_SOURCE /* M_PI, strdup */
#include "options.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
#include "config.h"
#include "fishergrid/pack.h"
#include "fishergrid/verify.h"
#include "print.h"
#include "utf8.h"

enum type {
    WHOLE,  /* uint64_t (or size_t, the same size here) from least to most */
    REAL,   /* double from least to most */
    RANGE,  /* struct fg_axis: low and high */
    CHOICE, /* int: index in `choices` */
    SWITCH, /* bool: present or not */
    TEXT,   /* const char * */
    FIELDS, /* fg_field_set */
    DATA,   /* one more struct data_request */
    PART    /* struct part */
};

/* What the file says of an option. */
enum record {
    UNRECORDED,
    RECORDED, /* in the record of the run */
    DECISIVE  /* there, and it decides the values (or where they are in the file) */
};

struct option_row {
    int key; /* the letter of the short form, or a number above 255 */
    const char *name;
    const char *argument; /* placeholder in --help, NULL for a switch */
    enum type type;
    size_t at; /* offset in struct options */
    double least, most;
    const char *choices; /* separated by '|', for CHOICE */
    unsigned commands;   /* which commands know it */
    enum record record;
    const char *help;
};

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "counts are read as 64-bit numbers");

#define AT(member) offsetof(struct options, member)
#define SWEEP COMMAND_SWEEP
#define POINT COMMAND_POINT
#define INFO COMMAND_INFO
#define BENCH COMMAND_BENCH
#define MERGE COMMAND_MERGE
#define VERIFY COMMAND_VERIFY
#define PACK COMMAND_PACK
#define XDMF COMMAND_XDMF
#define AXIS_MAX ((double)FG_AXIS_MAX)

enum { KEY_DRY_RUN = 312, KEY_SBATCH = 330 };

/* clang-format off */
static const struct option_row table[] = {
    {'N', "phi", "N", WHOLE, AT(phi.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, DECISIVE,
     "Cells along phi, 1 to 2147483648 (default 512)"},
    {'M', "r", "M", WHOLE, AT(r.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, DECISIVE,
     "Cells along r, 1 to 2147483648 (default 512)"},
    {301, "phi-range", "LO:HI", RANGE, AT(phi), 0, 0, NULL, SWEEP | BENCH, DECISIVE,
     "Range of phi in radians, both ends included; numbers may end in 'pi' (default 0:2pi)"},
    {302, "r-range", "LO:HI", RANGE, AT(r), 0, 0, NULL, SWEEP | BENCH, DECISIVE,
     "Range of r, dimensionless, both ends included (default -5:5)"},
    {303, "phi", "P", REAL, AT(at_phi), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, RECORDED,
     "The angle phi of the cell in radians; may end in 'pi' (required)"},
    {304, "r", "R", REAL, AT(at_r), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, RECORDED,
     "The offset r of the cell, dimensionless (required)"},
    {'d', "data", "A|B|NAME=FILE.csv", DATA, AT(data), 0, 0, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "A data set: built-in A or B, or a CSV file with the header x0,x1,y and labels y of 0 and 1; "
     "may be repeated (default A and B)"},
    {305, "samples-per-class", "n", WHOLE, AT(draw.samples_per_class), 1, 1 << 30, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Samples of each class of A and B (default 500)"},
    {306, "spread", "S", REAL, AT(draw.spread), DBL_MIN, 1e5, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Standard deviation of A and B in each coordinate, dimensionless (default 0.3)"},
    {307, "seed", "K", WHOLE, AT(draw.seed), 0, 0x1p64, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Seed of A and B, 0 to 18446744073709551615 (default 0)"},
    {'m', "method", "auto|direct|chebyshev", CHOICE, AT(method), 0, 0, "auto|direct|chebyshev", SWEEP | BENCH, DECISIVE,
     "Where the samples are summed: at every cell (direct), at Chebyshev nodes with interpolation between them "
     "(chebyshev), or in each direction at whichever are fewer (auto, the default)"},
    {308, "reduction", "sum|mean", CHOICE, AT(reduction), 0, 0, "sum|mean", SWEEP | POINT | BENCH, DECISIVE,
     "Whether loss, gradient and Fisher matrix are sums over the samples or divided by their number "
     "(default sum)"},
    {309, "damping", "LAMBDA", REAL, AT(damping), 0, FG_DAMPING_MAX, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Added to both diagonal entries of the Fisher matrix, for the natural gradient only (default 0)"},
    {'f', "fields", "LIST", FIELDS, AT(fields), 0, 0, NULL, SWEEP | BENCH, DECISIVE,
     "Fields to store, separated by commas (default all): loss, fisher_phi_phi, fisher_r_phi, fisher_r_r, "
     "gradient_phi, gradient_r, natural_gradient_phi, natural_gradient_r, natural_gradient_flag"},
    {'t', "threads", "T", WHOLE, AT(threads), 1, 4096, NULL, SWEEP | BENCH | MERGE | VERIFY | PACK, RECORDED,
     "OpenMP threads of a process, 1 to 4096 (default OMP_NUM_THREADS, or all cores, shared among processes)"},
    {310, "tile", "CELLS", WHOLE, AT(tile_cells), 1, 1 << 30, NULL, SWEEP | BENCH, DECISIVE,
     "Cells a thread computes and writes at a time; changes no result (default 1024 to 65536 by size)"},
    {317, "part", "K/N", PART, AT(part), 0, 0, NULL, SWEEP, DECISIVE,
     "Only the K-th of N parts of the grid, rows of tiles, into a file of its own; 'fishergrid merge' puts them together"},
    {'o', "output", "FILE.h5", TEXT, AT(output), 0, 0, NULL, SWEEP | MERGE, UNRECORDED,
     "The file to make (required); FILE.h5.part until it is complete"},
    {315, "max-time", "S", REAL, AT(max_time), 1e-3, 1e9, NULL, SWEEP | MERGE, UNRECORDED,
     "Stop after S seconds with exit code 75; the same command continues. Under Slurm, SLURM_JOB_END_TIME sets "
     "such a limit by itself"},
    {316, "sync", "S", REAL, AT(sync_seconds), 1e-3, 1e9, NULL, SWEEP | MERGE, UNRECORDED,
     "Bring what is done to the disk (fsync) every S seconds (default 60)"},
    {311, "force", NULL, SWITCH, AT(force), 0, 0, NULL, SWEEP | MERGE, UNRECORDED,
     "Start afresh: replace an existing output and what an interrupted sweep left"},
    {323, "unless-done", NULL, SWITCH, AT(unless_done), 0, 0, NULL, SWEEP | MERGE, UNRECORDED,
     "An output that the same command has finished already is a success, and left as it is: for jobs that may be "
     "started again"},
    {'o', "output", "FILE.xmf", TEXT, AT(output), 0, 0, NULL, XDMF, UNRECORDED,
     "The file to make (default beside FILE.h5, with .xmf in place of .h5)"},
    {340, "force", NULL, SWITCH, AT(force), 0, 0, NULL, XDMF | PACK, UNRECORDED,
     "Replace an existing output"},
    {341, "deflate", "L", WHOLE, AT(deflate), 1, 9, NULL, PACK, UNRECORDED,
     "How hard deflate tries, 1 (fast) to 9 (small) (default 4); what it makes unpacks to the same bits"},
    {342, "keep-digits", "D", WHOLE, AT(keep_digits), 1, FG_DIGITS_MAX, NULL, PACK, UNRECORDED,
     "Round every real value to the nearest that keeps D significant decimal digits, 1 to 15: off by 0.5e-D of it at "
     "most (default: all digits are kept)"},
    {343, "float32", NULL, SWITCH, AT(float32), 0, 0, NULL, PACK, UNRECORDED,
     "Store real values as 32-bit numbers, of 7 digits; values above 3.4e38 are refused, those below 1.2e-38 lose "
     "digits"},
    {KEY_DRY_RUN, "dry-run", NULL, SWITCH, AT(dry_run), 0, 0, NULL, SWEEP, UNRECORDED,
     "Only say what the sweep would need: cells, file, memory, time (a short trial, on this processor), free disk, "
     "and what to ask Slurm for"},
    {KEY_SBATCH, "sbatch", NULL, SWITCH, AT(sbatch), 0, 0, NULL, SWEEP, UNRECORDED,
     "With --dry-run: print a batch script of this sweep for Slurm instead"},
    {313, "progress", "auto|always|never", CHOICE, AT(progress), 0, 0, "auto|always|never", SWEEP | MERGE | PACK, UNRECORDED,
     "Progress on standard error: a live line on a terminal, else a line every 30 s (default auto); "
     "always: a line also for short runs"},
    {'q', "quiet", NULL, SWITCH, AT(quiet), 0, 0, NULL, SWEEP | MERGE | PACK, UNRECORDED,
     "No progress and no summary, only errors"},
    {'n', "repetitions", "ROUNDS", WHOLE, AT(repetitions), 1, 1000, NULL, BENCH, RECORDED,
     "Rounds that count, after two that do not (default 7)"},
    {314, "directory", "DIR", TEXT, AT(directory), 0, 0, NULL, BENCH, RECORDED,
     "Where files are written and removed again (default .)"},
    {319, "cells", "N", WHOLE, AT(cells), 1, FG_VERIFY_CELLS_MAX, NULL, VERIFY, UNRECORDED,
     "Random cells of each data set to compute again, 1 to 1000000 (default 1000); a cell of 1000 samples takes "
     "about a millisecond"},
    {320, "seed", "K", WHOLE, AT(draw.seed), 0, 0x1p64, NULL, VERIFY, UNRECORDED,
     "Chooses the random cells, 0 to 18446744073709551615 (default 0)"},
    {321, "config", "FILE", TEXT, AT(config), 0, 0, NULL, SWEEP, UNRECORDED,
     "Take the options that are not given here from FILE, a JSON object as 'fishergrid info --config' prints it"},
    {322, "config", NULL, SWITCH, AT(show_config), 0, 0, NULL, INFO, UNRECORDED,
     "Print the options of the run that made the file, as 'fishergrid sweep --config' reads them, and nothing else"},
    {'j', "json", NULL, SWITCH, AT(json), 0, 0, NULL, SWEEP | POINT | INFO | BENCH | MERGE | VERIFY | PACK, UNRECORDED,
     "Print JSON instead of text"},
};
/* clang-format on */
enum { N_OPTIONS = sizeof table / sizeof *table, KEY_HELP = '?', KEY_VERSION = 'V' };

static const struct option_row *find_option(int key, enum command command)
{
    for (size_t o = 0; o < N_OPTIONS; o++) {
        if (table[o].key == key && table[o].commands & command)
            return &table[o];
    }
    return NULL;
}

/* --- values --- */

/* A real number up to `end`, which may be written as a multiple of pi: "1.5", "2pi", "-pi". */
static bool read_real(const char *text, const char *end, double *value)
{
    char copy[64];
    size_t length = (size_t)(end - text);
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (isspace((unsigned char)copy[0]))
        return false;

    bool has_pi = length >= 2 && strcmp(copy + length - 2, "pi") == 0;
    if (has_pi)
        copy[length -= 2] = '\0';
    if (has_pi && (length == 0 || strcmp(copy, "-") == 0 || strcmp(copy, "+") == 0)) {
        copy[length] = '1';
        copy[length + 1] = '\0';
    }
    char *rest;
    *value = strtod(copy, &rest) * (has_pi ? M_PI : 1);
    return *rest == '\0' && rest != copy && isfinite(*value);
}

static enum fg_status set_whole(const struct option_row *option, const char *text, uint64_t *value,
                                struct fg_error *error)
{
    char *rest;
    errno = 0;
    unsigned long long number = strtoull(text, &rest, 10);
    if (!isdigit((unsigned char)text[0]) || *rest != '\0' || errno == ERANGE ||
        (double)number < option->least || (double)number > option->most)
        return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not a whole number from %.0f to %llu",
                       option->name, text, option->least,
                       option->most < 0x1p64 ? (unsigned long long)option->most : ULLONG_MAX);
    *value = number;
    return FG_OK;
}

static enum fg_status set_real(const struct option_row *option, const char *text, double *value,
                               struct fg_error *error)
{
    if (!read_real(text, text + strlen(text), value) || *value < option->least || *value > option->most)
        return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not a number from %g to %g", option->name, text,
                       option->least, option->most);
    return FG_OK;
}

static enum fg_status set_range(const struct option_row *option, const char *text, struct fg_axis *axis,
                                struct fg_error *error)
{
    const char *colon = strchr(text, ':');
    if (!colon || !read_real(text, colon, &axis->low) ||
        !read_real(colon + 1, text + strlen(text), &axis->high))
        return fg_fail(error, FG_BAD_INPUT,
                       "--%s: '%.60s' is not a range; write LOW:HIGH with finite numbers", option->name,
                       text);
    char name[32];
    snprintf(name, sizeof name, "--%s", option->name);
    struct fg_axis range = {.n = 1, .low = axis->low, .high = axis->high};
    return fg_axis_check(&range, name, error);
}

#define MOST_PARTS 1000000

static enum fg_status set_part(const struct option_row *option, const char *text, struct part *part,
                               struct fg_error *error)
{
    char *slash, *end = NULL;
    *part = (struct part){.k = strtoull(text, &slash, 10)};
    if (isdigit((unsigned char)text[0]) && *slash == '/' && isdigit((unsigned char)slash[1]))
        part->n = strtoull(slash + 1, &end, 10);
    if (!end || *end != '\0' || part->k < 1 || part->k > part->n || part->n > MOST_PARTS)
        return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not K/N with 1 <= K <= N <= %d", option->name,
                       text, MOST_PARTS);
    return FG_OK;
}

/* The index of `text` in "first|second|...", or -1. */
static int find_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (int index = 0; *choices; index++) {
        size_t next = strcspn(choices, "|");
        if (next == length && memcmp(choices, text, length) == 0)
            return index;
        choices += next + (choices[next] == '|');
    }
    return -1;
}

static enum fg_status set_choice(const struct option_row *option, const char *text, int *value,
                                 struct fg_error *error)
{
    *value = find_choice(option->choices, text);
    if (*value < 0)
        return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not one of %s", option->name, text,
                       option->choices);
    return FG_OK;
}

static bool same_ignoring_case(const char *a, const char *b)
{
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static enum fg_status add_data(struct options *options, const char *text, struct fg_error *error)
{
    if (options->n_data == MOST_DATA)
        return fg_fail(error, FG_BAD_INPUT, "--data: more than %d data sets", MOST_DATA);
    struct data_request *request = &options->data[options->n_data];
    const char *equals = strchr(text, '=');
    if (!equals && strcmp(text, "A") != 0 && strcmp(text, "B") != 0)
        return fg_fail(
            error, FG_BAD_INPUT,
            "--data: unknown data set '%s'; built in are A and B, a file is given as NAME=FILE.csv", text);
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    if (length > FG_NAME_MAX)
        return fg_fail(error, FG_BAD_INPUT, "--data: the name '%.20s...' is longer than %d bytes", text,
                       FG_NAME_MAX);
    memcpy(request->name, text, length);
    request->name[length] = '\0';
    request->path = equals ? equals + 1 : NULL;
    enum fg_status status = fg_dataset_check_name(request->name, error);
    if (status != FG_OK)
        return fg_fail_while(error, status, "--data");
    if (equals && equals[1] == '\0')
        return fg_fail(error, FG_BAD_INPUT, "--data: no file behind '%s='; write %s=FILE.csv", request->name,
                       request->name);
    for (size_t s = 0; s < options->n_data; s++) {
        if (same_ignoring_case(options->data[s].name, request->name))
            return fg_fail(error, FG_BAD_INPUT,
                           "--data: '%s' and '%s' are the same name, case aside; give each data set its own",
                           options->data[s].name, request->name);
    }
    options->n_data++;
    return FG_OK;
}

static enum fg_status set_option(struct options *options, const struct option_row *option, const char *text,
                                 struct fg_error *error)
{
    void *value = (char *)options + option->at;
    switch (option->type) {
    case WHOLE:
        return set_whole(option, text, value, error);
    case REAL:
        return set_real(option, text, value, error);
    case RANGE:
        return set_range(option, text, value, error);
    case CHOICE:
        return set_choice(option, text, value, error);
    case TEXT:
        *(const char **)value = text;
        return *text ? FG_OK : fg_fail(error, FG_BAD_INPUT, "--%s: the name is empty", option->name);
    case FIELDS: {
        enum fg_status status = fg_fields_parse(text, value, error);
        return status == FG_OK ? FG_OK : fg_fail_while(error, status, "--%s", option->name);
    }
    case DATA:
        return add_data(options, text, error);
    case PART:
        return set_part(option, text, value, error);
    case SWITCH:
        *(bool *)value = true;
    }
    return FG_OK;
}

/* --- the whole command line --- */

static void set_defaults(struct options *options, enum command command)
{
    *options = (struct options){
        .command = command,
        .phi = {.n = 512, .low = 0, .high = 2 * M_PI},
        .r = {.n = 512, .low = -5, .high = 5},
        .at_phi = NAN,
        .at_r = NAN,
        .draw = {.samples_per_class = FG_SAMPLES_PER_CLASS, .spread = FG_SPREAD, .seed = 0},
        .fields = FG_ALL_FIELDS,
        .max_time = INFINITY,
        .sync_seconds = 60,
        .cells = 1000,
        .deflate = 4,
        .repetitions = 7,
        .directory = ".",
    };
}

static enum fg_status check_sbatch(const struct options *options, struct fg_error *error)
{
    if (!options->dry_run)
        return fg_fail(error, FG_BAD_INPUT,
                       "--sbatch prints a script of a dry run; write --dry-run --sbatch");
    if (options->json)
        return fg_fail(error, FG_BAD_INPUT, "--sbatch prints a script, not JSON; leave out one of both");
    if (options->force)
        return fg_fail(error, FG_BAD_INPUT,
                       "--sbatch: with --force each turn of the job would start afresh; remove the old file "
                       "and leave out --force");
    return FG_OK;
}

static enum fg_status check_output_options(const struct options *options, struct fg_error *error)
{
    if (!options->output)
        return fg_fail(error, FG_BAD_INPUT, "no output file; give one with -o FILE.h5");
    if (options->force && options->unless_done)
        return fg_fail(error, FG_BAD_INPUT,
                       "--unless-done keeps what --force would replace; leave out one of both");
    return FG_OK;
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
    if (options->damping > 0 && options->damping < FG_DAMPING_MIN)
        return fg_fail(error, FG_BAD_INPUT, "--damping: %g is neither 0 nor from %g to %g", options->damping,
                       FG_DAMPING_MIN, FG_DAMPING_MAX);
    enum fg_status status = FG_OK;
    if (options->command == COMMAND_SWEEP)
        status = fg_axis_check(&options->phi, "--phi and --phi-range", error);
    if (options->command == COMMAND_SWEEP && status == FG_OK)
        status = fg_axis_check(&options->r, "--r and --r-range", error);
    if (options->sbatch && status == FG_OK)
        status = check_sbatch(options, error);
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
    bool given[N_OPTIONS]; /* which rows of the table have been on the command line */
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
    for (size_t o = 0; o < N_OPTIONS; o++) {
        const struct option_row *option = &table[o];
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
    if (key == KEY_HELP || key == KEY_VERSION) {
        if (key == KEY_HELP) {
            state->flags &= ~(unsigned)ARGP_NO_ERRS; /* which would silence the help, too */
            argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK);
        } else {
            puts(FG_VERSION_LINE);
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
    const struct option_row *option = find_option(key, parsing->options->command);
    if (!option)
        return ARGP_ERR_UNKNOWN;
    if (key == KEY_DRY_RUN || key == KEY_SBATCH)
        state->argv[state->next - 1] = ""; /* see options_parse */
    parsing->given[option - table] = true;
    parsing->status = set_option(parsing->options, option, argument, parsing->error);
    return parsing->status == FG_OK ? 0 : EINVAL;
}

const char *options_description(enum command command)
{
    switch (command) {
    case COMMAND_SWEEP:
        return "Computes loss, Fisher information matrix, gradient and natural gradient of z = "
               "sigmoid(sin(phi) x0 + "
               "cos(phi) x1 + r), p(y=0|x) = z, over a grid of (phi, r), and stores every field in one HDF5 "
               "file."
               "\v"
               "Without options but -o: the data sets A and B on 512 x 512 cells.\n\n"
               "The environment variable FISHERGRID_ISA picks the kernel (avx512, avx2 or baseline; default: "
               "the "
               "best this processor runs).\n\n"
               "Exit codes: 0 done; 1 failed; 2 wrong usage or bad input; 75 interrupted (by TERM, INT, HUP, "
               "USR1 or "
               "the time limit): run the same command again to continue.";
    case COMMAND_POINT:
        return "Prints every field of a single cell (phi, r), for each data set.\v"
               "An undefined natural gradient is printed as nan, in JSON as null.";
    case COMMAND_BENCH:
        return "Measures how fast fishergrid is, against what the machine does at best in the same run: "
               "kernel (direct "
               "sums against multiply-adds alone), sweep (computing, and with the file, against storing and "
               "writing "
               "as many bytes plainly), scaling (1 to T threads, strong and weak, direct and chebyshev, "
               "computing alone "
               "and with the file)."
               "\v"
               "All alternatives take turns; minimum and median of the rounds are printed, with --json every "
               "round. "
               "Sweep needs as much memory as the fields take.";
    case COMMAND_MERGE:
        return "Puts the files of 'fishergrid sweep --part K/N' together, in any order of their names: one "
               "file with the "
               "same bytes in every field as of a sweep of the whole grid. They must be of the same sweep, "
               "complete, "
               "undamaged, and all N of them. They are copied, so they can be removed afterwards."
               "\v"
               "Exit codes: 0 done; 1 failed; 2 wrong usage, or parts that do not make a whole; 75 "
               "interrupted: run the "
               "same command again to continue.";
    case COMMAND_INFO:
        return "Tells what is in a file that fishergrid made, what made it, and whether it is complete.\v"
               "Exit codes: 0 the file is complete; 1 it is not complete; 2 wrong usage, or not a file of "
               "fishergrid.";
    case COMMAND_VERIFY:
        return "Checks whether what is in a file is right, also in one that is not complete, as far as it is "
               "done: every value against the checksum of its tile; random cells against what the slow "
               "reference kernel computes from the samples in the file; gradients against differences of the "
               "loss; in every cell that the Fisher matrix is positive semi-definite (it is symmetric by "
               "itself: one of its off-diagonal entries is stored); axes, samples and texts; and that every "
               "group, dataset, link and attribute that a sweep writes is there and the same, but for what "
               "tells of the run. More may be in the file."
               "\v"
               "The largest error of each field is told on the scale of its summed absolute terms, with its "
               "bound. --threads changes no result.\n\n"
               "Exit codes: 0 all is right, and the file complete; 1 something is not right, or the file is "
               "not "
               "complete; 2 wrong usage, or not a file of fishergrid.";
    case COMMAND_XDMF:
        return "Writes a small text file (XDMF) through which ParaView opens FILE.h5, also one that is not "
               "complete: a grid for each data set, with r to the right, phi upwards and every field at its "
               "cells. It names FILE.h5 relative to itself, so move both together."
               "\v"
               "Exit codes: 0 done; 1 failed; 2 wrong usage, or not a file of fishergrid.";
    case COMMAND_PACK:
        return "Packs a complete file: the same contents, with every field in chunks of rows, shuffled and "
               "deflated, which every HDF5 reader opens. Each tile is compared with its checksum first. "
               "Rounding, where it is asked for, is told with its largest error in attributes of the fields. "
               "A packed file cannot be merged, and pack is not undone; keep IN.h5 where you need it."
               "\v"
               "Exit codes: 0 done; 1 failed; 2 wrong usage, or a file that is not complete or damaged; 75 "
               "interrupted: nothing is left, run it again.";
    }
    return NULL;
}

static enum fg_status take_config(struct options *options, const bool given[N_OPTIONS],
                                  struct fg_error *error);

static struct option_text text_of(const struct option_row *option)
{
    struct option_text text = {.key = option->key,
                               .name = option->name,
                               .argument = option->argument,
                               .choices = option->choices,
                               .help = option->help};
    if (option->type == TEXT)
        text.value = strcmp(option->argument, "DIR") == 0 ? VALUE_DIRECTORY : VALUE_FILE;
    else if (option->type == FIELDS)
        text.value = VALUE_FIELDS;
    else if (option->type == DATA)
        text.value = VALUE_DATA;
    return text;
}

_Static_assert(N_OPTIONS + 2 <= MOST_OPTIONS, "lists have room for the table");

size_t options_list(enum command command, struct option_text list[MOST_OPTIONS])
{
    size_t n = 0;
    for (size_t o = 0; o < N_OPTIONS; o++) {
        if (table[o].commands & command)
            list[n++] = text_of(&table[o]);
    }
    list[n++] = (struct option_text){.key = KEY_HELP, .name = "help", .help = "Print this text"};
    list[n++] = (struct option_text){.key = KEY_VERSION, .name = "version", .help = "Print the version"};
    return n;
}

const char *options_operands(enum command command)
{
    return command & (COMMAND_INFO | COMMAND_VERIFY | COMMAND_XDMF) ? "FILE.h5"
           : command == COMMAND_BENCH                               ? "kernel|sweep|scaling"
           : command == COMMAND_SWEEP                               ? "-o FILE.h5"
           : command == COMMAND_MERGE                               ? "-o FILE.h5 PART.h5..."
           : command == COMMAND_PACK                                ? "IN.h5 OUT.h5"
                                                                    : "--phi P --r R";
}

enum fg_status options_parse(struct options *options, enum command command, int argc, char **argv,
                             struct fg_error *error)
{
    struct option_text list[MOST_OPTIONS];
    struct argp_option known[MOST_OPTIONS + 1] = {0};
    size_t n = options_list(command, list);
    for (size_t o = 0; o < n; o++)
        known[o] =
            (struct argp_option){.name = list[o].name,
                                 .key = list[o].key,
                                 .arg = list[o].argument,
                                 .doc = list[o].help,
                                 .group = list[o].key == KEY_HELP || list[o].key == KEY_VERSION ? -1 : 0};

    set_defaults(options, command);
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
    enum fg_status status = options->config ? take_config(options, parsing.given, error) : FG_OK;
    return status == FG_OK ? check_options(options, error) : status;
}

void options_free(struct options *options)
{
    json_decref(options->config_values);
    options->config_values = NULL;
}

/* --- the record --- */

/* The three joined; JSON is UTF-8, a path need not be. */
static json_t *text_to_json(const char *name, const char *equals, const char *path)
{
    char *repaired = strdup(path);
    if (!repaired)
        return NULL;
    utf8_repair(repaired);
    json_t *text = json_sprintf("%s%s%s", name, equals, repaired);
    free(repaired);
    return text;
}

static json_t *data_to_json(const struct options *options)
{
    json_t *list = json_array();
    for (size_t s = 0; s < options->n_data; s++) {
        const struct data_request *request = &options->data[s];
        list = json_append(list, request->path ? text_to_json(request->name, "=", request->path)
                                               : json_string(request->name));
    }
    return list;
}

static json_t *fields_to_json(fg_field_set set)
{
    json_t *list = json_array();
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (set & 1u << f)
            list = json_append(list, json_string(fg_field_info[f].name));
    }
    return list;
}

static json_t *choice_to_json(const char *choices, int index)
{
    while (index-- > 0)
        choices += strcspn(choices, "|") + 1;
    return json_stringn(choices, strcspn(choices, "|"));
}

static json_t *part_to_json(const struct part *part)
{
    return part->n == 0 ? json_null()
                        : json_sprintf("%llu/%llu", (unsigned long long)part->k, (unsigned long long)part->n);
}

static json_t *value_to_json(const struct options *options, const struct option_row *option)
{
    const void *value = (const char *)options + option->at;
    const struct fg_axis *axis = value;
    switch (option->type) {
    case WHOLE:
        return whole_to_json(*(const uint64_t *)value);
    case REAL:
        return json_real(*(const double *)value);
    case RANGE:
        return json_sprintf("%.17g:%.17g", axis->low, axis->high);
    case CHOICE:
        return choice_to_json(option->choices, *(const int *)value);
    case SWITCH:
        return json_boolean(*(const bool *)value);
    case TEXT:
        return text_to_json("", "", *(const char *const *)value);
    case FIELDS:
        return fields_to_json(*(const fg_field_set *)value);
    case DATA:
        return data_to_json(options);
    case PART:
        return part_to_json(value);
    }
    return NULL;
}

/* Names without paths: what the files hold is another matter. */
static json_t *names_to_json(const struct options *options)
{
    json_t *list = json_array();
    for (size_t s = 0; s < options->n_data; s++)
        list = json_append(list, json_string(options->data[s].name));
    return list;
}

char *options_identity(const struct options *options)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    bool written = stream != NULL;
    for (size_t o = 0; o < N_OPTIONS && written; o++) {
        const struct option_row *option = &table[o];
        if (option->record != DECISIVE || !(option->commands & options->command))
            continue;
        if (option->type == PART && options->part.n == 0)
            continue; /* so that merged parts are the same as the whole */
        json_t *json = option->type == DATA ? names_to_json(options) : value_to_json(options, option);
        char *value = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
        written = value && fprintf(stream, "--%s %s\n", option->name, value) > 0;
        free(value);
        json_decref(json);
    }
    written = stream && fclose(stream) == 0 && written;
    if (!written)
        free(text);
    return written ? text : NULL;
}

/* --- options from JSON --- */

/* Whether a value can stand for the words of this option: a list where there may be several. */
static bool has_words(const struct option_row *option, const json_t *value)
{
    size_t k;
    const json_t *item;
    json_array_foreach(value, k, item)
    {
        if (!json_is_string(item))
            return false;
    }
    const bool is_list = json_is_array(value), may_be_list = option->type == FIELDS || option->type == DATA;
    return json_is_string(value) || (may_be_list ? is_list : json_is_number(value));
}

/* The words of a JSON value as the command line has them, lists with commas; the caller frees them. */
static char *words_of(const json_t *value)
{
    char *text = NULL;
    size_t size, k;
    json_t *item;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    if (json_is_string(value))
        fputs(json_string_value(value), stream);
    else if (json_is_integer(value))
        fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        fprintf(stream, "%.17g", json_real_value(value));
    json_array_foreach(value, k, item) fprintf(stream, "%s%s", k ? "," : "", json_string_value(item));
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

/* Adds the data sets of a list, or of a single text; their paths are borrowed from it. */
static enum fg_status add_data_of(struct options *options, const json_t *value, struct fg_error *error)
{
    size_t k;
    const json_t *item;
    enum fg_status status =
        json_is_string(value) ? add_data(options, json_string_value(value), error) : FG_OK;
    json_array_foreach(value, k, item)
    {
        if (status == FG_OK)
            status = add_data(options, json_string_value(item), error);
    }
    return status;
}

/* Sets an option from what a record says. What it says where an option was not given is left as it is: it
 * need not be a value that can be given (no part, 0 tiles). */
static enum fg_status set_json(struct options *options, const struct option_row *option, const json_t *value,
                               struct fg_error *error)
{
    struct options defaults;
    set_defaults(&defaults, options->command);
    json_t *not_given = value_to_json(&defaults, option);
    if (!not_given)
        return fg_fail(error, FG_FAILED, "--%s: no memory", option->name);
    bool given = !json_equal(value, not_given);
    json_decref(not_given);
    if (!given)
        return FG_OK;
    if (!has_words(option, value))
        return fg_fail(error, FG_BAD_INPUT, "--%s: a value of the wrong kind", option->name);
    if (option->type == DATA)
        return add_data_of(options, value, error);
    char *words = words_of(value);
    enum fg_status status = words ? set_option(options, option, words, error)
                                  : fg_fail(error, FG_FAILED, "--%s: no memory", option->name);
    free(words);
    return status;
}

/* Sets an option from the rest of its line. */
static enum fg_status read_line(struct options *options, const struct option_row *option, const char *rest,
                                size_t length, struct fg_error *error)
{
    json_t *value;
    if (!json_read(rest, length, JSON_DECODE_ANY, &value, NULL))
        return fg_fail(error, FG_FAILED, "--%s: no memory", option->name);
    enum fg_status status = value ? set_json(options, option, value, error)
                                  : fg_fail(error, FG_BAD_INPUT, "--%s: not a value", option->name);
    json_decref(value);
    return status;
}

enum fg_status options_read_identity(struct options *options, const char *identity, struct fg_error *error)
{
    set_defaults(options, COMMAND_SWEEP);
    enum fg_status status = FG_OK;
    for (const char *line = identity; *line && status == FG_OK; line += *line == '\n') {
        size_t length = strcspn(line, "\n"), name = strcspn(line, " \n");
        for (size_t o = 0; o < N_OPTIONS && strncmp(line, "--", 2) == 0 && name < length; o++) {
            const struct option_row *option = &table[o];
            if (option->commands & COMMAND_SWEEP && option->record == DECISIVE && option->type != DATA &&
                strlen(option->name) == name - 2 && memcmp(option->name, line + 2, name - 2) == 0)
                status = read_line(options, option, line + name + 1, length - name - 1, error);
        }
        line += length;
    }
    return status;
}

json_t *options_to_json(const struct options *options)
{
    json_t *object = json_object();
    for (size_t o = 0; o < N_OPTIONS; o++) {
        const struct option_row *option = &table[o];
        if (option->record != UNRECORDED && option->commands & options->command &&
            json_object_set_new(object, option->name, value_to_json(options, option)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* The recorded option of a sweep that has this name, NULL where there is none. A text would have to outlive
 * what it is read from. */
static const struct option_row *find_recorded(const char *name)
{
    for (size_t o = 0; o < N_OPTIONS; o++) {
        if (table[o].commands & COMMAND_SWEEP && table[o].record != UNRECORDED && table[o].type != TEXT &&
            strcmp(table[o].name, name) == 0)
            return &table[o];
    }
    return NULL;
}

/* Takes what is not `given` from the file options->config. */
static enum fg_status take_config(struct options *options, const bool given[N_OPTIONS],
                                  struct fg_error *error)
{
    const char *name;
    json_t *value;
    enum fg_status status = config_read(options->config, &options->config_values, error);
    if (status != FG_OK)
        return fg_fail_while(error, status, "--config");
    json_object_foreach(options->config_values, name, value)
    {
        const struct option_row *option = find_recorded(name);
        if (status == FG_OK && !option)
            status = fg_fail(error, FG_BAD_INPUT, "'%.60s' is not an option that a record has", name);
        else if (status == FG_OK && !given[option - table])
            status = set_json(options, option, value, error);
    }
    return status == FG_OK ? FG_OK : fg_fail_while(error, status, "--config: %s", options->config);
}
