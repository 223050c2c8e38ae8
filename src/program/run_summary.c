#include "run_summary.h"

#include <stdio.h>

#include "fishergrid/sources.h"
#include "json_io.h"
#include "point_report.h"
#include "scaling.h"
#include "standard_output.h"

/* Adds the counts of a flag: {"newton_flag_positive_definite": cells, ...}. */
static json_t *with_flag_counts(json_t *object, enum fg_field flag, const struct fg_summary *found)
{
    for (int value = 1; value < FG_N_FLAGS; value++) {
        char name[100];
        snprintf(name, sizeof name, "%s_%s", fg_field_info[flag].name, fg_flag_name[FG_FLAG(flag)][value]);
        object = json_with(object, name, json_integer((json_int_t)found->flags[FG_FLAG(flag)][value]));
    }
    return object;
}

json_t *found_to_json(const struct fg_setup *setup, size_t s, const struct fg_summary *found)
{
    const uint64_t *natural = found->flags[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)];
    json_t *found_json = json_pack(
        "{s:I, s:I, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I}", "samples", (json_int_t)setup->data[s].n,
        "sources", (json_int_t)setup->data[s].sources, "min_loss", found->min_loss, "min_loss_phi",
        fg_axis_value(&setup->grid.phi, found->min_i), "min_loss_r",
        fg_axis_value(&setup->grid.r, found->min_j), "cells_regular", (json_int_t)natural[FG_REGULAR],
        "cells_recomputed", (json_int_t)natural[FG_RECOMPUTED], "cells_undefined",
        (json_int_t)natural[FG_UNDEFINED], "cells_overflow", (json_int_t)natural[FG_OVERFLOW],
        "direct_fallback_cells", (json_int_t)found->direct_fallback_cells);
    for (int f = FG_NATURAL_GRADIENT_FLAG + 1; f < FG_N_FIELDS; f++) {
        if (setup->fields & 1u << f)
            found_json = with_flag_counts(found_json, (enum fg_field)f, found);
    }
    return found_json;
}

void print_samples(const struct fg_setup_data *data)
{
    printf("%llu sample%s", (unsigned long long)data->n, plural(data->n));
    if (data->sources > 0)
        printf(" as %llu source%s (error bound %g)", (unsigned long long)data->sources, plural(data->sources),
               FG_SOURCE_ERROR);
}

json_t *run_summary_to_json(const struct output_job *job)
{
    json_t *sets = json_object();
    for (size_t s = 0; s < job->setup->n_data; s++) {
        const struct fg_node_plan *plan = &job->summary[s].plan;
        json_t *set = found_to_json(job->setup, s, &job->summary[s]);
        set = json_with(set, "nodes_phi", whole_to_json(plan->phi_panels * FG_ORDER_PHI));
        set = json_with(set, "nodes_r", whole_to_json(plan->r_panels * FG_ORDER_R));
        sets = json_with(sets, job->setup->data[s].name, set);
    }
    return json_pack("{s:I, s:f, s:s, s:o}", "cells", (json_int_t)fg_setup_cells(job->setup), "seconds",
                     progress_seconds(&job->meter), "writing", fg_way_name[fg_writer_way(job->writer)],
                     "data", sets);
}

/* Returns what --json prints: the summary of the file, and the stationary points, for which the summary has
 * no room. */
static json_t *printed_json(const struct output_job *job)
{
    json_t *printed = json_deep_copy(job->found);
    for (size_t s = 0; s < job->setup->n_data && printed; s++) {
        json_t *set = json_object_get(json_object_get(printed, "data"), job->setup->data[s].name);
        json_t *points = points_to_json(&job->points[s]);
        if (!points || json_object_set_new(set, "stationary_points", points) != 0) {
            json_decref(printed);
            return NULL;
        }
    }
    return printed;
}

/* Prints at which nodes the samples were summed, if there are any. */
static void print_nodes(const struct fg_summary *summary)
{
    const struct fg_node_plan *plan = &summary->plan;
    if (plan->over_phi && plan->over_r)
        printf("; summed at %zu x %zu nodes", plan->phi_panels * FG_ORDER_PHI, plan->r_panels * FG_ORDER_R);
    else if (plan->over_phi || plan->over_r)
        printf("; summed at %zu nodes in %s",
               plan->over_phi ? plan->phi_panels * FG_ORDER_PHI : plan->r_panels * FG_ORDER_R,
               plan->over_phi ? "phi" : "r");
    if (summary->direct_fallback_cells > 0)
        printf(" and directly in %llu cell%s", (unsigned long long)summary->direct_fallback_cells,
               plural(summary->direct_fallback_cells));
}

