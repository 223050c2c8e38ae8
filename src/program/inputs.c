#define _POSIX_C_SOURCE 200809L /* strdup */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fishergrid/hdf5_samples.h"
#include "fishergrid/sources.h"
#include "fishergrid/text.h"

/* The data set of that name in an open result file, or the only one; n_data where there is none. */
static size_t find_data(const struct fg_setup *setup, const char *name)
{
    for (size_t s = 0; s < setup->n_data; s++) {
        if (strcmp(setup->data[s].name, name) == 0)
            return s;
    }
    return setup->n_data == 1 ? 0 : setup->n_data;
}

/* Samples of a result file, if they are still those it was made with. */
static enum fg_status read_requested_samples(const struct fg_result *result, size_t s,
                                             struct fg_dataset *data, struct fg_error *error)
{
    const struct fg_setup_data *made = &result->setup.data[s];
    enum fg_status status = fg_result_read_samples(result, s, data, error);
    if (status == FG_OK && fg_dataset_checksum(data) != made->checksum)
        status =
            fg_fail(error, FG_BAD_INPUT, "%s is damaged: the samples of %s have changed since it was made",
                    result->path, made->name);
    return status;
}

static enum fg_status fail_to_find(const struct fg_setup *setup, const char *name, const char *path,
                                   struct fg_error *error)
{
    char names[FG_SETUP_TEXT_MAX] = "", hint[FG_HINT_MAX];
    for (size_t s = 0; s < setup->n_data; s++)
        fg_text_add(names, sizeof names, ", ", setup->data[s].name);
    fg_text_suggest(name, names, hint);
    return fg_fail(error, FG_BAD_INPUT, "%s has no data set '%s'%s, but %s", path, name, hint, names);
}

static enum fg_status read_result(struct fg_dataset *data, const char *name, const char *path,
                                  struct fg_error *error)
{
    struct fg_result *result = NULL;
    enum fg_status status = fg_result_open(&result, path, error);
    if (status != FG_OK)
        return status;
    const size_t s = find_data(&result->setup, name);
    if (s == result->setup.n_data)
        status = fail_to_find(&result->setup, name, path, error);
    else
        status = read_requested_samples(result, s, data, error);
    if (status == FG_OK)
        snprintf(data->name, sizeof data->name, "%s", name);
    fg_result_close(&result);
    return status;
}

char *inputs_file(const char *path)
{
    char *file = strdup(path);
    if (file)
        file[fg_hdf5_path_length(path)] = '\0';
    return file;
}

/* Reads FILE or FILE:GROUP. */
static enum fg_status read_data_file(struct fg_dataset *data, const char *name, const char *path, int threads,
                                     struct fg_error *error)
{
    char *file = inputs_file(path);
    if (!file)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    const char *group = path[strlen(file)] ? path + strlen(file) + 1 : NULL;
    bool is_result = false;
    enum fg_status status;
    if (fg_is_hdf5(file))
        status = fg_dataset_read_hdf5(data, name, file, group, &is_result, error);
    else if (group)
        status = fg_fail(error, FG_BAD_INPUT, "%s is not an HDF5 file, so it has no group '%s'", file, group);
    else
        status = fg_dataset_read_csv(data, name, file, threads, error);
    if (status == FG_OK && is_result)
        status = read_result(data, name, file, error);
    free(file);
    return status;
}

enum fg_status inputs_sort(struct inputs *inputs, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (size_t s = 0; s < inputs->n && status == FG_OK; s++) {
        status = fg_samples_sort(&inputs->samples[s], &inputs->data[s], error);
        inputs->summed[s] = inputs->samples[s]; /* for now, and borrowed */
    }
    return status;
}

