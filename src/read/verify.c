/* Checks a whole file, and a data set except its cells. */
#include "fishergrid/verify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "open_result.h"
#include "verify_parts.h"

/* --- names --- */

const char *fg_file_check_name(enum fg_file_check check)
{
    static const char *const names[FG_N_FILE_CHECKS] = {[FG_CHECK_STRUCTURE] = "structure",
                                                        [FG_CHECK_TEXTS] = "texts",
                                                        [FG_CHECK_SETUP] = "setup",
                                                        [FG_CHECK_PHI] = "phi",
                                                        [FG_CHECK_R] = "r"};
    return names[check];
}

const char *fg_data_check_name(int check)
{
    static const char *const names[FG_N_DATA_CHECKS] = {
        [FG_CHECK_DIFFERENCE_PHI] = "finite_difference_phi",
        [FG_CHECK_DIFFERENCE_R] = "finite_difference_r",
        [FG_CHECK_SEMIDEFINITE] = "fisher_semidefinite",
        [FG_CHECK_VALUES] = "values",
        [FG_CHECK_TILES] = "tiles",
        [FG_CHECK_SUMMARIES] = "tile_marks",
        [FG_CHECK_SAMPLES] = "samples",
        [FG_CHECK_STATIONARY] = "stationary_points",
    };
    return check < FG_N_FIELDS ? fg_field_info[check].name : names[check];
}

/* --- the file --- */

/* Compares n words with the bits of an axis, or with 0, 1, ... n-1. */
static enum fg_status check_words(const struct fg_result *result, uint64_t offset, uint64_t n,
                                  const struct fg_axis *axis, struct fg_check *check, struct fg_error *error)
{
    enum { PIECE = 4096 };
    uint64_t words[PIECE];
    enum fg_status status = FG_OK;
    for (uint64_t first = 0; first < n && status == FG_OK; first += PIECE) {
        const size_t some = n - first < PIECE ? (size_t)(n - first) : PIECE;
        status = fg_result_read(result, offset + first * sizeof *words, some * sizeof *words, words, error);
        for (size_t k = 0; k < some && status == FG_OK; k++)
            fg_tally_bool(check, words[k] == fg_layout_word(axis, first + k), first + k, 0);
    }
    return status;
}

enum fg_status fg_verify_file(const struct fg_result *result, struct fg_file_report *report,
                              struct fg_error *error)
{
    const struct fg_layout_map *map = &fg_result_opened(result)->map;
    const struct fg_grid *grid = &result->setup.grid;
    *report = (struct fg_file_report){0};
    for (int t = 0; t < FG_N_TEXTS; t++)
        fg_tally_bool(&report->check[FG_CHECK_TEXTS], result->text[t], (uint64_t)t, 0);
    enum fg_status status = fg_verify_structure(result, report, error);
    if (status == FG_OK)
        status = check_words(result, map->phi, grid->phi.n, &grid->phi, &report->check[FG_CHECK_PHI], error);
    if (status == FG_OK)
        status = check_words(result, map->r, grid->r.n, &grid->r, &report->check[FG_CHECK_R], error);
    return status;
}

/* --- samples --- */

/* Checks the samples. Returns whether cells can be computed from them. */
static bool check_samples(const struct fg_verify_job *verify, const struct fg_dataset *data,
                          struct fg_check *check)
{
    bool usable = true;
    fg_tally_bool(check, fg_dataset_checksum(data) == verify->result->setup.data[verify->s].checksum, 0, 0);
    for (size_t k = 0; k < data->n; k++) {
        bool good = fabs(data->x0[k]) <= FG_COORDINATE_MAX && fabs(data->x1[k]) <= FG_COORDINATE_MAX &&
                    data->y[k] <= 1;
        fg_tally_bool(check, good, k, 0);
        usable &= good;
    }
    return usable;
}

/* Recomputes random cells and the stationary points from the samples. */
static enum fg_status check_with_samples(struct fg_verify_job *verify, struct fg_dataset *data,
                                         struct fg_verify_report *report, struct fg_error *error)
{
    enum fg_status status = fg_samples_sort(&verify->samples, data, error);
    if (status != FG_OK)
        return status;
    verify->params = fg_setup_kernel_params(&verify->result->setup, &verify->samples);
    status = fg_verify_cells(verify, report, error);
    if (status == FG_OK)
        status = fg_verify_stationary(verify, &report->check[FG_CHECK_STATIONARY], error);
    fg_samples_free(&verify->samples);
    return status;
}

/* --- a data set --- */

enum fg_status fg_verify_data(const struct fg_result *result, size_t s,
                              const struct fg_verify_options *options, struct fg_verify_report *report,
                              struct fg_error *error)
{
    struct fg_verify_job verify = {.result = result, .s = s, .options = options};
    const struct fg_layout_data *at = &fg_result_opened(result)->map.data[s];
    struct fg_dataset data = {0};
    *report = (struct fg_verify_report){0};
    if (result->packed && !fg_result_opened(result)->unpacked)
        return fg_fail(error, FG_BAD_INPUT, "%s: its fields are packed", result->path);
    enum fg_status status = fg_verify_tiles(&verify, report, error);
    if (status == FG_OK)
        status = check_words(result, at->column[COLUMN_TILE], result->setup.grid.tiling.n, NULL,
                             &report->check[FG_CHECK_SUMMARIES], error);
    if (status == FG_OK)
        status = check_words(result, at->column[COLUMN_SAMPLE], result->setup.data[s].n, NULL,
                             &report->check[FG_CHECK_SAMPLES], error);
    if (status == FG_OK)
        status = check_words(result, at->column[COLUMN_POINT], FG_STATIONARY_MAX, NULL,
                             &report->check[FG_CHECK_STATIONARY], error);
    if (status == FG_OK)
        status = fg_result_read_samples(result, s, &data, error);
    if (status == FG_OK && check_samples(&verify, &data, &report->check[FG_CHECK_SAMPLES]))
        status = check_with_samples(&verify, &data, report, error);
    fg_dataset_free(&data);
    return status;
}
