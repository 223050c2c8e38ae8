/* Reads a configuration file, as `info --config` prints it, and sets the options that the command line does
 * not give. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fishergrid/text.h"
#include "json_io.h"
#include "option_table.h"

/* Maximum size of a configuration: 64 data sets with the longest names and paths are shorter. */
#define CONFIG_MAX ((size_t)4 << 20)

/* Reads a whole file into `text`, which has room for CONFIG_MAX + 1 bytes. */
static enum fg_status read_all(const char *path, char *text, size_t *length, struct fg_error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: %s; a file with what 'fishergrid info --config' prints works", path,
                       strerror(errno));
    errno = 0;
    *length = fread(text, 1, CONFIG_MAX + 1, file);
    const int reason = ferror(file) ? errno : 0;
    fclose(file);
    if (reason)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s", path, strerror(reason));
    static const char hdf5[] = "\x89HDF";
    if (*length >= sizeof hdf5 - 1 && memcmp(text, hdf5, sizeof hdf5 - 1) == 0)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: a result itself; what 'fishergrid info --config %s' prints works", path, path);
    return *length <= CONFIG_MAX
               ? FG_OK
               : fg_fail(
                     error, FG_BAD_INPUT,
                     "%s: longer than %zu bytes; a file with what 'fishergrid info --config' prints works",
                     path, CONFIG_MAX);
}

static enum fg_status parse(const char *path, const char *text, size_t length, json_t **config,
                            struct fg_error *error)
{
    json_error_t found;
    *config = json_loadb(text, length, JSON_REJECT_DUPLICATES, &found);
    if (json_is_object(*config))
        return FG_OK;
    if (!*config && length > 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: line %d: %s", path, found.line, found.text);
    return fg_fail(error, FG_BAD_INPUT, "%s: not a JSON object as 'fishergrid info --config' prints it",
                   path);
}

/* Returns the line of the member `name` of the object in `text`. */
static int line_of_member(const char *text, const char *name)
{
    const size_t length = strlen(name);
    int line = 1;
    for (; *text; line += *text++ == '\n') {
        if (*text != '"' || strncmp(text + 1, name, length) != 0 || text[1 + length] != '"')
            continue;
        if (text[length + 2 + strspn(text + length + 2, " \t\r\n")] == ':')
            break;
    }
    return line;
}

/* --- setting options --- */

/* Returns whether a value has a type that the option can have: a list only if the option takes several
 * values. */
static bool has_words(const struct option_row *option, const json_t *value)
{
    size_t k;
    const json_t *item;
    json_array_foreach(value, k, item)
    {
        if (!json_is_string(item))
            return false;
    }
    const bool is_list = json_is_array(value),
               may_be_list = option->type == OPTION_FIELDS || option->type == OPTION_DATA;
    return json_is_string(value) || (may_be_list ? is_list : json_is_number(value));
}

/* Returns a JSON value as text for the command line, lists with commas; the caller frees it. */
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

/* Adds the data sets of a list, or of a single text. Their paths are borrowed from `value`. */
static enum fg_status add_data_of(struct options *options, const json_t *value, struct fg_error *error)
{
    size_t k;
    const json_t *item;
    enum fg_status status =
        json_is_string(value) ? option_add_data(options, json_string_value(value), error) : FG_OK;
    json_array_foreach(value, k, item)
    {
        if (status == FG_OK)
            status = option_add_data(options, json_string_value(item), error);
    }
    for (size_t s = 0; s < options->n_data;
         s++) /* all come from the file, because data sets of the command line would replace them */
        options->data[s].of_config = true;
    return status;
}

/* Sets an option from a value of the file. null stands for the default. */
static enum fg_status set_json(struct options *options, const struct option_row *option, const json_t *value,
                               struct fg_error *error)
{
    if (json_is_null(value))
        return FG_OK;
    if (!has_words(option, value))
        return fg_fail(error, FG_BAD_INPUT, "--%s: a value of the wrong kind; %s works", option->name,
                       option->type == OPTION_FIELDS || option->type == OPTION_DATA ? "a list of strings"
                                                                                    : "a number or a string");
    if (option->type == OPTION_DATA)
        return add_data_of(options, value, error);
    char *words = words_of(value);
    enum fg_status status = words ? option_set(options, option, words, error)
                                  : fg_fail(error, FG_FAILED, "--%s: no memory", option->name);
    free(words);
    return status;
}

/* Finds the option of this name that a configuration file may contain. */
static enum fg_status find_option(const char *name, const struct option_row **found, struct fg_error *error)
{
    char names[400] = "", hint[FG_HINT_MAX];
    for (const struct option_row *option = option_table; option->name; option++) {
        if (!(option->commands & COMMAND_SWEEP) || !option->setup)
            continue;
        *found = option;
        if (strcmp(option->name, name) == 0)
            return FG_OK;
        fg_text_add(names, sizeof names, ", ", option->name);
    }
    fg_text_suggest(name, names, hint);
    return fg_fail(error, FG_BAD_INPUT, "'%.60s' is not an option that a config file has%s; there are: %s",
                   name, hint, names);
}

/* Sets the options that are not `given` from the members of options->config_values, read from `text`. */
static enum fg_status take_members(struct options *options, const bool given[MOST_OPTIONS], const char *text,
                                   struct fg_error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach(options->config_values, name, value)
    {
        const struct option_row *option = NULL;
        enum fg_status status = find_option(name, &option, error);
        if (status == FG_OK && !given[option - option_table])
            status = set_json(options, option, value, error);
        if (status != FG_OK)
            return fg_fail_while(error, status, "%s: line %d", options->config, line_of_member(text, name));
    }
    return FG_OK;
}

enum fg_status options_take_config(struct options *options, const bool given[MOST_OPTIONS],
                                   struct fg_error *error)
{
    size_t length = 0;
    char *text = calloc(CONFIG_MAX + 2, 1);
    if (!text)
        return fg_fail(error, FG_FAILED, "--config: no memory");
    enum fg_status status = read_all(options->config, text, &length, error);
    if (status == FG_OK)
        status = parse(options->config, text, length, &options->config_values, error);
    if (status == FG_OK)
        status = take_members(options, given, text, error);
    free(text);
    return status == FG_OK ? FG_OK : fg_fail_while(error, status, "--config");
}
