/* Node tables: decides where nodes save work, fills the tables, and evaluates rows of cells from nodes. */
#include "fishergrid/nodes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node_table.h"
#include "recompute_list.h"

/* t = (distance of the poles) / (half-width of a panel), see fishergrid/nodes.h. */
#define T_R 6.28
#define T_PHI 2.45
#define HALF_PHI_MAX 1.0

/* Maximum size of a band: this many doubles (64 MiB), and this many sums of a sample at a node (4 minutes of
 * a core). The file does not keep nodes, so a sweep that is stopped loses the nodes of the current band. */
#define BAND_DOUBLES ((size_t)1 << 23)
#define BAND_SUMS 0x1p38

static struct fg_panels panels_of_phi(const struct fg_samples *samples, const struct fg_axis *phi)
{
    double half = fmin(HALF_PHI_MAX, asinh(acos(-1) / samples->radius) / T_PHI);
    return fg_panels_over(phi->low, phi->high, half, FG_ORDER_PHI);
}

static struct fg_panels panels_of_r(const struct fg_axis *r)
{
    return fg_panels_over(r->low, r->high, acos(-1) / T_R, FG_ORDER_R);
}

/* Returns the number of doubles of a line of `columns` nodes or cells that the plan counts: the moments of
 * the exercise only. Then the plan, and with it the bits of a field, do not depend on the other fields. */
static size_t line_of(size_t columns)
{
    return FG_N_EXERCISE_MOMENTS * columns;
}

struct fg_node_plan fg_node_plan(const struct fg_samples *samples, const struct fg_axis *phi,
                                 const struct fg_axis *r, enum fg_method method)
{
    struct fg_node_plan plan = {0};
    struct fg_panels of_phi = panels_of_phi(samples, phi), of_r = panels_of_r(r);
    if (method == FG_DIRECT)
        return plan;
    plan.over_r = method == FG_CHEBYSHEV || of_r.n < fg_axis_whole(r).n / FG_ORDER_R;
    plan.over_phi = method == FG_CHEBYSHEV || of_phi.n < fg_axis_whole(phi).n / FG_ORDER_PHI;
    if (method == FG_AUTO) { /* a line, and the lines of one panel of phi, must fit a band */
        plan.over_r = plan.over_r && line_of(of_r.n * FG_ORDER_R) <= BAND_DOUBLES;
        size_t line = line_of(plan.over_r ? of_r.n * FG_ORDER_R : r->n);
        plan.over_phi = plan.over_phi && line <= BAND_DOUBLES / (2 * FG_ORDER_PHI);
    }
    plan.phi_panels = plan.over_phi ? of_phi.n : 0;
    plan.r_panels = plan.over_r ? of_r.n : 0;
    return plan;
}

double fg_node_count(const struct fg_node_plan *plan, const struct fg_axis *phi, const struct fg_axis *r)
{
    const size_t along_phi = plan->over_phi ? plan->phi_panels * FG_ORDER_PHI : fg_axis_whole(phi).n;
    const size_t along_r = plan->over_r ? plan->r_panels * FG_ORDER_R : fg_axis_whole(r).n;
    return (double)along_phi * (double)along_r;
}

/* --- the table --- */

/* Returns how many lines the rows i0..i1-1 need, and stores the number of the first. */
static size_t lines_of_rows(const struct fg_node_table *table, size_t i0, size_t i1, size_t *first)
{
    *first = i0;
    if (!table->plan.over_phi)
        return i1 - i0;
    size_t p0 = fg_panels_find(&table->phi, fg_axis_value(&table->grid->phi, i0));
    size_t p1 = fg_panels_find(&table->phi, fg_axis_value(&table->grid->phi, i1 - 1));
    *first = p0 * FG_ORDER_PHI;
    return (p1 - p0 + 1) * FG_ORDER_PHI;
}

/* Returns the tile after the last tile of a band that begins at `first`. The band has as many tiles as `most`
 * lines allow, at least one. */
