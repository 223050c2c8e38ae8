/* Computes cells from samples: the stages of the kernel in order, and the recomputation of ill-conditioned
 * cells. */
#include <math.h>
#include <string.h>

#include "fishergrid/kernel.h"
#include "recompute_list.h"

/* Maximum exponent of the separable kernel: e^600 times any number in the formulas is in the range of a
 * double. */
#define SEPARABLE_BOUND 600.0
/* Maximum of the logarithm of a product of factors 1 + q. */
#define PRODUCT_BOUND 690.0

/* Fields that need more moments than the fields of the exercise. */
#define SUMMED_GEOMETRY                                                                                      \
    (1u << FG_HESSIAN_PHI_PHI | 1u << FG_EMPIRICAL_FISHER_PHI_PHI | 1u << FG_EMPIRICAL_FISHER_R_PHI |        \
     1u << FG_EMPIRICAL_FISHER_R_R | 1u << FG_NEWTON_PHI | 1u << FG_NEWTON_R | 1u << FG_NEWTON_FLAG)

#define SUMMED_CURVATURE (1u << FG_FISHER_CURVATURE | 1u << FG_CURVATURE_FLAG)

struct fg_kernel_params fg_kernel_params(const struct fg_samples *samples, double r_bound,
                                         enum fg_reduction reduction, double damping, fg_field_set fields)
{
    const double n = (double)fg_samples_behind(samples)->n;
    double margin = samples->radius + r_bound; /* an upper bound of |m| on the grid */
    struct fg_kernel_params params = {.separable = margin <= SEPARABLE_BOUND, .stretch = FG_BLOCK};
    if (params.separable) /* 1 + q <= 2 e^margin; the safe kernel has q <= 1 */
        params.stretch = (size_t)fmin(FG_BLOCK, fmax(1, PRODUCT_BOUND / (margin + log(2))));
    params.scale = reduction == FG_MEAN ? 1 / n : 1;
    params.geometry = fields & FG_GEOMETRY_FIELDS;
    params.n_moments = fields & SUMMED_CURVATURE  ? FG_N_MOMENTS
                       : fields & SUMMED_GEOMETRY ? FG_N_HESSIAN_MOMENTS
                                                  : FG_N_EXERCISE_MOMENTS;
    params.damping = reduction == FG_MEAN ? damping * n : damping;
    return params;
}

void fg_precise_sums_add(struct fg_precise_sums *sums, const struct fg_precise_sums *more)
{
    for (int m = 0; m < FG_N_PRECISE_SUMS; m++) { /* TwoSum, as in lanes_add */
        struct fg_pair *sum = &sums->of[m];
        const double x = more->of[m].high, high = sum->high + x, part = high - sum->high;
        sum->low += (sum->high - (high - part)) + (x - part) + more->of[m].low;
        sum->high = high;
    }
}

struct fg_phi_terms fg_phi_terms_from(const struct fg_samples *samples, double sine, double cosine)
{
    return (struct fg_phi_terms){.sin = sine,
                                 .cos = cosine,
                                 .centre = cosine * samples->mean0 - sine * samples->mean1,
                                 .mean_u = sine * samples->mean0 + cosine * samples->mean1};
}

struct fg_phi_terms fg_phi_terms(const struct fg_samples *samples, double phi)
{
    return fg_phi_terms_from(samples, sin(phi), cos(phi));
}

struct fg_cells fg_cells_at(double *memory, size_t n, fg_field_set fields)
{
    unsigned char *const bytes = (unsigned char *)(memory + FG_N_REAL_FIELDS * n);
    struct fg_cells cells;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        cells.field[f] = fields & 1u << f ? memory + (size_t)f * n : NULL;
    for (int f = FG_N_REAL_FIELDS; f < FG_N_FIELDS; f++)
        cells.flag[FG_FLAG(f)] = fields & 1u << f ? bytes + (size_t)FG_FLAG(f) * n : NULL;
    return cells;
}

struct fg_cells fg_cells_from(const struct fg_cells *cells, size_t first)
{
    struct fg_cells part;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        part.field[f] = cells->field[f] ? cells->field[f] + first : NULL;
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        part.flag[f] = cells->flag[f] ? cells->flag[f] + first : NULL;
    return part;
}

void *fg_cells_values(const struct fg_cells *cells, enum fg_field field)
{
    return field < FG_N_REAL_FIELDS ? (void *)cells->field[field] : cells->flag[FG_FLAG(field)];
}

/* The part of a cell that recomputing left out. */
enum left { NOTHING, ALL, CURVATURE };

