/* Recomputes random cells with the reference kernel from the samples of the file. */
#include "verify_parts.h"

#include <Random123/threefry.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "first_failure.h"
#include "fishergrid/nodes.h"
#include "fishergrid/sources.h"
#include "open_result.h"
#include "tile_marks.h"

/* --- bounds --- */

/* Returns the largest error of a kernel against the reference, on the scale of fg_reference_scale.
 * Interpolation adds at most 4 e^3.6 times 4e-16, that is 6e-14 (fishergrid/nodes.h). The rounding of a
 * margin enters every term: its parts, sine and cosine times x and r, are rounded, too. */
static double bound_of_sums(const struct fg_samples *samples, double r_bound)
{
    return 1e-13 + 8 * DBL_EPSILON * (8 + 2 * (samples->radius + r_bound));
}

/* Returns the bound of the natural gradient. It is a quotient with the divisor C, whose subtraction may cost
 * a factor of 1 / FG_ILL_INTERPOLATED before the cell is recomputed. */
static double bound_of_natural(const struct fg_samples *samples, double r_bound)
{
    return bound_of_sums(samples, r_bound) / FG_ILL_INTERPOLATED;
}

/* Returns the bound of the curvature at FG_FLAT. Its sums have errors from interpolation, from sources and
 * from rounding. Sine and cosine are rounded, at nodes twice; so are their products with x and the additions.
 * A margin m is therefore off by DBL_EPSILON / 2 times 6 |x| + |r|. The terms w f d^j grow with e^2m, and
 * have a few roundings of their own. */
static double bound_of_curvature(const struct fg_samples *samples, double r_bound, uint64_t sources)
{
    const double of_sum = FG_NODE_ERROR + (sources > 0 ? FG_SOURCE_ERROR : 0) +
                          DBL_EPSILON * (6 + 6 * samples->radius + r_bound);
    return 4 * of_sum * (1 / FG_FLAT_INTERPOLATED + 1 / FG_ILL_INTERPOLATED);
}

/* Step of the finite differences. The loss is evaluated at two places 2 h apart, with h = STEP along r and h
 * = STEP / radius along phi. With |x| <= R and w <= p, the third derivative of the loss is at most sum p
 * along r and sum p (R + 3 R^2 + R^3) along phi. The difference is off by h^2 / 6 times that: less than
 * STEP^2 times sum p along r, and STEP^2 times sum p max(1, R) along phi. */
#define STEP 0x1p-16

/* Returns the bound of the differences. Rounding adds the errors of two losses, divided by STEP: for each
 * sample, p (2 + 2 |m|) roundings of a long double, and those of m. */
static double bound_of_differences(const struct fg_samples *samples, double phi_bound, double r_bound)
{
    double margin = 8 + 4 * (samples->radius + r_bound) + phi_bound * samples->radius;
    return STEP * STEP + 16 * (double)LDBL_EPSILON * margin / STEP + bound_of_sums(samples, r_bound);
}

/* Returns whether field f is a sum over the samples. The other fields are quotients or roots of sums. */
static bool is_sum(int f)
{
    return f < FG_NATURAL_GRADIENT_PHI || (f >= FG_HESSIAN_PHI_PHI && f <= FG_EMPIRICAL_FISHER_R_R);
}

static double end_of(const struct fg_axis *axis)
{
    return fmax(fabs(axis->low), fabs(axis->high));
}

/* Sets the bounds of all checks. A gradient that packing has rounded may differ from its differences by the
 * rounding, because it is not larger than its scale. For other fields, scaled_error subtracts the rounding
 * from the error. */
static void set_bounds(const struct fg_verify_job *verify, struct fg_verify_report *report)
{
    const struct fg_setup *setup = &verify->result->setup;
    const struct fg_samples *samples = &verify->samples;
    const double *rounding = verify->result->data[verify->s].relative_error;
    const double r_bound = end_of(&setup->grid.r), phi_bound = end_of(&setup->grid.phi);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        report->check[f].bound =
            is_sum(f) ? bound_of_sums(samples, r_bound) : bound_of_natural(samples, r_bound);
    report->check[FG_FISHER_CURVATURE].bound =
        bound_of_curvature(samples, r_bound, setup->data[verify->s].sources);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        report->check[f].bound *= 1 + rounding[f];
    report->check[FG_CHECK_DIFFERENCE_PHI].bound = report->check[FG_CHECK_DIFFERENCE_R].bound =
        bound_of_differences(samples, phi_bound, r_bound);
    report->check[FG_CHECK_DIFFERENCE_PHI].bound += rounding[FG_GRADIENT_PHI];
    report->check[FG_CHECK_DIFFERENCE_R].bound += rounding[FG_GRADIENT_R];
}

/* --- one cell --- */

/* A cell as stored. */
struct cell {
    uint64_t i, j;
    double phi, r;
    double field[FG_N_REAL_FIELDS];
    unsigned char flag[FG_N_FLAG_FIELDS];
};

