/* Compares the stationary points of a file with the points that a new search finds. */
#include <float.h>
#include <math.h>

#include "verify_parts.h"

/* Maximum difference, relative to its scale, of a value from the same value by another library or processor:
 * a few roundings of a double. */
#define FEW_ROUNDINGS (8 * DBL_EPSILON)

static bool is_near(double a, double b, double scale)
{
    return a == b || fabs(a - b) <= FEW_ROUNDINGS * scale;
}

/* Returns whether two pairs of eigenvalues are near, relative to the larger eigenvalue. The scale has a
 * factor of 100, because the rounding of phi costs digits. */
static bool are_near(const double a[2], const double b[2])
{
    const double scale = 100 * fmax(fabs(a[0]), fabs(a[1]));
    return is_near(a[0], b[0], scale) && is_near(a[1], b[1], scale);
}

static bool is_same_point(const struct fg_stationary_point *a, const struct fg_stationary_point *b,
                          const struct fg_samples *samples)
{
    /* at a stationary point, the gradient comes from the rounding of phi and r alone */
    const double rounding = FEW_ROUNDINGS * (fabs(a->phi) + fabs(a->r) + samples->radius + 1) *
                            fmax(fabs(b->hessian[0]), fabs(b->hessian[1]));
    return a->kind == b->kind && is_near(a->phi, b->phi, fmax(1, fabs(b->phi))) &&
           is_near(a->r, b->r, fmax(1, samples->radius + fabs(b->r))) &&
           is_near(a->loss, b->loss, 10 * fabs(b->loss)) && are_near(a->fisher, b->fisher) &&
           are_near(a->hessian, b->hessian) && are_near(a->relative, b->relative) &&
           fabs(a->gradient) <= rounding;
}

enum fg_status fg_verify_stationary(const struct fg_verify_job *verify, struct fg_check *check,
                                    struct fg_error *error)
{
    const struct fg_result *result = verify->result;
    struct fg_stationary stored, found;
    struct fg_error ignored;
    bool searched;
    enum fg_status status = fg_result_read_stationary(result, verify->s, &stored, &searched, &ignored);
    if (status != FG_OK || !searched) { /* an unfinished file has no points */
        fg_tally_bool(check, status == FG_OK && !result->complete, 0, 0);
        return FG_OK;
    }
    const struct fg_kernel *own = fg_kernel_select(result->setup.kernel, NULL);
    struct fg_samples of_data[FG_DATA_MAX] = {{.n = 0}}; /* only the entry of this data set is used */
    of_data[verify->s] = verify->samples;
    const struct fg_problem problem = {
        .setup = &result->setup, .samples = of_data, .kernel = own ? own : fg_kernel_select(NULL, NULL)};
    status = fg_stationary_find(&found, &problem, verify->s, verify->options->threads, NULL, error);
    if (status != FG_OK)
        return status;
    fg_tally_bool(check, stored.notes == found.notes && stored.found == found.found && stored.n == found.n, 0,
                  0);
    for (size_t k = 0; k < stored.n && k < found.n; k++)
        fg_tally_bool(check, is_same_point(&stored.point[k], &found.point[k], &verify->samples), k, 0);
    return FG_OK;
}
