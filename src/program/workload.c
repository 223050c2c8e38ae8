#include "workload.h"

#include <math.h>
#include <stdlib.h>

enum fg_status workload_prepare(struct workload *workload, size_t s, const struct options *options,
                                double r_bound, struct fg_error *error)
{
    enum fg_status status = fg_samples_init(&workload->samples[s], &workload->data[s], error);
    if (status == FG_OK)
        workload->recipe[s] = fg_recipe(&workload->samples[s], r_bound, (enum fg_reduction)options->reduction,
                                        options->damping);
    return status;
}

static enum fg_status load_one(struct workload *workload, const struct options *options, double r_bound,
                               struct fg_error *error)
{
    size_t s = workload->n++; /* counted first: workload_free takes half-made ones, too */
    const struct data_request *request = &options->data[s];
    enum fg_status status =
        request->path ? fg_dataset_read_csv(&workload->data[s], request->name, request->path, error)
                      : fg_dataset_builtin(&workload->data[s], request->name, &options->draw, error);
    return status == FG_OK ? workload_prepare(workload, s, options, r_bound, error) : status;
}

enum fg_status workload_load(struct workload *workload, const struct options *options, double r_bound,
                             struct fg_error *error)
{
    const char *isa = getenv("FISHERGRID_ISA");
    workload->kernel = fg_kernel_select(isa && *isa ? isa : NULL, error);
    enum fg_status status = workload->kernel ? FG_OK : fg_fail_while(error, FG_BAD_INPUT, "FISHERGRID_ISA");
    while (status == FG_OK && workload->n < options->n_data)
        status = load_one(workload, options, r_bound, error);
    return status;
}

double workload_r_bound(const struct options *options)
{
    return fmax(fabs(options->r.low), fabs(options->r.high));
}

enum fg_status workload_check_part(const struct options *options, struct fg_error *error)
{
    struct fg_tiling tiling = fg_tiling(&options->phi, &options->r, options->tile_cells);
    size_t rows = fg_tiling_rows(&tiling);
    return options->part.n <= rows
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT,
                         "--part: %llu parts of a grid with %zu row%s of tiles; fewer parts "
                         "or a smaller --tile work",
                         (unsigned long long)options->part.n, rows, rows == 1 ? "" : "s");
}

/* The axis of phi that is to be computed, and the size of tiles. */
static struct fg_axis cut(const struct options *options, size_t *tile_cells)
{
    *tile_cells = options->tile_cells;
    return options->part.n == 0
               ? options->phi
               : fg_tiling_part(&options->phi, &options->r, options->part.k, options->part.n, tile_cells);
}

struct fg_problem workload_problem(const struct workload *workload, const struct options *options)
{
    size_t tile_cells;
    struct fg_axis phi = cut(options, &tile_cells);
    return (struct fg_problem){.phi = phi,
                               .r = options->r,
                               .n_data = workload->n,
                               .samples = workload->samples,
                               .recipes = workload->recipe,
                               .kernel = workload->kernel,
                               .method = (enum fg_method)options->method,
                               .fields = options->fields,
                               .tile_cells = tile_cells};
}

struct fg_file_spec workload_file(const struct workload *workload, const struct options *options,
                                  const char *path, const struct fg_run *run)
{
    size_t tile_cells;
    struct fg_axis phi = cut(options, &tile_cells);
    return (struct fg_file_spec){.path = path,
                                 .phi = phi,
                                 .r = options->r,
                                 .n_data = workload->n,
                                 .data = workload->data,
                                 .fields = options->fields,
                                 .tile_cells = tile_cells,
                                 .identity = "",
                                 .sync_seconds = options->sync_seconds,
                                 .run = *run};
}

void workload_free(struct workload *workload)
{
    for (size_t s = 0; s < workload->n; s++) {
        fg_samples_free(&workload->samples[s]);
        fg_dataset_free(&workload->data[s]);
    }
    workload->n = 0;
}
