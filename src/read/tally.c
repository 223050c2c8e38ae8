/* Tallies of checks: how many values were checked, how many were wrong, and where the largest error is. */
#include <math.h>

#include "verify_parts.h"

void fg_tally_bool(struct fg_check *check, bool right, uint64_t i, uint64_t j)
{
    fg_tally_error(check, right ? 0 : 1, i, j);
}

void fg_tally_error(struct fg_check *check, double error, uint64_t i, uint64_t j)
{
    const struct fg_check one = {.checked = 1,
                                 .wrong = !(error <= check->bound),
                                 .worst = isnan(error) ? INFINITY : error,
                                 .i = i,
                                 .j = j};
    fg_tally_merge(check, &one);
}

/* Keeps the first cell of those with equal errors. */
void fg_tally_merge(struct fg_check *into, const struct fg_check *part)
{
    const bool is_first = part->i != into->i ? part->i < into->i : part->j < into->j;
    if (part->checked == 0)
        return;
    if (into->checked == 0 || part->worst > into->worst || (part->worst == into->worst && is_first)) {
        into->worst = part->worst;
        into->i = part->i;
        into->j = part->j;
    }
    into->checked += part->checked;
    into->wrong += part->wrong;
}
