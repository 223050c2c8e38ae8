#include "config.h"

#include <string.h>

#include "json_io.h"
#include "option_table.h"

/* Returns ["NAME" or "NAME=FILE", ...]. */
static json_t *data_of(const struct fg_setup *setup, const char *file)
{
    json_t *list = json_array();
    for (size_t s = 0; s < setup->n_data; s++) {
        const struct fg_setup_data *data = &setup->data[s];
        list = json_append(list, data->drawn || !file ? json_string(data->name)
                                                      : json_sprintf("%s=%s", data->name, file));
    }
    return list;
}

json_t *fields_to_json(fg_field_set set)
{
    json_t *list = json_array();
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (set & 1u << f)
            list = json_append(list, json_string(fg_field_info[f].name));
    }
    return list;
}

/* Returns choice number `choice` of a list separated by '|'. */
static json_t *choice_of(const char *choices, int choice)
{
    for (; choice > 0; choice--)
        choices += strcspn(choices, "|") + 1;
    return json_stringn(choices, strcspn(choices, "|"));
}

/* Returns the value of an option as option_set takes it. Returns null if the option is not set: a number
 * below the option's minimum, no part, or the seed if no samples were drawn. `file` is that of
 * config_of_setup. */
static json_t *json_of_option(const struct options *options, const struct option_row *option,
                              const char *file)
{
    const void *value = (const char *)options + option->at;
    const double *real = value;
    const struct fg_axis *range = value;
    const uint64_t *whole = value;
    if (option->at == offsetof(struct options, setup.gaussian.seed) &&
        options->setup.gaussian.samples_per_class == 0)
        return json_null(); /* because 0 is a valid seed */
    switch (option->type) {
    case OPTION_WHOLE:
        return (double)*whole < option->minimum ? json_null() : whole_to_json(*whole);
    case OPTION_REAL:
        return *real < option->minimum ? json_null() : json_real(*real);
    case OPTION_RANGE:
        return json_sprintf("%.17g:%.17g", range->low, range->high);
    case OPTION_CHOICE:
        return choice_of(option->choices, *(const int *)value);
    case OPTION_FIELDS:
        return fields_to_json(options->setup.fields);
    case OPTION_DATA:
        return data_of(&options->setup, file);
    case OPTION_PART:
        return whole[1] == 0
                   ? json_null()
                   : json_sprintf("%llu/%llu", (unsigned long long)whole[0], (unsigned long long)whole[1]);
    default:
        return json_null();
    }
}

json_t *config_of_setup(const struct fg_setup *setup, uint64_t threads, const char *file)
{
    const struct options options = {.setup = *setup, .threads = threads};
    json_t *config = json_object();
    for (const struct option_row *option = option_table; option->name; option++) {
        if (option->commands & COMMAND_SWEEP && option->setup)
            config = json_with(config, option->name, json_of_option(&options, option, file));
    }
    return config;
}
