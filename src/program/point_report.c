#include "point_report.h"

#include <stdio.h>
#include <string.h>

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

void points_print(const char *indent, const json_t *points)
{
    const json_t *list = json_object_get(points, "points"), *point, *note;
    const long long more = json_whole(points, "found") - PRINTED;
    size_t k;
    json_array_foreach(list, k, point)
    {
        if (k < PRINTED)
            printf("%s%s of the loss, %.13g, at phi = %.8f rad, r = %.8f\n", indent,
                   json_string_value(json_object_get(point, "kind")), json_number(point, "loss"),
                   json_number(point, "phi"), json_number(point, "r"));
    }
    if (more > 0)
        printf("%sand %lld more stationary point%s\n", indent, more, plural((uint64_t)more));
    if (json_array_size(list) == 0)
        printf("%sno stationary point of the loss in the range of the grid\n", indent);
    json_array_foreach(json_object_get(points, "notes"), k, note)
    {
        int b = 0;
        while (strcmp(fg_stationary_note_name[b], json_string_value(note)) != 0)
            b++;
        printf("%snote: %s\n", indent, fg_stationary_note_sentence[b]);
    }
}
