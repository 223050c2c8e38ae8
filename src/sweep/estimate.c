#define _POSIX_C_SOURCE 200809L /* clock_gettime */
/* A short trial run of pieces of a sweep, and the estimate for the whole. */
#include "fishergrid/estimate.h"

#include <math.h>
#include <time.h>

#include "node_table.h"

#define TRIAL_SECONDS 0.2 /* about, over all data sets */
#define PLACES 8          /* of phi that are tried, shared out over the data sets */
#define LEAST_PLACES 2

/* Cell-samples of a tile, or of the lines of one panel, that all data sets together may take at one place:
 * some 5 ms. */
#define WORK 1e7
/* Below so many samples the cost of a cell is no longer proportional to them. */
#define LEAST_SAMPLES 256
/* Columns that a trial may have, where all are summed and where they are interpolated. Each is enough for the
 * costs of a row to be spread. */
#define MOST_SUMMED_COLUMNS 2048
#define MOST_COLUMNS 65536
#define MOST_PANELS 128 /* of r; beyond, a part of the range is tried */

static double min_of(double a, double b)
{
    return a < b ? a : b;
}

/* How often all threads take one of n things each. */
static double rounds(double n, int threads)
{
    return ceil(n / threads);
}

/* Nodes of a line, and lines of the whole problem. */
static double nodes_of_line(const struct fg_node_plan *plan, const struct fg_axis *r)
{
    return plan->over_r ? (double)plan->r_panels * FG_ORDER_R : (double)r->n;
}

static double lines_of(const struct fg_node_plan *plan, const struct fg_axis *phi)
{
    double part = (double)phi->n / (double)fg_axis_whole(phi).n; /* the plan is that of the whole axis */
    return plan->over_phi ? ceil(part * (double)plan->phi_panels) * FG_ORDER_PHI
           : plan->over_r ? (double)phi->n
                          : 0;
}

/* --- a piece --- */

/* One data set of the problem, made smaller where it would take too long. */
struct trial {
    const struct fg_problem *whole;
    struct fg_node_plan plan;  /* of the whole */
    struct fg_samples samples; /* some of its samples, borrowed */
    struct fg_setup setup;     /* of a piece of this data set alone */
    struct fg_problem piece;   /* the same, with its samples */
    double work;               /* cell-samples, see WORK */
};

/* n neighbours of the samples, of both classes in proportion. */
static struct fg_samples some_samples(const struct fg_samples *all, size_t n)
{
    struct fg_samples some = *all;
    size_t first = (size_t)((double)all->n_class0 * (1 - (double)n / (double)all->n));
    some.n = n;
    some.n_class0 = all->n_class0 - first < n ? all->n_class0 - first : n;
    some.x0 += first;
    some.x1 += first;
    some.d0 += first;
    some.d1 += first;
    return some;
}

/* Columns over all of r or, where that has very many panels, over a part of it, which takes another place for
 * each place of phi. */
static struct fg_axis some_columns(const struct trial *trial, double place)
{
    const struct fg_node_plan *plan = &trial->plan;
    struct fg_axis r = trial->whole->setup->grid.r;
    if (!plan->over_r) {
        r.n = (size_t)min_of((double)r.n, MOST_SUMMED_COLUMNS);
        return r;
    }
    double part = min_of(1, (double)MOST_PANELS / (double)(plan->r_panels + 1));
    if (part < 1) {
        double width = part * (r.high - r.low);
        r.low += place * (r.high - r.low - width);
        r.high = r.low + width;
    }
    double most = fmax(MOST_SUMMED_COLUMNS, min_of(MOST_COLUMNS, 5 * trial->work / (double)trial->samples.n));
    r.n = (size_t)fmax(1, min_of(part * (double)r.n, most));
    return r;
}

static struct trial trial_of(const struct fg_problem *problem, size_t data)
{
    const struct fg_grid *grid = &problem->setup->grid;
    const struct fg_samples *all = &problem->samples[data];
    struct trial trial = {.whole = problem,
                          .plan = fg_node_plan(all, &grid->phi, &grid->r, problem->setup->method),
                          .setup = *problem->setup,
                          .piece = *problem,
                          .work = WORK / (double)problem->setup->n_data};
    const struct fg_node_plan *plan = &trial.plan;
    double nodes = plan->over_r ? min_of((double)plan->r_panels, MOST_PANELS) * FG_ORDER_R
                                : min_of((double)grid->r.n, MOST_SUMMED_COLUMNS);
    double cells = nodes * (plan->over_phi ? FG_ORDER_PHI : 1);
    trial.samples =
        some_samples(all, (size_t)min_of((double)all->n, fmax(LEAST_SAMPLES, trial.work / cells)));
    trial.piece.team = NULL;
    trial.setup.n_data = 1;
    if (plan->over_phi == plan->over_r) /* also where the piece alone would choose else */
        trial.setup.method = plan->over_r ? FG_CHEBYSHEV : FG_DIRECT;
    return trial;
}

/* The piece of `rows` rows at `place` of phi, from 0 to 1. Tiles are as large as those of the problem, unless
 * that would take too long. */
static void move(struct trial *trial, size_t rows, double place)
{
    const struct fg_grid *whole = &trial->whole->setup->grid;
    const struct fg_axis r = some_columns(trial, place);
    struct fg_axis phi = whole->phi;
    phi.n = rows;
    phi.first = whole->phi.first + (size_t)(place * (double)(whole->phi.n - rows));
    phi.whole = fg_axis_whole(&whole->phi).n;
    double of_tile = fmax(1, floor(trial->work / (double)(trial->samples.n * r.n))) * (double)r.n;
    trial->setup.grid = fg_grid_cut(&phi, &r, (size_t)min_of((double)fg_grid_tile_cells(whole), of_tile));
    trial->piece.setup = &trial->setup;
    trial->piece.samples = &trial->samples;
}

