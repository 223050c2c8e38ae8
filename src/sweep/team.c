#include "fishergrid/team.h"

size_t fg_team_first(const struct fg_team *team, size_t n, int q)
{
    size_t size = (size_t)fg_team_size(team), rank = (size_t)q;
    return n / size * rank + n % size * rank / size;
}

int fg_team_rank(const struct fg_team *team)
{
    return team ? team->rank : 0;
}

int fg_team_size(const struct fg_team *team)
{
    return team ? team->size : 1;
}

void fg_team_broadcast(const struct fg_team *team, void *bytes, size_t n)
{
    if (team)
        team->broadcast(team->context, 0, bytes, n);
}

void fg_team_allgather(const struct fg_team *team, void *pieces, size_t n, size_t bytes)
{
    if (team)
        team->allgather(team->context, pieces, n, bytes);
}

uint64_t fg_team_sum(const struct fg_team *team, uint64_t value)
{
    uint64_t sum = team ? 0 : value;
    for (int q = 0; team && q < team->size; q++) {
        uint64_t told = value;
        team->broadcast(team->context, q, &told, sizeof told);
        sum += told;
    }
    return sum;
}

/* A failure is worse than an interruption, of which the exit code is greater. */
static uint64_t badness(enum fg_status status)
{
    return status == FG_OK ? 0 : status == FG_INTERRUPTED ? 1 : 2;
}

/* The worst status and the first process that has it are one number: status in the upper half, and the lower
 * half greater for lower ranks. */
enum fg_status fg_team_agree(const struct fg_team *team, enum fg_status mine, struct fg_error *error)
{
    if (!team)
        return mine;
    uint64_t worst =
        team->allreduce_max(team->context, badness(mine) << 32 | (uint64_t)(team->size - team->rank));
    int from = team->size - (int)(worst & 0xffffffff);
    if (worst >> 32 == badness(FG_OK))
        return FG_OK;
    struct {
        enum fg_status status;
        struct fg_error error;
    } told = {.status = mine};
    if (error && team->rank == from)
        told.error = *error;
    team->broadcast(team->context, from, &told, sizeof told);
    if (error) {
        *error = told.error;
        if (from != 0)
            fg_fail_while(error, told.status, "process %d of %d", from, team->size);
    }
    return told.status;
}
