/* Reads a configuration file, as `info --config` prints it, and sets the options that the command line does
 * not give. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fishergrid/hdf5_samples.h"
#include "fishergrid/text.h"
#include "option_table.h"

/* Reads the JSON object that the file `path` holds. */
static enum fg_status read_config(const char *path, json_t **config, struct fg_error *error)
{
    json_error_t found;
    FILE *file = fopen(path, "rb");
    if (file)
        errno = 0;
    *config = file ? json_loadf(file, JSON_REJECT_DUPLICATES, &found) : NULL;
    const int reason = !file || ferror(file) ? errno : 0;
    if (file)
        fclose(file);
    if (json_is_object(*config))
        return FG_OK;
    if (reason)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: %s; a file with what 'fishergrid info --config' prints works", path,
                       strerror(reason));
    if (fg_is_hdf5(path))
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: a result itself; what 'fishergrid info --config %s' prints works", path, path);
    if (!*config)
        return fg_fail(error, FG_BAD_INPUT, "%s: line %d: %s", path, found.line, found.text);
    return fg_fail(error, FG_BAD_INPUT, "%s: not a JSON object as 'fishergrid info --config' prints it",
                   path);
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
    char words[4096] = ""; /* longer than any list of different fields */
    size_t k;
    const json_t *item;
    if (json_is_null(value))
        return FG_OK;
    if (!has_words(option, value))
        return fg_fail(error, FG_BAD_INPUT, "--%s: a value of the wrong kind; %s works", option->name,
                       option->type == OPTION_FIELDS || option->type == OPTION_DATA ? "a list of strings"
                                                                                    : "a number or a string");
    if (option->type == OPTION_DATA)
        return add_data_of(options, value, error);
    json_array_foreach(value, k, item)
    {
        const size_t n = strlen(words); /* an empty name must stay empty between its commas, to be refused */
        snprintf(words + n, sizeof words - n, "%s%s", k > 0 ? "," : "", json_string_value(item));
    }
    if (json_is_integer(value))
        snprintf(words, sizeof words, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        snprintf(words, sizeof words, "%.17g", json_real_value(value));
    return option_set(options, option, json_is_string(value) ? json_string_value(value) : words, error);
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

/* Sets the options that are not `given` from the members of options->config_values. */
static enum fg_status take_members(struct options *options, const bool given[MOST_OPTIONS],
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
            return fg_fail_while(error, status, "%s", options->config);
    }
    return FG_OK;
}

enum fg_status options_take_config(struct options *options, const bool given[MOST_OPTIONS],
                                   struct fg_error *error)
{
    enum fg_status status = read_config(options->config, &options->config_values, error);
    if (status == FG_OK)
        status = take_members(options, given, error);
    return status == FG_OK ? FG_OK : fg_fail_while(error, status, "--config");
}
