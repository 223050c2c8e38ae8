#include "source_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chebyshev.h"

/* Number of samples in a stretch, a part of a box that is summed on its own. */
enum { STRETCH = 1 << 14 };

/* --- sums of a stretch --- */

/* Sums of T_a T_b over samples. `low` has the sums of the rounding errors in `high`. */
struct sums {
    double high[FG_SOURCE_ORDER][FG_SOURCE_ORDER], low[FG_SOURCE_ORDER][FG_SOURCE_ORDER];
};

/* Adds x to the sums, and the rounding errors to `low` (TwoSum, as in lanes_add). */
static void add_sums(struct sums *sums, const double *x)
{
    double *high = &sums->high[0][0], *low = &sums->low[0][0];
    for (size_t m = 0; m < (size_t)FG_SOURCE_ORDER * FG_SOURCE_ORDER; m++) {
        double sum = high[m] + x[m], part = sum - high[m];
        low[m] += (high[m] - (sum - part)) + (x[m] - part);
        high[m] = sum;
    }
}

/* Computes the sums over the samples first..end-1 of the order. */
static void sum_stretch(const struct order *order, const struct box *box, size_t first, size_t end,
                        const struct fg_kernel *kernel, struct sums *sums)
{
    const struct fg_samples *samples = order->samples;
    memset(sums, 0, sizeof *sums);
    for (size_t n; first < end; first += n) {
        double t0[FG_BLOCK], t1[FG_BLOCK], block[FG_SOURCE_ORDER][FG_SOURCE_ORDER] = {{0}};
        n = end - first < FG_BLOCK ? end - first : FG_BLOCK;
        for (size_t k = 0; k < n; k++) {
            t0[k] = fg_box_position(&box->side[0], samples->x0[order->at[first + k]]);
            t1[k] = fg_box_position(&box->side[1], samples->x1[order->at[first + k]]);
        }
        kernel->chebyshev_sums(t0, t1, n, box->side[0].nodes, box->side[1].nodes, block);
        add_sums(sums, &block[0][0]);
    }
}

/* --- cells ---
 *
 * In a box with many samples, most of the time would go into the polynomials of high degree. Such a box is
 * cut into cells, which need polynomials of degree below FG_CELL_ORDER only. T_a of the box is interpolated
 * in each cell, so the sums of the box follow from the sums of its cells. */

enum { CELL_SUMS = FG_CELL_ORDER * FG_CELL_ORDER };
/* Most half-width of a cell. nodes_of_side gives it FG_CELL_ORDER nodes. */
#define CELL_HALF 0.04
/* A box has cells if it has at least LEAST_NODES nodes, and TABLE_SAMPLES samples for each sum of its cells.
 * Then both sides are wide. Each stretch has that many samples too, so that tables take at most
 * 8 / TABLE_SAMPLES bytes a sample, and rounding errors do not grow with the samples: equal samples add up
 * errors of the same sign. */
enum { LEAST_NODES = 2 * CELL_SUMS, TABLE_SAMPLES = 4 };

/* Returns the number of cells along a side. */
static size_t cells_of_side(const struct side *side)
{
    return side->half > 0 ? (size_t)ceil(side->half / CELL_HALF) : 1;
}

/* Returns the number of sums of all cells of a box. */
static size_t table_size(const struct box *box)
{
    return cells_of_side(&box->side[0]) * cells_of_side(&box->side[1]) * CELL_SUMS;
}

/* Returns the number of tables of a box; 0 if it has no cells. */
static size_t tables_of(const struct box *box)
{
    return box->n_sources < LEAST_NODES ? 0 : box->n / TABLE_SAMPLES / table_size(box);
}

/* Computes the sums of the cells of a box over the samples first..end-1 of the order. */
static void sum_cells(const struct order *order, const struct box *box, size_t first, size_t end,
                      const struct fg_kernel *kernel, double *table)
{
    const struct fg_samples *samples = order->samples;
    const size_t cells[2] = {cells_of_side(&box->side[0]), cells_of_side(&box->side[1])};
    const double *const x[2] = {samples->x0, samples->x1};
    double width[2];
    for (int axis = 0; axis < 2; axis++)
        width[axis] = (double)cells[axis] / (2 * box->side[axis].half);
    memset(table, 0, table_size(box) * sizeof *table);
    for (size_t n; first < end; first += n) {
        double at[2][FG_BLOCK];
        n = end - first < FG_BLOCK ? end - first : FG_BLOCK;
        for (int axis = 0; axis < 2; axis++) {
            const double centre = box->side[axis].centre, middle = (double)cells[axis] / 2;
            for (size_t k = 0; k < n; k++)
                at[axis][k] = (x[axis][order->at[first + k]] - centre) * width[axis] + middle;
        }
        kernel->cell_sums(at[0], at[1], n, cells, table);
    }
}

