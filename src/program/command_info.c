/* `fishergrid info`: what a file contains, what made it, and whether it is complete. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "config.h"
#include "fishergrid/result.h"
#include "fishergrid/text.h"
#include "json_io.h"
#include "point_report.h"
#include "preview.h"
#include "run_summary.h"
#include "scaling.h"
#include "standard_output.h"

/* --- gathering; NULL: no memory --- */

/* The text without the blanks at its end, null where there is none. */
static json_t *text_to_json(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    errno = 0;
    json_t *json = text ? json_stringn(text, length) : NULL;
    const bool is_none = !json && errno != ENOMEM; /* it is not UTF-8 */
    return is_none ? json_null() : json;
}

/* {"cells": n, "low": ..., "high": ...} */
static json_t *axis_to_json(const struct fg_axis *axis)
{
    return json_pack("{s:I, s:f, s:f}", "cells", (json_int_t)axis->n, "low", fg_axis_value(axis, 0), "high",
                     fg_axis_value(axis, axis->n - 1));
}

/* What would make the file again, from any directory. */
static json_t *config_of(const struct fg_result *result)
{
    char *absolute = realpath(result->path, NULL);
    json_t *config = config_of_setup(&result->setup, result->has_threads ? result->threads : 0,
                                     absolute ? absolute : result->path);
    free(absolute);
    return config;
}

/* The scalars of the setup, by their names in the file. */
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
        if (t != FG_TEXT_CONFIG) /* that of the setup is below */
            provenance = json_with(provenance, fg_text_name(t), text_to_json(result->text[t]));
    }
    provenance =
        json_with(provenance, "threads", result->has_threads ? whole_to_json(result->threads) : json_null());
    provenance = json_with(provenance, "processes",
                           result->processes ? whole_to_json(result->processes) : json_null());
    return json_with(provenance, "config", config_of(result));
}

/* {"cells_phi": n, "cells_r": n, field: {"low": ..., "high": ..., "infinite": n}, ...}. The range is that of
 * finite values; the number of infinite ones is left out where it is 0. */
static json_t *look_to_json(const struct fg_result_data *data, const struct preview *look)
{
    json_t *seen =
        json_pack("{s:o, s:o}", "cells_phi", whole_to_json(look->n_phi), "cells_r", whole_to_json(look->n_r));
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        const struct value_range *of = &look->range[f];
        json_t *range = NULL;
        if (!(data->fields & 1u << f))
            continue;
        range = json_pack("{s:o, s:o}", "low", finite_or_null(of->low), "high", finite_or_null(of->high));
        if (of->infinite > 0)
            range = json_with(range, "infinite", whole_to_json(of->infinite));
        seen = json_with(seen, fg_field_info[f].name, range);
    }
    return seen;
}

/* The hint that the features be scaled, or null. `summary` is of all data sets. */
static json_t *scaling_to_json(const struct fg_result *result, size_t s, const json_t *summary)
{
    const json_t *found = json_object_get(json_object_get(summary, "data"), result->setup.data[s].name);
    struct fg_dataset data = {0};
    json_t *hint = NULL;
    if (scaling_may_help(found) && fg_result_read_samples(result, s, &data, NULL) == FG_OK)
        hint = scaling_hint(found, data.n, data.x0, data.x1);
    fg_dataset_free(&data);
    return hint ? hint : json_null();
}

/* The stationary points, or null where nobody has searched, or they have changed. */
static json_t *stationary_to_json(const struct fg_result *result, size_t s)
{
    struct fg_stationary points;
    bool searched;
    return fg_result_read_stationary(result, s, &points, &searched, NULL) == FG_OK && searched
               ? points_to_json(&points)
               : json_null();
}