static size_t end_of_band(const struct fg_node_table *table, size_t first, size_t most)
{
    const struct fg_tiling *tiling = &table->grid->tiling;
    const size_t i0 = fg_tiling_at(tiling, first).i0;
    for (size_t end = first + 1; end < tiling->n; end++) {
        const struct fg_tile next = fg_tiling_at(tiling, end);
        size_t ignored;
        if (lines_of_rows(table, i0, next.i0 + next.rows, &ignored) > most)
            return end;
    }
    return tiling->n;
}

/* Returns the maximum number of lines that a tile needs: its rows, or the lines of the panels of phi that so
 * many rows can touch. */
static size_t lines_of_tile(const struct fg_node_table *table)
{
    const struct fg_tiling *tiling = &table->grid->tiling;
    if (!table->plan.over_phi)
        return tiling->rows;
    const struct fg_axis phi = fg_axis_whole(&table->grid->phi);
    double step = phi.n > 1 ? (phi.high - phi.low) / (double)(phi.n - 1) : 0;
    double panels = floor((double)(tiling->rows - 1) * step / (2 * table->phi.half)) + 2;
    return (size_t)fmin(panels, (double)table->phi.n) * FG_ORDER_PHI;
}

void fg_node_table_plan(struct fg_node_table *table, const struct fg_problem *problem, size_t data)
{
    const struct fg_samples *samples = &problem->samples[data];
    const struct fg_grid *grid = &problem->setup->grid;
    *table = (struct fg_node_table){
        .plan = fg_node_plan(samples, &grid->phi, &grid->r, problem->setup->method),
        .phi = panels_of_phi(samples, &grid->phi),
        .r = panels_of_r(&grid->r),
        .problem = problem,
        .grid = grid,
        .data = data,
        .params = fg_setup_kernel_params(problem->setup, samples),
    };
    if (!table->plan.over_phi && !table->plan.over_r)
        return;
    const size_t columns = table->plan.over_r ? table->plan.r_panels * FG_ORDER_R : grid->r.n;
    table->line = (size_t)table->params.n_moments * columns;
    table->panel_scales = table->params.n_moments == FG_N_MOMENTS ? FG_N_SCALES : 1;
    const size_t of_line = table->plan.over_r ? table->plan.r_panels : samples->weight ? grid->r.n : 0;
    table->scales = of_line * table->panel_scales;
    size_t all = table->plan.over_phi ? table->phi.n * FG_ORDER_PHI : grid->phi.n;
    double sums = (double)columns * (double)samples->n; /* for one line */
    size_t of_band = (size_t)fmin((double)(BAND_DOUBLES / table->line), BAND_SUMS / sums);
    size_t of_tile = lines_of_tile(table);
    table->capacity = of_tile > of_band ? of_tile : of_band;
    table->capacity = table->capacity < all ? table->capacity : all;
}

double fg_node_table_bytes(const struct fg_node_table *table)
{
    return (double)table->capacity * (double)(table->line + table->scales) * sizeof(double);
}

enum fg_status fg_node_table_allocate(struct fg_node_table *table, struct fg_error *error)
{
    double bytes = fg_node_table_bytes(table);
    if (bytes == 0)
        return FG_OK;
    table->values = bytes < (double)SIZE_MAX / 2 ? malloc((size_t)bytes) : NULL;
    if (!table->values)
        return fg_fail_with(error, FG_REMEDY_DIRECT, FG_FAILED, "no memory for %.0f bytes of nodes", bytes);
    table->scale = table->values + table->capacity * table->line;
    return FG_OK;
}

void fg_node_table_free(struct fg_node_table *table)
{
    free(table->values);
    table->values = NULL;
}

size_t fg_node_table_move(struct fg_node_table *table, size_t first)
{
    const struct fg_tiling *tiling = &table->grid->tiling;
    table->lines = 0;
    if (table->capacity == 0)
        return tiling->n;
    size_t end = end_of_band(table, first, table->capacity);
    struct fg_tile begin = fg_tiling_at(tiling, first), last = fg_tiling_at(tiling, end - 1);
    table->lines = lines_of_rows(table, begin.i0, last.i0 + last.rows, &table->first_line);
    return end;
}

