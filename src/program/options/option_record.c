/* Options as text: the record in a file and its identity, both written and read again. */
#define _DEFAULT_SOURCE /* strdup */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "option_table.h"
#include "print.h"
#include "utf8.h"

/* The three joined; JSON is UTF-8, a path need not be. */
static json_t *text_to_json(const char *name, const char *equals, const char *path)
{
    char *repaired = strdup(path);
    if (!repaired)
        return NULL;
    fg_utf8_repair(repaired);
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

static json_t *part_to_json(const struct grid_part *part)
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
    for (const struct option_row *option = option_table; option->name && written; option++) {
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
        json_is_string(value) ? option_add_data(options, json_string_value(value), error) : FG_OK;
    json_array_foreach(value, k, item)
    {
        if (status == FG_OK)
            status = option_add_data(options, json_string_value(item), error);
    }
    return status;
}

/* Sets an option from what a record says. What it says where an option was not given is left as it is: it
 * need not be a value that can be given (no part, 0 tiles). */
static enum fg_status set_json(struct options *options, const struct option_row *option, const json_t *value,
                               struct fg_error *error)
{
    struct options defaults;
    options_set_defaults(&defaults, options->command);
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
    enum fg_status status = words ? option_set(options, option, words, error)
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
    options_set_defaults(options, COMMAND_SWEEP);
    enum fg_status status = FG_OK;
    for (const char *line = identity; *line && status == FG_OK; line += *line == '\n') {
        size_t length = strcspn(line, "\n"), name = strcspn(line, " \n");
        const bool is_option = strncmp(line, "--", 2) == 0 && name < length;
        for (const struct option_row *option = option_table; option->name && is_option; option++) {
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
    for (const struct option_row *option = option_table; option->name; option++) {
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
    for (const struct option_row *option = option_table; option->name; option++) {
        if (option->commands & COMMAND_SWEEP && option->record != UNRECORDED && option->type != TEXT &&
            strcmp(option->name, name) == 0)
            return option;
    }
    return NULL;
}

enum fg_status options_take_config(struct options *options, const bool given[MOST_OPTIONS],
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
        else if (status == FG_OK && !given[option - option_table])
            status = set_json(options, option, value, error);
    }
    return status == FG_OK ? FG_OK : fg_fail_while(error, status, "--config: %s", options->config);
}
