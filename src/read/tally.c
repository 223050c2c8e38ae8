/* Tallies of checks: how many values were checked, how many were wrong, and where the largest error is. */
#include <math.h>

#include "verify_parts.h"

/* Whether cell (i, j) comes before that of the check. */
static bool tally_comes_first(uint64_t i, uint64_t j, const struct fg_check *check)
{
    return i != check->i ? i < check->i : j < check->j;
}

static void note_worst(struct fg_check *check, double error, uint64_t i, uint64_t j)
{
    if (error > check->worst || (error == check->worst && tally_comes_first(i, j, check))) {
        check->worst = error;
        check->i = i;
        check->j = j;
    }
}

void fg_tally_bool(struct fg_check *check, bool right, uint64_t i, uint64_t j)
{
    fg_tally_error(check, right ? 0 : 1, i, j);
}

void fg_tally_error(struct fg_check *check, double error, uint64_t i, uint64_t j)
{
    if (!(error <= check->bound))
        check->wrong++;
    if (check->checked++ == 0 || !(error <= check->worst)) {
        check->worst = isnan(error) ? INFINITY : error;
        check->i = i;
        check->j = j;
    } else {
        note_worst(check, error, i, j);
    }
}

void fg_tally_merge(struct fg_check *into, const struct fg_check *part)
{
    if (part->checked == 0)
        return;
    if (into->checked == 0) {
        into->worst = part->worst;
        into->i = part->i;
        into->j = part->j;
    } else {
        note_worst(into, part->worst, part->i, part->j);
    }
    into->checked += part->checked;
    into->wrong += part->wrong;
}