/* Returns the terms of the phi of a line. The angle of a node is turned from the centre of its panel, because
 * the node itself, rounded to a double, would have an error that grows with phi. */
static struct fg_phi_terms direction_of_line(const struct fg_node_table *table, size_t number)
{
    const struct fg_samples *samples = &table->problem->samples[table->data];
    if (!table->plan.over_phi)
        return fg_phi_terms(samples, fg_axis_value(&table->grid->phi, number));
    double centre = fg_panels_centre(&table->phi, number / FG_ORDER_PHI);
    double turn = table->phi.half * table->phi.node[number % FG_ORDER_PHI];
    return fg_phi_terms_from(samples, sin(centre) * cos(turn) + cos(centre) * sin(turn),
                             cos(centre) * cos(turn) - sin(centre) * sin(turn));
}

/* Returns u of the mean of the samples, at the centre of the phi panel of a line. The sign of u + r selects
 * the tail f of the curvature. f must be the same at all nodes of a patch, otherwise moments are not
 * analytic. */
static double tail_of_line(const struct fg_node_table *table, size_t number)
{
    const struct fg_samples *samples = &table->problem->samples[table->data];
    if (!table->plan.over_phi)
        return fg_phi_terms(samples, fg_axis_value(&table->grid->phi, number)).mean_u;
    return fg_phi_terms(samples, fg_panels_centre(&table->phi, number / FG_ORDER_PHI)).mean_u;
}

/* Fills line[n_moments][n_r] with the moments of the cells. For sources, also fills their scales. */
static void fill_with_cells(const struct fg_node_table *table, const struct fg_phi_terms *phi_terms,
                            double tail_u, double *line, double *scale)
{
    const struct fg_problem *problem = table->problem;
    const struct fg_samples *samples = &problem->samples[table->data];
    const size_t n_moments = (size_t)table->params.n_moments;
    struct fg_moments moments;
    double r[FG_CHUNK], tail[FG_CHUNK];
    for (size_t first = 0; first < table->grid->r.n; first += FG_CHUNK) {
        size_t n = table->grid->r.n - first < FG_CHUNK ? table->grid->r.n - first : FG_CHUNK;
        for (size_t j = 0; j < n; j++)
            tail[j] = tail_u + (r[j] = fg_axis_value(&table->grid->r, first + j));
        problem->kernel->moments(samples, &table->params, phi_terms, r, tail, n, &moments);
        if (samples->weight) {
            problem->kernel->loss(samples, phi_terms, r, n, moments.of[FG_L]);
            for (size_t which = 0; which < table->panel_scales; which++)
                memcpy(scale + which * table->grid->r.n + first, moments.size[which], n * sizeof *r);
        }
        for (size_t moment = 0; moment < n_moments; moment++)
            memcpy(line + moment * table->grid->r.n + first, moments.of[moment], n * sizeof *r);
    }
}

/* Computes the loss of sources at the nodes of n panels. A loss costs a logarithm for each source, so it is
 * summed at one node of a panel only. At the other nodes, it is integrated from its derivative G0. */
static void integrate_loss(const struct fg_node_table *table, const struct fg_phi_terms *phi_terms,
                           const double *r, size_t n, struct fg_moments *moments)
{
    enum { MIDDLE = FG_ORDER_R / 2 };
    double at[FG_CHUNK], loss[FG_CHUNK];
    for (size_t p = 0; p < n; p++)
        at[p] = r[p * FG_ORDER_R + MIDDLE];
    table->problem->kernel->loss(&table->problem->samples[table->data], phi_terms, at, n, loss);
    for (size_t p = 0; p < n; p++) {
        double *of_panel = moments->of[FG_L] + p * FG_ORDER_R;
        fg_panels_integral(&table->r, moments->of[FG_G0] + p * FG_ORDER_R, MIDDLE, of_panel);
        for (size_t k = 0; k < FG_ORDER_R; k++)
            of_panel[k] += loss[p];
    }
}

