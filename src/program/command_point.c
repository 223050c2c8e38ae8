/* `fishergrid point`: the fields of one cell. */
#include <math.h>
#include <stdio.h>

#include "commands.h"
#include "inputs.h"
#include "json_io.h"
#include "standard_output.h"

struct cell {
    double field[FG_N_REAL_FIELDS];
    unsigned char flag[FG_N_FLAG_FIELDS];
};

static struct cell evaluate(const struct inputs *inputs, size_t s, const struct options *options)
{
    struct cell cell;
    struct fg_cells cells;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        cells.field[f] = options->setup.fields & 1u << f ? &cell.field[f] : NULL;
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        cells.flag[f] = &cell.flag[f];
    const struct fg_samples *samples = &inputs->samples[s];
    const struct fg_kernel_params params =
        fg_kernel_params(samples, fabs(options->at_r), options->setup.reduction, options->setup.damping,
                         options->setup.fields);
    fg_cells_evaluate(inputs->kernel, samples, &params, options->at_phi, &options->at_r, 1, &cells);
    return cell;
}

/* Returns the value as JSON: "inf" or "-inf" if it is infinite, null if it is undefined. */
static json_t *value_to_json(double value)
{
    return isinf(value) ? json_string(value > 0 ? "inf" : "-inf") : finite_or_null(value);
}

static json_t *cell_to_json(const struct cell *cell, fg_field_set fields)
{
    json_t *object = json_object();
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        if (fields & 1u << f)
            object = json_with(object, fg_field_info[f].name, value_to_json(cell->field[f]));
    }
    for (int f = FG_N_REAL_FIELDS; f < FG_N_FIELDS; f++) {
        const unsigned char flag = cell->flag[FG_FLAG(f)];
        char meaning[100];
        if (!(fields & 1u << f))
            continue;
        snprintf(meaning, sizeof meaning, "%s_meaning", fg_field_info[f].name);
        object = json_with(object, fg_field_info[f].name, json_integer(flag));
        object = json_with(object, meaning, json_string(fg_flag_name[FG_FLAG(f)][flag]));
    }
    return object;
}

static enum fg_status print_cells_as_json(const struct inputs *inputs, const struct options *options,
                                          struct fg_error *error)
{
    json_t *data = json_object();
    for (size_t s = 0; s < inputs->n; s++) {
        struct cell cell = evaluate(inputs, s, options);
        data = json_with(data, inputs->data[s].name, cell_to_json(&cell, options->setup.fields));
    }
    return print_json(json_pack("{s:f, s:f, s:o}", "phi", options->at_phi, "r", options->at_r, "data", data),
                      error);
}

static enum fg_status print_cells(const struct inputs *inputs, const struct options *options,
                                  struct fg_error *error)
{
    struct cell cell[FG_DATA_MAX];
    printf("phi = %.17g rad, r = %.17g\n%-24s", options->at_phi, options->at_r, "");
    for (size_t s = 0; s < inputs->n; s++) {
        cell[s] = evaluate(inputs, s, options);
        printf(" %24s", inputs->data[s].name);
    }
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (!(options->setup.fields & 1u << f))
            continue;
        printf("\n%-24s", fg_field_info[f].name);
        for (size_t s = 0; s < inputs->n; s++) {
            if (f < FG_N_REAL_FIELDS)
                printf(" %24.17g", cell[s].field[f]);
            else
                printf(" %24s", fg_flag_name[FG_FLAG(f)][cell[s].flag[FG_FLAG(f)]]);
        }
    }
    puts("");
    return finish_output(error);
}

enum fg_status command_point(struct options *options, struct fg_error *error)
{
    struct inputs inputs = {0};
    options->threads = 1; /* one cell needs one thread */
    enum fg_status status = inputs_load(&inputs, options, error);
    if (status == FG_OK)
        status = inputs_sort(&inputs, error);
    if (status == FG_OK && options->json)
        status = print_cells_as_json(&inputs, options, error);
    else if (status == FG_OK)
        status = print_cells(&inputs, options, error);
    inputs_free(&inputs);
    return status;
}
