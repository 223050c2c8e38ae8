/* `fishergrid info`: what a file contains, what made it, and whether it is complete. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "config.h"
#include "fishergrid/text.h"
#include "info_text.h"
#include "json_io.h"
#include "point_report.h"
#include "scaling.h"
#include "standard_output.h"

/* --- JSON; these functions return NULL if memory runs out --- */

/* Returns the text without the blanks at its end; null if there is no text. */
static json_t *text_to_json(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    errno = 0;
    json_t *json = text ? json_stringn(text, length) : NULL;
    const bool is_none = !json && errno != ENOMEM; /* the text is not UTF-8 */
    return is_none ? json_null() : json;
}

/* Returns {"cells": n, "low": ..., "high": ...}. */
static json_t *axis_to_json(const struct fg_axis *axis)
{
    return json_pack("{s:I, s:f, s:f}", "cells", (json_int_t)axis->n, "low", fg_axis_value(axis, 0), "high",
                     fg_axis_value(axis, axis->n - 1));
}

/* Returns the configuration that makes the file again, from any directory. */
static json_t *config_of(const struct fg_result *result)
{
    char *absolute = realpath(result->path, NULL);
    if (absolute)
        fg_utf8_repair(absolute);
    json_t *config = config_of_setup(&result->setup, result->threads, absolute);
    free(absolute);
    return config;
}

/* Returns the scalars of the setup under their names in the file. */
static json_t *setup_to_json(const struct fg_setup *setup)
{
    struct fg_setup_value value;
    json_t *object = json_object();
    for (size_t k = 0; k < fg_setup_size(setup); k++) {
        fg_setup_get(setup, k, &value);
        object = json_with(object, value.name,
                           value.type == FG_SETUP_TEXT   ? json_string(value.text)
                           : value.type == FG_SETUP_REAL ? json_real(value.real)
                                                         : whole_to_json(value.number));
    }
    return object;
}

static json_t *provenance_to_json(const struct fg_result *result)
{
    json_t *provenance = json_object();
    for (enum fg_text t = FG_TEXT_VERSION; t < FG_N_TEXTS; t++) {
        if (t != FG_TEXT_CONFIG) /* the configuration is made from the setup instead */
            provenance = json_with(provenance, fg_text_name(t), text_to_json(result->text[t]));
    }
    provenance =
        json_with(provenance, "threads", result->threads > 0 ? whole_to_json(result->threads) : json_null());
    provenance = json_with(provenance, "processes",
                           result->processes ? whole_to_json(result->processes) : json_null());
    return json_with(provenance, "config", config_of(result));
}

/* Returns {"cells_phi": n, "cells_r": n, field: {"low": ..., "high": ..., "infinite": n}, ...}. The range is
 * that of the finite values. The number of infinite values is left out if it is 0. */
static json_t *preview_to_json(const struct fg_result_data *data, const struct preview *preview)
{
    json_t *ranges = json_pack("{s:o, s:o}", "cells_phi", whole_to_json(preview->n_phi), "cells_r",
                               whole_to_json(preview->n_r));
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        const struct value_range *of = &preview->range[f];
        json_t *range = NULL;
        if (!(data->fields & 1u << f))
            continue;
        range = json_pack("{s:o, s:o}", "low", finite_or_null(of->low), "high", finite_or_null(of->high));
        if (of->infinite > 0)
            range = json_with(range, "infinite", whole_to_json(of->infinite));
        ranges = json_with(ranges, fg_field_info[f].name, range);
    }
    return ranges;
}

/* Returns the hint to scale the features, or null. `summary` has all data sets. */
static json_t *scaling_to_json(const struct fg_result *result, size_t s, const json_t *summary)
{
    const json_t *found = json_object_get(json_object_get(summary, "data"), result->setup.data[s].name);
    struct fg_dataset data = {0};
    json_t *hint = NULL;
    if (scaling_cells(found) > 0 && fg_result_read_samples(result, s, &data, NULL) == FG_OK)
        hint = scaling_hint(found, data.n, data.x0, data.x1);
    fg_dataset_free(&data);
    return hint ? hint : json_null();
}

/* Returns the stationary points; null if they have not been searched for or have changed. */
static json_t *stationary_to_json(const struct fg_result *result, size_t s)
{
    struct fg_stationary points;
    bool searched;
    return fg_result_read_stationary(result, s, &points, &searched, NULL) == FG_OK && searched
               ? points_to_json(&points)
               : json_null();
}

