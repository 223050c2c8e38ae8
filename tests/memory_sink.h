/* A sweep whose cells stay in memory. */
#ifndef FISHERGRID_MEMORY_SINK_H
#define FISHERGRID_MEMORY_SINK_H

#include "check.h"

#include "fishergrid/sweep.h"

/* All cells of the data sets of a setup. */
struct swept {
    size_t n_phi, n_r, n_data;
    struct fg_cells cells; /* [n_data, n_phi, n_r] of each field */
};

static inline size_t cell_at(const struct swept *swept, size_t data, size_t i, size_t j)
{
    return (data * swept->n_phi + i) * swept->n_r + j;
}

static inline size_t count_cells(const struct swept *swept)
{
    return cell_at(swept, swept->n_data, 0, 0);
}

/* The `put` of the sink. */
static inline enum fg_status put_in_memory(void *context, size_t data, const struct fg_tile *tile,
                                           const struct fg_cells *cells, const struct fg_summary *found,
                                           struct fg_error *error)
{
    struct swept *swept = context;
    (void)found, (void)error;
    for (size_t row = 0; row < tile->rows; row++) {
        size_t to = cell_at(swept, data, tile->i0 + row, tile->j0), from = row * tile->columns;
        for (int f = 0; f < FG_N_FIELDS; f++) {
            const size_t bytes = fg_field_bytes((enum fg_field)f);
            const char *values = fg_cells_values(cells, (enum fg_field)f);
            if (values)
                memcpy((char *)fg_cells_values(&swept->cells, (enum fg_field)f) + to * bytes,
                       values + from * bytes, tile->columns * bytes);
        }
    }
    return FG_OK;
}

/* Sweeps a problem; fields that it does not want stay 0. Free with free_swept. */
static inline struct swept sweep_into_memory(const struct fg_problem *problem, int threads,
                                             struct fg_summary *summary)
{
    const struct fg_setup *setup = problem->setup;
    struct swept swept = {.n_phi = setup->grid.phi.n, .n_r = setup->grid.r.n, .n_data = setup->n_data};
    struct fg_sink sink = {.put = put_in_memory, .context = &swept};
    struct fg_error error;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        swept.cells.field[f] = calloc(count_cells(&swept), sizeof(double));
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        swept.cells.flag[f] = calloc(count_cells(&swept), 1);
    if (fg_sweep(problem, threads, &sink, NULL, summary, &error) != FG_OK)
        fail_msg("%s", error.text);
    return swept;
}

static inline void free_swept(struct swept *swept)
{
    for (int f = 0; f < FG_N_FIELDS; f++)
        free(fg_cells_values(&swept->cells, (enum fg_field)f));
}

static inline void assert_same_bytes(const struct swept *a, const struct swept *b)
{
    assert_int_equal(count_cells(a), count_cells(b));
    for (int f = 0; f < FG_N_FIELDS; f++)
        assert_memory_equal(fg_cells_values(&a->cells, (enum fg_field)f),
                            fg_cells_values(&b->cells, (enum fg_field)f),
                            count_cells(a) * fg_field_bytes((enum fg_field)f));
}

/* Cuts the grid of a setup anew, which works. */
static inline void cut(struct fg_setup *setup, size_t tile_cells)
{
    struct fg_error error;
    setup->tile_cells = tile_cells;
    if (fg_setup_cut(setup, &error) != FG_OK)
        fail_msg("%s", error.text);
}

#endif
