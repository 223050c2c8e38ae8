/* The list of fields: the one place that says what a cell consists of. The kernel's buffers, the file, the
 * command line and the plots all follow it. */
#ifndef FISHERGRID_FIELDS_H
#define FISHERGRID_FIELDS_H

#include <stddef.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

/* All real fields first, the byte field last. With p = p(y|x) of a sample's own label, a_phi = da/dphi,
 * rho = dloss/da = z - [y = 0] and w = z (1 - z), all sums over the samples: */
enum fg_field {
    FG_LOSS,                  /* L       = - sum log p */
    FG_FISHER_PHI_PHI,        /* F_phiphi = sum w a_phi^2 */
    FG_FISHER_R_PHI,          /* F_rphi   = sum w a_phi */
    FG_FISHER_R_R,            /* F_rr     = sum w */
    FG_GRADIENT_PHI,          /* g_phi    = sum rho a_phi */
    FG_GRADIENT_R,            /* g_r      = sum rho */
    FG_NATURAL_GRADIENT_PHI,  /* n_phi  } (n_phi, n_r) = (F + lambda I)^-1 (g_phi, g_r), */
    FG_NATURAL_GRADIENT_R,    /* n_r    } NaN where it does not exist */
    FG_NATURAL_GRADIENT_FLAG, /* one of enum fg_flag */
    FG_N_FIELDS
};
#define FG_N_REAL_FIELDS FG_NATURAL_GRADIENT_FLAG /* the fields of type double come first */

/* How the natural gradient of a cell came about. */
enum fg_flag {
    FG_NOT_COMPUTED = 0, /* the sweep has not been there yet */
    FG_REGULAR = 1,      /* from the centred moments */
    FG_RECOMPUTED = 2,   /* ill-conditioned: recomputed by differences to the heaviest sample */
    FG_UNDEFINED = 3     /* the Fisher matrix has rank 1 (or weights below 1e-4900): NaN */
};
/* Their names in the file, in this order. */
#define FG_FLAG_MEANINGS "not_computed regular recomputed undefined"

/* What people and files need to know of a field. */
struct fg_field_info {
    const char *name;     /* in the file and on the command line */
    const char *symbol;   /* as in the formulas above */
    const char *unit;     /* UDUNITS; "1" when dimensionless */
    const char *sentence; /* what it is, for `long_name` and help texts */
};

/* [FG_N_FIELDS] one entry a field, in the order of enum fg_field; constant. */
extern const struct fg_field_info fg_field_info[];

/* Bytes of one value: 8, or 1 of the flag. */
size_t fg_field_bytes(enum fg_field field);

#define FG_FIELD_NAME_MAX 128 /* bytes of the name of a dataset with the 0 at its end */
/* The name of the dataset of a field, "loss_A" of data set A. */
void fg_field_name(enum fg_field field, const char *data, char name[FG_FIELD_NAME_MAX]);

/* A set of fields: bit `1u << field`. */
typedef unsigned fg_field_set;
#define FG_ALL_FIELDS ((1u << FG_N_FIELDS) - 1) /* the set of all */

/* Reads a comma-separated list of field names into `set`. "all" stands for every field; the flag always
 * comes with a component of the natural gradient. An unknown or repeated name or an empty list: FG_BAD_INPUT.
 */
enum fg_status fg_fields_parse(const char *list, fg_field_set *set, struct fg_error *error);

FG_API_END
#endif