/* `look` is NULL where nobody has looked at the values. */
static json_t *data_to_json(const struct fg_result *result, size_t s, const struct preview *look,
                            const json_t *summary)
{
    const struct fg_result_data *data = &result->data[s];
    json_t *fields = json_array(), *errors = json_object();
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (data->fields & 1u << f)
            fields = json_append(fields, json_string(fg_field_info[f].name));
        if (data->relative_error[f] > 0)
            errors = json_with(errors, fg_field_info[f].name, json_real(data->relative_error[f]));
    }
    json_t *set =
        json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "samples", (json_int_t)result->setup.data[s].n, "sources",
                  (json_int_t)result->setup.data[s].sources, "fields", fields, "ranges",
                  look ? look_to_json(data, look) : json_null(), "scaling",
                  scaling_to_json(result, s, summary), "stationary_points", stationary_to_json(result, s));
    if (!errors || json_object_size(errors) > 0)
        return json_with(set, "relative_error", errors);
    json_decref(errors);
    return set;
}

/* {"done": n, "all": n}, over all data sets. */
static enum fg_status tiles_to_json(const struct fg_result *result, json_t **tiles, struct fg_error *error)
{
    uint64_t done = 0, some;
    enum fg_status status = FG_OK;
    for (size_t s = 0; s < result->setup.n_data && status == FG_OK; s++, done += some)
        status = fg_result_count_tiles(result, s, &some, error);
    if (status == FG_OK)
        *tiles = json_pack("{s:o, s:o}", "done", whole_to_json(done), "all",
                           whole_to_json((uint64_t)result->setup.grid.tiling.n * result->setup.n_data));
    return status;
}

static enum fg_status result_to_json(const struct fg_result *result, const struct preview *looks,
                                     json_t **info, struct fg_error *error)
{
    json_t *tiles = NULL, *sets = json_object(), *summary = json_of_text(result->text[FG_TEXT_SUMMARY]);
    enum fg_status status = tiles_to_json(result, &tiles, error);
    for (size_t s = 0; s < result->setup.n_data; s++)
        sets = json_with(sets, result->setup.data[s].name,
                         data_to_json(result, s, looks ? &looks[s] : NULL, summary));
    if (status != FG_OK) {
        json_decref(sets);
        json_decref(summary);
        return status;
    }
    *info = json_pack("{s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "complete", (int)result->complete,
                      "packed", (int)result->packed, "copy", (int)result->moved, "tiles", tiles, "phi",
                      axis_to_json(&result->setup.grid.phi), "r", axis_to_json(&result->setup.grid.r), "data",
                      sets, "setup", setup_to_json(&result->setup), "summary", summary, "provenance",
                      provenance_to_json(result));
    return *info ? FG_OK : fg_fail(error, FG_FAILED, "no memory for JSON");
}

/* --- printing --- */

static const char *provenance_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "unknown";
}

/* Whatever a file holds, it does not command the terminal. */
static void print_info_text(const char *text)
{
    for (; *text; text++) {
        /* U+0080 to U+009F are control characters, too; in UTF-8, after 0xc2 */
        bool is_control = (unsigned char)*text < ' ' || *text == 0x7f ||
                          ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0);
        text += is_control && (unsigned char)*text == 0xc2;
        putchar(is_control ? '?' : *text);
    }
}

/* Prints the texts up to NULL, one after the other, and ends the line. */
static void print_info_line(const char *text, ...)
{
    va_list more;
    va_start(more, text);
    for (; text; text = va_arg(more, const char *))
        print_info_text(text);
    va_end(more);
    puts("");
}

static void print_axis_info(const char *name, const struct fg_axis *axis, const char *unit)
{
    printf("%-10s %zu cell%s from %.10g to %.10g%s\n", name, axis->n, plural(axis->n), fg_axis_value(axis, 0),
           fg_axis_value(axis, axis->n - 1), unit);
}

