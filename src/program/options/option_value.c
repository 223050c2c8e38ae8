/* Parses the text of an option into its value. */
#define _DEFAULT_SOURCE /* M_PI */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fishergrid/text.h"
#include "option_table.h"

/* Reads a real number that ends at `end`, or a multiple of pi: "1.5", "2pi", "-pi". */
static bool read_real(const char *text, const char *end, double *value)
{
    char *rest;
    if (isspace((unsigned char)*text))
        return false;
    *value = strtod(text, &rest);
    if (rest == text) { /* the number before pi may be left out */
        const bool has_sign = *text == '-' || *text == '+';
        *value = *text == '-' ? -1 : 1;
        rest += has_sign;
        if (rest + 2 != end)
            return false;
    }
    if (rest + 2 == end && strncmp(rest, "pi", 2) == 0) {
        *value *= M_PI;
        rest += 2;
    }
    return rest == end && isfinite(*value);
}

static enum fg_status set_whole(const struct option_row *option, const char *text, uint64_t *value,
                                struct fg_error *error)
{
    char *rest;
    errno = 0;
    unsigned long long number = strtoull(text, &rest, 10);
    if (!isdigit((unsigned char)text[0]) || *rest != '\0' || errno == ERANGE ||
        (double)number < option->minimum || (double)number > option->maximum)
        return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not a whole number from %.0f to %llu",
                       option->name, text, option->minimum,
                       option->maximum < 0x1p64 ? (unsigned long long)option->maximum : ULLONG_MAX);
    *value = number;
    return FG_OK;
}

static enum fg_status set_real(const struct option_row *option, const char *text, double *value,
                               struct fg_error *error)
{
    if (!read_real(text, text + strlen(text), value) || *value < option->minimum || *value > option->maximum)
        return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not a number from %g to %g", option->name, text,
                       option->minimum, option->maximum);
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

/* Sets the number of the part and the number of parts from "K/N". */
static enum fg_status set_part(const struct option_row *option, const char *text, uint64_t part[2],
                               struct fg_error *error)
{
    char *slash, *end = NULL;
    part[0] = strtoull(text, &slash, 10);
    if (isdigit((unsigned char)text[0]) && *slash == '/' && isdigit((unsigned char)slash[1]))
        part[1] = strtoull(slash + 1, &end, 10);
    if (!end || *end != '\0' || part[0] < 1 || part[0] > part[1] || part[1] > MOST_PARTS)
        return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not K/N with 1 <= K <= N <= %d", option->name,
                       text, MOST_PARTS);
    return FG_OK;
}

static enum fg_status set_option_choice(const struct option_row *option, const char *text, int *value,
                                        struct fg_error *error)
{
    char hint[FG_HINT_MAX];
    *value = fg_text_choice(option->choices, text);
    if (*value >= 0)
        return FG_OK;
    fg_text_suggest(text, option->choices, hint);
    return fg_fail(error, FG_BAD_INPUT, "--%s: '%.60s' is not one of %s%s", option->name, text,
                   option->choices, hint);
}

/* Reads "A", "B" or "NAME=FILE". */
static enum fg_status read_request(const char *text, struct data_request *request, struct fg_error *error)
{
    const char *equals = strchr(text, '=');
    if (!equals && strcmp(text, "A") != 0 && strcmp(text, "B") != 0) {
        char hint[FG_HINT_MAX];
        fg_text_suggest(text, "A, B", hint);
        return fg_fail(
            error, FG_BAD_INPUT,
            "--data: unknown data set '%s'%s; built in are A and B, a file is given as NAME=FILE.csv", text,
            hint);
    }
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    if (length > FG_NAME_MAX)
        return fg_fail(error, FG_BAD_INPUT, "--data: the name '%.20s...' is longer than %d bytes", text,
                       FG_NAME_MAX);
    snprintf(request->name, sizeof request->name, "%.*s", (int)length, text);
    request->path = equals ? equals + 1 : NULL;
    enum fg_status status = fg_dataset_check_name(request->name, error);
    if (status != FG_OK)
        return fg_fail_while(error, status, "--data");
    return !equals || *request->path
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT, "--data: no file after '%s='; write %s=FILE.csv", request->name,
                         request->name);
}

/* Checks that two data sets can be given together. */
static enum fg_status compare_requests(const struct data_request *a, const struct data_request *b,
                                       struct fg_error *error)
{
    if (strcasecmp(a->name, b->name) == 0)
        return fg_fail(error, FG_BAD_INPUT,
                       "--data: '%s' and '%s' are the same name, case aside; give each data set its own",
                       a->name, b->name);
    if (a->path && b->path && strcmp(a->path, "-") == 0 && strcmp(b->path, "-") == 0)
        return fg_fail(
            error, FG_BAD_INPUT,
            "--data: '%s' and '%s' both read standard input; only one can, so name a file for the other",
            a->name, b->name);
    return FG_OK;
}

enum fg_status option_add_data(struct options *options, const char *text, struct fg_error *error)
{
    if (options->n_data == FG_DATA_MAX)
        return fg_fail(error, FG_BAD_INPUT, "--data: more than %d data sets", FG_DATA_MAX);
    struct data_request *request = &options->data[options->n_data];
    enum fg_status status = read_request(text, request, error);
    for (size_t s = 0; s < options->n_data && status == FG_OK; s++)
        status = compare_requests(&options->data[s], request, error);
    options->n_data += status == FG_OK;
    return status;
}

enum fg_status option_set(struct options *options, const struct option_row *option, const char *text,
                          struct fg_error *error)
{
    void *value = (char *)options + option->at;
    switch (option->type) {
    case OPTION_WHOLE:
        return set_whole(option, text, value, error);
    case OPTION_REAL:
        return set_real(option, text, value, error);
    case OPTION_RANGE:
        return set_range(option, text, value, error);
    case OPTION_CHOICE:
        return set_option_choice(option, text, value, error);
    case OPTION_TEXT:
        *(const char **)value = text;
        return *text ? FG_OK : fg_fail(error, FG_BAD_INPUT, "--%s: the name is empty", option->name);
    case OPTION_FIELDS: {
        enum fg_status status = fg_fields_parse(text, value, error);
        return status == FG_OK ? FG_OK : fg_fail_while(error, status, "--%s", option->name);
    }
    case OPTION_DATA:
        return option_add_data(options, text, error);
    case OPTION_PART:
        return set_part(option, text, value, error);
    case OPTION_SWITCH:
        *(bool *)value = true;
        return FG_OK;
    case OPTION_ANSWER:
        break;
    }
    return FG_OK;
}
