/* The sweep over all tiles of all data sets. Its threads share the list of tiles, the sink, the count of
 * finished cells and the first failure, in this file only. The processes of a team share the lines of the
 * node table, the tiles that the sink already had, and at the end the summary. */
#include "fishergrid/sweep.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "first_failure.h"
#include "node_table.h"
#include "summary.h"
#include "team_samples.h"
#include "tile_room.h"

/* The memory of one thread: room for a tile, and the summaries of its tiles. */
struct worker {
    double *memory;
    double *r;                              /* [columns] */
    struct fg_node_row row;                 /* [FG_ROWS_AT_ONCE longest lines] and [columns] */
    const struct fg_node_table *columns_of; /* the table and the columns for which r and row are valid */
    size_t j0, columns;
    struct fg_tile_room room;   /* for a tile of every field */
    struct fg_summary *summary; /* [n_data] */
};

/* Reasons not to compute a tile: the sink has it, or another process of the team computes it. */
enum { HAD = 1, OF_OTHERS = 2 };

/* Data that all threads share. `done` is accessed only inside `omp critical`; the tables and `skip` are
 * written only between barriers. */
struct shared {
    const struct fg_problem *problem;
    struct fg_team_samples *samples;
    const struct fg_sink *sink;
    const struct fg_tiling *tiling;
    struct fg_node_table *tables; /* [n_data] */
    unsigned char *skip;          /* [n_data, tiles] 0, HAD or OF_OTHERS; NULL: no tile is skipped */
    uint64_t cells, done;
    struct fg_first_failure failure;
};

/* Finds the doubles of FG_ROWS_AT_ONCE lines of nodes, which are used if both axes have nodes, and the number
 * of r panels, the largest over all data sets. */
static void longest(const struct shared *shared, size_t *lines, size_t *panels)
{
    *lines = *panels = 0;
    for (size_t s = 0; s < shared->problem->setup->n_data; s++) {
        const struct fg_node_table *table = &shared->tables[s];
        const size_t own = table->plan.over_phi && table->plan.over_r ? FG_ROWS_AT_ONCE * table->line : 0;
        *lines = own > *lines ? own : *lines;
        *panels = table->plan.r_panels > *panels ? table->plan.r_panels : *panels;
    }
}

/* Returns the fields to compute: the fields of the setup, and the loss and the flag of the natural gradient,
 * which the summary needs. */
static fg_field_set computed_fields(const struct shared *shared)
{
    return shared->problem->setup->fields | 1u << FG_LOSS | 1u << FG_NATURAL_GRADIENT_FLAG;
}

/* Returns the bytes of a worker without its tile: r and its positions, rows of nodes and their panels. */
static size_t worker_bytes(const struct shared *shared)
{
    size_t lines, panels;
    longest(shared, &lines, &panels);
    return (2 * shared->tiling->columns + lines + FG_N_SCALES * panels) * sizeof(double) +
           panels * sizeof(size_t);
}

static enum fg_status sweep_worker_init(struct worker *worker, const struct shared *shared,
                                        struct fg_error *error)
{
    size_t lines, panels, columns = shared->tiling->columns;
    size_t n_data = shared->problem->setup->n_data;
    const size_t alignment = shared->sink ? shared->sink->alignment : 0;
    longest(shared, &lines, &panels);
    *worker = (struct worker){.memory = malloc(worker_bytes(shared)),
                              .summary = calloc(n_data, sizeof *worker->summary)};
    if (!fg_tile_room_make(&worker->room, shared->tiling, computed_fields(shared), alignment) ||
        !worker->memory || !worker->summary)
        return fg_fail(error, FG_FAILED, "no memory for a tile of %zu cells; fewer threads need less",
                       shared->tiling->rows * columns);
    worker->r = worker->memory;
    worker->row =
        (struct fg_node_row){.x = worker->r + columns,
                             .values = worker->r + 2 * columns,
                             .scale = worker->r + 2 * columns + lines,
                             .panel_end = (size_t *)(worker->r + 2 * columns + lines + FG_N_SCALES * panels)};
    for (size_t s = 0; s < n_data; s++)
        worker->summary[s].min_loss = INFINITY;
    return FG_OK;
}

