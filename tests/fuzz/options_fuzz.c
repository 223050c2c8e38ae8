/* Any words as a command line. The first line of an input names the command, every further one is a word.
 * What is accepted keeps to the limits of --help, and its record, typed in again, is the same record; what is
 * refused leaves one line. */
#define _GNU_SOURCE /* memfd_create, vasprintf, strndup */
#include "fuzz.h"

#include <math.h>
#include <stdarg.h>
#include <strings.h>

#include "fishergrid/verify.h"
#include "options.h"

enum { MOST_WORDS = 256 };

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
    require(options->n_data >= 1 && options->n_data <= MOST_DATA, "1 to 64 data sets");
    for (size_t s = 0; s < options->n_data; s++) {
        const struct data_request *data = &options->data[s];
        require(fg_dataset_check_name(data->name, NULL) == FG_OK, "a data set has a good name");
        require(data->path ? data->path[0] != '\0' : !data->name[1], "and a file, or is A or B");
        for (size_t t = 0; t < s; t++)
            require(strcasecmp(data->name, options->data[t].name) != 0, "and no other has its name");
    }
}

static void require_good(const struct options *options)
{
    const struct fg_draw *draw = &options->draw;
    require_good_data(options);
    if (options->command == COMMAND_SWEEP) {
        require(fg_axis_check(&options->phi, "", NULL) == FG_OK, "phi is a good axis");
        require(fg_axis_check(&options->r, "", NULL) == FG_OK, "r is a good axis");
        require(options->output && *options->output, "there is an output");
    }
    if (options->command == COMMAND_POINT)
        require(fabs(options->at_phi) <= FG_AXIS_BOUND && fabs(options->at_r) <= FG_AXIS_BOUND,
                "the cell is a number within the limits");
    if (options->command & (COMMAND_INFO | COMMAND_VERIFY | COMMAND_BENCH))
        require(options->input != NULL, "there is an input");
    require(options->method >= FG_AUTO && options->method <= FG_CHEBYSHEV, "the method is one of three");
    require(options->reduction == FG_SUM || options->reduction == FG_MEAN, "the reduction is one of two");
    require(options->damping == 0 ||
                (options->damping >= FG_DAMPING_MIN && options->damping <= FG_DAMPING_MAX),
            "damping is off or within its limits");
    require(options->fields != 0 && (options->fields & ~(fg_field_set)FG_ALL_FIELDS) == 0,
            "fields are some of nine");
    require(draw->spread > 0 && draw->spread <= 1e5, "the spread is within its limits");
    require(draw->samples_per_class >= 1 && draw->samples_per_class <= 1 << 30, "samples are, too");
    if (options->command == COMMAND_VERIFY)
        require(options->cells >= 1 && options->cells <= FG_VERIFY_CELLS_MAX, "random cells are, too");
    require(options->threads <= 4096 && options->tile_cells <= 1 << 30, "threads and tiles are, too");
}

/* --- the record, typed in again --- */

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
    case JSON_INTEGER: /* no threads and no tile: as it likes, which cannot be typed */
        if (json_integer_value(value) > 0 || (strcmp(name, "threads") != 0 && strcmp(name, "tile") != 0))
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
        require(false, "a record holds texts, numbers, lists and null");
    }
}

static struct words type_record(const struct options *options, json_t *record)
{
    struct words words = {0};
    const char *name;
    json_t *value;
    print_word(&words, "fishergrid");
    json_object_foreach(record, name, value) type_value(&words, name, value);
    if (options->command == COMMAND_SWEEP)
        print_word(&words, "--output=x.h5");
    if (options->command & (COMMAND_INFO | COMMAND_VERIFY | COMMAND_BENCH))
        print_word(&words, "x");
    return words;
}

static bool same_axis(const struct fg_axis *a, const struct fg_axis *b)
{
    return a->n == b->n && a->low == b->low && a->high == b->high;
}

static void require_same_record(const struct options *options, struct words *words)
{
    struct options again;
    struct fg_error error;
    const enum fg_status status = options_parse(&again, options->command, words->argc, words->argv, &error);
    require(status == FG_OK, status == FG_OK ? "" : error.text);
    json_t *one = options_to_json(options), *other = options_to_json(&again);
    require(one && other && json_equal(one, other), "the record is the same");
    require(same_axis(&options->phi, &again.phi) && same_axis(&options->r, &again.r),
            "no digit of it is lost");
    json_decref(one);
    json_decref(other);
    options_free(&again);
}

static void require_good_record(const struct options *options)
{
    json_t *record = options_to_json(options);
    char *text = record ? json_dumps(record, 0) : NULL;
    require(text != NULL, "there is a record, and it is JSON");
    json_t *parsed = json_loads(text, 0, NULL);
    require(json_equal(record, parsed), "and says what it is made of");
    struct words words = type_record(options, parsed);
    require_same_record(options, &words);
    free_words(&words);
    json_decref(parsed);
    json_decref(record);
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
    require_same_record(options, &run);
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
        require_good_record(&options);
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
