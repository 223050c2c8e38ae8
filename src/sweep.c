/* The sweep over all tiles of all data sets. Here, and nowhere else, threads meet: they share the list of
 * tiles, the sink, the count of finished cells and the first failure. */
#include "fishergrid/sweep.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What one thread works with: room for a tile, and what it has seen so far. */
struct worker {
    double *memory;
    double *r;                  /* [columns] */
    struct fg_cells cells;      /* room for a tile of every field */
    struct fg_summary *summary; /* [n_data] */
};

/* What all threads share. `done`, `status` and `error` are touched inside `omp critical` only. */
struct shared {
    const struct fg_problem *problem;
    const struct fg_sink *sink;
    const struct fg_watcher *watcher;
    struct fg_tiling tiling;
    uint64_t cells, done;
    enum fg_status status;
    struct fg_error *error;
};

/* Bytes of a worker: r, the real fields and the flags of a tile. */
static size_t worker_bytes(const struct fg_tiling *tiling)
{
    size_t cells = tiling->rows * tiling->columns;
    return tiling->columns * sizeof(double) + cells * (FG_N_REAL_FIELDS * sizeof(double) + 1);
}

static enum fg_status worker_init(struct worker *worker, const struct shared *shared, struct fg_error *error)
{
    size_t cells = shared->tiling.rows * shared->tiling.columns;
    size_t n_data = shared->problem->n_data;
    *worker = (struct worker){.memory = malloc(worker_bytes(&shared->tiling)),
                              .summary = calloc(n_data, sizeof *worker->summary)};
    if (!worker->memory || !worker->summary)
        return fg_fail(error, FG_FAILED, "no memory for a tile of %zu cells; fewer threads need less", cells);
    worker->r = worker->memory;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        worker->cells.field[f] = worker->r + shared->tiling.columns + (size_t)f * cells;
    worker->cells.flag = (unsigned char *)(worker->cells.field[FG_N_REAL_FIELDS - 1] + cells);
    for (size_t s = 0; s < n_data; s++)
        worker->summary[s].least_loss = INFINITY;
    return FG_OK;
}

static void worker_free(struct worker *worker)
{
    free(worker->memory);
    free(worker->summary);
}

/* Pointers to the cells from number `first` on. */
static struct fg_cells cells_from(const struct fg_cells *cells, size_t first)
{
    struct fg_cells part = {.flag = cells->flag + first};
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        part.field[f] = cells->field[f] ? cells->field[f] + first : NULL;
    return part;
}

/* `cells` without the fields nobody wants. */
static struct fg_cells only_wanted(const struct fg_cells *cells, fg_field_set fields)
{
    struct fg_cells wanted = *cells;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        if (!(fields & 1u << f))
            wanted.field[f] = NULL;
    }
    return wanted;
}

static void fill_tile(struct worker *worker, const struct fg_problem *problem, size_t data,
                      const struct fg_tile *tile)
{
    for (size_t j = 0; j < tile->columns; j++)
        worker->r[j] = fg_axis_value(&problem->r, tile->j0 + j);
    for (size_t row = 0; row < tile->rows; row++) {
        struct fg_cells cells = cells_from(&worker->cells, row * tile->columns);
        fg_cells_evaluate(problem->kernel, &problem->samples[data], &problem->recipes[data],
                          fg_axis_value(&problem->phi, tile->i0 + row), worker->r, tile->columns, &cells);
    }
}

/* Whether cell (i, j) comes before the cell of `summary` in the file. */
static bool comes_first(size_t i, size_t j, const struct fg_summary *summary)
{
    return i != summary->least_i ? i < summary->least_i : j < summary->least_j;
}

static void note_loss(struct fg_summary *summary, double loss, size_t i, size_t j)
{
    if (loss < summary->least_loss || (loss == summary->least_loss && comes_first(i, j, summary))) {
        summary->least_loss = loss;
        summary->least_i = i;
        summary->least_j = j;
    }
}

