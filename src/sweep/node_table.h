/* The node table of one data set: moments at nodes, for one band of rows of the grid at a time. */
#ifndef FISHERGRID_NODE_TABLE_H
#define FISHERGRID_NODE_TABLE_H

#include "chebyshev.h"
#include "fishergrid/nodes.h"
#include "fishergrid/sweep.h"

/* The table. A line of it belongs to one phi: a node, or a row of the grid if phi has no nodes. If r has
 * nodes, a line holds coefficients of powers, [r panel][moments][FG_ORDER_R]; otherwise it holds moments,
 * [moments][n_r]. */
struct fg_node_table {
    struct fg_node_plan plan;
    struct fg_panels phi, r;
    const struct fg_problem *problem;
    const struct fg_grid *grid;
    size_t data;                    /* index of the data set */
    struct fg_kernel_params params; /* parameters of its kernel */
    size_t line;                    /* number of doubles of a line */
    size_t panel_scales;            /* number of scales of an r panel: FG_N_SCALES, or only the first */
    size_t scales;                  /* number of scales of a line: those of all r panels; without nodes along
                                     * r, those of n_r cells of sources, of samples 0 */
    size_t capacity;                /* number of lines that fit into memory */
    size_t first_line, lines;       /* first line of the band, numbered along phi; number of lines */
    double *values;                 /* [capacity, line] */
    double *scale; /* [capacity, r panels, panel_scales] enum fg_scale of each r panel of a line; or
                    * [capacity, panel_scales, n_r] of each cell, of sources */
};

/* Plans the table of data set `data`, without allocating memory. For the direct method it has no lines. */
void fg_node_table_plan(struct fg_node_table *table, const struct fg_problem *problem, size_t data);

/* Returns the number of bytes that fg_node_table_allocate will allocate. */
double fg_node_table_bytes(const struct fg_node_table *table);

/* Allocates memory for the bands. Free it with fg_node_table_free, which may be called at any time.
 * Errors: FG_FAILED if memory runs out. */
enum fg_status fg_node_table_allocate(struct fg_node_table *table, struct fg_error *error);
void fg_node_table_free(struct fg_node_table *table);

/* Moves the band so that it begins at tile `first`. Returns the tile after its last. */
size_t fg_node_table_move(struct fg_node_table *table, size_t first);

/* Sums the moments of line k, 0 <= k < table->lines. Several threads may fill lines at the same time. */
void fg_node_table_fill(struct fg_node_table *table, size_t k);

/* The position of a tile's columns in the panels of r, and a buffer for rows between the table and the cells.
 * Each thread has one. */
struct fg_node_row {
    double *values;            /* [FG_ROWS_AT_ONCE, line] */
    double *scale;             /* [r panels, panel_scales] */
    double *x;                 /* [columns] positions of the cells in their panels */
    size_t first_panel;        /* panel of the first column of the tile */
    size_t panels;             /* number of panels that have columns of the tile */
    size_t *panel_end;         /* [r panels] column after the last of panel first_panel + k; the last is n */
    size_t first_row, rows;    /* rows whose polynomials have been interpolated */
    const double *polynomials; /* [rows, panels] of these rows: in `values` or in the table */
};

/* Finds the panels of the columns r[0..n-1] of a tile. */
void fg_node_table_columns(const struct fg_node_table *table, const double *r, size_t n,
                           struct fg_node_row *row);

/* Computes the fields of the cells (i, j0..j0+n-1), for whose r[0..n-1] fg_node_table_columns has filled
 * `row`. Calls for the rows up to `end` follow. Returns the number of cells that had to be summed directly.
 */
size_t fg_node_table_evaluate(const struct fg_node_table *table, struct fg_node_row *row, size_t i,
                              size_t end, size_t j0, const double *r, size_t n, const struct fg_cells *cells);

#endif