static void sweep_worker_free(struct worker *worker)
{
    fg_tile_room_free(&worker->room);
    free(worker->memory);
    free(worker->summary);
}

/* Returns `cells` with only the fields in `fields`. */
static struct fg_cells only_wanted(const struct fg_cells *cells, fg_field_set fields)
{
    struct fg_cells wanted = *cells;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        if (!(fields & 1u << f))
            wanted.field[f] = NULL;
    }
    for (int f = FG_N_REAL_FIELDS; f < FG_N_FIELDS; f++) {
        if (!(fields & 1u << f))
            wanted.flag[FG_FLAG(f)] = NULL;
    }
    return wanted;
}

/* Sets r and its panels for the columns of a tile, unless the last tile had the same columns. */
static void find_columns(struct worker *worker, const struct fg_problem *problem,
                         const struct fg_node_table *table, const struct fg_tile *tile)
{
    if (worker->columns_of == table && worker->j0 == tile->j0 && worker->columns == tile->columns)
        return;
    for (size_t j = 0; j < tile->columns; j++)
        worker->r[j] = fg_axis_value(&problem->setup->grid.r, tile->j0 + j);
    fg_node_table_columns(table, worker->r, tile->columns, &worker->row);
    worker->columns_of = table;
    worker->j0 = tile->j0;
    worker->columns = tile->columns;
}

static void fill_tile(struct worker *worker, const struct fg_problem *problem,
                      const struct fg_node_table *table, const struct fg_tile *tile,
                      const struct fg_cells *values, struct fg_summary *found)
{
    find_columns(worker, problem, table, tile);
    for (size_t row = 0; row < tile->rows; row++) {
        struct fg_cells cells = fg_cells_from(values, row * tile->columns);
        size_t i = tile->i0 + row;
        if (table->lines > 0)
            found->direct_fallback_cells += fg_node_table_evaluate(
                table, &worker->row, i, tile->i0 + tile->rows, tile->j0, worker->r, tile->columns, &cells);
        else
            fg_cells_evaluate(problem->kernel, &problem->samples[table->data], &table->params,
                              fg_axis_value(&problem->setup->grid.phi, i), worker->r, tile->columns, &cells);
        fg_summary_add_row(found, problem->kernel, i, tile->j0, tile->columns, &cells);
    }
}

static void notify_watcher(const struct shared *shared)
{
    const struct fg_watcher *watcher = shared->failure.watcher;
    if (watcher && watcher->tell)
        watcher->tell(watcher->context, shared->done, shared->cells);
}

/* Reports progress to the watcher. Assumes that every process of a team is as fast as this one, and leaves
 * the last cell out until all processes have finished. */
static void note_progress(struct shared *shared, const struct fg_tile *tile)
{
    const uint64_t size = (uint64_t)fg_team_size(shared->problem->team);
    const uint64_t cells = fg_tile_cells(tile) * size, most = shared->cells - (size > 1);
#pragma omp critical(fg_sweep)
    {
        shared->done = shared->done + cells < most ? shared->done + cells : most;
        notify_watcher(shared);
    }
}

/* Returns whether all processes go on: a failure or a stop of one process stops all. One thread calls this
 * function while the others wait. */
static bool go_on(struct shared *shared)
{
    struct fg_first_failure *failure = &shared->failure;
    failure->status =
        (int)fg_team_agree(shared->problem->team, (enum fg_status)failure->status, &failure->error);
    return failure->status == FG_OK;
}

/* --- remaining work --- */

/* If the sink has tile t already, marks it as finished and adds its summary. */
static void look_for_tile(struct worker *worker, struct shared *shared, size_t s, size_t t)
{
    struct fg_tile tile = fg_tiling_at(shared->tiling, t);
    struct fg_cells room = fg_tile_room_cells(&worker->room, shared->tiling, &tile);
    struct fg_summary found = {0};
    room = only_wanted(&room, shared->problem->setup->fields);
    if (!shared->sink->has(shared->sink->context, s, &tile, &room, &found))
        return;
    shared->skip[s * shared->tiling->n + t] = HAD;
    fg_summary_merge(&worker->summary[s], &found);
}

