#define _POSIX_C_SOURCE 200809L /* clock_gettime */
/* Estimates the time of a sweep from two rates, measured on small pieces of it. */
#include "fishergrid/estimate.h"

#include <math.h>
#include <time.h>

#include "node_table.h"

/* Number of places of phi at which a piece is tried, shared among the data sets. All pieces together take
 * about TRIAL_SECONDS. */
#define PLACES 8.0
#define PLACES_MIN 2.0
#define TRIAL_SECONDS 0.2

/* Limits of a piece. All samples, columns or panels would take too long; these numbers suffice for a rate. */
#define TRIED_SAMPLES 256.0
#define TRIED_CELLS_MIN 1024.0
#define TRIED_CELLS_MAX 262144.0
#define TRIED_COLUMNS 16384.0
#define NODE_CELL_SECONDS                                                                                    \
    2e-8 /* approximate, for a cell interpolated from nodes; decides only the size of a piece */
#define TRIED_R_WIDTH 128.0 /* range of r; limits the number of panels */

/* A piece of one data set. */
struct piece {
    struct fg_setup setup;
    struct fg_samples samples; /* borrowed */
    struct fg_problem problem; /* points to the two members above */
};

/* Total cost of the pieces of one kind. */
struct cost {
    double seconds;      /* CPU time of one thread */
    double cells, terms; /* number of cells; samples times nodes or cells summed directly */
    double direct;       /* number of cells summed directly because nodes were not accurate enough */
};

/* Returns n neighbouring samples, with both classes in proportion. Returns all sources, because some of them
 * alone are no sum over samples. */
static struct fg_samples some_samples(const struct fg_samples *all, size_t n)
{
    struct fg_samples some = *all;
    if (all->weight) /* sources */
        return some;
    const size_t first = (size_t)((double)all->n_class0 * (1 - (double)n / (double)all->n));
    some.n = n;
    some.n_class0 = all->n_class0 - first < n ? all->n_class0 - first : n;
    some.x0 += first;
    some.x1 += first;
    return some;
}

/* Returns a grid of about `cells` cells at `place` of phi, from 0 to 1: few rows, with all columns or evenly
 * spaced ones. */
static struct fg_grid piece_grid(const struct fg_grid *grid, const struct fg_node_plan *plan, double cells,
                                 double place)
{
    struct fg_axis phi = grid->phi, r = grid->r;
    const double whole = (double)fg_axis_whole(&phi).n, length = r.high - r.low;
    const double width = fmin(length, TRIED_R_WIDTH);
    r.n = (size_t)fmax(1, fmin(fmin(cells, TRIED_COLUMNS), (double)r.n * width / length));
    r.low += place * (length - width);
    r.high = r.low + width;
    /* At most about one panel of phi. All places together have at most as many rows as the whole grid. */
    const double rows = fmin(fmin(cells / (double)r.n, (double)phi.n / PLACES),
                             plan->over_phi ? whole / (double)plan->phi_panels : whole);
    phi.n = (size_t)fmax(1, rows);
    phi.first = grid->phi.first + (size_t)(place * (double)(grid->phi.n - phi.n));
    phi.whole = (size_t)whole;
    /* Several tiles, as in the whole grid, so that a tile does not always use new memory. */
    const double tile = fmin((double)fg_grid_tile_cells(grid), fmax(TRIED_CELLS_MIN, cells / 8));
    return fg_grid_cut(&phi, &r, (size_t)tile);
}

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* does not count what other processes do */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Returns the number of nodes of the piece. They fit into one band. */
static double piece_nodes(const struct fg_problem *piece)
{
    struct fg_node_table table;
    fg_node_table_plan(&table, piece, 0);
    fg_node_table_move(&table, 0);
    const size_t columns = table.plan.over_r ? table.plan.r_panels * FG_ORDER_R : table.grid->r.n;
    return (double)table.lines * (double)columns;
}

/* Computes a piece at each of several places, and adds up the costs. The first piece is small and is not
 * counted: it warms up, and decides how large the others are. `of_term` is the seconds of a term, for pieces
 * with nodes. */
