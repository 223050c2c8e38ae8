/* The setup as a struct and as a list of scalars. One table lists the scalars; every reader, writer, hash and
 * comparison uses it. */
#define _POSIX_C_SOURCE 200809L /* strcasecmp */
#include "fishergrid/setup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fishergrid/text.h"
#include "hash.h"

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "counts are stored as 64-bit numbers");

/* --- making a setup --- */

void fg_setup_add_data(struct fg_setup *setup, const struct fg_dataset *data, bool drawn)
{
    struct fg_setup_data *added = &setup->data[setup->n_data++];
    *added = (struct fg_setup_data){.n = data->n, .checksum = fg_dataset_checksum(data), .drawn = drawn};
    snprintf(added->name, sizeof added->name, "%s", data->name);
}

static enum fg_status check_part_number(const struct fg_setup *setup, const struct fg_grid *whole,
                                        struct fg_error *error)
{
    const size_t rows = fg_tiling_rows(&whole->tiling);
    if (setup->part < (setup->parts > 0) || setup->part > setup->parts)
        return fg_fail(error, FG_BAD_INPUT, "part: %llu of %llu parts", (unsigned long long)setup->part,
                       (unsigned long long)setup->parts);
    if (setup->parts > rows)
        return fg_fail(
            error, FG_BAD_INPUT,
            "parts: %llu parts of a grid with %zu row%s of tiles; fewer parts or smaller tiles work",
            (unsigned long long)setup->parts, rows, rows == 1 ? "" : "s");
    return FG_OK;
}

static enum fg_status check_damping(double damping, struct fg_error *error)
{
    const bool works = damping == 0 || (damping >= FG_DAMPING_MIN && damping <= FG_DAMPING_MAX);
    return works ? FG_OK
                 : fg_fail(error, FG_BAD_INPUT, "damping: %g is neither 0 nor from %g to %g", damping,
                           FG_DAMPING_MIN, FG_DAMPING_MAX);
}

enum fg_status fg_setup_cut(struct fg_setup *setup, struct fg_error *error)
{
    enum fg_status status = fg_axis_check(&setup->phi, "phi", error);
    if (status == FG_OK)
        status = fg_axis_check(&setup->r, "r", error);
    if (status == FG_OK)
        status = check_damping(setup->damping, error);
    if (status != FG_OK)
        return status;
    const struct fg_grid whole = fg_grid_cut(&setup->phi, &setup->r, setup->tile_cells);
    status = check_part_number(setup, &whole, error);
    if (status != FG_OK)
        return status;
    setup->tile_cells = fg_grid_tile_cells(&whole);
    setup->grid = setup->parts == 0 ? whole : fg_grid_part(&whole, setup->part, setup->parts);
    return FG_OK;
}

uint64_t fg_setup_cells(const struct fg_setup *setup)
{
    return fg_grid_cells(&setup->grid) * setup->n_data;
}

struct fg_kernel_params fg_setup_kernel_params(const struct fg_setup *setup, const struct fg_samples *samples)
{
    const double r_bound = fmax(fabs(setup->r.low), fabs(setup->r.high));
    return fg_kernel_params(samples, r_bound, setup->reduction, setup->damping, setup->fields);
}

/* --- the table of scalars --- */

/* How a member is stored. The last four are stored as text. */
enum form { COUNT, BITS, REAL, CHOICE, FIELDS, KERNEL, DATA };

