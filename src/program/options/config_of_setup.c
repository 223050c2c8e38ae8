#define _POSIX_C_SOURCE 200809L /* strdup */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fishergrid/text.h"
#include "json_io.h"

/* JSON is UTF-8, a path need not be. */
static json_t *word_of_data(const struct fg_setup_data *data, const char *file)
{
    if (data->drawn || !file)
        return json_string(data->name);
    char *repaired = strdup(file);
    if (!repaired)
        return NULL;
    fg_utf8_repair(repaired);
    json_t *word = json_sprintf("%s=%s", data->name, repaired);
    free(repaired);
    return word;
}

static json_t *data_of(const struct fg_setup *setup, const char *file)
{
    json_t *list = json_array();
    for (size_t s = 0; s < setup->n_data; s++)
        list = json_append(list, word_of_data(&setup->data[s], file));
    return list;
}

static json_t *fields_of(fg_field_set set)
{
    json_t *list = json_array();
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (set & 1u << f)
            list = json_append(list, json_string(fg_field_info[f].name));
    }
    return list;
}

static json_t *range_of(const struct fg_axis *axis)
{
    return json_sprintf("%.17g:%.17g", axis->low, axis->high);
}

static json_t *part_of(const struct fg_setup *setup)
{
    return setup->parts == 0
               ? json_null()
               : json_sprintf("%llu/%llu", (unsigned long long)setup->part, (unsigned long long)setup->parts);
}

/* As the setup shows a choice to people, which is how the command line takes it. */
static json_t *setup_text(const struct fg_setup *setup, const char *name)
{
    struct fg_setup_value value;
    for (size_t k = 0; k < FG_SETUP_FIXED; k++) {
        fg_setup_get(setup, k, &value);
        if (strcmp(value.name, name) == 0)
            return json_string(value.text);
    }
    return json_null();
}

json_t *config_of_setup(const struct fg_setup *setup, uint64_t threads, const char *file)
{
    const bool is_drawn = setup->gaussian.samples_per_class > 0;
    const struct {
        const char *name;
        json_t *value;
    } options[] = {
        {"phi", whole_to_json(setup->phi.n)},
        {"r", whole_to_json(setup->r.n)},
        {"phi-range", range_of(&setup->phi)},
        {"r-range", range_of(&setup->r)},
        {"data", data_of(setup, file)},
        {"samples-per-class", is_drawn ? whole_to_json(setup->gaussian.samples_per_class) : json_null()},
        {"spread", is_drawn ? json_real(setup->gaussian.spread) : json_null()},
        {"seed", is_drawn ? whole_to_json(setup->gaussian.seed) : json_null()},
        {"method", setup_text(setup, "method")},
        {"reduction", setup_text(setup, "reduction")},
        {"damping", json_real(setup->damping)},
        {"fields", fields_of(setup->fields)},
        {"threads", threads > 0 ? whole_to_json(threads) : json_null()},
        {"tile", whole_to_json(setup->tile_cells)},
        {"part", part_of(setup)},
    };
    json_t *config = json_object();
    for (size_t k = 0; k < sizeof options / sizeof *options; k++)
        config = json_with(config, options[k].name, options[k].value);
    return config;
}
