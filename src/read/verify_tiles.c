/* Checks every value of a data set, tile by tile, with several threads. Only a piece of a tile is in memory
 * at a time, because a file may claim tiles of any size. */
#include "verify_parts.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "first_failure.h"
#include "hash.h"
#include "open_result.h"
#include "summary.h"
#include "tile_marks.h"

enum { PIECE = 1024 }; /* cells */

_Static_assert(FG_N_FLAG_FIELDS <= sizeof(double), "the memory of a field has room for all flags");

/* The memory of one thread. */
struct tile_worker {
    const struct fg_verify_job *verify;
    double memory[(FG_N_REAL_FIELDS + 1) * PIECE];
    struct fg_cells cells; /* of a piece, in `memory`; NULL: not stored */
    uint64_t done;
    struct fg_check check[FG_N_DATA_CHECKS];
    struct fg_summary found;
};

static void tile_worker_init(struct tile_worker *worker, const struct fg_verify_job *verify,
                             const struct fg_verify_report *report)
{
    *worker = (struct tile_worker){.verify = verify, .found.min_loss = INFINITY};
    worker->cells = fg_cells_at(worker->memory, PIECE, verify->result->data[verify->s].fields);
    for (int c = 0; c < FG_N_DATA_CHECKS; c++)
        worker->check[c].bound = report->check[c].bound;
}

static bool is_stored(const struct tile_worker *worker, int f)
{
    return fg_cells_values(&worker->cells, (enum fg_field)f) != NULL;
}

/* Reads n cells of a stored field, at most PIECE. */
static enum fg_status read_piece(const struct tile_worker *worker, int f, uint64_t first, size_t n,
                                 struct fg_error *error)
{
    const enum fg_field field = (enum fg_field)f;
    return fg_result_read_cells(worker->verify->result, worker->verify->s, field, first, n,
                                fg_cells_values(&worker->cells, field), error);
}

/* --- checksums --- */

/* Adds one field of a tile of n cells to the checksum of its mark. */
static enum fg_status hash_field(struct tile_worker *worker, int f, uint64_t first, uint64_t n, uint64_t *sum,
                                 struct fg_error *error)
{
    struct XXH3_state_s *hash = fg_hash_begin(*sum);
    if (!hash)
        return fg_fail(error, FG_FAILED, "%s: no memory", worker->verify->result->path);
    enum fg_status status = FG_OK;
    for (uint64_t from = 0; from < n && status == FG_OK; from += PIECE) {
        size_t some = n - from < PIECE ? (size_t)(n - from) : PIECE;
        status = read_piece(worker, f, first + from, some, error);
        if (status == FG_OK)
            fg_hash_add(hash, fg_cells_values(&worker->cells, (enum fg_field)f),
                        some * fg_field_bytes((enum fg_field)f));
    }
    *sum = fg_hash_end(hash);
    return status;
}

static enum fg_status check_checksum(struct tile_worker *worker, const struct fg_tile *tile,
                                     const struct fg_tile_mark *mark, uint64_t first, uint64_t n,
                                     struct fg_error *error)
{
    uint64_t sum =
        fg_tile_mark_begin(fg_result_opened(worker->verify->result)->setup_hash, mark, tile->number);
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        if (is_stored(worker, f))
            status = hash_field(worker, f, first, n, &sum, error);
    }
    if (status == FG_OK)
        fg_tally_bool(&worker->check[FG_CHECK_TILES], mark->word[MARK_CHECKSUM] == (sum ? sum : 1), tile->i0,
                      tile->j0);
    return status;
}

/* --- laws --- */

static bool is_size(const double *value, size_t k) /* 0 or more, finite */
{
    return !value || (value[k] >= 0 && value[k] < INFINITY);
}

static bool is_finite(const double *value, size_t k)
{
    return !value || isfinite(value[k]);
}

