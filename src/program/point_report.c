#include "point_report.h"

#include <stdio.h>

#include "json_io.h"
#include "standard_output.h"

/* Maximum number of points that are printed. The file and JSON have more. */
enum { PRINTED = 8 };

static json_t *pair_to_json(const double pair[2])
{
    return json_append(json_append(json_array(), finite_or_null(pair[0])), finite_or_null(pair[1]));
}

static json_t *point_to_json(const struct fg_stationary_point *point)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", fg_stationary_kind_name[point->kind],
                     "phi", finite_or_null(point->phi), "r", finite_or_null(point->r), "loss",
                     finite_or_null(point->loss), "gradient_norm", finite_or_null(point->gradient),
                     "fisher_eigenvalues", pair_to_json(point->fisher), "hessian_eigenvalues",
                     pair_to_json(point->hessian), "natural_hessian_eigenvalues",
                     pair_to_json(point->relative));
}

json_t *points_to_json(const struct fg_stationary *points)
{
    json_t *notes = json_array(), *list = json_array();
    for (int b = 0; b < FG_N_NOTES; b++) {
        if (points->notes & 1u << b)
            notes = json_append(notes, json_string(fg_stationary_note_name[b]));
    }
    for (size_t k = 0; k < points->n; k++)
        list = json_append(list, point_to_json(&points->point[k]));
    return json_pack("{s:o, s:o, s:o}", "found", whole_to_json(points->found), "notes", notes, "points",
                     list);
}

void points_print(const char *indent, const struct fg_stationary *points)
{
    for (size_t k = 0; k < points->n && k < PRINTED; k++) {
        const struct fg_stationary_point *point = &points->point[k];
        printf("%s%s of the loss, %.13g, at phi = %.8f rad, r = %.8f\n", indent,
               fg_stationary_kind_name[point->kind], point->loss, point->phi, point->r);
    }
    if (points->n > PRINTED)
        printf("%sand %llu more stationary point%s\n", indent, (unsigned long long)(points->found - PRINTED),
               plural(points->found - PRINTED));
    if (points->n == 0)
        printf("%sno stationary point of the loss in the range of the grid\n", indent);
    for (int b = 0; b < FG_N_NOTES; b++) {
        if (points->notes & 1u << b)
            printf("%snote: %s\n", indent, fg_stationary_note_sentence[b]);
    }
}