/* --- what it takes --- */

/* Of this thread: what else the machine does has no part in it. */
static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds that one thread took, and for how much. */
struct cost {
    double line_seconds, nodes; /* nodes: times samples */
    double tile_seconds, cells;
    double summed; /* of the cells over nodes, those that were summed directly */
};

/* Fills the lines of nodes that the piece needs; says how long that took, and how many they were.
 */
static enum fg_status fill_lines(const struct trial *trial, double *seconds, double *lines,
                                 struct fg_error *error)
{
    struct fg_node_table table;
    fg_node_table_plan(&table, &trial->piece, 0);
    enum fg_status status = fg_node_table_allocate(&table, error);
    if (status != FG_OK)
        return status;
    double start = cpu_seconds();
    *lines = 0;
    for (size_t first = 0; first < trial->setup.grid.tiling.n;) {
        first = fg_node_table_move(&table, first);
        *lines += (double)table.lines;
        for (size_t k = 0; k < table.lines; k++)
            fg_node_table_fill(&table, k);
    }
    *seconds = cpu_seconds() - start;
    fg_node_table_free(&table);
    return FG_OK;
}

/* Computes the piece of `rows` rows at `place` and adds what it took to `cost`. */
static enum fg_status try_piece(struct trial *trial, size_t rows, double place, struct cost *cost,
                                struct fg_error *error)
{
    struct fg_summary summary;
    double lines = 0, line_seconds = 0;
    move(trial, rows, place);
    enum fg_status status = fill_lines(trial, &line_seconds, &lines, error);
    if (status != FG_OK)
        return status;
    double start = cpu_seconds();
    status = fg_sweep(&trial->piece, 1, NULL, NULL, &summary, error);
    cost->tile_seconds += fmax(0, cpu_seconds() - start - line_seconds);
    cost->cells += (double)fg_grid_cells(&trial->setup.grid);
    cost->summed += (double)summary.direct_fallback_cells;
    cost->line_seconds += line_seconds;
    cost->nodes += lines * nodes_of_line(&summary.plan, &trial->setup.grid.r) * (double)trial->samples.n;
    return status;
}

/* What the whole will take, of the same costs. */
static double extrapolate(const struct trial *trial, size_t data, const struct cost *cost, int threads)
{
    const struct fg_grid *whole = &trial->whole->setup->grid;
    double samples = (double)trial->whole->samples[data].n, tried = (double)trial->samples.n;
    double of_cell = cost->tile_seconds / cost->cells, seconds = 0;
    double lines = lines_of(&trial->plan, &whole->phi);
    if (lines > 0) {
        double of_node = cost->line_seconds / cost->nodes; /* and sample */
        seconds += rounds(lines, threads) * nodes_of_line(&trial->plan, &whole->r) * samples * of_node;
        of_cell += cost->summed / cost->cells * (samples - tried) * of_node;
    } else {
        of_cell *= samples / tried;
    }
    return seconds + rounds((double)whole->tiling.n, threads) * (double)fg_grid_tile_cells(whole) * of_cell;
}

/* The whole problem at most once, and, with nodes asked for where they are many, a few panels. */
static size_t most_rows(const struct trial *trial)
{
    double n = (double)trial->whole->setup->grid.phi.n / PLACES;
    if (trial->plan.over_phi)
        n = min_of(n, PLACES * (double)fg_axis_whole(&trial->whole->setup->grid.phi).n /
                          (double)trial->plan.phi_panels);
    return (size_t)fmax(1, n);
}

/* As many rows as take long enough to be timed, tried in the middle of phi: `cost` is that of the last try.
 */
static enum fg_status choose_rows(struct trial *trial, double wanted, size_t *rows, struct cost *cost,
                                  struct fg_error *error)
{
    size_t most = most_rows(trial);
    for (*rows = 1;; *rows = *rows < most / 2 ? 2 * *rows : most) {
        *cost = (struct cost){0};
        enum fg_status status = try_piece(trial, *rows, 0.5, cost, error);
        bool enough = cost->tile_seconds > wanted || cost->line_seconds > 4 * wanted;
        if (status != FG_OK || enough || *rows == most)
            return status;
    }
}

static enum fg_status estimate_data_set(const struct fg_problem *problem, size_t data, int threads,
                                        double *seconds, struct fg_error *error)
{
    struct trial trial = trial_of(problem, data);
    struct cost cost;
    size_t rows;
    double places = fmax(LEAST_PLACES, PLACES / (double)problem->setup->n_data);
    double wanted = TRIAL_SECONDS / (double)problem->setup->n_data / (4 * places);
    enum fg_status status = choose_rows(&trial, wanted, &rows, &cost, error);
    for (int p = 1; p < places && status == FG_OK; p++) {
        double place = fmod(0.5 + p * 0.618, 1); /* by the golden ratio: spread, and in step with nothing */
        status = try_piece(&trial, rows, place, &cost, error);
    }
    if (status == FG_OK)
        *seconds += extrapolate(&trial, data, &cost, threads);
    return status;
}

enum fg_status fg_estimate_sweep(const struct fg_problem *problem, int threads, double *seconds,
                                 double *trial, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    double start = cpu_seconds();
    *seconds = 0;
    for (size_t s = 0; s < problem->setup->n_data && status == FG_OK; s++)
        status = estimate_data_set(problem, s, threads, seconds, error);
    *trial = cpu_seconds() - start;
    return status;
}