/* Returns the description of data set s. `preview` is NULL if the values were not read. */
static json_t *data_to_json(const struct fg_result *result, size_t s, const struct preview *preview,
                            const json_t *summary)
{
    const struct fg_result_data *data = &result->data[s];
    json_t *errors = json_object();
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (data->relative_error[f] > 0)
            errors = json_with(errors, fg_field_info[f].name, json_real(data->relative_error[f]));
    }
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "samples", (json_int_t)result->setup.data[s].n,
                     "sources", (json_int_t)result->setup.data[s].sources, "fields",
                     fields_to_json(data->fields), "ranges",
                     preview ? preview_to_json(data, preview) : json_null(), "scaling",
                     scaling_to_json(result, s, summary), "stationary_points", stationary_to_json(result, s),
                     "relative_error", errors);
}

static enum fg_status result_to_json(const struct fg_result *result, const struct preview *previews,
                                     json_t **info, struct fg_error *error)
{
    const struct fg_setup *setup = &result->setup;
    uint64_t done = 0, done_of_data = 0; /* tiles */
    json_t *sets = json_object(), *summary = json_of_text(result->text[FG_TEXT_SUMMARY]);
    enum fg_status status = FG_OK;
    for (size_t s = 0; s < setup->n_data && status == FG_OK; s++) {
        status = fg_result_count_tiles(result, s, &done_of_data, error);
        done += done_of_data;
        sets = json_with(sets, setup->data[s].name,
                         data_to_json(result, s, previews ? &previews[s] : NULL, summary));
    }
    if (status != FG_OK) {
        json_decref(sets);
        json_decref(summary);
        return status;
    }
    *info = json_pack(
        "{s:b, s:b, s:b, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o}", "complete", (int)result->complete,
        "packed", (int)result->packed, "copy", (int)result->moved, "tiles", "done", whole_to_json(done),
        "all", whole_to_json((uint64_t)setup->grid.tiling.n * setup->n_data), "phi",
        axis_to_json(&setup->grid.phi), "r", axis_to_json(&setup->grid.r), "data", sets, "setup",
        setup_to_json(setup), "summary", summary, "provenance", provenance_to_json(result));
    return *info ? FG_OK : fg_fail(error, FG_FAILED, "no memory for JSON");
}

/* Prints the configuration. Samples that were not drawn are read from the file, so JSON must be able to name
 * its path. */
static enum fg_status tell_config(const struct fg_result *result, struct fg_error *error)
{
    char *absolute = realpath(result->path, NULL);
    const bool has_name = fg_utf8_is_valid(absolute ? absolute : result->path);
    bool all_drawn = true;
    free(absolute);
    for (size_t s = 0; s < result->setup.n_data; s++)
        all_drawn &= result->setup.data[s].drawn;
    if (!has_name && !all_drawn)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: a configuration is JSON, which cannot name this path: it is not UTF-8; rename it",
                       result->path);
    return print_json(config_of(result), error);
}

/* Reads a preview of each data set; the caller frees it. Stores NULL if reading would take long, or if a
 * packed file has no room to be unpacked: `info` then prints everything else. */
static enum fg_status read_previews(struct fg_result *result, struct preview **previews,
                                    struct fg_error *error)
{
    *previews = NULL;
    if (result->packed && !preview_is_complete(result))
        return FG_OK;
    enum fg_status status = fg_result_unpack(result, error);
    if (status != FG_OK)
        return status == FG_FAILED ? FG_OK : status;
    *previews = calloc(result->setup.n_data, sizeof **previews);
    if (!*previews)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    for (size_t s = 0; s < result->setup.n_data && status == FG_OK; s++)
        status = preview_read(result, s, &(*previews)[s], error);
    return status;
}

static enum fg_status tell_all(struct fg_result *result, const struct options *options,
                               struct fg_error *error)
{
    json_t *info = NULL;
    struct preview *previews;
    enum fg_status status = read_previews(result, &previews, error);
    if (status == FG_OK)
        status = result_to_json(result, previews, &info, error);
    if (status == FG_OK && options->json) {
        status = print_json(json_incref(info), error);
    } else if (status == FG_OK) {
        info_print(result, info, previews);
        status = finish_output(error);
    }
    json_decref(info);
    free(previews);
    return status;
}

enum fg_status command_info(struct options *options, struct fg_error *error)
{
    struct fg_result *result;
    enum fg_status status = fg_result_open(&result, options->input, error);
    if (status != FG_OK)
        return status;
    status = options->show_config ? tell_config(result, error) : tell_all(result, options, error);
    if (status == FG_OK && !result->complete)
        status = fg_fail(error, FG_FAILED, "%s is not complete", options->input);
    fg_result_close(&result);
    return status;
}