/* Returns whether an angle lies in [-pi/2, pi/2]. Rounding may turn a value just above -pi/2 into -pi/2, and
 * packing may round pi/2 up. */
static bool is_angle(const double *value, size_t k, double rounding)
{
    return !value || fabs(value[k]) <= acos(0) * (1 + rounding);
}

/* Returns whether a value is at least `least`, up to rounding, or infinite, or NaN. */
static bool is_not_below(const double *value, size_t k, double least)
{
    return !value || !(value[k] < least * (1 - 4 * DBL_EPSILON));
}

/* Returns whether a step (natural gradient or Newton step) fits its flag, if the flag is stored. A component
 * must be NaN exactly where the flag says undefined, and infinite only where it says overflow. If both
 * components are stored, at least one must then be infinite. `phi` is the first component of the step. */
static bool is_step(const struct tile_worker *worker, enum fg_field phi, enum fg_field of_flag, size_t k)
{
    const double *const *n = (const double *const *)&worker->cells.field[phi];
    const unsigned char *flags = worker->cells.flag[FG_FLAG(of_flag)];
    const unsigned char flag = flags ? flags[k] : FG_NOT_COMPUTED;
    bool overflows = false;
    if (!flags)
        return true;
    for (int c = 0; c < 2; c++) {
        if (n[c] && isnan(n[c][k]) != (flag == FG_UNDEFINED))
            return false;
        overflows |= n[c] && isinf(n[c][k]);
    }
    return flag == FG_OVERFLOW ? overflows || !n[0] || !n[1] : !overflows;
}

/* Returns whether the curvature fits its flag. */
static bool is_curvature(const struct tile_worker *worker, size_t k)
{
    const double *K = worker->cells.field[FG_FISHER_CURVATURE];
    const unsigned char *flag = worker->cells.flag[FG_FLAG(FG_CURVATURE_FLAG)];
    return !K || !flag ||
           (isnan(K[k]) == (flag[k] == FG_UNDEFINED) && isinf(K[k]) == (flag[k] == FG_OVERFLOW));
}

/* Returns whether each flag has a valid value other than FG_NOT_COMPUTED. */
static bool are_flags(const struct tile_worker *worker, size_t k)
{
    bool right = true;
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
        const unsigned char *flag = worker->cells.flag[f];
        right &= !flag || (flag[k] > FG_NOT_COMPUTED && flag[k] < FG_N_FLAGS);
    }
    return right;
}

static bool is_cell(const struct tile_worker *worker, size_t k)
{
    double *const *field = worker->cells.field;
    const double *rounding = worker->verify->result->data[worker->verify->s].relative_error;
    return is_size(field[FG_LOSS], k) && is_size(field[FG_FISHER_PHI_PHI], k) &&
           is_size(field[FG_FISHER_R_R], k) && is_finite(field[FG_FISHER_R_PHI], k) &&
           is_finite(field[FG_GRADIENT_PHI], k) && is_finite(field[FG_GRADIENT_R], k) &&
           is_finite(field[FG_HESSIAN_PHI_PHI], k) && is_size(field[FG_EMPIRICAL_FISHER_PHI_PHI], k) &&
           is_finite(field[FG_EMPIRICAL_FISHER_R_PHI], k) && is_size(field[FG_EMPIRICAL_FISHER_R_R], k) &&
           is_size(field[FG_FISHER_EIGENVALUE_MAX], k) && is_size(field[FG_FISHER_EIGENVALUE_MIN], k) &&
           is_angle(field[FG_FISHER_EIGENVECTOR_ANGLE], k, rounding[FG_FISHER_EIGENVECTOR_ANGLE]) &&
           is_size(field[FG_FISHER_VOLUME], k) && is_not_below(field[FG_FISHER_CONDITION], k, 1) &&
           is_not_below(field[FG_NATURAL_GRADIENT_NORM], k, 0) && are_flags(worker, k) &&
           is_step(worker, FG_NATURAL_GRADIENT_PHI, FG_NATURAL_GRADIENT_FLAG, k) &&
           is_step(worker, FG_NEWTON_PHI, FG_NEWTON_FLAG, k) && is_curvature(worker, k);
}

