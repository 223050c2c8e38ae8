#include "team.h"

#include <stdlib.h>
#include <string.h>

#include "text_lines.h"

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
        team->tell(team->context, 0, bytes, n);
}

void fg_team_allgather(const struct fg_team *team, void *pieces, size_t n, size_t bytes)
{
    if (team)
        team->share(team->context, pieces, n, bytes);
}

uint64_t fg_team_sum(const struct fg_team *team, uint64_t value)
{
    uint64_t sum = team ? 0 : value;
    for (int q = 0; team && q < team->size; q++) {
        uint64_t told = value;
        team->tell(team->context, q, &told, sizeof told);
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
    uint64_t worst = team->greatest(team->context, badness(mine) << 32 | (uint64_t)(team->size - team->rank));
    int from = team->size - (int)(worst & 0xffffffff);
    if (worst >> 32 == badness(FG_OK))
        return FG_OK;
    struct {
        enum fg_status status;
        struct fg_error error;
    } told = {.status = mine};
    if (error && team->rank == from)
        told.error = *error;
    team->tell(team->context, from, &told, sizeof told);
    if (error) {
        *error = told.error;
        if (from != 0)
            fg_fail_while(error, told.status, "process %d of %d", from, team->size);
    }
    return told.status;
}

enum fg_status fg_team_compare(const struct fg_team *team, const char *text, struct fg_error *error)
{
    size_t size = strlen(text) + 1;
    fg_team_broadcast(team, &size, sizeof size);
    char *first = calloc(size, 1);
    enum fg_status status =
        fg_team_agree(team, first ? FG_OK : fg_fail(error, FG_FAILED, "no memory"), error);
    if (status == FG_OK) {
        if (fg_team_rank(team) == 0)
            memcpy(first, text, size);
        fg_team_broadcast(team, first, size);
    }
    if (status == FG_OK && strcmp(first, text) != 0) {
        const char *theirs = first;
        fg_lines_skip_same(&text, &theirs);
        status = fg_fail(error, FG_BAD_INPUT, "has '%.*s', process 0 has '%.*s'; all must compute the same",
                         fg_line_length(text), text, fg_line_length(theirs), theirs);
    }
    free(first);
    return status;
}