/* Values of flags that the summary counts, in the order in which it prints them. */
static const struct {
    enum fg_field flag;
    int value;
    const char *words;
} counted[] = {
    {FG_NATURAL_GRADIENT_FLAG, FG_UNDEFINED, "natural gradient undefined"},
    {FG_NATURAL_GRADIENT_FLAG, FG_OVERFLOW, "natural gradient overflows"},
    {FG_NEWTON_FLAG, FG_INDEFINITE, "Hessian indefinite"},
    {FG_NEWTON_FLAG, FG_UNDEFINED, "Newton step undefined"},
    {FG_NEWTON_FLAG, FG_OVERFLOW, "Newton step overflows"},
    {FG_CURVATURE_FLAG, FG_RECOMPUTED, "curvature recomputed"},
    {FG_CURVATURE_FLAG, FG_UNDEFINED, "curvature undefined"},
    {FG_CURVATURE_FLAG, FG_OVERFLOW, "curvature overflows"},
};

static void print_data_summary(const struct output_job *job, size_t s)
{
    const struct fg_grid *grid = &job->setup->grid;
    const struct fg_summary *found = &job->summary[s];
    printf("%s: ", job->setup->data[s].name);
    print_samples(&job->setup->data[s]);
    printf(", minimum loss %.10g at phi = %.6f rad, r = %.6f", found->min_loss,
           fg_axis_value(&grid->phi, found->min_i), fg_axis_value(&grid->r, found->min_j));
    print_nodes(found);
    const uint64_t *natural = found->flags[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)];
    if (natural[FG_RECOMPUTED])
        printf("; %llu cell%s recomputed", (unsigned long long)natural[FG_RECOMPUTED],
               plural(natural[FG_RECOMPUTED]));
    for (size_t k = 0; k < sizeof counted / sizeof *counted; k++) {
        const uint64_t count = found->flags[FG_FLAG(counted[k].flag)][counted[k].value];
        if (count)
            printf("; %s in %llu cell%s", counted[k].words, (unsigned long long)count, plural(count));
    }
    puts("");
    points_print("  ", &job->points[s]);
    const struct fg_samples *samples = &job->inputs.samples[s];
    const json_t *set = json_object_get(json_object_get(job->found, "data"), job->setup->data[s].name);
    json_t *hint = scaling_hint(set, samples->n, samples->x0, samples->x1);
    scaling_print("  ", hint);
    json_decref(hint);
}

static enum fg_status print_summary(const struct output_job *job, struct fg_error *error)
{
    const struct options *options = job->options;
    const uint64_t all = fg_setup_cells(job->setup), cells = all - job->resumed.cells_done;
    const double seconds = progress_seconds(&job->meter);
    printf("%s: %llu cell%s", options->output, (unsigned long long)all, plural(all));
    if (cells < all) /* an earlier run computed the other cells */
        printf(", %llu of them", (unsigned long long)cells);
    printf(" in %.3f s (%.3g cells/s), %llu bytes, %s kernel, %llu thread%s", seconds,
           (double)cells / seconds, (unsigned long long)job->bytes, job->setup->kernel,
           (unsigned long long)options->threads, plural(options->threads));
    if (options->team)
        printf(" in each of %d processes", options->team->size);
    puts("");
    for (size_t s = 0; s < job->setup->n_data; s++)
        print_data_summary(job, s);
    if (job->setup->grid.phi.n < 3 || job->setup->grid.r.n < 3)
        puts("note: viewers such as silx do not plot grids below 3 x 3 cells");
    return finish_output(error);
}

enum fg_status run_summary_print(const struct output_job *job, struct fg_error *error)
{
    if (job->options->quiet || !job->found)
        return FG_OK;
    enum fg_status status =
        job->options->json ? print_json(printed_json(job), error) : print_summary(job, error);
    return status == FG_OK ? FG_OK
                           : fg_fail_while(error, status, "%s is complete, but its summary was not printed",
                                           job->options->output);
}
