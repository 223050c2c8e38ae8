/* The table of fields, and the parser of `--fields`. */
#include "fishergrid/fields.h"

#include <stdio.h>
#include <string.h>

#include "fishergrid/text.h"

const struct fg_field_info fg_field_info[FG_N_FIELDS] = {
    [FG_LOSS] = {"loss", "L", "1", "cross-entropy loss"},
    [FG_FISHER_PHI_PHI] = {"fisher_phi_phi", "F_phiphi", "1", "Fisher information of phi"},
    [FG_FISHER_R_PHI] = {"fisher_r_phi", "F_rphi", "1", "Fisher information between r and phi"},
    [FG_FISHER_R_R] = {"fisher_r_r", "F_rr", "1", "Fisher information of r"},
    [FG_GRADIENT_PHI] = {"gradient_phi", "g_phi", "1", "derivative of the loss by phi"},
    [FG_GRADIENT_R] = {"gradient_r", "g_r", "1", "derivative of the loss by r"},
    [FG_NATURAL_GRADIENT_PHI] = {"natural_gradient_phi", "n_phi", "1", "natural gradient, component phi"},
    [FG_NATURAL_GRADIENT_R] = {"natural_gradient_r", "n_r", "1", "natural gradient, component r"},
    [FG_HESSIAN_PHI_PHI] = {"hessian_phi_phi", "H_phiphi", "1",
                            "Hessian of the loss (H_rphi = F_rphi and H_rr = F_rr)"},
    [FG_EMPIRICAL_FISHER_PHI_PHI] = {"empirical_fisher_phi_phi", "E_phiphi", "1",
                                     "empirical Fisher information of phi"},
    [FG_EMPIRICAL_FISHER_R_PHI] = {"empirical_fisher_r_phi", "E_rphi", "1",
                                   "empirical Fisher information between r and phi"},
    [FG_EMPIRICAL_FISHER_R_R] = {"empirical_fisher_r_r", "E_rr", "1", "empirical Fisher information of r"},
    [FG_NEWTON_PHI] = {"newton_phi", "newton_phi", "1", "Newton step, component phi"},
    [FG_NEWTON_R] = {"newton_r", "newton_r", "1", "Newton step, component r"},
    [FG_FISHER_EIGENVALUE_MAX] = {"fisher_eigenvalue_max", "lambda_max", "1",
                                  "larger eigenvalue of the Fisher matrix"},
    [FG_FISHER_EIGENVALUE_MIN] = {"fisher_eigenvalue_min", "lambda_min", "1",
                                  "smaller eigenvalue of the Fisher matrix"},
    [FG_FISHER_EIGENVECTOR_ANGLE] = {"fisher_eigenvector_angle", "theta", "rad",
                                     "angle from the phi axis to the eigenvector of the larger eigenvalue"},
    [FG_FISHER_CONDITION] = {"fisher_condition", "kappa", "1", "condition number of the Fisher matrix"},
    [FG_FISHER_VOLUME] = {"fisher_volume", "sqrt(det F)", "1", "volume density of the Fisher metric"},
    [FG_NATURAL_GRADIENT_NORM] = {"natural_gradient_norm", "sqrt(g F^-1 g)", "1",
                                  "length of the natural gradient in the Fisher metric"},
    [FG_FISHER_CURVATURE] = {"fisher_curvature", "K", "1", "Gaussian curvature of the Fisher metric"},
    [FG_NATURAL_GRADIENT_FLAG] = {"natural_gradient_flag", "flag", "1",
                                  "how the natural gradient came about"},
    [FG_CURVATURE_FLAG] = {"curvature_flag", "curvature flag", "1", "how the curvature came about"},
    [FG_NEWTON_FLAG] = {"newton_flag", "newton flag", "1", "what the Newton step is"},
};

const char *const fg_flag_name[FG_N_FLAG_FIELDS][FG_N_FLAGS] = {
    [FG_FLAG(FG_NATURAL_GRADIENT_FLAG)] = {"not_computed", "regular", "recomputed", "undefined", "overflow"},
    [FG_FLAG(FG_NEWTON_FLAG)] = {"not_computed", "positive_definite", "indefinite", "undefined", "overflow"},
    [FG_FLAG(FG_CURVATURE_FLAG)] = {"not_computed", "regular", "recomputed", "undefined", "overflow"},
};

size_t fg_field_bytes(enum fg_field field)
{
    return field < FG_N_REAL_FIELDS ? sizeof(double) : 1;
}

void fg_field_name(enum fg_field field, const char *data, char name[FG_FIELD_NAME_MAX])
{
    snprintf(name, FG_FIELD_NAME_MAX, "%s_%s", fg_field_info[field].name, data);
}

static const struct {
    const char *name;
    fg_field_set set;
} groups[] = {{"exercise", FG_EXERCISE_FIELDS}, {"geometry", FG_GEOMETRY_FIELDS}, {"all", FG_ALL_FIELDS}};

fg_field_set fg_fields_group(const char *name)
{
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        if (strcmp(groups[g].name, name) == 0)
            return groups[g].set;
    }
    return 0;
}

/* Returns the field or the group called `name`; 0 if there is none. */
static fg_field_set find_fields(const char *name)
{
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (strcmp(fg_field_info[f].name, name) == 0)
            return 1u << f;
    }
    return fg_fields_group(name);
}

/* Sets the error for an unknown field, with a similar name and a list of all names. */
static enum fg_status unknown_field(const char *name, struct fg_error *error)
{
    char known[800] = "", hint[FG_HINT_MAX];
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        fg_text_add(known, sizeof known, ", ", groups[g].name);
    for (int f = 0; f < FG_N_FIELDS; f++)
        fg_text_add(known, sizeof known, ", ", fg_field_info[f].name);
    fg_text_suggest(name, known, hint);
    return fg_fail(error, FG_BAD_INPUT, "unknown field '%s'%s; there are: %s", name, hint, known);
}

enum fg_status fg_fields_parse(const char *list, fg_field_set *set, struct fg_error *error)
{
    *set = 0;
    for (const char *at = list;; at++) {
        char name[100];
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), at);
        fg_field_set found = find_fields(name);
        if (found == 0)
            return unknown_field(name, error);
        if (found == FG_ALL_FIELDS && strcmp(list, name) != 0)
            return fg_fail(error, FG_BAD_INPUT,
                           "'all' in a list of fields; write all alone, or name the fields");
        if ((*set & found) == found)
            return fg_fail(error, FG_BAD_INPUT, "field '%s' is listed twice; once is enough", name);
        *set |= found;
        at += length;
        if (*at == '\0')
            break;
    }
    if (*set & (1u << FG_NATURAL_GRADIENT_PHI | 1u << FG_NATURAL_GRADIENT_R))
        *set |= 1u << FG_NATURAL_GRADIENT_FLAG;
    if (*set & (1u << FG_NEWTON_PHI | 1u << FG_NEWTON_R))
        *set |= 1u << FG_NEWTON_FLAG;
    if (*set & 1u << FG_FISHER_CURVATURE)
        *set |= 1u << FG_CURVATURE_FLAG;
    return FG_OK;
}