/* Computes the scales of n nodes at which samples are summed. Sources have their own scales. */
static void scales_of_samples(struct fg_moments *moments, size_t n, size_t n_scales)
{
    memcpy(moments->size[FG_SCALE_W2], moments->of[FG_W2], n * sizeof(double));
    for (size_t k = 0; k < n && n_scales > 1; k++)
        moments->size[FG_SCALE_SU][k] =
            sqrt(fmax(moments->of[FG_S0][k], 0)) * sqrt(fmax(moments->of[FG_SUU][k], 0));
}

/* Fills line[r panel][n_moments][FG_ORDER_R] with coefficients, and `scale` with the scales of the panels. */
static void fill_with_panels(const struct fg_node_table *table, const struct fg_phi_terms *phi_terms,
                             double tail_u, double *line, double *scale)
{
    enum { PANELS = FG_CHUNK / FG_ORDER_R }; /* per call of the kernel */
    const struct fg_problem *problem = table->problem;
    const struct fg_samples *samples = &problem->samples[table->data];
    const size_t n_moments = (size_t)table->params.n_moments;
    struct fg_moments moments;
    double r[FG_CHUNK], tail[FG_CHUNK];
    for (size_t first = 0; first < table->r.n; first += PANELS) {
        size_t n = table->r.n - first < PANELS ? table->r.n - first : PANELS;
        for (size_t node = 0; node < n * FG_ORDER_R; node++) {
            r[node] = fg_panels_node(&table->r, first + node / FG_ORDER_R, node % FG_ORDER_R);
            tail[node] = tail_u + fg_panels_centre(&table->r, first + node / FG_ORDER_R);
        }
        problem->kernel->moments(samples, &table->params, phi_terms, r, tail, n * FG_ORDER_R, &moments);
        if (samples->weight)
            integrate_loss(table, phi_terms, r, n, &moments);
        if (!samples->weight)
            scales_of_samples(&moments, n * FG_ORDER_R, table->panel_scales);
        for (size_t p = 0; p < n; p++) {
            double *to = line + (first + p) * n_moments * FG_ORDER_R;
            double largest[FG_N_SCALES] = {0};
            for (size_t moment = 0; moment < n_moments; moment++)
                fg_panels_to_powers(&table->r, moments.of[moment] + p * FG_ORDER_R, to + moment * FG_ORDER_R);
            for (size_t which = 0; which < table->panel_scales; which++) {
                for (size_t k = 0; k < FG_ORDER_R; k++)
                    largest[which] = fmax(largest[which], moments.size[which][p * FG_ORDER_R + k]);
            }
            memcpy(scale + (first + p) * table->panel_scales, largest, table->panel_scales * sizeof *scale);
        }
    }
}

void fg_node_table_fill(struct fg_node_table *table, size_t k)
{
    struct fg_phi_terms phi_terms = direction_of_line(table, table->first_line + k);
    const double tail_u = tail_of_line(table, table->first_line + k);
    double *line = table->values + k * table->line;
    double *scale = table->scale + k * table->scales;
    if (table->plan.over_r)
        fill_with_panels(table, &phi_terms, tail_u, line, scale);
    else
        fill_with_cells(table, &phi_terms, tail_u, line, scale);
}

/* --- from the table to a row --- */

/* The lines from which one or more rows are interpolated, and the weights of each row. */
struct source {
    size_t line, lines; /* first line in the table, and number of lines */
    size_t rows;
    double weights[FG_ROWS_AT_ONCE][FG_ORDER_PHI];
};