/* Returns how far |F_rphi| <= sqrt(F_phiphi F_rr) is violated, relative to the root. Separate roots neither
 * overflow nor underflow. Below DBL_MIN, rounding is absolute: an entry loses up to 2^-1074 in each of its n
 * terms, and coordinates of 1e-154 already bring F_phiphi below DBL_MIN. `lost` bounds this loss. */
static double excess(double F_phiphi, double F_rphi, double F_rr, double lost)
{
    double root = sqrt(F_phiphi + lost) * sqrt(F_rr + lost), over = fabs(F_rphi) - lost - root;
    return over <= 0 ? 0 : over / root;
}

static void check_laws(struct tile_worker *worker, uint64_t first, size_t n)
{
    double *const *field = worker->cells.field;
    const size_t n_r = worker->verify->result->setup.grid.r.n;
    /* lost in the terms, the centre, the shift by it, and the factor of the mean */
    const double lost = 4 * ((double)worker->verify->result->setup.data[worker->verify->s].n + 4) * 0x1p-1074;
    const bool has_fisher = field[FG_FISHER_PHI_PHI] && field[FG_FISHER_R_PHI] && field[FG_FISHER_R_R];
    for (size_t k = 0; k < n; k++) {
        uint64_t i = (first + k) / n_r, j = (first + k) % n_r;
        fg_tally_bool(&worker->check[FG_CHECK_VALUES], is_cell(worker, k), i, j);
        if (has_fisher)
            fg_tally_error(
                &worker->check[FG_CHECK_SEMIDEFINITE],
                excess(field[FG_FISHER_PHI_PHI][k], field[FG_FISHER_R_PHI][k], field[FG_FISHER_R_R][k], lost),
                i, j);
    }
}

/* Adds n cells to the summary of their tile. */
static void summarize_cells(const struct tile_worker *worker, uint64_t first, size_t n,
                            struct fg_summary *found)
{
    fg_summary_add_flags(found, n, &worker->cells);
    if (worker->cells.field[FG_LOSS])
        fg_summary_add_losses(found, worker->cells.field[FG_LOSS], n, first,
                              worker->verify->result->setup.grid.r.n);
}

/* Compares the mark with the summary of the stored fields, as far as they determine it. */
static void check_mark_summary(struct tile_worker *worker, const struct fg_tile *tile,
                               const struct fg_summary *said, const struct fg_summary *found)
{
    bool right = true;
    if (worker->cells.field[FG_LOSS])
        right =
            said->min_loss == found->min_loss && said->min_i == found->min_i && said->min_j == found->min_j;
    const int natural = FG_FLAG(FG_NATURAL_GRADIENT_FLAG);
    for (int value = FG_RECOMPUTED; value < FG_N_FLAGS && worker->cells.flag[natural]; value++)
        right &= said->flags[natural][value] == found->flags[natural][value];
    fg_tally_bool(&worker->check[FG_CHECK_SUMMARIES], right, tile->i0, tile->j0);
}

static enum fg_status check_values(struct tile_worker *worker, const struct fg_tile *tile,
                                   const struct fg_tile_mark *mark, uint64_t first, uint64_t n,
                                   struct fg_error *error)
{
    const struct fg_cells none = {{NULL}, {NULL}};
    struct fg_summary said = fg_tile_mark_found(mark, tile, worker->verify->result->setup.grid.r.n, &none);
    struct fg_summary found = {.min_loss = INFINITY};
    enum fg_status status = FG_OK;
    for (uint64_t from = 0; from < n; from += PIECE) {
        size_t some = n - from < PIECE ? (size_t)(n - from) : PIECE;
        for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
            if (is_stored(worker, f))
                status = read_piece(worker, f, first + from, some, error);
        }
        if (status != FG_OK)
            return status;
        check_laws(worker, first + from, some);
        summarize_cells(worker, first + from, some, &found);
    }
    check_mark_summary(worker, tile, &said, &found);
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) { /* counts of flags that marks do not have */
        if (f != FG_FLAG(FG_NATURAL_GRADIENT_FLAG))
            memcpy(said.flags[f], found.flags[f], sizeof said.flags[f]);
    }
    fg_summary_merge(&worker->found, &said);
    return FG_OK;
}

