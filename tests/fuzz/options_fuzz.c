/* Any words as a command line. The first line of an input names the command, every further one is a word.
 * What is accepted keeps to the limits of --help, and what a file would tell of its setup, typed in again, is
 * the same setup; what is refused leaves one line. */
#define _GNU_SOURCE /* memfd_create, vasprintf, strndup */
#include "fuzz.h"

#include <math.h>
#include <stdarg.h>
#include <strings.h>

#include "config.h"
#include "fishergrid/verify.h"
#include "json_io.h"
#include "options.h"

enum { MOST_WORDS = 256 };

/* Those that read samples, and so have a setup. */
enum { WITH_SETUP = COMMAND_SWEEP | COMMAND_POINT | COMMAND_BENCH };

/* A command line. The parser sorts argv and may replace words, so their memory is listed apart. */
struct words {
    int argc;
    char *argv[MOST_WORDS + 1]; /* ends with NULL, as that of main does */
    char *owned[MOST_WORDS];
};

static void add_word(struct words *words, char *word)
{
    require(word != NULL, "memory for a word");
    if (words->argc == MOST_WORDS) {
        free(word);
        return;
    }
    words->owned[words->argc] = words->argv[words->argc] = word;
    words->argv[++words->argc] = NULL;
}

__attribute__((format(printf, 2, 3))) static void print_word(struct words *words, const char *format, ...)
{
    char *word = NULL;
    va_list arguments;
    va_start(arguments, format);
    require(vasprintf(&word, format, arguments) >= 0, "memory for a word");
    va_end(arguments);
    add_word(words, word);
}

static void free_words(struct words *words)
{
    for (int w = 0; w < words->argc; w++)
        free(words->owned[w]);
}

static struct words words_of(const char *text, size_t size)
{
    struct words words = {0};
    const char *end = text + size;
    for (;;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        add_word(&words, strndup(text, (size_t)((stop ? stop : end) - text)));
        if (!stop || stop + 1 == end)
            return words;
        text = stop + 1;
    }
}

static enum command_id command_of(const char *name)
{
    return strcmp(name, "point") == 0    ? COMMAND_POINT
           : strcmp(name, "info") == 0   ? COMMAND_INFO
           : strcmp(name, "verify") == 0 ? COMMAND_VERIFY
           : strcmp(name, "bench") == 0  ? COMMAND_BENCH
                                         : COMMAND_SWEEP;
}

/* --- what holds for accepted options --- */

static void require_good_data(const struct options *options)
{
    require(options->n_data >= 1 && options->n_data <= FG_DATA_MAX, "1 to 64 data sets");
    for (size_t s = 0; s < options->n_data; s++) {
        const struct data_request *data = &options->data[s];
        require(fg_dataset_check_name(data->name, NULL) == FG_OK, "a data set has a good name");
        require(data->path ? data->path[0] != '\0' : !data->name[1], "and a file, or is A or B");
        for (size_t t = 0; t < s; t++)
            require(strcasecmp(data->name, options->data[t].name) != 0, "and no other has its name");
    }
}

static void require_good_setup(const struct fg_setup *setup)
{
    struct fg_setup again = *setup;
    require(fg_axis_check(&setup->phi, "", NULL) == FG_OK, "phi is a good axis");
    require(fg_axis_check(&setup->r, "", NULL) == FG_OK, "r is a good axis");
    require(setup->method <= FG_CHEBYSHEV, "the method is one of three");
    require(setup->reduction <= FG_MEAN, "the reduction is one of two");
    require(setup->damping == 0 || (setup->damping >= FG_DAMPING_MIN && setup->damping <= FG_DAMPING_MAX),
            "damping is off or within its limits");
    require(setup->fields != 0 && (setup->fields & ~(fg_field_set)FG_ALL_FIELDS) == 0,
            "fields are some of nine");
    require(setup->gaussian.spread > 0 && setup->gaussian.spread <= 1e5, "the spread is within its limits");
    require(setup->gaussian.samples_per_class >= 1 && setup->gaussian.samples_per_class <= 1 << 30,
            "samples are, too");
    require(setup->n_data == 0 && !setup->kernel[0] && setup->arithmetic == 0,
            "nothing is known yet of samples and kernel");
    require(setup->grid.tiling.n > 0 && fg_setup_cut(&again, NULL) == FG_OK &&
                memcmp(&again.grid, &setup->grid, sizeof again.grid) == 0,
            "the grid is cut, for good");
}

static void require_good(const struct options *options)
{
    require_good_data(options);
    if (options->command & WITH_SETUP)
        require_good_setup(&options->setup);
    if (options->command == COMMAND_SWEEP)
        require(options->output && *options->output, "there is an output");
    if (options->command == COMMAND_POINT)
        require(fabs(options->at_phi) <= FG_AXIS_BOUND && fabs(options->at_r) <= FG_AXIS_BOUND,
                "the cell is a number within the limits");
    if (options->command & (COMMAND_INFO | COMMAND_VERIFY | COMMAND_BENCH))
        require(options->input != NULL, "there is an input");
    if (options->command == COMMAND_VERIFY)
        require(options->cells >= 1 && options->cells <= FG_VERIFY_CELLS_MAX, "random cells are some");
    require(options->threads <= 4096 && options->setup.tile_cells <= 1 << 30,
            "threads and tiles are within their limits");
}

