/* What is checked of a whole file, and of a data set before its cells. */
#include "fishergrid/verify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity_hash.h"
#include "layout.h"
#include "result_read.h"
#include "verify_parts.h"

/* --- names --- */

struct fg_check_info fg_file_check_info(enum fg_file_check check)
{
    static const struct fg_check_info info[FG_N_FILE_CHECKS] = {
        [FG_CHECK_OBJECTS] = {"objects", "every object can be opened"},
        [FG_CHECK_STRUCTURE] = {"structure", "objects, links and attributes are those of the layout"},
        [FG_CHECK_TEXTS] = {"texts", "no text is missing"},
        [FG_CHECK_IDENTITY] = {"identity", "hash of the identity and of the places of all values"},
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

/* --- the identity --- */

/* The ends of an axis as the run was given them, in digits that tell every double. */
static bool read_range(const struct fg_result *result, const char *name, double *low, double *high)
{
    char value[100];
    const char *identity = result->text[FG_TEXT_IDENTITY];
    return identity && fg_result_line(identity, name, value, sizeof value) &&
           sscanf(value, "\"%lf:%lf\"", low, high) == 2;
}

static bool read_recipe(const struct fg_result *result, enum fg_reduction *reduction, double *damping)
{
    char value[100], *end;
    const char *identity = result->text[FG_TEXT_IDENTITY];
    if (!identity || !fg_result_line(identity, "--damping", value, sizeof value))
        return false;
    *damping = strtod(value, &end);
    bool is_damping =
        *end == '\0' && (*damping == 0 || (*damping >= FG_DAMPING_MIN && *damping <= FG_DAMPING_MAX));
    if (!is_damping || !fg_result_line(identity, "--reduction", value, sizeof value))
        return false;
    *reduction = strcmp(value, "\"mean\"") == 0 ? FG_MEAN : FG_SUM;
    return *reduction == FG_MEAN || strcmp(value, "\"sum\"") == 0;
}

/* --- the file --- */

static enum fg_status check_identity(const struct fg_result *result, struct fg_check *check,
                                     struct fg_error *error)
{
    uint64_t stored = 0, hash = 0;
    bool known = result->text[FG_TEXT_IDENTITY] && result->map->fg_identity_hash && result->tiling.n > 0;
    struct fg_dataset *data = calloc(result->n_data, sizeof *data);
    if (!data)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    const struct fg_file_spec spec = fg_result_spec(result, data);
    enum fg_status status =
        known ? fg_result_read(result, result->map->fg_identity_hash, sizeof stored, &stored, error) : FG_OK;
    if (known && status == FG_OK)
        status = fg_identity_hash_of(&spec, result->map, &hash, error);
    fg_tally_add(check, known && stored == hash ? 0 : 1, 0, 0);
    free(data);
    return status;
}

/* Every value of an axis. */
static enum fg_status check_axis(const struct fg_result *result, const struct fg_axis *stored,
                                 const char *range, uint64_t offset, struct fg_check *check,
                                 struct fg_error *error)
{
    enum { PIECE = 4096 };
    struct fg_axis axis = *stored;
    double values[PIECE];
    enum fg_status status = FG_OK;
    if (!read_range(result, range, &axis.low, &axis.high)) /* then only their distances are known */
        fg_tally_add(check, 1, 0, 0);
    for (size_t first = 0; first < axis.n && status == FG_OK; first += PIECE) {
        size_t n = axis.n - first < PIECE ? axis.n - first : PIECE;
        status = fg_result_read(result, offset + first * sizeof *values, n * sizeof *values, values, error);
        for (size_t k = 0; k < n && status == FG_OK; k++) {
            double expected = fg_axis_value(&axis, first + k);
            fg_tally_add(check, memcmp(&values[k], &expected, sizeof expected) == 0 ? 0 : 1, first + k, 0);
        }
    }
    return status;
}

enum fg_status fg_verify_file(const struct fg_result *result, struct fg_check check[FG_N_FILE_CHECKS],
                              char mistake[FG_MISTAKE_MAX], struct fg_error *error)
{
    memset(check, 0, FG_N_FILE_CHECKS * sizeof *check);
    fg_tally_add(&check[FG_CHECK_OBJECTS], result->readable ? 0 : 1, 0, 0);
    for (int t = 0; t < FG_N_TEXTS; t++)
        fg_tally_add(&check[FG_CHECK_TEXTS], result->text[t] ? 0 : 1, (uint64_t)t, 0);
    enum fg_status status = fg_verify_structure(result, &check[FG_CHECK_STRUCTURE], mistake, error);
    if (status == FG_OK)
        status = check_identity(result, &check[FG_CHECK_IDENTITY], error);
    if (status == FG_OK)
        status =
            check_axis(result, &result->phi, "--phi-range", result->map->phi, &check[FG_CHECK_PHI], error);
    if (status == FG_OK)
        status = check_axis(result, &result->r, "--r-range", result->map->r, &check[FG_CHECK_R], error);
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
    const char *identity = verify->result->text[FG_TEXT_IDENTITY];
    bool usable = true;
    fg_tally_add(check, fg_identity_has_samples(identity, data) ? 0 : 1, 0, 0);
    for (size_t k = 0; k < data->n; k++) {
        bool good = fabs(data->x0[k]) <= FG_COORDINATE_MAX && fabs(data->x1[k]) <= FG_COORDINATE_MAX &&
                    data->y[k] <= 1;
        fg_tally_add(check, good ? 0 : 1, k, 0);
        usable &= good;
    }
    return usable;
}

static enum fg_status recompute(const struct fg_verify_job *verify, const struct fg_dataset *data,
                                struct fg_verdict *verdict, struct fg_error *error)
{
    enum fg_reduction reduction;
    double damping, r_bound = fmax(fabs(verify->result->r.low), fabs(verify->result->r.high));
    struct fg_samples samples;
    if (!read_recipe(verify->result, &reduction, &damping))
        return FG_OK; /* nothing to compute with; the identity is wrong, and has been found to be */
    enum fg_status status = fg_samples_init(&samples, data, error);
    if (status != FG_OK)
        return status;
    const struct fg_recipe recipe = fg_recipe(&samples, r_bound, reduction, damping);
    status = fg_verify_cells(verify, &samples, &recipe, verdict, error);
    fg_samples_free(&samples);
    return status;
}

/* --- a data set --- */

enum fg_status fg_verify_data(const struct fg_result *result, size_t s, const struct fg_verify_choice *choice,
                              struct fg_verdict *verdict, struct fg_error *error)
{
    const struct fg_verify_job verify = {result, s, choice};
    const struct fg_layout_data *at = &result->map->data[s];
    struct fg_dataset data = {0};
    *verdict = (struct fg_verdict){0};
    if (result->packed && !result->unpacked)
        return fg_fail(error, FG_BAD_INPUT, "%s: its fields are packed", result->path);
    if (result->tiling.n == 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: damaged: " LAYOUT_TILE_CELLS " is missing", result->path);
    fg_tally_add(&verdict->check[FG_CHECK_SHORT_NAMES], result->data[s].short_names ? 0 : 1, 0, 0);
    enum fg_status status = fg_verify_tiles(&verify, verdict, error);
    if (status == FG_OK)
        status =
            check_numbers(result, at->tile, result->tiling.n, &verdict->check[FG_CHECK_SUMMARIES], error);
    if (status == FG_OK)
        status =
            check_numbers(result, at->sample, result->data[s].n, &verdict->check[FG_CHECK_SAMPLES], error);
    if (status == FG_OK)
        status = fg_result_read_samples(result, s, &data, error);
    if (status == FG_OK && check_samples(&verify, &data, &verdict->check[FG_CHECK_SAMPLES]))
        status = recompute(&verify, &data, verdict, error);
    fg_dataset_free(&data);
    return status;
}