/* The range of the finite values, if there are any, and the number of the others. */
static void print_range(const char *name, const struct value_range *range)
{
    const bool is_finite = isfinite(range->low);
    if (!is_finite && range->infinite == 0)
        return;
    printf("%-10s %-24s ", "", name);
    if (is_finite)
        printf("%14.6g to %.6g", range->low, range->high);
    if (range->infinite > 0)
        printf("%s infinite in %llu cell%s", is_finite ? "," : "", (unsigned long long)range->infinite,
               plural(range->infinite));
    puts("");
}

/* What was seen of a data set: ranges, and a map of the loss. */
static void print_look(const struct fg_grid *grid, const struct preview *look)
{
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        print_range(fg_field_info[f].name, &look->range[f]);
    if (grid->phi.n != look->n_phi || grid->r.n != look->n_r)
        printf("%-10s (seen in %zu x %zu of %zu x %zu cells)\n", "", look->n_phi, look->n_r, grid->phi.n,
               grid->r.n);
    if (isfinite(look->range[FG_LOSS].low)) {
        printf("%-10s loss, phi to the right and r upwards:\n", "");
        terminal_map_print(&look->loss, 11, terminal_has_colours());
    }
}

static void print_points(const struct fg_result *result, size_t s)
{
    struct fg_stationary points;
    bool searched;
    if (fg_result_read_stationary(result, s, &points, &searched, NULL) != FG_OK)
        printf("%-10s stationary points: changed since they were written\n", "");
    else if (searched)
        points_print("           ", &points);
}

static void print_data_info(const struct fg_result *result, size_t s, const json_t *found,
                            const json_t *scaling)
{
    const struct fg_result_data *data = &result->data[s];
    printf("%-10s ", result->setup.data[s].name);
    print_samples(&result->setup.data[s]);
    putchar(';');
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (data->fields & 1u << f)
            printf(" %s", fg_field_info[f].name);
    }
    puts("");
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (data->relative_error[f] > 0)
            printf("%-10s %s is rounded, by %.2g of its value at most\n", "", fg_field_info[f].name,
                   data->relative_error[f]);
    }
    if (!json_is_object(found))
        return;
    /* If the loss is rounded, the minimum of the sweep may have been at another cell nearby. */
    printf("%-10s minimum loss%s %.10g at phi = %.6f, r = %.6f; %lld cells recomputed, %lld undefined, %lld "
           "overflow\n",
           "", data->relative_error[FG_LOSS] > 0 ? ", as rounded," : "", json_number(found, "min_loss"),
           json_number(found, "min_loss_phi"), json_number(found, "min_loss_r"),
           json_whole(found, "cells_recomputed"), json_whole(found, "cells_undefined"),
           json_whole(found, "cells_overflow"));
    for (int f = FG_NATURAL_GRADIENT_FLAG + 1; f < FG_N_FIELDS; f++) {
        if (!(data->fields & 1u << f))
            continue;
        printf("%-10s %s", "", fg_field_info[f].name);
        for (int value = 1; value < FG_N_FLAGS; value++) {
            char name[100];
            const char *word = fg_flag_name[FG_FLAG(f)][value];
            snprintf(name, sizeof name, "%s_%s", fg_field_info[f].name, word);
            printf("%s %lld cells %s", value == 1 ? ":" : ",", json_whole(found, name), word);
        }
        puts("");
    }
    print_points(result, s);
    scaling_print("           ", scaling);
}

static void print_provenance(const json_t *made, const char *kernel)
{
    const long long n_threads = json_whole(made, "threads"), processes = json_whole(made, "processes");
    char threads[80];
    snprintf(threads, sizeof threads, "%lld thread%s", n_threads, plural((uint64_t)n_threads));
    if (processes > 1)
        snprintf(threads + strlen(threads), sizeof threads - strlen(threads), " in each of %lld processes",
                 processes);
    print_info_line("made by    fishergrid ", provenance_text(made, "version"), " (git ",
                    provenance_text(made, "git_revision"), "), ", kernel, " kernel, ", threads, ", on ",
                    provenance_text(made, "host"), NULL);
    print_info_line("compiler   ", provenance_text(made, "compiler"), ", ",
                    provenance_text(made, "compiler_flags"), NULL);
    print_info_line("command    ", provenance_text(made, "command_line"), NULL);
    print_info_line("time       ", provenance_text(made, "start_time"), " to ",
                    provenance_text(made, "end_time"), NULL);
}