static enum fg_status load_one(struct inputs *inputs, const struct options *options, struct fg_error *error)
{
    const size_t s = inputs->n++; /* counted first: inputs_free takes half-made ones, too */
    const struct data_request *request = &options->data[s];
    struct fg_dataset *data = &inputs->data[s];
    const int threads = (int)options->threads;
    if (fg_team_rank(options->team) > 0) {
        strcpy(data->name, request->name);
        return FG_OK;
    }
    enum fg_status status =
        request->path ? read_data_file(data, request->name, request->path, threads, error)
                      : fg_dataset_builtin(data, request->name, &options->setup.gaussian, threads, error);
    if (status != FG_OK && request->of_config)
        fg_fail_while(error, status, "--config: %s: --data %s", options->config, request->name);
    return status;
}

enum fg_status inputs_load(struct inputs *inputs, const struct options *options, struct fg_error *error)
{
    const char *isa = getenv("FISHERGRID_ISA");
    inputs->kernel = fg_kernel_select(isa && *isa ? isa : NULL, error);
    enum fg_status status = inputs->kernel ? FG_OK : fg_fail_while(error, FG_BAD_INPUT, "FISHERGRID_ISA");
    while (status == FG_OK && inputs->n < options->n_data)
        status = load_one(inputs, options, error);
    return status;
}

enum fg_status inputs_of_result(struct inputs *inputs, const struct fg_result *result, struct fg_error *error)
{
    const struct fg_setup *setup = &result->setup;
    enum fg_status status = FG_OK;
    inputs->kernel = fg_kernel_select(setup->kernel, NULL);
    if (!inputs->kernel)
        inputs->kernel = fg_kernel_select(NULL, NULL);
    for (size_t s = 0; s < setup->n_data && status == FG_OK; s++) {
        inputs->n++;
        status = read_requested_samples(result, s, &inputs->data[s], error);
    }
    return status == FG_OK ? inputs_sort(inputs, error) : status;
}

/* Completes options->setup with the data sets, the kernel and the arithmetic. */
static enum fg_status complete_setup(const struct inputs *inputs, struct options *options,
                                     struct fg_error *error)
{
    struct fg_setup *setup = &options->setup;
    bool any_drawn = false;
    for (size_t s = 0; s < inputs->n; s++) {
        const bool drawn = !options->data[s].path;
        fg_setup_add_data(setup, &inputs->data[s], drawn);
        any_drawn |= drawn;
    }
    if (!any_drawn)
        setup->gaussian = (struct fg_gaussian){.samples_per_class = 0};
    snprintf(setup->kernel, sizeof setup->kernel, "%s", inputs->kernel->name);
    return fg_arithmetic(inputs->kernel, &setup->arithmetic, error);
}

/* Replaces samples by sources wherever those cost less, and stores their numbers in the setup. */
static enum fg_status compress_samples(struct inputs *inputs, struct fg_setup *setup, int threads,
                                       struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (size_t s = 0; s < inputs->n && status == FG_OK; s++) {
        struct fg_samples sources;
        status = fg_setup_compress(setup, s, &inputs->samples[s], inputs->kernel, threads, &sources, error);
        if (sources.n > 0)
            inputs->summed[s] = sources;
    }
    return status;
}

enum fg_status inputs_prepare(struct inputs *inputs, struct options *options, struct fg_error *error)
{
    enum fg_status status = inputs_load(inputs, options, error);
    if (status == FG_OK)
        status = complete_setup(inputs, options, error);
    if (status != FG_OK || fg_team_rank(options->team) > 0)
        return status;
    status = inputs_sort(inputs, error);
    return status == FG_OK ? compress_samples(inputs, &options->setup, (int)options->threads, error) : status;
}

struct fg_problem inputs_problem(const struct inputs *inputs, const struct fg_setup *setup)
{
    return (struct fg_problem){.setup = setup, .samples = inputs->summed, .kernel = inputs->kernel};
}

void inputs_free(struct inputs *inputs)
{
    for (size_t s = 0; s < inputs->n; s++) {
        fg_samples_free(&inputs->summed[s]);
        fg_samples_free(&inputs->samples[s]);
        fg_dataset_free(&inputs->data[s]);
    }
    inputs->n = 0;
}
