#include "info_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "json_io.h"
#include "point_report.h"
#include "run_summary.h"
#include "scaling.h"
#include "standard_output.h"

/* Prints a text of the file. Replaces control characters, which could command the terminal. */
static void print_info_text(const char *text)
{
    for (; *text; text++) {
        /* U+0080 to U+009F, in UTF-8 0xc2 and another byte, are control characters, too */
        bool is_control = (unsigned char)*text < ' ' || *text == 0x7f ||
                          ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0);
        text += is_control && (unsigned char)*text == 0xc2;
        putchar(is_control ? '?' : *text);
    }
}

/* Prints a text or a number on the run under its name. */
static void print_entry(const char *name, const json_t *value)
{
    printf("%-14s ", name);
    if (json_is_integer(value))
        printf("%lld", (long long)json_integer_value(value));
    else
        print_info_text(json_is_string(value) ? json_string_value(value) : "unknown");
    puts("");
}

static void print_axis_info(const char *name, const struct fg_axis *axis, const char *unit)
{
    printf("%-10s %zu cell%s from %.10g to %.10g%s\n", name, axis->n, plural(axis->n), fg_axis_value(axis, 0),
           fg_axis_value(axis, axis->n - 1), unit);
}

/* Prints the stored fields with the range of their finite values, the number of infinite values, and the
 * largest rounding error. `preview` is NULL if the values were not read. */
static void print_fields(const struct fg_result_data *data, const struct preview *preview)
{
    for (int f = 0; f < FG_N_FIELDS; f++) {
        const struct value_range *range = preview && f < FG_N_REAL_FIELDS ? &preview->range[f] : NULL;
        if (!(data->fields & 1u << f))
            continue;
        const int length = printf("%-10s %s", "", fg_field_info[f].name);
        if (range && isfinite(range->low))
            printf("%*.6g to %.6g", 50 - length, range->low, range->high); /* minima end in one column */
        if (range && range->infinite > 0)
            printf(" (infinite in %llu cell%s)", (unsigned long long)range->infinite,
                   plural(range->infinite));
        if (data->relative_error[f] > 0)
            printf(" (rounded, by %.2g of its value at most)", data->relative_error[f]);
        puts("");
    }
}

/* Prints a map of the loss, and how many cells were read. */
static void print_preview(const struct fg_grid *grid, const struct preview *preview)
{
    if (grid->phi.n != preview->n_phi || grid->r.n != preview->n_r)
        printf("%-10s (seen in %zu x %zu of %zu x %zu cells)\n", "", preview->n_phi, preview->n_r,
               grid->phi.n, grid->r.n);
    if (isfinite(preview->range[FG_LOSS].low)) {
        printf("%-10s loss, phi to the right and r upwards:\n", "");
        terminal_map_print(&preview->loss, 11);
    }
}

/* Prints the result of the sweep. `set` is what `info --json` prints of the data set. */
static void print_found(const struct fg_result_data *data, const json_t *found, const json_t *set)
{
    static const char margin[] = "           ";
    const json_t *points = json_object_get(set, "stationary_points");
    fputs(margin, stdout);
    found_print(found, data->relative_error[FG_LOSS] > 0);
    if (json_is_null(points))
        printf("%sstationary points: not searched for, or changed since they were written\n", margin);
    else
        points_print(margin, points);
    scaling_print(margin, json_object_get(set, "scaling"));
}

void info_print(const struct fg_result *result, const json_t *info, const struct preview *previews)
{
    const struct fg_grid *grid = &result->setup.grid;
    const json_t *summary = json_object_get(info, "summary");
    const json_t *all_found = json_object_get(summary, "data");
    const json_t *tiles = json_object_get(info, "tiles"), *sets = json_object_get(info, "data");
    const char *name;
    json_t *value;
    if (result->complete)
        printf("%s: complete%s\n", result->path, result->packed ? ", packed" : "");
    else
        printf("%s: NOT COMPLETE, %lld of %lld tiles are done (%s have not been computed)\n", result->path,
               json_whole(tiles, "done"), json_whole(tiles, "all"),
               result->setup.fields & 1u << FG_NATURAL_GRADIENT_FLAG
                   ? "cells with natural_gradient_flag 0"
                   : "tiles whose checksum in /entry/tiles_NAME is 0");
    if (result->moved)
        puts("(a copy by another tool: the file offsets of its values cannot be checked, and no sweep can "
             "resume it)");
    print_axis_info("phi", &grid->phi, " rad");
    print_axis_info("r", &grid->r, "");
    for (size_t s = 0; s < result->setup.n_data; s++) {
        const struct fg_setup_data *data = &result->setup.data[s];
        const json_t *found = json_object_get(all_found, data->name);
        printf("%-10s ", data->name);
        print_samples(data);
        puts("");
        if (json_is_object(found))
            print_found(&result->data[s], found, json_object_get(sets, data->name));
        print_fields(&result->data[s], previews ? &previews[s] : NULL);
        if (previews)
            print_preview(grid, &previews[s]);
    }
    if (!previews)
        puts("(its values are packed and slow to read: 'fishergrid verify' reads them all)");
    json_object_foreach(json_object_get(info, "provenance"), name, value)
    {
        if (!json_is_object(value)) /* the configuration has its own option */
            print_entry(name, value);
    }
    print_entry("kernel", json_object_get(json_object_get(info, "setup"), "kernel"));
    if (json_is_string(json_object_get(summary, "writing")))
        print_entry("writing", json_object_get(summary, "writing"));
}