static void print_info(const struct fg_result *result, const json_t *info, const struct preview *looks)
{
    const struct fg_grid *grid = &result->setup.grid;
    const json_t *summary = json_object_get(info, "summary"), *writing = json_object_get(summary, "writing");
    const json_t *found = json_object_get(summary, "data");
    const json_t *tiles = json_object_get(info, "tiles"), *sets = json_object_get(info, "data");
    if (result->complete)
        printf("%s: complete%s\n", result->path, result->packed ? ", packed" : "");
    else
        printf("%s: NOT COMPLETE, %lld of %lld tiles are done (%s have not been computed)\n", result->path,
               json_whole(tiles, "done"), json_whole(tiles, "all"),
               result->setup.fields & 1u << FG_NATURAL_GRADIENT_FLAG
                   ? "cells with natural_gradient_flag 0"
                   : "tiles whose checksum in /entry/tiles_NAME is 0");
    if (result->moved)
        puts("(a copy by another tool: the places of its values cannot be checked, and no sweep can continue "
             "it)");
    print_axis_info("phi", &grid->phi, " rad");
    print_axis_info("r", &grid->r, "");
    for (size_t s = 0; s < result->setup.n_data; s++) {
        const char *name = result->setup.data[s].name;
        print_data_info(result, s, json_object_get(found, name),
                        json_object_get(json_object_get(sets, name), "scaling"));
        if (looks)
            print_look(grid, &looks[s]);
    }
    if (!looks)
        puts("(its values are packed, and take long to look at: 'fishergrid verify' reads them all)");
    print_provenance(json_object_get(info, "provenance"), result->setup.kernel);
    if (json_is_string(writing))
        print_info_line("written    ", json_string_value(writing), NULL);
}

static bool has_given_data(const struct fg_setup *setup)
{
    size_t s = 0;
    while (s < setup->n_data && setup->data[s].drawn)
        s++;
    return s < setup->n_data;
}

static enum fg_status tell_config(const struct fg_result *result, struct fg_error *error)
{
    char *absolute = realpath(result->path, NULL);
    const bool can_tell =
        !has_given_data(&result->setup) || fg_utf8_is_valid(absolute ? absolute : result->path);
    free(absolute);
    if (!can_tell)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: a configuration is JSON, which cannot name this path: it is not UTF-8; rename it",
                       result->path);
    return print_json(config_of(result), error);
}

/* A look at each data set, to be freed. NULL where it would take long, or more room than there is: `info`
 * tells the rest all the same. */
static enum fg_status look_at_all(struct fg_result *result, struct preview **looks, struct fg_error *error)
{
    *looks = NULL;
    if (result->packed && !preview_is_complete(result))
        return FG_OK;
    enum fg_status status = fg_result_unpack(result, error);
    if (status != FG_OK)
        return status == FG_FAILED ? FG_OK : status;
    *looks = calloc(result->setup.n_data, sizeof **looks);
    if (!*looks)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    for (size_t s = 0; s < result->setup.n_data && status == FG_OK; s++)
        status = preview_read(result, s, &(*looks)[s], error);
    return status;
}

static enum fg_status tell_all(struct fg_result *result, const struct options *options,
                               struct fg_error *error)
{
    json_t *info = NULL;
    struct preview *looks;
    enum fg_status status = look_at_all(result, &looks, error);
    if (status == FG_OK)
        status = result_to_json(result, looks, &info, error);
    if (status == FG_OK && options->json) {
        status = print_json(json_incref(info), error);
    } else if (status == FG_OK) {
        print_info(result, info, looks);
        status = finish_output(error);
    }
    json_decref(info);
    free(looks);
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