/* Fills degree[A][c][a] with the coefficients of T_A of a side in T_a of its cells. */
static void expand_in_cells(const struct side *side, size_t cells, double *degree)
{
    const struct fg_panels panels = fg_panels_over(-1, 1, 1 / (double)cells, FG_CELL_ORDER);
    memset(degree, 0, side->nodes * cells * FG_CELL_ORDER * sizeof *degree);
    for (size_t c = 0; c < cells; c++) {
        for (size_t i = 0; i < FG_CELL_ORDER; i++) {
            const double x = fg_panels_node(&panels, c, i);
            double T = 1, before = x;
            for (size_t A = 0; A < side->nodes; A++) {
                double *of = degree + (A * cells + c) * FG_CELL_ORDER;
                for (size_t a = 0; a < FG_CELL_ORDER; a++)
                    of[a] += (a == 0 ? 1.0 : 2.0) / FG_CELL_ORDER * panels.T[i][a] * T;
                const double next = 2 * x * T - before;
                before = T;
                T = next;
            }
        }
    }
}

/* Computes the sums of a box from the sums of its cells. */
static bool sum_box(const struct box *box, const double *table, struct sums *sums)
{
    const size_t n0 = box->side[0].nodes, n1 = box->side[1].nodes;
    const size_t cells0 = cells_of_side(&box->side[0]), cells1 = cells_of_side(&box->side[1]);
    const size_t long1 = cells1 * FG_CELL_ORDER;
    double *degree0 = malloc((n0 * cells0 * FG_CELL_ORDER + (n1 + 1) * long1) * sizeof *degree0);
    if (!degree0)
        return false;
    double *degree1 = degree0 + n0 * cells0 * FG_CELL_ORDER, *line = degree1 + n1 * long1;
    expand_in_cells(&box->side[0], cells0, degree0);
    expand_in_cells(&box->side[1], cells1, degree1);
    memset(sums, 0, sizeof *sums);
    for (size_t A = 0; A < n0; A++) {
        memset(line, 0, long1 * sizeof *line); /* [c1][b] the sum over the first axis */
        for (size_t c0 = 0; c0 < cells0; c0++) {
            const double *of = degree0 + (A * cells0 + c0) * FG_CELL_ORDER;
            for (size_t c1 = 0; c1 < cells1; c1++) {
                const double *cell = table + (c0 * cells1 + c1) * CELL_SUMS;
                for (size_t a = 0; a < FG_CELL_ORDER; a++) {
                    for (size_t b = 0; b < FG_CELL_ORDER; b++)
                        line[c1 * FG_CELL_ORDER + b] += of[a] * cell[a * FG_CELL_ORDER + b];
                }
            }
        }
        for (size_t B = 0; B < n1; B++) {
            for (size_t k = 0; k < long1; k++)
                sums->high[A][B] += degree1[B * long1 + k] * line[k];
        }
    }
    free(degree0);
    return true;
}

/* --- weights of a box --- */

/* Stores the samples of a box as its sources. */
static void keep_samples(const struct order *order, const struct box *box, const struct filling *to,
                         size_t source)
{
    for (size_t k = 0; k < box->n; k++) {
        const uint32_t sample = order->at[box->first + k];
        to->x0[source + k] = order->samples->x0[sample];
        to->x1[source + k] = order->samples->x1[sample];
        to->o0[source + k] = to->o1[source + k] = 0;
        to->weight[source + k] = 1;
    }
}

/* Stores the sources at the nodes of a box. With l_i = (1 + 2 sum_a T_a(x_i) T_a) / n along each axis (see
 * chebyshev.h), the weight W_ij is the sum over a and b of c_a T_a(x_i) c_b T_b(x_j) S_ab / (n0 n1), where
 * c_0 = 1 and the other c are 2. */
static void place_nodes(const struct box *box, const struct sums *sums, const struct filling *to,
                        size_t source)
{
    const size_t n0 = box->side[0].nodes, n1 = box->side[1].nodes;
    const struct fg_panels along0 = fg_panels_over(-1, 1, 1, n0), along1 = fg_panels_over(-1, 1, 1, n1);
    for (size_t i = 0; i < n0; i++) {
        double of_row[FG_SOURCE_ORDER] = {0}; /* [b] the sum over a */
        for (size_t b = 0; b < n1; b++) {
            for (size_t a = n0; a-- > 0;)
                of_row[b] += (a == 0 ? 1 : 2) * along0.T[i][a] * (sums->high[a][b] + sums->low[a][b]);
        }
        for (size_t j = 0; j < n1; j++, source++) {
            double weight = 0;
            for (size_t b = n1; b-- > 0;)
                weight += (b == 0 ? 1 : 2) * along1.T[j][b] * of_row[b];
            to->weight[source] = weight / (double)(n0 * n1);
            to->x0[source] = box->side[0].centre;
            to->x1[source] = box->side[1].centre;
            to->o0[source] = n0 > 1 ? box->side[0].half * along0.node[i] : 0;
            to->o1[source] = n1 > 1 ? box->side[1].half * along1.node[j] : 0;
        }
    }
}