static enum fg_status read_cell(const struct fg_verify_job *verify, uint64_t at, struct cell *cell,
                                struct fg_error *error)
{
    const struct fg_result *result = verify->result;
    const fg_field_set fields = result->data[verify->s].fields;
    enum fg_status status = FG_OK;
    *cell = (struct cell){.i = at / result->setup.grid.r.n, .j = at % result->setup.grid.r.n};
    cell->phi = fg_axis_value(&result->setup.grid.phi, cell->i);
    cell->r = fg_axis_value(&result->setup.grid.r, cell->j);
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        void *value = f < FG_N_REAL_FIELDS ? (void *)&cell->field[f] : &cell->flag[FG_FLAG(f)];
        if (fields & 1u << f)
            status = fg_result_read_cells(result, verify->s, (enum fg_field)f, at, 1, value, error);
    }
    return status;
}

/* Returns |got - expected| / scale: 0 if both are equal or both NaN, infinite if only one is NaN. Below the
 * smallest normal double, the error is absolute. Let a value v be off by b scale, and then be rounded to v (1
 * + e) with |e| <= rounding. It is then off by at most b (1 + rounding) scale plus rounding |expected|. The
 * last term is subtracted here. */
static double scaled_error(double got, double expected, double scale, double rounding)
{
    if ((isnan(got) && isnan(expected)) || got == expected)
        return 0;
    double off = fabs(got - expected) - rounding * fabs(expected);
    double error = off < 0 ? 0 : off / (scale + DBL_MIN / DBL_EPSILON);
    return isnan(error) ? INFINITY : error;
}

static void check_against_reference(const struct fg_verify_job *verify, const struct cell *cell,
                                    struct fg_check *check)
{
    const struct fg_result_data *data = &verify->result->data[verify->s];
    double expected[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
    unsigned char flag[FG_N_FLAG_FIELDS];
    fg_reference_cell(&verify->samples, &verify->params, cell->phi, cell->r, expected, flag);
    double condition = fg_reference_scale(&verify->samples, &verify->params, cell->phi, cell->r, scale);
    /* the rank is known to be 2 where the error of the volume, the root of W0 C, is below the volume */
    const bool rank_is_known =
        scale[FG_FISHER_VOLUME] * check[FG_FISHER_VOLUME].bound < expected[FG_FISHER_VOLUME];
    bool natural_is_known = condition * check[FG_NATURAL_GRADIENT_PHI].bound < 1;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        const bool is_natural = f == FG_NATURAL_GRADIENT_PHI || f == FG_NATURAL_GRADIENT_R;
        const bool is_newton = f == FG_NEWTON_PHI || f == FG_NEWTON_R;
        const bool is_known = is_sum(f) || (isfinite(scale[f]) && (is_natural  ? natural_is_known
                                                                   : is_newton ? true
                                                                               : rank_is_known));
        double got = cell->field[f];
        if (f == FG_FISHER_EIGENVECTOR_ANGLE) /* a direction: both ends of the interval are the same */
            got = expected[f] + remainder(got - expected[f], acos(-1));
        if (data->fields & 1u << f && is_known)
            fg_tally_error(&check[f], scaled_error(got, expected[f], scale[f], data->relative_error[f]),
                           cell->i, cell->j);
    }
    const bool flag_is_known[FG_N_FLAG_FIELDS] = {
        [FG_FLAG(FG_NATURAL_GRADIENT_FLAG)] = natural_is_known,
        [FG_FLAG(FG_NEWTON_FLAG)] = isfinite(scale[FG_NEWTON_PHI]), /* the sign of C + h is certain */
        [FG_FLAG(FG_CURVATURE_FLAG)] = rank_is_known};
    for (int f = FG_N_REAL_FIELDS; f < FG_N_FIELDS; f++) {
        const unsigned char got = cell->flag[FG_FLAG(f)], right = flag[FG_FLAG(f)];
        const bool is_right =
            f == FG_NEWTON_FLAG ? got == right : (got == FG_UNDEFINED) == (right == FG_UNDEFINED);
        if (data->fields & 1u << f && flag_is_known[FG_FLAG(f)])
            fg_tally_bool(&check[f], is_right, cell->i, cell->j);
    }
}

/* --- differences --- */

/* Returns the loss of one sample. Stores |dloss/da| in `p`. */
static long double loss_of(const struct fg_samples *samples, size_t k, long double phi, long double r,
                           long double *p)
{
    long double a = sinl(phi) * samples->x0[k] + cosl(phi) * samples->x1[k] + r;
    long double m = k < samples->n_class0 ? a : -a, e = expl(-fabsl(m));
    *p = (m > 0 ? e : 1) / (1 + e);
    return fmaxl(-m, 0) + log1pl(e);
}

/* Checks a gradient against finite differences along a step (h_phi, h_r), one of which is 0. Sums the small
 * differences of the samples, not two large losses, so that rounding does not grow with the number of
 * samples. */