/* Finds the tiles that the sink has already. All threads call this function; each process looks at a part of
 * the tiles. */
static void look_for_tiles(struct worker *worker, struct shared *shared)
{
    const struct fg_team *team = shared->problem->team;
    const size_t tiles = shared->problem->setup->n_data * shared->tiling->n;
    if (!shared->sink || !shared->sink->has)
        return;
    const size_t first = fg_team_first(team, tiles, fg_team_rank(team));
    const size_t end = fg_team_first(team, tiles, fg_team_rank(team) + 1);
#pragma omp for schedule(dynamic, 1)
    for (size_t k = first; k < end; k++) {
        if (!fg_first_failure_is_over(&shared->failure))
            look_for_tile(worker, shared, k / shared->tiling->n, k % shared->tiling->n);
    }
}

/* Gathers what each process has found in its part of the tiles, and counts the cells of tiles that the sink
 * has. */
static void share_had(struct shared *shared)
{
    const size_t tiles = shared->problem->setup->n_data * shared->tiling->n;
    if (!shared->skip)
        return;
    fg_team_allgather(shared->problem->team, shared->skip, tiles, sizeof *shared->skip);
    for (size_t k = 0; k < tiles; k++) {
        struct fg_tile tile = fg_tiling_at(shared->tiling, k % shared->tiling->n);
        shared->done += shared->skip[k] == HAD ? fg_tile_cells(&tile) : 0;
    }
}

static bool is_left(const struct shared *shared, size_t s, size_t t)
{
    return !shared->skip || shared->skip[s * shared->tiling->n + t] == 0;
}

/* Counts the tiles from `first` up to but not including `end` that remain to be computed. */
static size_t count_left(const struct shared *shared, size_t s, size_t first, size_t end)
{
    size_t left = 0;
    for (size_t t = first; t < end; t++)
        left += is_left(shared, s, t);
    return left;
}

/* Divides the `left` tiles among the processes, in runs of neighbours. Runs are long, because processes that
 * write into the same block of the file, of values or of marks, wait for each other. Each process has several
 * runs, because the cells of one part of the grid may take longer than others. */
static void divide(struct shared *shared, size_t s, size_t first, size_t end, size_t left)
{
    enum { RUNS = 32 };
    const struct fg_team *team = shared->problem->team;
    const size_t size = (size_t)fg_team_size(team), run = (left + size * RUNS - 1) / (size * RUNS);
    size_t number = 0;
    for (size_t t = first; t < end && size > 1; t++) {
        if (is_left(shared, s, t) && number++ / run % size != (size_t)fg_team_rank(team))
            shared->skip[s * shared->tiling->n + t] = OF_OTHERS;
    }
}

/* --- computing --- */

/* Returns whether all of n cells are computed. */
static bool is_complete(const struct fg_cells *cells, size_t n)
{
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
        if (cells->flag[f] && memchr(cells->flag[f], FG_NOT_COMPUTED, n))
            return false;
    }
    return true;
}

/* Computes tile `t` of the table's data set and passes it to the sink. Leaves the tile out if it needs
 * samples that this process lacks. */
static void do_tile(struct worker *worker, struct shared *shared, const struct fg_node_table *table, size_t t)
{
    const struct fg_problem *problem = shared->problem;
    struct fg_tile tile = fg_tiling_at(shared->tiling, t);
    const struct fg_cells values = fg_tile_room_cells(&worker->room, shared->tiling, &tile);
    struct fg_summary found = {.min_loss = INFINITY};
    fill_tile(worker, problem, table, &tile, &values, &found);
    if (!shared->samples->everywhere[table->data] && !is_complete(&values, fg_tile_cells(&tile)))
        return;
    if (shared->sink) {
        struct fg_cells wanted = only_wanted(&values, problem->setup->fields);
        struct fg_error error;
        enum fg_status status =
            shared->sink->put(shared->sink->context, table->data, &tile, &wanted, &found, &error);
        if (status != FG_OK) {
            fg_first_failure_note(&shared->failure, status, &error);
            return;
        }
    }
    fg_summary_merge(&worker->summary[table->data], &found);
    if (shared->skip)
        shared->skip[table->data * shared->tiling->n + t] = HAD;
    note_progress(shared, &tile);
}