static const struct row {
    const char *name;
    const char *meaning;
    enum form form;
    size_t at; /* offset in struct fg_setup */
    double minimum, maximum;
    const char *choices; /* for CHOICE: separated by '|', in the order of the enum */
} rows[FG_SETUP_FIXED] = {
#define AT(member) offsetof(struct fg_setup, member)
    {"phi_cells", "cells along phi of the whole grid", COUNT, AT(phi.n), 1, (double)FG_AXIS_MAX, NULL},
    {"phi_low", "first phi of the whole grid, in radians", REAL, AT(phi.low), -FG_AXIS_BOUND, FG_AXIS_BOUND,
     NULL},
    {"phi_high", "last phi of the whole grid, in radians", REAL, AT(phi.high), -FG_AXIS_BOUND, FG_AXIS_BOUND,
     NULL},
    {"r_cells", "cells along r", COUNT, AT(r.n), 1, (double)FG_AXIS_MAX, NULL},
    {"r_low", "first r", REAL, AT(r.low), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL},
    {"r_high", "last r", REAL, AT(r.high), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL},
    {"tile_cells", "cells of a full tile", COUNT, AT(tile_cells), 1, 0x1p62, NULL},
    {"part", "number of this part of the grid, from 1; 0: this is all of it", COUNT, AT(part), 0, 0x1p31,
     NULL},
    {"parts", "number of parts of the grid; 0: this is all of it", COUNT, AT(parts), 0, 0x1p31, NULL},
    {"method", "where the samples were summed", CHOICE, AT(method), 0, 0, "auto|direct|chebyshev"},
    {"reduction", "what loss, gradient and Fisher matrix are of the samples", CHOICE, AT(reduction), 0, 0,
     "sum|mean"},
    {"damping", "added to the diagonal of the Fisher matrix for the natural gradient", REAL, AT(damping), 0,
     FG_DAMPING_MAX, NULL},
    {"fields", "stored fields", FIELDS, AT(fields), 0, 0, NULL},
    {"samples_per_class", "samples of a class of the drawn data sets; 0: none was drawn", COUNT,
     AT(gaussian.samples_per_class), 0, (double)FG_SAMPLES_MAX, NULL},
    {"spread", "standard deviation of the drawn samples in each coordinate", REAL, AT(gaussian.spread), 0,
     FG_SPREAD_MAX, NULL},
    {"seed", "seed of the drawn samples", BITS, AT(gaussian.seed), 0, 0, NULL},
    {"kernel", "instruction set of the kernel", KERNEL, AT(kernel), 0, 0, NULL},
    {"arithmetic", "hash of some cells as this kernel computes them", BITS, AT(arithmetic), 0, 0, NULL},
    {"data", "names of the data sets", DATA, AT(data), 0, 0, NULL},
#undef AT
};

/* Scalars of each data set. The name of the data set is appended. */
static const struct {
    const char *name, *meaning;
    enum fg_setup_type type;
} rows_of_data[FG_SETUP_OF_DATA] = {
    {"samples_of_", "number of samples", FG_SETUP_COUNT},
    {"checksum_of_", "XXH3 of x0, x1 and y of the samples", FG_SETUP_BITS},
    {"sources_of_",
     "number of weighted sources that stand for the samples, to 2e-14 of the scale of a sum; 0: none",
     FG_SETUP_COUNT},
    {"drawn_", "1: drawn by fishergrid with samples_per_class, spread and seed; 0: given", FG_SETUP_COUNT},
};

size_t fg_setup_size(const struct fg_setup *setup)
{
    return FG_SETUP_FIXED + FG_SETUP_OF_DATA * setup->n_data;
}

static enum fg_setup_type type_of_row(enum form form)
{
    return form == COUNT  ? FG_SETUP_COUNT
           : form == BITS ? FG_SETUP_BITS
           : form == REAL ? FG_SETUP_REAL
                          : FG_SETUP_TEXT;
}

/* --- members to scalars --- */

static void get_fields(fg_field_set fields, char text[FG_SETUP_TEXT_MAX])
{
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (fields & 1u << f)
            fg_text_add(text, FG_SETUP_TEXT_MAX, ",", fg_field_info[f].name);
    }
}

static void get_choice(const char *choices, int choice, char text[FG_SETUP_TEXT_MAX])
{
    for (; choice > 0; choice--)
        choices += strcspn(choices, "|") + 1;
    snprintf(text, FG_SETUP_TEXT_MAX, "%.*s", (int)strcspn(choices, "|"), choices);
}

static void get_member(const struct fg_setup *setup, const struct row *row, struct fg_setup_value *value)
{
    const void *member = (const char *)setup + row->at;
    switch (row->form) {
    case COUNT:
    case BITS:
        value->number = *(const uint64_t *)member;
        break;
    case REAL:
        value->real = *(const double *)member;
        break;
    case CHOICE:
        get_choice(row->choices, *(const int *)member, value->text);
        break;
    case FIELDS:
        get_fields(setup->fields, value->text);
        break;
    case KERNEL:
        strcpy(value->text, setup->kernel);
        break;
    case DATA:
        for (size_t s = 0; s < setup->n_data; s++)
            fg_text_add(value->text, sizeof value->text, ",", setup->data[s].name);
        break;
    }
}

