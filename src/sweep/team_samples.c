#include "team_samples.h"

#include <stdlib.h>
#include <string.h>

/* Sends from[n] of process 0 to to[n] of the other processes. */
static void send_array(const struct fg_team *team, const double *from, double *to, size_t n)
{
    double block[1024]; /* process 0 sends copies, because a broadcast takes no constant array */
    for (size_t first = 0, count; first < n; first += count) {
        count = n - first < sizeof block / sizeof *block ? n - first : sizeof block / sizeof *block;
        if (team->rank == 0)
            memcpy(block, from + first, count * sizeof *block);
        fg_team_broadcast(team, block, count * sizeof *block);
        if (team->rank > 0)
            memcpy(to + first, block, count * sizeof *block);
    }
}

/* Sends the arrays of `samples`. All processes have its other members already. */
static enum fg_status send_arrays(const struct fg_team *team, struct fg_samples *samples, bool weighted,
                                  struct fg_error *error)
{
    const double **const arrays[] = {&samples->x0, &samples->x1, &samples->o0, &samples->o1,
                                     &samples->weight};
    const size_t n = samples->n, n_arrays = weighted ? 5 : 2;
    enum fg_status status = FG_OK;
    if (team->rank > 0) {
        samples->owned = malloc(n_arrays * n * sizeof *samples->owned);
        if (!samples->owned)
            status = fg_fail(error, FG_FAILED, "no memory for %zu %s", n, weighted ? "sources" : "samples");
    }
    status = fg_team_agree(team, status, error);
    for (size_t a = 0; a < n_arrays && status == FG_OK; a++) {
        double *const to = team->rank > 0 ? samples->owned + a * n : NULL;
        send_array(team, *arrays[a], to, n);
        if (to)
            *arrays[a] = to;
    }
    return status;
}

/* Returns `samples` without its arrays. */
static struct fg_samples only_numbers(const struct fg_samples *samples)
{
    return (struct fg_samples){.n = samples->n,
                               .n_class0 = samples->n_class0,
                               .mean0 = samples->mean0,
                               .mean1 = samples->mean1,
                               .radius = samples->radius};
}

/* Sends data set s, without the samples that sources replace. */
static enum fg_status send_summed(struct fg_team_samples *samples, size_t s, struct fg_error *error)
{
    const struct fg_team *team = samples->team;
    struct {
        bool weighted;
        struct fg_samples summed, behind;
    } told = {.weighted = samples->summed[s].weight != NULL,
              .summed = only_numbers(&samples->summed[s]),
              .behind = only_numbers(&samples->behind[s])};
    fg_team_broadcast(team, &told, sizeof told);
    if (team->rank > 0) {
        samples->summed[s] = told.summed;
        samples->behind[s] = told.behind;
        samples->summed[s].behind = told.weighted ? &samples->behind[s] : NULL;
    }
    samples->everywhere[s] = !told.weighted;
    return send_arrays(team, &samples->summed[s], told.weighted, error);
}

enum fg_status fg_team_samples_init(struct fg_team_samples *samples, const struct fg_samples *given,
                                    size_t n_data, const struct fg_team *team, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    *samples = (struct fg_team_samples){.team = team, .n_data = n_data};
    for (size_t s = 0; s < n_data; s++) {
        samples->everywhere[s] = true;
        if (fg_team_rank(team) > 0)
            continue;
        samples->summed[s] = given[s];
        samples->summed[s].owned = NULL;
        if (given[s].behind) {
            samples->behind[s] = *given[s].behind;
            samples->behind[s].owned = NULL;
        }
    }
    for (size_t s = 0; s < n_data && team && status == FG_OK; s++)
        status = send_summed(samples, s, error);
    return status;
}

enum fg_status fg_team_samples_fetch(struct fg_team_samples *samples, size_t s, struct fg_error *error)
{
    samples->everywhere[s] = true;
    return send_arrays(samples->team, &samples->behind[s], false, error);
}

void fg_team_samples_free(struct fg_team_samples *samples)
{
    for (size_t s = 0; s < samples->n_data; s++) {
        fg_samples_free(&samples->summed[s]);
        fg_samples_free(&samples->behind[s]);
    }
}