/* Computes the remaining tiles of a band. All threads call this function. */
static void do_tiles(struct worker *worker, struct shared *shared, const struct fg_node_table *table,
                     size_t first, size_t end)
{
#pragma omp for schedule(dynamic, 1)
    for (size_t t = first; t < end; t++) {
        if (is_left(shared, table->data, t) && !fg_first_failure_is_over(&shared->failure))
            do_tile(worker, shared, table, t);
    }
}

/* Sends the samples that sources replace to all processes if any process has left out a tile that needs them.
 * Returns whether it sent them. One thread calls this function while the others wait. */
static bool fetch_samples(struct shared *shared, size_t s, size_t first, size_t end)
{
    const struct fg_team *team = shared->problem->team;
    struct fg_error error;
    if (shared->samples->everywhere[s] || !go_on(shared) ||
        team->allreduce_max(team->context, count_left(shared, s, first, end)) == 0)
        return false;
    const enum fg_status status = fg_team_samples_fetch(shared->samples, s, &error);
    if (status != FG_OK)
        fg_first_failure_note(&shared->failure, status, &error);
    return status == FG_OK;
}

/* Computes the nodes of a band. Each process fills its part of the lines, then all processes get all lines.
 * All threads call this function. */
static void fill_band(struct shared *shared, struct fg_node_table *table)
{
    const struct fg_team *team = shared->problem->team;
    const size_t first = fg_team_first(team, table->lines, fg_team_rank(team));
    const size_t end = fg_team_first(team, table->lines, fg_team_rank(team) + 1);
#pragma omp for schedule(dynamic, 1)
    for (size_t k = first; k < end; k++) {
        if (!fg_first_failure_is_over(&shared->failure))
            fg_node_table_fill(table, k);
    }
#pragma omp single
    if (go_on(shared) && table->lines > 0) {
        fg_team_allgather(team, table->values, table->lines, table->line * sizeof *table->values);
        fg_team_allgather(team, table->scale, table->lines, table->scales * sizeof *table->scale);
    }
}

/* Computes all tiles of one data set, band by band: the nodes of a band, then its tiles. Skips bands without
 * remaining tiles. All threads call this function. */
static void do_data_set(struct worker *worker, struct shared *shared, struct fg_node_table *table)
{
#pragma omp single
    {
        struct fg_error error;
        enum fg_status status = fg_node_table_allocate(table, &error);
        if (status != FG_OK)
            fg_first_failure_note(&shared->failure, status, &error);
    }
    for (size_t first = 0, end = 0; first < shared->tiling->n; first = end) {
        size_t left;
#pragma omp single copyprivate(end, left)
        {
            end = fg_node_table_move(table, first);
            left = count_left(shared, table->data, first, end);
            divide(shared, table->data, first, end, left);
        }
        if (left == 0)
            continue;
        fill_band(shared, table);
        do_tiles(worker, shared, table, first, end);
        bool fetched;
#pragma omp single copyprivate(fetched)
        fetched = fetch_samples(shared, table->data, first, end);
        if (fetched)
            do_tiles(worker, shared, table, first, end);
    }
#pragma omp single
    fg_node_table_free(table);
}

static void run_worker(struct shared *shared, struct fg_summary *summary)
{
    struct worker worker;
    struct fg_error error;
    enum fg_status status = sweep_worker_init(&worker, shared, &error);
    if (status != FG_OK)
        fg_first_failure_note(&shared->failure, status, &error);
#pragma omp barrier
    look_for_tiles(&worker, shared);
    bool begun;
#pragma omp single copyprivate(begun)
    {
        begun = go_on(shared);
        if (begun)
            share_had(shared);
    }
    for (size_t s = 0; s < shared->problem->setup->n_data && begun; s++)
        do_data_set(&worker, shared, &shared->tables[s]);
#pragma omp critical(fg_sweep)
    for (size_t s = 0; summary && worker.summary && s < shared->problem->setup->n_data; s++)
        fg_summary_merge(&summary[s], &worker.summary[s]);
    sweep_worker_free(&worker);
}

