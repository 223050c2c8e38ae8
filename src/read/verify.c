/* Checks of a whole file, and of a data set before its cells. */
#include "fishergrid/verify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result_read.h"
#include "verify_parts.h"

/* --- names --- */

struct fg_check_info fg_file_check_info(enum fg_file_check check)
{
    static const struct fg_check_info info[FG_N_FILE_CHECKS] = {
        [FG_CHECK_OBJECTS] = {"objects", "every object can be opened"},
        [FG_CHECK_STRUCTURE] = {"structure", "objects, links and attributes are those of the layout"},
        [FG_CHECK_TEXTS] = {"texts", "no text is missing"},
        [FG_CHECK_SETUP] = {"setup", "hash of the setup and of the places of all values"},
        [FG_CHECK_PHI] = {"phi", "values of the axis, to the bit"},
        [FG_CHECK_R] = {"r", "values of the axis, to the bit"},
    };
    return info[check];
}

struct fg_check_info fg_data_check_info(int check)
{
    static const struct fg_check_info info[FG_N_DATA_CHECKS] = {
        [FG_CHECK_DIFFERENCE_PHI] = {"difference_phi", "gradient_phi against differences of the loss"},
        [FG_CHECK_DIFFERENCE_R] = {"difference_r", "gradient_r against differences of the loss"},
        [FG_CHECK_SEMIDEFINITE] = {"semidefinite", "the Fisher matrix has no negative eigenvalue"},
        [FG_CHECK_VALUES] = {"values", "finite, not negative, NaN only where the flag says so"},
        [FG_CHECK_TILES] = {"tiles", "checksums of all values"},
        [FG_CHECK_SUMMARIES] = {"summaries", "what the marks of tiles tell of their values"},
        [FG_CHECK_SAMPLES] = {"samples", "checksum, labels, coordinates and numbers of the samples"},
        [FG_CHECK_SHORT_NAMES] = {"short_names", "links to the fields"},
    };
    return check < FG_N_FIELDS ? (struct fg_check_info){fg_field_info[check].name, "recomputed cells"}
                               : info[check];
}

/* --- the file --- */

static enum fg_status check_setup(const struct fg_result *result, struct fg_check *check,
                                  struct fg_error *error)
{
    const struct fg_layout_map *map = &fg_result_opened(result)->map;
    struct fg_layout_range *arrays = calloc(LAYOUT_ARRAYS_MAX(result->setup.n_data), sizeof *arrays);
    uint64_t stored = 0;
    if (!arrays)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    const size_t n = fg_layout_arrays(&result->setup, map, arrays);
    const uint64_t hash = fg_layout_hash(&result->setup, arrays, n);
    free(arrays);
    enum fg_status status = fg_result_read(result, map->layout_hash, sizeof stored, &stored, error);
    fg_tally_add(check, stored == hash ? 0 : 1, 0, 0);
    return status;
}

/* Every value of an axis. */
static enum fg_status check_axis(const struct fg_result *result, const struct fg_axis *axis, uint64_t offset,
                                 struct fg_check *check, struct fg_error *error)
{
    enum { PIECE = 4096 };
    double values[PIECE];
    enum fg_status status = FG_OK;
    for (size_t first = 0; first < axis->n && status == FG_OK; first += PIECE) {
        size_t n = axis->n - first < PIECE ? axis->n - first : PIECE;
        status = fg_result_read(result, offset + first * sizeof *values, n * sizeof *values, values, error);
        for (size_t k = 0; k < n && status == FG_OK; k++) {
            double expected = fg_axis_value(axis, first + k);
            fg_tally_add(check, memcmp(&values[k], &expected, sizeof expected) == 0 ? 0 : 1, first + k, 0);
        }
    }
    return status;
}

