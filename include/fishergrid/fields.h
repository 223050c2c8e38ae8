/* The list of fields: the single definition of what is computed in a cell. The kernel's buffers, the file,
 * the command line and the plots follow this list. */
#ifndef FISHERGRID_FIELDS_H
#define FISHERGRID_FIELDS_H

#include <stddef.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

/* The fields. Real fields (doubles) come first, flags (one byte) come last. All sums run over the samples,
 * with p = p(y|x) of a sample's own label, a_phi = da/dphi, rho = dloss/da = z - [y = 0] and w = z (1 - z).
 */
enum fg_field {
    FG_LOSS,                     /* L       = - sum log p */
    FG_FISHER_PHI_PHI,           /* F_phiphi = sum w a_phi^2 */
    FG_FISHER_R_PHI,             /* F_rphi   = sum w a_phi */
    FG_FISHER_R_R,               /* F_rr     = sum w */
    FG_GRADIENT_PHI,             /* g_phi    = sum rho a_phi */
    FG_GRADIENT_R,               /* g_r      = sum rho */
    FG_NATURAL_GRADIENT_PHI,     /* n_phi  } (n_phi, n_r) = (F + lambda I)^-1 (g_phi, g_r), */
    FG_NATURAL_GRADIENT_R,       /* n_r    } NaN where n does not exist, infinite where it overflows */
    FG_HESSIAN_PHI_PHI,          /* H_phiphi = F_phiphi - sum rho (a - r); H_rphi = F_rphi and H_rr = F_rr */
    FG_EMPIRICAL_FISHER_PHI_PHI, /* E_phiphi = sum rho^2 a_phi^2 */
    FG_EMPIRICAL_FISHER_R_PHI,   /* E_rphi   = sum rho^2 a_phi */
    FG_EMPIRICAL_FISHER_R_R,     /* E_rr     = sum rho^2 */
    FG_NEWTON_PHI,               /* } (newton_phi, newton_r) = H^-1 (g_phi, g_r), without damping; NaN if H */
    FG_NEWTON_R,                 /* } is singular; -newton points downhill where H is positive definite */
    FG_FISHER_EIGENVALUE_MAX,    /* larger eigenvalue of F */
    FG_FISHER_EIGENVALUE_MIN,    /* smaller eigenvalue of F, from the moments: no digits cancel */
    FG_FISHER_EIGENVECTOR_ANGLE, /* from the phi axis to the eigenvector of lambda_max, in (-pi/2, pi/2] */
    FG_FISHER_CONDITION,         /* larger eigenvalue / smaller eigenvalue; +inf where F has rank 1 */
    FG_FISHER_VOLUME,            /* sqrt(det F): the Jeffreys density */
    FG_NATURAL_GRADIENT_NORM,    /* sqrt(g^T F^-1 g), without damping; NaN where F has rank 1 */
    FG_FISHER_CURVATURE,         /* Gaussian curvature K of the metric F; NaN where F has rank 1 */
    FG_NATURAL_GRADIENT_FLAG,    /* one of enum fg_flag */
    FG_NEWTON_FLAG,              /* one of enum fg_newton_flag */
    FG_CURVATURE_FLAG,           /* one of enum fg_flag */
    FG_N_FIELDS
};
#define FG_N_REAL_FIELDS FG_NATURAL_GRADIENT_FLAG /* number of fields of type double, which come first */
#define FG_N_FLAG_FIELDS (FG_N_FIELDS - FG_N_REAL_FIELDS)      /* number of flags, which come last */
#define FG_FLAG(field) (-(int)FG_N_REAL_FIELDS + (int)(field)) /* number of a flag among the flags */

/* How the natural gradient or the curvature of a cell was computed. */
enum fg_flag {
    FG_NOT_COMPUTED = 0, /* the cell has not been computed yet */
    FG_REGULAR = 1,      /* computed from the centred moments */
    FG_RECOMPUTED = 2,   /* ill-conditioned: recomputed from differences to the sample of largest weight */
    FG_UNDEFINED = 3,    /* the Fisher matrix has rank 1, or all weights but one underflow: NaN */
    FG_OVERFLOW = 4,     /* n exists, but a component exceeds the largest double: +inf or -inf */
    FG_N_FLAGS
};

/* Kind of the Newton step of a cell. The other values are those of enum fg_flag: FG_NOT_COMPUTED,
 * FG_UNDEFINED (H is singular, and the step is NaN) and FG_OVERFLOW (a component exceeds the largest
 * double). */
enum fg_newton_flag {
    FG_POSITIVE_DEFINITE = 1, /* H is positive definite: -newton is a descent direction */
    FG_INDEFINITE = 2         /* H has a negative eigenvalue: the step leads towards a saddle or a maximum */
};
/* [FG_N_FLAG_FIELDS] names of the values of each flag, in the file and for people. Every flag has FG_N_FLAGS
 * values; 0 always says that the cell has not been computed yet. Constant. */
extern const char *const fg_flag_name[][FG_N_FLAGS];

/* Description of a field, for files and for people. */
struct fg_field_info {
    const char *name;     /* name in the file and on the command line */
    const char *symbol;   /* symbol in the formulas above */
    const char *unit;     /* unit in UDUNITS notation; "1" if dimensionless */
    const char *sentence; /* one sentence, for `long_name` and help texts */
};

/* [FG_N_FIELDS] one entry for each field, in the order of enum fg_field. Constant. */
extern const struct fg_field_info fg_field_info[];

/* Returns the number of bytes of one value: 8, or 1 for a flag. */
size_t fg_field_bytes(enum fg_field field);

#define FG_FIELD_NAME_MAX 128 /* buffer size in bytes, with the terminating 0 */
/* Writes the name of the dataset of `field` for the data set `data` into `name`: "loss_A" for the loss of
 * data set A. */
void fg_field_name(enum fg_field field, const char *data, char name[FG_FIELD_NAME_MAX]);

/* A set of fields: field f is bit `1u << f`. */
typedef unsigned fg_field_set;
#define FG_ALL_FIELDS ((1u << FG_N_FIELDS) - 1) /* the set of all fields */
/* The default: loss, Fisher matrix, gradient, natural gradient and its flag. */
#define FG_EXERCISE_FIELDS (((1u << FG_HESSIAN_PHI_PHI) - 1) | 1u << FG_NATURAL_GRADIENT_FLAG)
#define FG_GEOMETRY_FIELDS (FG_ALL_FIELDS & ~FG_EXERCISE_FIELDS) /* the others */

/* Returns the set of the fields that a group names, "exercise", "geometry" or "all"; 0 for other names. */
fg_field_set fg_fields_group(const char *name);

/* Parses a comma-separated list of names of fields and groups into `set`. The group "all" stands alone. A
 * component of the natural gradient adds the flag of the natural gradient to the set; the Newton step and the
 * curvature add their flags, too.
 * Errors: FG_BAD_INPUT for an unknown or repeated name or an empty list. */
enum fg_status fg_fields_parse(const char *list, fg_field_set *set, struct fg_error *error);

FG_API_END
#endif