static enum fg_status try_pieces(const struct fg_problem *problem, size_t data, enum fg_method method,
                                 double of_term, struct cost *cost, struct fg_error *error)
{
    const struct fg_setup *setup = problem->setup;
    const struct fg_samples *all = &problem->samples[data];
    const struct fg_node_plan plan = fg_node_plan(all, &setup->grid.phi, &setup->grid.r, method);
    const double n_data = (double)setup->n_data, places = fmax(PLACES_MIN, PLACES / n_data);
    struct piece piece = {.setup = *setup,
                          .samples = some_samples(all, (size_t)fmin((double)all->n, TRIED_SAMPLES)),
                          .problem = *problem};
    piece.setup.n_data = 1;
    piece.setup.method = method;
    piece.problem.team = NULL;
    piece.problem.setup = &piece.setup;
    piece.problem.samples = &piece.samples;
    double wanted = TRIED_CELLS_MIN;
    *cost = (struct cost){0};
    for (int p = 0; p <= places; p++) {
        struct fg_summary summary;
        const double place = fmod(0.5 + p * 0.618, 1); /* the golden ratio spreads the places evenly */
        piece.setup.grid = piece_grid(&setup->grid, &plan, wanted, place);
        const double start = thread_seconds(), cells = (double)fg_grid_cells(&piece.setup.grid);
        const enum fg_status status = fg_sweep(&piece.problem, 1, NULL, NULL, &summary, error);
        const double seconds = thread_seconds() - start, direct = (double)summary.direct_fallback_cells;
        if (status != FG_OK)
            return status;
        if (p == 0) {
            const double limit = TRIAL_SECONDS / (2 * n_data * places);
            const double of_cell =
                method == FG_DIRECT ? seconds / cells
                                    : NODE_CELL_SECONDS + direct / cells * (double)piece.samples.n * of_term;
            wanted = fmin(fmax(wanted, limit / of_cell), TRIED_CELLS_MAX);
            continue;
        }
        cost->seconds += seconds;
        cost->cells += cells;
        cost->direct += direct;
        cost->terms +=
            (double)piece.samples.n * (method == FG_DIRECT ? cells : piece_nodes(&piece.problem) + direct);
    }
    return FG_OK;
}

/* Returns how many rounds the threads need for n pieces of work, if each thread takes one piece per round. */
static double rounds(double n, int threads)
{
    return ceil(n / threads);
}

/* Returns the rounds of the threads over the lines of the node table, times the nodes of a line. */
static double node_rounds(const struct fg_node_plan *plan, const struct fg_grid *grid, int threads)
{
    const double part = (double)grid->phi.n / (double)fg_axis_whole(&grid->phi).n;
    const double lines =
        plan->over_phi ? ceil(part * (double)plan->phi_panels) * FG_ORDER_PHI : (double)grid->phi.n;
    return rounds(lines, threads) * (plan->over_r ? (double)plan->r_panels * FG_ORDER_R : (double)grid->r.n);
}

static enum fg_status estimate_data_set(const struct fg_problem *problem, size_t data, int threads,
                                        double *seconds, struct fg_error *error)
{
    const struct fg_setup *setup = problem->setup;
    const struct fg_grid *grid = &setup->grid;
    const struct fg_samples *samples = &problem->samples[data];
    const struct fg_node_plan plan = fg_node_plan(samples, &grid->phi, &grid->r, setup->method);
    const double cell_rounds = rounds((double)grid->tiling.n, threads) * (double)fg_grid_tile_cells(grid);
    const double n = (double)samples->n;
    struct cost direct, nodes;
    enum fg_status status = try_pieces(problem, data, FG_DIRECT, 0, &direct, error);
    if (status != FG_OK)
        return status;
    const double of_term = direct.seconds / direct.terms;
    if (!plan.over_phi && !plan.over_r) {
        *seconds += cell_rounds * n * of_term;
        return FG_OK;
    }
    /* For the piece alone, FG_AUTO might not use nodes along both axes. */
    const enum fg_method method = plan.over_phi == plan.over_r ? FG_CHEBYSHEV : setup->method;
    status = try_pieces(problem, data, method, of_term, &nodes, error);
    if (status != FG_OK)
        return status;
    const double of_cell = fmax(0, nodes.seconds - nodes.terms * of_term) / nodes.cells;
    const double terms = n * (node_rounds(&plan, grid, threads) + cell_rounds * nodes.direct / nodes.cells);
    *seconds += terms * of_term + cell_rounds * of_cell;
    return FG_OK;
}

enum fg_status fg_estimate_sweep(const struct fg_problem *problem, int threads, double *seconds,
                                 double *trial, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    const double start = thread_seconds();
    *seconds = 0;
    for (size_t s = 0; s < problem->setup->n_data && status == FG_OK; s++)
        status = estimate_data_set(problem, s, threads, seconds, error);
    *trial = thread_seconds() - start;
    return status;
}
