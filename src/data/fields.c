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
    [FG_NATURAL_GRADIENT_FLAG] = {"natural_gradient_flag", "flag", "1",
                                  "how the natural gradient came about"},
};

const char *const fg_flag_name[FG_N_FLAGS] = {
    [FG_NOT_COMPUTED] = "not_computed", [FG_REGULAR] = "regular",   [FG_RECOMPUTED] = "recomputed",
    [FG_UNDEFINED] = "undefined",       [FG_OVERFLOW] = "overflow",
};

size_t fg_field_bytes(enum fg_field field)
{
    return field < FG_N_REAL_FIELDS ? sizeof(double) : 1;
}

void fg_field_name(enum fg_field field, const char *data, char name[FG_FIELD_NAME_MAX])
{
    snprintf(name, FG_FIELD_NAME_MAX, "%s_%s", fg_field_info[field].name, data);
}

/* The field called `name` (length bytes, not terminated), or FG_N_FIELDS. */
static enum fg_field find_field(const char *name, size_t length)
{
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (strlen(fg_field_info[f].name) == length && memcmp(fg_field_info[f].name, name, length) == 0)
            return (enum fg_field)f;
    }
    return FG_N_FIELDS;
}

static enum fg_status unknown_field(const char *name, size_t length, struct fg_error *error)
{
    if (length == strlen("all") && memcmp(name, "all", length) == 0)
        return fg_fail(error, FG_BAD_INPUT, "'all' in a list of fields; write all alone, or name the fields");
    char known[512] = "all", hint[FG_HINT_MAX];
    for (int f = 0; f < FG_N_FIELDS; f++)
        fg_text_add(known, sizeof known, ", ", fg_field_info[f].name);
    fg_text_suggest(name, known, hint);
    return fg_fail(error, FG_BAD_INPUT, "unknown field '%.*s'%s; there are: %s", (int)length, name, hint,
                   known);
}

enum fg_status fg_fields_parse(const char *list, fg_field_set *set, struct fg_error *error)
{
    *set = 0;
    if (strcmp(list, "all") == 0) {
        *set = FG_ALL_FIELDS;
        return FG_OK;
    }
    for (const char *name = list;; name++) {
        size_t length = strcspn(name, ",");
        enum fg_field field = find_field(name, length);
        if (field == FG_N_FIELDS)
            return unknown_field(name, length < 100 ? length : 100, error);
        if (*set & 1u << field)
            return fg_fail(error, FG_BAD_INPUT, "field '%.*s' is listed twice; once is enough", (int)length,
                           name);
        *set |= 1u << field;
        name += length;
        if (*name == '\0')
            break;
    }
    if (*set & (1u << FG_NATURAL_GRADIENT_PHI | 1u << FG_NATURAL_GRADIENT_R))
        *set |= 1u << FG_NATURAL_GRADIENT_FLAG;
    return FG_OK;
}