void fg_setup_get(const struct fg_setup *setup, size_t k, struct fg_setup_value *value)
{
    *value = (struct fg_setup_value){.meaning = NULL};
    if (k < FG_SETUP_FIXED) {
        strcpy(value->name, rows[k].name);
        value->meaning = rows[k].meaning;
        value->type = type_of_row(rows[k].form);
        get_member(setup, &rows[k], value);
        return;
    }
    const struct fg_setup_data *data = &setup->data[(k - FG_SETUP_FIXED) / FG_SETUP_OF_DATA];
    const size_t of_data = (k - FG_SETUP_FIXED) % FG_SETUP_OF_DATA;
    const uint64_t numbers[FG_SETUP_OF_DATA] = {data->n, data->checksum, data->sources, data->drawn};
    snprintf(value->name, sizeof value->name, "%s%s", rows_of_data[of_data].name, data->name);
    value->meaning = rows_of_data[of_data].meaning;
    value->type = rows_of_data[of_data].type;
    value->number = numbers[of_data];
}

/* --- scalars to members --- */

static enum fg_status set_number(const struct fg_setup_value *value, const char *name, double minimum,
                                 double maximum, uint64_t *member, struct fg_error *error)
{
    if ((double)value->number < minimum || (double)value->number > maximum)
        return fg_fail(error, FG_BAD_INPUT, "%s: %llu is not from %.0f to %.0f", name,
                       (unsigned long long)value->number, minimum, maximum);
    *member = value->number;
    return FG_OK;
}

static enum fg_status set_choice_member(const struct row *row, const char *text, int *member,
                                        struct fg_error *error)
{
    const int choice = fg_text_choice(row->choices, text);
    if (choice < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: '%.60s' is not one of %s", row->name, text, row->choices);
    *member = choice;
    return FG_OK;
}

/* Checks that no other data set has the name of the last one. */
static enum fg_status check_new(const struct fg_setup *setup, const char *name, struct fg_error *error)
{
    for (size_t s = 0; s + 1 < setup->n_data; s++) {
        if (strcasecmp(setup->data[s].name, name) == 0)
            return fg_fail(error, FG_BAD_INPUT, "data: '%s' and '%s' are the same name, case aside",
                           setup->data[s].name, name);
    }
    return FG_OK;
}

/* Sets the names of the data sets from a list with commas. */
static enum fg_status set_names(struct fg_setup *setup, const char *text, struct fg_error *error)
{
    for (setup->n_data = 0;; text++) {
        const size_t length = strcspn(text, ",");
        if (setup->n_data == FG_DATA_MAX || length > FG_NAME_MAX)
            return fg_fail(error, FG_BAD_INPUT, "data: more than %d names, or one of more than %d bytes",
                           FG_DATA_MAX, FG_NAME_MAX);
        struct fg_setup_data *data = &setup->data[setup->n_data++];
        *data = (struct fg_setup_data){.n = 0};
        memcpy(data->name, text, length);
        enum fg_status status = fg_dataset_check_name(data->name, error);
        if (status == FG_OK)
            status = check_new(setup, data->name, error);
        if (status != FG_OK)
            return status;
        text += length;
        if (*text == '\0')
            return FG_OK;
    }
}

/* Sets the name of the kernel. Accepts names that this build does not know, because a file may come from
 * another processor. */
static enum fg_status set_kernel(struct fg_setup *setup, const char *text, struct fg_error *error)
{
    const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    if (length == 0 || length > FG_KERNEL_NAME_MAX || text[length])
        return fg_fail(error, FG_BAD_INPUT,
                       "kernel: a name has 1 to %d lower-case letters, digits, '-' and '_'",
                       FG_KERNEL_NAME_MAX);
    strcpy(setup->kernel, text);
    return FG_OK;
}

static enum fg_status set_member(struct fg_setup *setup, const struct row *row,
                                 const struct fg_setup_value *value, struct fg_error *error)
{
    void *member = (char *)setup + row->at;
    switch (row->form) {
    case COUNT:
        return set_number(value, row->name, row->minimum, row->maximum, member, error);
    case BITS:
        *(uint64_t *)member = value->number;
        return FG_OK;
    case REAL:
        *(double *)member = value->real;
        return value->real >= row->minimum && value->real <= row->maximum
                   ? FG_OK
                   : fg_fail(error, FG_BAD_INPUT, "%s: %g is not from %g to %g", row->name, value->real,
                             row->minimum, row->maximum);
    case CHOICE:
        return set_choice_member(row, value->text, member, error);
    case FIELDS:
        return fg_fields_parse(value->text, &setup->fields, error);
    case KERNEL:
        return set_kernel(setup, value->text, error);
    case DATA:
        return set_names(setup, value->text, error);
    }
    return FG_OK;
}

enum fg_status fg_setup_set(struct fg_setup *setup, size_t k, const struct fg_setup_value *value,
                            struct fg_error *error)
{
    if (k < FG_SETUP_FIXED)
        return set_member(setup, &rows[k], value, error);
    struct fg_setup_data *data = &setup->data[(k - FG_SETUP_FIXED) / FG_SETUP_OF_DATA];
    uint64_t drawn = 0;
    switch ((k - FG_SETUP_FIXED) % FG_SETUP_OF_DATA) {
    case 0:
        return set_number(value, value->name, 1, (double)FG_SAMPLES_MAX, &data->n, error);
    case 1:
        data->checksum = value->number;
        return FG_OK;
    case 2:
        return set_number(value, value->name, 0, (double)FG_SAMPLES_MAX, &data->sources, error);
    default:;
        enum fg_status status = set_number(value, value->name, 0, 1, &drawn, error);
        data->drawn = drawn == 1;
        return status;
    }
}

/* --- what follows from the scalars --- */

static bool is_same(const struct fg_setup_value *a, const struct fg_setup_value *b)
{
    return strcmp(a->name, b->name) == 0 && a->number == b->number &&
           memcmp(&a->real, &b->real, sizeof a->real) == 0 && strcmp(a->text, b->text) == 0;
}

/* Prints the number with the fewest digits that distinguish it from all others. */
static void show_real(double real, char text[100])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 100, "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            return;
    }
}