/* Plans the node tables. Returns false if memory runs out. */
static bool plan_tables(struct shared *shared)
{
    size_t n_data = shared->problem->setup->n_data;
    shared->tables = calloc(n_data, sizeof *shared->tables);
    for (size_t s = 0; shared->tables && s < n_data; s++)
        fg_node_table_plan(&shared->tables[s], shared->problem, s);
    return shared->tables != NULL;
}

/* Adds the summaries of the other processes of the team. */
static void add_others(const struct fg_problem *problem, struct fg_summary *summary)
{
    const struct fg_team *team = problem->team;
    for (size_t s = 0; s < problem->setup->n_data && team; s++) {
        const struct fg_summary mine = summary[s];
        for (int q = 0; q < team->size; q++) {
            struct fg_summary told = mine;
            team->broadcast(team->context, q, &told, sizeof told);
            if (q != team->rank)
                fg_summary_merge(&summary[s], &told);
        }
    }
}

/* Sweeps with the samples or sources that this process has received. */
static enum fg_status sweep_samples(const struct fg_problem *problem, struct fg_team_samples *samples,
                                    int threads, const struct fg_sink *sink, const struct fg_watcher *watcher,
                                    struct fg_summary *summary, struct fg_error *error)
{
    struct shared shared = {.problem = problem,
                            .samples = samples,
                            .sink = sink,
                            .tiling = &problem->setup->grid.tiling,
                            .cells = fg_setup_cells(problem->setup),
                            .failure = {.watcher = watcher}};
    struct fg_error none;
    const bool some = (sink && sink->has) ||
                      fg_team_size(problem->team) > 1; /* not all tiles are computed by this process */
    bool planned = plan_tables(&shared);
    if (some)
        shared.skip = calloc(problem->setup->n_data, shared.tiling->n);
    if (!planned || (some && !shared.skip))
        fg_first_failure_note(
            &shared.failure, fg_fail(&none, FG_FAILED, "no memory for a list of %zu tiles", shared.tiling->n),
            &none);
    if (go_on(&shared)) {
        for (size_t s = 0; summary && s < problem->setup->n_data; s++)
            summary[s] = (struct fg_summary){.plan = shared.tables[s].plan, .min_loss = INFINITY};
#pragma omp parallel num_threads(threads)
        run_worker(&shared, summary);
        if (go_on(&shared) && summary)
            add_others(problem, summary);
    }
    if (shared.failure.status == FG_OK && shared.done < shared.cells) {
        shared.done = shared.cells;
        notify_watcher(&shared);
    }
    free(shared.tables);
    free(shared.skip);
    return fg_first_failure_end(&shared.failure, error);
}

enum fg_status fg_sweep(const struct fg_problem *problem, int threads, const struct fg_sink *sink,
                        const struct fg_watcher *watcher, struct fg_summary *summary, struct fg_error *error)
{
    struct fg_problem own = *problem;
    struct fg_team_samples samples;
    enum fg_status status =
        fg_team_samples_init(&samples, problem->samples, problem->setup->n_data, problem->team, error);
    own.samples = samples.summed;
    if (status == FG_OK)
        status = sweep_samples(&own, &samples, threads, sink, watcher, summary, error);
    fg_team_samples_free(&samples);
    return status;
}

uint64_t fg_sweep_memory(const struct fg_problem *problem, int threads)
{
    struct shared shared = {.problem = problem, .tiling = &problem->setup->grid.tiling};
    double table = 0; /* only one table is in memory at a time */
    if (!plan_tables(&shared))
        return 0;
    for (size_t s = 0; s < problem->setup->n_data; s++)
        table = fmax(table, fg_node_table_bytes(&shared.tables[s]));
    uint64_t bytes = (uint64_t)threads * (worker_bytes(&shared) +
                                          fg_tile_room_bytes(shared.tiling, computed_fields(&shared))) +
                     (uint64_t)table;
    free(shared.tables);
    return bytes;
}