/* A stretch of a box, and room for its sums: struct sums, or a table of cells. */
struct piece {
    const struct box *box;
    size_t first, end;
    double *sums;
};

/* Returns the length of the stretches of a box; 0 if it keeps its samples. */
static size_t stretch_of(const struct box *box)
{
    const size_t tables = tables_of(box);
    return box->n_sources == box->n ? 0 : tables > 0 ? (box->n + tables - 1) / tables : STRETCH;
}

static size_t stretches_of(const struct box *box)
{
    const size_t stretch = stretch_of(box);
    return stretch == 0 ? 0 : (box->n + stretch - 1) / stretch;
}

/* Returns the number of doubles of the sums of a stretch. */
static size_t sums_size(const struct box *box)
{
    return tables_of(box) > 0 ? table_size(box) : sizeof(struct sums) / sizeof(double);
}

/* Lists the stretches of all boxes, and divides the memory among them. */
static void list_pieces(const struct boxes *boxes, double *memory, struct piece *piece)
{
    for (size_t b = 0; b < boxes->n; b++) {
        const struct box *box = &boxes->of[b];
        const size_t stretch = stretch_of(box), end = box->first + box->n;
        for (size_t s = 0; s < stretches_of(box); s++, memory += sums_size(box)) {
            const size_t first = box->first + s * stretch;
            *piece++ = (struct piece){box, first, end - first < stretch ? end : first + stretch, memory};
        }
    }
}

static void sum_piece(const struct order *order, const struct piece *piece, const struct fg_kernel *kernel)
{
    if (tables_of(piece->box) > 0)
        sum_cells(order, piece->box, piece->first, piece->end, kernel, piece->sums);
    else
        sum_stretch(order, piece->box, piece->first, piece->end, kernel, (struct sums *)piece->sums);
}

/* Stores the sums of a box in `all`. Adds the sums of its stretches to those of the first. Returns false if
 * memory runs out. */
static bool join_stretches(const struct box *box, const struct piece *piece, struct sums *all)
{
    const size_t stretches = stretches_of(box);
    if (tables_of(box) > 0) {
        for (size_t s = 1; s < stretches; s++) {
            for (size_t m = 0; m < table_size(box); m++)
                piece[0].sums[m] += piece[s].sums[m];
        }
        return sum_box(box, piece[0].sums, all);
    }
    *all = *(const struct sums *)piece[0].sums;
    for (size_t s = 1; s < stretches; s++) {
        const struct sums *more = (const struct sums *)piece[s].sums;
        add_sums(all, &more->high[0][0]);
        add_sums(all, &more->low[0][0]);
    }
    return true;
}

/* Stores the sources of all boxes, from the sums of all stretches. Returns false if memory runs out. */
static bool place_sources(const struct order *order, const struct boxes *boxes, const struct piece *piece,
                          const struct filling *to)
{
    size_t source = 0;
    bool good = true;
    for (size_t b = 0; b < boxes->n && good; source += boxes->of[b++].n_sources) {
        const struct box *box = &boxes->of[b];
        const size_t stretches = stretches_of(box);
        struct sums sums;
        if (stretches == 0) {
            keep_samples(order, box, to, source);
            continue;
        }
        good = join_stretches(box, piece, &sums);
        if (good)
            place_nodes(box, &sums, to, source);
        piece += stretches;
    }
    return good;
}

bool fg_sources_fill(const struct order *order, const struct boxes *boxes, const struct fg_kernel *kernel,
                     int threads, const struct filling *to)
{
    size_t n = 0, doubles = 0;
    for (size_t b = 0; b < boxes->n; b++) {
        n += stretches_of(&boxes->of[b]);
        doubles += stretches_of(&boxes->of[b]) * sums_size(&boxes->of[b]);
    }
    struct piece *pieces = malloc((n + 1) * sizeof *pieces);
    double *memory = malloc((doubles + 1) * sizeof *memory);
    bool good = pieces && memory;
    if (good) {
        list_pieces(boxes, memory, pieces);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (size_t p = 0; p < n; p++)
            sum_piece(order, &pieces[p], kernel);
        good = place_sources(order, boxes, pieces, to);
    }
    free(pieces);
    free(memory);
    return good;
}