void fg_setup_show(const struct fg_setup_value *value, char text[100])
{
    if (value->type == FG_SETUP_REAL)
        show_real(value->real, text);
    else if (value->type == FG_SETUP_TEXT)
        snprintf(text, 100, "%.96s%s", value->text, strlen(value->text) > 96 ? "..." : "");
    else
        snprintf(text, 100, "%llu", (unsigned long long)value->number);
}

bool fg_setup_differ(const struct fg_setup *first, const struct fg_setup *second,
                     struct fg_setup_difference *difference)
{
    struct fg_setup_value a, b;
    /* Compares the names of the data sets first, the last fixed scalar. Setups with the same names have the
     * same number of scalars, and the other scalars follow from the names. */
    for (size_t n = 0; n <= fg_setup_size(first); n++) {
        const size_t k = n == 0 ? FG_SETUP_FIXED - 1 : n - 1;
        fg_setup_get(first, k, &a);
        fg_setup_get(second, k, &b);
        if (is_same(&a, &b))
            continue;
        *difference = (struct fg_setup_difference){.name = ""};
        strcpy(difference->name, a.name);
        fg_setup_show(&a, difference->first);
        fg_setup_show(&b, difference->second);
        return true;
    }
    return false;
}

enum fg_status fg_setup_share(struct fg_setup *setup, const struct fg_team *team, struct fg_error *error)
{
    struct fg_setup of_first = *setup;
    struct fg_setup_difference difference;
    fg_team_broadcast(team, &of_first, sizeof of_first);
    for (size_t s = 0; s < setup->n_data; s++) {
        setup->data[s].n = of_first.data[s].n;
        setup->data[s].checksum = of_first.data[s].checksum;
        setup->data[s].sources = of_first.data[s].sources;
    }
    if (!fg_setup_differ(setup, &of_first, &difference))
        return FG_OK;
    return fg_fail(error, FG_BAD_INPUT, "has %s %s, process 0 has %s; all must compute the same",
                   difference.name, difference.first, difference.second);
}

uint64_t fg_setup_hash(const struct fg_setup *setup)
{
    struct fg_setup_value value;
    uint64_t hash = 0;
    for (size_t k = 0; k < fg_setup_size(setup); k++) {
        fg_setup_get(setup, k, &value);
        hash = fg_hash_bytes(value.name, strlen(value.name), hash);
        hash = fg_hash_bytes(&value.number, sizeof value.number, hash);
        hash = fg_hash_bytes(&value.real, sizeof value.real, hash);
        hash = fg_hash_bytes(value.text, strlen(value.text), hash);
    }
    return hash;
}