static enum left what_is_left(const struct fg_kernel_params *params, const struct fg_recompute_list *gathered,
                              size_t k)
{
    if (gathered->flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][k] == FG_NOT_COMPUTED)
        return ALL;
    const bool has = params->n_moments == FG_N_MOMENTS;
    return has && gathered->flag[FG_FLAG(FG_CURVATURE_FLAG)][k] == FG_NOT_COMPUTED ? CURVATURE : NOTHING;
}

/* Computes the part that is left out of cell k by the reference kernel. */
static void compute_out_of_range(const struct fg_samples *samples, const struct fg_kernel_params *params,
                                 double phi, struct fg_recompute_list *gathered, size_t k)
{
    const enum left left = what_is_left(params, gathered, k);
    double field[FG_N_REAL_FIELDS];
    unsigned char flag[FG_N_FLAG_FIELDS];
    if (left == NOTHING)
        return;
    fg_reference_cell(samples, params, phi, gathered->r[k], field, flag);
    for (int f = left == ALL ? FG_LOSS + 1 : FG_FISHER_CURVATURE; f < FG_N_REAL_FIELDS; f++)
        gathered->field[f][k] = field[f];
    for (int f = left == ALL ? 0 : FG_FLAG(FG_CURVATURE_FLAG); f < FG_N_FLAG_FIELDS; f++)
        gathered->flag[f][k] = flag[f];
}

/* Recomputes from the samples the collected cells that could not be computed from sources. */
static void recompute_left(const struct fg_kernel *kernel, const struct fg_samples *samples,
                           const struct fg_kernel_params *params, const struct fg_phi_terms *phi_terms,
                           struct fg_recompute_list *gathered)
{
    for (size_t k = 0, end; k < gathered->n; k = end + 1) {
        for (end = k; end < gathered->n && what_is_left(params, gathered, end) != NOTHING;)
            end++;
        const struct fg_cells cells = fg_cells_from(&gathered->cells, k);
        if (end > k)
            kernel->recompute_pivoted(samples, params, phi_terms, gathered->r + k, end - k, &cells);
    }
}

/* Recomputes the cells among n <= FG_CHUNK that have lost digits, in their curvature alone or in all fields:
 * first from sources, if there are any; then from the samples, if this process has them; and by the reference
 * kernel if even scaled sums leave the range of a double. */
static void recompute_lost(const struct fg_kernel *kernel, const struct fg_samples *summed,
                           const struct fg_kernel_params *params, double phi,
                           const struct fg_phi_terms *phi_terms, const double *r, size_t n,
                           bool only_curvature, const struct fg_cells *cells)
{
    const struct fg_samples *samples = fg_samples_behind(summed);
    struct fg_recompute_list gathered;
    fg_recompute_collect(&gathered, cells, r, n, 0, FG_CHUNK, only_curvature);
    gathered.cells.field[FG_LOSS] = NULL; /* the loss from the moments is accurate */
    if (gathered.n == 0)
        return;
    kernel->recompute_pivoted(summed, params, phi_terms, gathered.r, gathered.n, &gathered.cells);
    if (summed->behind && samples->x0)
        recompute_left(kernel, samples, params, phi_terms, &gathered);
    for (size_t k = 0; k < gathered.n && samples->x0; k++)
        compute_out_of_range(samples, params, phi, &gathered, k);
    fg_recompute_scatter(&gathered, cells);
}

void fg_cells_evaluate(const struct fg_kernel *kernel, const struct fg_samples *samples,
                       const struct fg_kernel_params *params, double phi, const double *r, size_t n,
                       const struct fg_cells *cells)
{
    struct fg_phi_terms phi_terms = fg_phi_terms(samples, phi);
    struct fg_moments moments;
    for (size_t first = 0; first < n; first += FG_CHUNK) {
        size_t count = n - first < FG_CHUNK ? n - first : FG_CHUNK;
        struct fg_cells chunk = fg_cells_from(cells, first);
        kernel->moments(samples, params, &phi_terms, r + first, NULL, count, &moments);
        if (samples->weight)
            kernel->loss(samples, &phi_terms, r + first, count, moments.of[FG_L]);
        size_t n_ill_conditioned = kernel->fields_from_moments(
            &moments, samples->weight ? moments.size : NULL, params, &phi_terms, count, &chunk);
        if (params->n_moments == FG_N_MOMENTS)
            recompute_lost(kernel, samples, params, phi, &phi_terms, r + first, count, true, &chunk);
        if (n_ill_conditioned > 0)
            recompute_lost(kernel, samples, params, phi, &phi_terms, r + first, count, false, &chunk);
    }
}