/* --- the setup, typed in again --- */

static void type_list(struct words *words, const char *name, const json_t *list)
{
    size_t index;
    const json_t *item;
    char joined[512] = "";
    json_array_foreach(list, index, item)
    {
        if (strcmp(name, "data") == 0) { /* repeated */
            print_word(words, "--data=%s", json_string_value(item));
        } else { /* separated by commas */
            strcat(joined, index ? "," : "");
            strcat(joined, json_string_value(item));
        }
    }
    if (*joined)
        print_word(words, "--%s=%s", name, joined);
}

static void type_value(struct words *words, const char *name, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        print_word(words, "--%s=%s", name, json_string_value(value));
        break;
    case JSON_INTEGER:
        print_word(words, "--%s=%lld", name, (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        print_word(words, "--%s=%.17g", name, json_real_value(value));
        break;
    case JSON_ARRAY:
        type_list(words, name, value);
        break;
    case JSON_NULL: /* not given, and nothing takes its place */
        break;
    default:
        require(false, "options are texts, numbers, lists and null");
    }
}

/* All options are of `sweep`. */
static struct words type_config(json_t *config)
{
    struct words words = {0};
    const char *name;
    json_t *value;
    print_word(&words, "fishergrid");
    json_object_foreach(config, name, value) type_value(&words, name, value);
    print_word(&words, "--output=x.h5");
    return words;
}

/* Whether paths are compared, too. */
static void require_same_setup(const struct options *options, struct words *words, bool paths)
{
    struct options again;
    struct fg_error error;
    struct fg_setup_difference difference;
    const enum fg_status status = options_parse(&again, COMMAND_SWEEP, words->argc, words->argv, &error);
    require(status == FG_OK, status == FG_OK ? "" : error.text);
    if (fg_setup_differ(&options->setup, &again.setup, &difference))
        require(false, difference.name);
    require(again.threads == options->threads, "threads are as many");
    require(again.n_data == options->n_data, "data sets are as many");
    for (size_t s = 0; s < options->n_data; s++) {
        const struct data_request *one = &options->data[s], *other = &again.data[s];
        require(strcmp(one->name, other->name) == 0, "data sets have the same names");
        require(!one->path == !other->path, "and are built in or not");
        require(!paths || !one->path || strcmp(one->path, other->path) == 0, "and of the same files");
    }
    options_free(&again);
}

/* Of a result file that holds the samples. */
static json_t *config_of(const struct options *options)
{
    struct fg_setup setup = options->setup;
    setup.n_data = options->n_data;
    for (size_t s = 0; s < setup.n_data; s++) {
        strcpy(setup.data[s].name, options->data[s].name);
        setup.data[s].drawn = !options->data[s].path;
    }
    return config_of_setup(&setup, options->threads, "x.h5");
}

static void require_good_config(const struct options *options)
{
    json_t *config = config_of(options);
    char *text = json_text(config);
    require(text != NULL, "the setup can be told, and as JSON");
    json_t *parsed = json_loads(text, 0, NULL);
    require(json_equal(config, parsed), "which says what it is made of");
    struct words words = type_config(parsed);
    require_same_setup(options, &words, false);
    free_words(&words);
    json_decref(parsed);
    json_decref(config);
    free(text);
}

/* Without the word that asked for it, the command line is that of the run which a dry run foretells. */
static void require_run_of_dry_run(const struct options *options, const struct words *words)
{
    struct words run = {0};
    for (int w = 0; w < words->argc; w++) {
        if (*words->argv[w])
            print_word(&run, "%s", words->argv[w]);
    }
    require_same_setup(options, &run, true);
    free_words(&run);
}

/* --help and --version end the program where they can be printed. Here they cannot, which is a failure like
 * others. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(freopen("/dev/full", "w", stdout) != NULL, "a full device");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char program[] = "fishergrid";
    struct words words = words_of((const char *)data, size);
    struct options options;
    struct fg_error error = {0};
    words.argv[0] = program;
    const enum fg_status status =
        options_parse(&options, command_of(words.owned[0]), words.argc, words.argv, &error);
    if (status == FG_OK) {
        require_good(&options);
        if (options.command & WITH_SETUP)
            require_good_config(&options);
        if (options.dry_run)
            require_run_of_dry_run(&options, &words);
    } else {
        require(status == FG_BAD_INPUT || strncmp(error.text, "writing to standard output", 26) == 0,
                "a command line fails for what is in it");
        require_message(&error);
    }
    options_free(&options);
    free_words(&words);
    return 0;
}