static void summarise_tile(struct fg_summary *summary, const struct fg_tile *tile,
                           const struct fg_cells *cells)
{
    size_t n = tile->rows * tile->columns, least = 0;
    const double *loss = cells->field[FG_LOSS];
    for (size_t k = 0; k < n; k++) {
        summary->flags[cells->flag[k]]++;
        if (loss[k] < loss[least])
            least = k;
    }
    note_loss(summary, loss[least], tile->i0 + least / tile->columns, tile->j0 + least % tile->columns);
}

static void merge_summary(struct fg_summary *into, const struct fg_summary *part)
{
    for (int flag = 0; flag < 4; flag++)
        into->flags[flag] += part->flags[flag];
    note_loss(into, part->least_loss, part->least_i, part->least_j);
}

/* Keeps the first failure. */
static void note_failure(struct shared *shared, enum fg_status status, const struct fg_error *error)
{
#pragma omp critical(fg_sweep)
    if (status != FG_OK && shared->status == FG_OK) {
        shared->status = status;
        if (shared->error)
            *shared->error = *error;
    }
}

static void note_progress(struct shared *shared, const struct fg_tile *tile)
{
#pragma omp critical(fg_sweep)
    {
        shared->done += (uint64_t)tile->rows * tile->columns;
        if (shared->watcher)
            shared->watcher->tell(shared->watcher->context, shared->done, shared->cells);
    }
}

static bool has_failed(struct shared *shared)
{
    bool failed;
#pragma omp critical(fg_sweep)
    failed = shared->status != FG_OK;
    return failed;
}

/* Computes tile `t` of all tiles of all data sets, and hands it on. */
static void do_tile(struct worker *worker, struct shared *shared, size_t t)
{
    const struct fg_problem *problem = shared->problem;
    size_t data = t / shared->tiling.n;
    struct fg_tile tile = fg_tiling_at(&shared->tiling, t % shared->tiling.n);
    fill_tile(worker, problem, data, &tile);
    summarise_tile(&worker->summary[data], &tile, &worker->cells);
    if (shared->sink) {
        struct fg_cells wanted = only_wanted(&worker->cells, problem->fields);
        struct fg_error error;
        enum fg_status status = shared->sink->put(shared->sink->context, data, &tile, &wanted, &error);
        if (status != FG_OK) {
            note_failure(shared, status, &error);
            return;
        }
    }
    note_progress(shared, &tile);
}

enum fg_status fg_sweep(const struct fg_problem *problem, int threads, const struct fg_sink *sink,
                        const struct fg_watcher *watcher, struct fg_summary *summary, struct fg_error *error)
{
    struct shared shared = {.problem = problem,
                            .sink = sink,
                            .watcher = watcher,
                            .tiling = fg_tiling(&problem->phi, &problem->r, problem->tile_cells),
                            .cells = (uint64_t)problem->phi.n * problem->r.n * problem->n_data,
                            .status = FG_OK,
                            .error = error};
    for (size_t s = 0; summary && s < problem->n_data; s++)
        summary[s] = (struct fg_summary){.least_loss = INFINITY};

#pragma omp parallel num_threads(threads)
    {
        struct worker worker;
        struct fg_error worker_error;
        note_failure(&shared, worker_init(&worker, &shared, &worker_error), &worker_error);
#pragma omp for schedule(dynamic, 1)
        for (size_t t = 0; t < shared.tiling.n * problem->n_data; t++) {
            if (!has_failed(&shared))
                do_tile(&worker, &shared, t);
        }
#pragma omp critical(fg_sweep)
        for (size_t s = 0; summary && worker.summary && s < problem->n_data; s++)
            merge_summary(&summary[s], &worker.summary[s]);
        worker_free(&worker);
    }
    return shared.status;
}

uint64_t fg_sweep_memory(const struct fg_problem *problem, int threads)
{
    struct fg_tiling tiling = fg_tiling(&problem->phi, &problem->r, problem->tile_cells);
    return (uint64_t)threads * worker_bytes(&tiling);
}