static void check_difference(const struct fg_verify_job *verify, const struct cell *cell,
                             enum fg_field gradient, double h_phi, double h_r, struct fg_check *check)
{
    const struct fg_samples *samples = &verify->samples;
    const double factor = verify->params.scale, reach = h_phi > 0 ? fmax(1, samples->radius) : 1;
    const long double phi = cell->phi, r = cell->r, h = h_phi + h_r;
    long double difference = 0, scale = 0, p;
    if (!(verify->result->data[verify->s].fields & 1u << gradient))
        return;
    for (size_t k = 0; k < samples->n; k++) {
        difference +=
            loss_of(samples, k, phi + h_phi, r + h_r, &p) - loss_of(samples, k, phi - h_phi, r - h_r, &p);
        loss_of(samples, k, phi, r, &p);
        scale += p;
    }
    fg_tally_error(check,
                   scaled_error(cell->field[gradient], (double)(factor * difference / (2 * h)),
                                (double)(factor * scale * reach), 0),
                   cell->i, cell->j);
}

/* --- which cells --- */

/* Lists the finished tiles in tiles[n]. */
static enum fg_status list_finished(const struct fg_verify_job *verify, uint64_t n, uint64_t *tiles,
                                    struct fg_error *error)
{
    uint64_t found = 0;
    enum fg_status status = FG_OK;
    for (size_t t = 0; t < verify->result->setup.grid.tiling.n && found < n && status == FG_OK; t++) {
        bool is_done = false;
        status = fg_result_tile_done(verify->result, verify->s, t, &is_done, error);
        tiles[found] = t;
        found += is_done;
    }
    return status;
}

/* Returns the index of random cell number k, in one of the n finished tiles. */
static uint64_t draw_cell(const struct fg_verify_job *verify, const uint64_t *tiles, uint64_t n, uint64_t k)
{
    const struct fg_tiling *tiling = &verify->result->setup.grid.tiling;
    const threefry2x64_key_t key = {{verify->options->seed, verify->s}};
    const threefry2x64_ctr_t counter = {{k, 0}};
    const threefry2x64_ctr_t random = threefry2x64_R(20, counter, key);
    const struct fg_tile tile = fg_tiling_at(tiling, tiles[random.v[0] % n]);
    return fg_tiling_first_cell(tiling, &tile) + random.v[1] % fg_tile_cells(&tile);
}

/* --- all cells --- */

/* Only one cell in EVERY has differences, because they cost as much as all other checks together. */
enum { EVERY = 8 };

static void check_cells(const struct fg_verify_job *verify, const uint64_t *tiles,
                        struct fg_verify_report *report, struct fg_first_failure *failure)
{
    const double h_phi = STEP / fmax(1, verify->samples.radius);
    struct fg_check check[FG_N_DATA_CHECKS] = {0};
    for (int c = 0; c < FG_N_DATA_CHECKS; c++)
        check[c].bound = report->check[c].bound;
#pragma omp for schedule(dynamic, 8)
    for (uint64_t k = 0; k < verify->options->cells; k++) {
        struct fg_error error;
        struct cell cell;
        if (fg_first_failure_is_over(failure))
            continue;
        const uint64_t at = draw_cell(verify, tiles, report->tiles_done, k);
        const enum fg_status status = read_cell(verify, at, &cell, &error);
        fg_first_failure_note(failure, status, &error);
        if (status != FG_OK)
            continue;
        check_against_reference(verify, &cell, check);
        if (k % EVERY == 0) {
            check_difference(verify, &cell, FG_GRADIENT_PHI, h_phi, 0, &check[FG_CHECK_DIFFERENCE_PHI]);
            check_difference(verify, &cell, FG_GRADIENT_R, 0, STEP, &check[FG_CHECK_DIFFERENCE_R]);
        }
    }
#pragma omp critical(fg_verify)
    for (int c = 0; c < FG_N_DATA_CHECKS; c++)
        fg_tally_merge(&report->check[c], &check[c]);
}

enum fg_status fg_verify_cells(const struct fg_verify_job *verify, struct fg_verify_report *report,
                               struct fg_error *error)
{
    struct fg_first_failure failure = {.status = FG_OK};
    if (report->tiles_done == 0)
        return FG_OK;
    uint64_t *tiles = calloc(report->tiles_done, sizeof *tiles);
    if (!tiles)
        return fg_fail(error, FG_FAILED, "no memory for the numbers of %llu tiles",
                       (unsigned long long)report->tiles_done);
    set_bounds(verify, report);
    enum fg_status status = list_finished(verify, report->tiles_done, tiles, error);
    if (status == FG_OK) {
#pragma omp parallel num_threads(verify->options->threads)
        check_cells(verify, tiles, report, &failure);
        status = fg_first_failure_end(&failure, error);
    }
    free(tiles);
    return status;
}