/* Returns the source of row i and of the rows after it that have the same lines, up to `end`. */
static struct source source_of_rows(const struct fg_node_table *table, size_t i, size_t end)
{
    struct source source = {.line = i - table->first_line, .lines = 1, .rows = 1, .weights = {{1}}};
    if (!table->plan.over_phi)
        return source;
    const size_t panel = fg_panels_find(&table->phi, fg_axis_value(&table->grid->phi, i));
    source.line = panel * FG_ORDER_PHI - table->first_line;
    source.lines = FG_ORDER_PHI;
    for (source.rows = 0; source.rows < FG_ROWS_AT_ONCE && i + source.rows < end; source.rows++) {
        const double phi = fg_axis_value(&table->grid->phi, i + source.rows);
        if (fg_panels_find(&table->phi, phi) != panel)
            break;
        fg_panels_weights(&table->phi, fg_panels_position(&table->phi, panel, phi),
                          source.weights[source.rows]);
    }
    return source;
}

/* Stores the scales of n panels of r from panel p0 on: the largest of all lines of `source`. */
static void find_scales(const struct fg_node_table *table, const struct source *source, size_t p0, size_t n,
                        double *scale)
{
    memset(scale, 0, n * table->panel_scales * sizeof *scale);
    for (size_t k = 0; k < source->lines; k++) {
        const double *of = table->scale + (source->line + k) * table->scales + p0 * table->panel_scales;
        for (size_t which = 0; which < n * table->panel_scales; which++)
            scale[which] = of[which] > scale[which] ? of[which] : scale[which];
    }
}

/* Interpolates the polynomials of row i, and of rows after it up to `end`, along phi. */
static void interpolate_rows(const struct fg_node_table *table, size_t i, size_t end, struct fg_node_row *row)
{
    const size_t of_panel = (size_t)table->params.n_moments * FG_ORDER_R;
    const struct source source = source_of_rows(table, i, end);
    const double *lines = table->values + source.line * table->line + row->first_panel * of_panel;
    row->first_row = i;
    row->rows = source.rows;
    row->polynomials = source.lines > 1 ? row->values : lines;
    if (source.lines > 1)
        table->problem->kernel->weighted_sums(lines, table->line, source.weights[0], source.lines,
                                              row->panels * of_panel, source.rows, row->values);
    find_scales(table, &source, row->first_panel, row->panels, row->scale);
}

/* Evaluates row i from nodes in r, panel by panel. Returns the number of ill-conditioned cells. */
static size_t evaluate_panels(const struct fg_node_table *table, struct fg_node_row *row, size_t i,
                              size_t end, const struct fg_phi_terms *phi_terms, const struct fg_cells *cells)
{
    const size_t of_panel = (size_t)table->params.n_moments * FG_ORDER_R;
    size_t n_ill_conditioned = 0;
    if (i - row->first_row >= row->rows)
        interpolate_rows(table, i, end, row);
    const double *polynomials = row->polynomials + (i - row->first_row) * row->panels * of_panel;
    for (size_t k = 0, j = 0; k < row->panels; j = row->panel_end[k++])
        n_ill_conditioned += table->problem->kernel->interpolate(
            polynomials + k * of_panel, row->x, row->scale + k * table->panel_scales, &table->params,
            phi_terms, j, row->panel_end[k], cells);
    return n_ill_conditioned;
}

/* Evaluates a row from the lines of nodes in phi; each line has the cells of r. Returns the number of
 * ill-conditioned cells. */