enum fg_status fg_verify_file(const struct fg_result *result, struct fg_check check[FG_N_FILE_CHECKS],
                              char mistake[FG_MISMATCH_MAX], struct fg_error *error)
{
    const struct fg_layout_map *map = &fg_result_opened(result)->map;
    memset(check, 0, FG_N_FILE_CHECKS * sizeof *check);
    fg_tally_add(&check[FG_CHECK_OBJECTS], result->readable ? 0 : 1, 0, 0);
    for (int t = 0; t < FG_N_TEXTS; t++)
        fg_tally_add(&check[FG_CHECK_TEXTS], result->text[t] ? 0 : 1, (uint64_t)t, 0);
    enum fg_status status = fg_verify_structure(result, &check[FG_CHECK_STRUCTURE], mistake, error);
    if (status == FG_OK)
        status = check_setup(result, &check[FG_CHECK_SETUP], error);
    if (status == FG_OK)
        status = check_axis(result, &result->setup.grid.phi, map->phi, &check[FG_CHECK_PHI], error);
    if (status == FG_OK)
        status = check_axis(result, &result->setup.grid.r, map->r, &check[FG_CHECK_R], error);
    return status;
}

/* --- samples --- */

/* 0, 1, ... n-1 */
static enum fg_status check_numbers(const struct fg_result *result, uint64_t offset, uint64_t n,
                                    struct fg_check *check, struct fg_error *error)
{
    enum { PIECE = 4096 };
    int64_t number[PIECE];
    enum fg_status status = FG_OK;
    for (uint64_t first = 0; first < n && status == FG_OK; first += PIECE) {
        size_t some = n - first < PIECE ? (size_t)(n - first) : PIECE;
        status =
            fg_result_read(result, offset + first * sizeof *number, some * sizeof *number, number, error);
        for (size_t k = 0; k < some && status == FG_OK; k++)
            fg_tally_add(check, number[k] == (int64_t)(first + k) ? 0 : 1, first + k, 0);
    }
    return status;
}

/* Checks the samples; true where cells can be computed from them. */
static bool check_samples(const struct fg_verify_job *verify, const struct fg_dataset *data,
                          struct fg_check *check)
{
    bool usable = true;
    fg_tally_add(check, fg_dataset_checksum(data) == verify->result->setup.data[verify->s].checksum ? 0 : 1,
                 0, 0);
    for (size_t k = 0; k < data->n; k++) {
        bool good = fabs(data->x0[k]) <= FG_COORDINATE_MAX && fabs(data->x1[k]) <= FG_COORDINATE_MAX &&
                    data->y[k] <= 1;
        fg_tally_add(check, good ? 0 : 1, k, 0);
        usable &= good;
    }
    return usable;
}

static enum fg_status recompute(const struct fg_verify_job *verify, const struct fg_dataset *data,
                                struct fg_verify_report *verdict, struct fg_error *error)
{
    struct fg_samples samples;
    enum fg_status status = fg_samples_init(&samples, data, error);
    if (status != FG_OK)
        return status;
    const struct fg_kernel_params params = fg_setup_recipe(&verify->result->setup, &samples);
    status = fg_verify_cells(verify, &samples, &params, verdict, error);
    fg_samples_free(&samples);
    return status;
}

/* --- a data set --- */

enum fg_status fg_verify_data(const struct fg_result *result, size_t s,
                              const struct fg_verify_options *choice, struct fg_verify_report *verdict,
                              struct fg_error *error)
{
    const struct fg_verify_job verify = {result, s, choice};
    const struct fg_layout_data *at = &fg_result_opened(result)->map.data[s];
    struct fg_dataset data = {0};
    *verdict = (struct fg_verify_report){0};
    if (result->packed && !fg_result_opened(result)->unpacked)
        return fg_fail(error, FG_BAD_INPUT, "%s: its fields are packed", result->path);
    fg_tally_add(&verdict->check[FG_CHECK_SHORT_NAMES], result->data[s].short_names ? 0 : 1, 0, 0);
    enum fg_status status = fg_verify_tiles(&verify, verdict, error);
    if (status == FG_OK)
        status = check_numbers(result, at->tile, result->setup.grid.tiling.n,
                               &verdict->check[FG_CHECK_SUMMARIES], error);
    if (status == FG_OK)
        status = check_numbers(result, at->sample, result->setup.data[s].n, &verdict->check[FG_CHECK_SAMPLES],
                               error);
    if (status == FG_OK)
        status = fg_result_read_samples(result, s, &data, error);
    if (status == FG_OK && check_samples(&verify, &data, &verdict->check[FG_CHECK_SAMPLES]))
        status = recompute(&verify, &data, verdict, error);
    fg_dataset_free(&data);
    return status;
}
