/* The node table of one data set: moments at nodes, for a band of rows of the grid at a time. */
#ifndef FISHERGRID_NODE_TABLE_H
#define FISHERGRID_NODE_TABLE_H

#include "chebyshev.h"
#include "fishergrid/nodes.h"
#include "fishergrid/sweep.h"

/* A line of the table belongs to one phi: a node, or a row of the grid where phi has no nodes. It holds, over
 * nodes in r, [r panel][6 moments][FG_ORDER_R] coefficients of powers; over cells in r, [6 moments][n_r]
 * moments. */
struct fg_node_table {
    struct fg_node_plan plan;
    struct fg_panels phi, r;
    const struct fg_problem *problem;
    const struct fg_grid *grid;
    size_t data;              /* which data set */
    struct fg_recipe recipe;  /* of that */
    size_t line;              /* doubles of a line */
    size_t scales;            /* scales of a line: r panels, or 0 */
    size_t capacity;          /* lines there is room for */
    size_t first_line, lines; /* lines of the present band, by their number along phi */
    double *values;           /* [capacity, line] */
    double *w2_scale;         /* [capacity, scales] largest W2 of each r panel of a line */
};

/* Plans the table of data set `data`, without memory; no lines for the direct method. */
void fg_node_table_plan(struct fg_node_table *table, const struct fg_problem *problem, size_t data);

/* Bytes that fg_node_table_allocate will ask for. */
double fg_node_table_bytes(const struct fg_node_table *table);

/* Room for the bands; given back by fg_node_table_free, which may be called at any time. No memory:
 * FG_FAILED.
 */
enum fg_status fg_node_table_allocate(struct fg_node_table *table, struct fg_error *error);
void fg_node_table_free(struct fg_node_table *table);

/* Moves the band to begin at tile `first`; returns the tile behind its last. */
size_t fg_node_table_move(struct fg_node_table *table, size_t first);

/* Sums the moments of line k of 0..table->lines-1. Lines may be filled by several threads at once. */
void fg_node_table_fill(struct fg_node_table *table, size_t k);

/* Where the columns of a tile lie among the panels of r, and room for one row on its way from the table to
 * the cells; one a thread. */
struct fg_node_row {
    double *values;     /* [line] */
    double *x;          /* [columns] positions of the cells in their panels */
    size_t first_panel; /* panel of the first column */
    size_t *panel_end;  /* [r panels] column behind the last of panel first_panel + k; the last is n */
};

/* Finds the panels of the columns r[0..n-1] of a tile. */
void fg_node_table_columns(const struct fg_node_table *table, const double *r, size_t n,
                           struct fg_node_row *row);

/* Fields of the cells (i, j0..j0+n-1), whose r[0..n-1] have been found in `row`. Returns how many cells had
 * to be summed directly. */
size_t fg_node_table_evaluate(const struct fg_node_table *table, const struct fg_node_row *row, size_t i,
                              size_t j0, const double *r, size_t n, const struct fg_cells *cells);

#endif
