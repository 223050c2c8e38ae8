#include "run_summary.h"

#include <stdio.h>

#include "fishergrid/sources.h"
#include "json_io.h"
#include "point_report.h"
#include "scaling.h"
#include "standard_output.h"

json_t *found_to_json(const struct fg_setup *setup, size_t s, const struct fg_summary *found)
{
    json_t *object = json_pack("{s:I, s:I, s:f, s:f, s:f, s:I}", "samples", (json_int_t)setup->data[s].n,
                               "sources", (json_int_t)setup->data[s].sources, "min_loss", found->min_loss,
                               "min_loss_phi", fg_axis_value(&setup->grid.phi, found->min_i), "min_loss_r",
                               fg_axis_value(&setup->grid.r, found->min_j), "direct_fallback_cells",
                               (json_int_t)found->direct_fallback_cells);
    for (int f = FG_NATURAL_GRADIENT_FLAG; f < FG_N_FIELDS; f++) {
        const bool natural = f == FG_NATURAL_GRADIENT_FLAG; /* counted even if it is not stored */
        for (int value = 1; value < FG_N_FLAGS && (natural || setup->fields & 1u << f); value++) {
            char name[100];
            snprintf(name, sizeof name, "%s_%s", natural ? "cells" : fg_field_info[f].name,
                     fg_flag_name[FG_FLAG(f)][value]);
            object = json_with(object, name, json_integer((json_int_t)found->flags[FG_FLAG(f)][value]));
        }
    }
    return object;
}

/* Numbers of cells in the summary of a data set, in the order in which they are printed. */
static const struct {
    const char *name, *words;
} counted[] = {
    {"cells_recomputed", "natural gradient recomputed"},
    {"cells_undefined", "natural gradient undefined"},
    {"cells_overflow", "natural gradient overflows"},
    {"newton_flag_indefinite", "Hessian indefinite"},
    {"newton_flag_undefined", "Newton step undefined"},
    {"newton_flag_overflow", "Newton step overflows"},
    {"curvature_flag_recomputed", "curvature recomputed"},
    {"curvature_flag_undefined", "curvature undefined"},
    {"curvature_flag_overflow", "curvature overflows"},
};

void found_print(const json_t *found, bool rounded)
{
    const long long phi = json_whole(found, "nodes_phi"), r = json_whole(found, "nodes_r");
    const long long direct = json_whole(found, "direct_fallback_cells");
    printf("minimum loss%s %.10g at phi = %.6f rad, r = %.6f", rounded ? ", as rounded," : "",
           json_number(found, "min_loss"), json_number(found, "min_loss_phi"),
           json_number(found, "min_loss_r"));
    if (phi > 0 && r > 0)
        printf("; summed at %lld x %lld nodes", phi, r);
    else if (phi > 0 || r > 0)
        printf("; summed at %lld nodes in %s", phi + r, phi > 0 ? "phi" : "r");
    if (direct > 0)
        printf(" and directly in %lld cell%s", direct, plural((uint64_t)direct));
    for (size_t k = 0; k < sizeof counted / sizeof *counted; k++) {
        const long long cells = json_whole(found, counted[k].name);
        if (cells > 0)
            printf("; %s in %lld cell%s", counted[k].words, cells, plural((uint64_t)cells));
    }
    puts("");
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

/* Returns what the summary says of data set s. */
static json_t *found_of(const struct output_job *job, size_t s)
{
    return json_object_get(json_object_get(job->found, "data"), job->setup->data[s].name);
}

static void print_data_summary(const struct output_job *job, size_t s)
{
    const struct fg_samples *samples = &job->inputs.samples[s];
    json_t *hint = scaling_hint(found_of(job, s), samples->n, samples->x0, samples->x1);
    printf("%s: ", job->setup->data[s].name);
    print_samples(&job->setup->data[s]);
    printf(", ");
    found_print(found_of(job, s), false);
    points_print("  ", json_object_get(found_of(job, s), "stationary_points"));
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
    bool enough = true;
    if (job->options->quiet || !job->found)
        return FG_OK;
    /* the summary in the file has no room for the stationary points */
    for (size_t s = 0; s < job->setup->n_data; s++)
        enough &=
            json_object_set_new(found_of(job, s), "stationary_points", points_to_json(&job->points[s])) == 0;
    enum fg_status status = !enough              ? fg_fail(error, FG_FAILED, "no memory for JSON")
                            : job->options->json ? print_json(json_incref(job->found), error)
                                                 : print_summary(job, error);
    return status == FG_OK ? FG_OK
                           : fg_fail_while(error, status, "%s is complete, but its summary was not printed",
                                           job->options->output);
}