static size_t evaluate_cells(const struct fg_node_table *table, size_t i,
                             const struct fg_phi_terms *phi_terms, size_t j0, size_t n,
                             const struct fg_cells *cells)
{
    const struct source source = source_of_rows(table, i, i + 1);
    const struct fg_problem *problem = table->problem;
    const size_t n_r = table->grid->r.n, n_moments = (size_t)table->params.n_moments;
    const double *lines = table->values + source.line * table->line + j0;
    struct fg_moments moments;
    size_t n_ill_conditioned = 0;
    for (size_t first = 0; first < n; first += FG_CHUNK) {
        size_t count = n - first < FG_CHUNK ? n - first : FG_CHUNK;
        double scale[FG_N_SCALES][FG_CHUNK] = {{0}};
        memset(&moments, 0, sizeof moments); /* also the padding of the last vector */
        for (size_t moment = 0; moment < n_moments; moment++)
            problem->kernel->weighted_sums(lines + moment * n_r + first, table->line, source.weights[0],
                                           source.lines, count, 1, moments.of[moment]);
        for (size_t k = 0; k < source.lines; k++) {
            const double *of = lines + k * table->line + first;
            const double *w2 = of + FG_W2 * n_r, *s0 = of + FG_S0 * n_r, *suu = of + FG_SUU * n_r;
            const double *size = table->scale + (source.line + k) * table->scales + j0 + first;
            for (size_t j = 0; j < count; j++) {
                const double own = table->scales > 0 ? size[j] : w2[j];
                scale[FG_SCALE_W2][j] = own > scale[FG_SCALE_W2][j] ? own : scale[FG_SCALE_W2][j];
            }
            for (size_t j = 0; j < count && table->panel_scales > 1; j++) {
                const double own = table->scales > 0 ? size[n_r + j] : sqrt(s0[j]) * sqrt(suu[j]);
                scale[FG_SCALE_SU][j] = fmax(scale[FG_SCALE_SU][j], own);
            }
        }
        struct fg_cells chunk = fg_cells_from(cells, first);
        n_ill_conditioned +=
            problem->kernel->fields_from_moments(&moments, scale, &table->params, phi_terms, count, &chunk);
    }
    return n_ill_conditioned;
}

/* Sums those of n cells directly for which interpolation is not accurate enough: in their curvature alone, or
 * in all fields. Returns their number. */
static size_t sum_directly(const struct fg_node_table *table, double phi, const double *r, size_t n,
                           bool only_curvature, const struct fg_cells *cells)
{
    const struct fg_problem *problem = table->problem;
    struct fg_recompute_list gathered;
    size_t summed = 0;
    for (size_t j = 0; j < n; summed += gathered.n) {
        j = fg_recompute_collect(&gathered, cells, r, n, j, FG_CHUNK, only_curvature);
        fg_cells_evaluate(problem->kernel, &problem->samples[table->data], &table->params, phi, gathered.r,
                          gathered.n, &gathered.cells);
        fg_recompute_scatter(&gathered, cells);
    }
    return summed;
}

void fg_node_table_columns(const struct fg_node_table *table, const double *r, size_t n,
                           struct fg_node_row *row)
{
    row->rows = 0;
    if (!table->plan.over_r)
        return;
    size_t p = fg_panels_find(&table->r, r[0]);
    row->first_panel = p;
    for (size_t j = 0; j < n; j++) {
        size_t own = fg_panels_find(&table->r, r[j]);
        for (; p < own; p++)
            row->panel_end[p - row->first_panel] = j;
        row->x[j] = fg_panels_position(&table->r, p, r[j]);
    }
    row->panel_end[p - row->first_panel] = n;
    row->panels = p - row->first_panel + 1;
}

size_t fg_node_table_evaluate(const struct fg_node_table *table, struct fg_node_row *row, size_t i,
                              size_t end, size_t j0, const double *r, size_t n, const struct fg_cells *cells)
{
    double phi = fg_axis_value(&table->grid->phi, i);
    struct fg_phi_terms phi_terms = fg_phi_terms(&table->problem->samples[table->data], phi);
    size_t n_ill_conditioned = table->plan.over_r ? evaluate_panels(table, row, i, end, &phi_terms, cells)
                                                  : evaluate_cells(table, i, &phi_terms, j0, n, cells);
    size_t summed = 0;
    if (table->params.n_moments == FG_N_MOMENTS &&
        memchr(cells->flag[FG_FLAG(FG_CURVATURE_FLAG)], FG_RECOMPUTED, n))
        summed += sum_directly(table, phi, r, n, true, cells);
    if (n_ill_conditioned > 0)
        summed += sum_directly(table, phi, r, n, false, cells);
    return summed;
}