/* --- tiles --- */

static enum fg_status check_tile(struct tile_worker *worker, uint64_t t, struct fg_error *error)
{
    const struct fg_result *result = worker->verify->result;
    const struct fg_tile tile = fg_tiling_at(&result->setup.grid.tiling, t);
    const uint64_t first = fg_tiling_first_cell(&result->setup.grid.tiling, &tile), n = fg_tile_cells(&tile);
    struct fg_tile_mark mark;
    enum fg_status status = fg_result_read_mark(result, worker->verify->s, t, &mark, error);
    if (status != FG_OK)
        return status;
    if (mark.word[MARK_CHECKSUM] == 0) {
        if (result->complete)
            fg_tally_bool(&worker->check[FG_CHECK_TILES], false, tile.i0, tile.j0);
        return FG_OK;
    }
    worker->done++;
    status = check_checksum(worker, &tile, &mark, first, n, error);
    return status == FG_OK ? check_values(worker, &tile, &mark, first, n, error) : status;
}

static void add_tile_worker(struct fg_verify_report *report, const struct tile_worker *worker)
{
    report->tiles_done += worker->done;
    fg_summary_merge(&report->found, &worker->found);
    for (int c = 0; c < FG_N_DATA_CHECKS; c++)
        fg_tally_merge(&report->check[c], &worker->check[c]);
}

/* Checks tiles until none is left. Each thread calls this function. */
static void check_tiles(const struct fg_verify_job *verify, struct fg_verify_report *report,
                        struct fg_first_failure *failure)
{
    struct tile_worker worker;
    tile_worker_init(&worker, verify, report);
#pragma omp for schedule(dynamic, 1)
    for (uint64_t t = 0; t < report->tiles; t++) {
        struct fg_error error;
        if (!fg_first_failure_is_over(failure))
            fg_first_failure_note(failure, check_tile(&worker, t, &error), &error);
    }
#pragma omp critical(fg_verify)
    add_tile_worker(report, &worker);
}

/* Returns the bound of FG_CHECK_SEMIDEFINITE. Products, a sum and the factor of the mean give each entry at
 * most 4 roundings of 2^-53, and the quotient at most 8. Entries that packing has rounded by a relative e
 * enlarge it by up to (1 + e) / (1 - e) - 1. If e is 0.5 or more, nothing is left to check. */
static double bound_of_semidefinite(const double rounding[FG_N_FIELDS])
{
    double e = fmax(rounding[FG_FISHER_R_PHI], fmax(rounding[FG_FISHER_PHI_PHI], rounding[FG_FISHER_R_R]));
    return e < 0.5 ? 0x1p-50 + 2 * e / (1 - e) : INFINITY;
}

enum fg_status fg_verify_tiles(const struct fg_verify_job *verify, struct fg_verify_report *report,
                               struct fg_error *error)
{
    struct fg_first_failure failure = {.status = FG_OK};
    report->tiles = verify->result->setup.grid.tiling.n;
    report->found.min_loss = INFINITY;
    report->check[FG_CHECK_SEMIDEFINITE].bound =
        bound_of_semidefinite(verify->result->data[verify->s].relative_error);
#pragma omp parallel num_threads(verify->options->threads)
    check_tiles(verify, report, &failure);
    return fg_first_failure_end(&failure, error);
}
