/* Checks whether files are the parts of one grid. */
#include "fishergrid/merge.h"

#include "open_result.h"

static enum fg_status check_merged_part(const struct fg_result *part, struct fg_error *error)
{
    const struct fg_setup *setup = &part->setup;
    if (part->packed)
        return fg_fail(error, FG_BAD_INPUT, "%s is packed; merge the parts first, then pack", part->path);
    if (setup->parts == 0)
        return fg_fail(error, FG_BAD_INPUT, "%s is not a part, but a whole grid", part->path);
    return fg_result_check_whole(part, error);
}

/* Returns the setup of the whole grid, before it is cut into tiles. */
static struct fg_setup whole_of(const struct fg_result *part)
{
    struct fg_setup whole = part->setup;
    whole.part = whole.parts = 0;
    return whole;
}

static enum fg_status compare_parts(const struct fg_result *a, const struct fg_result *b,
                                    struct fg_error *error)
{
    const struct fg_setup one = whole_of(a), other = whole_of(b);
    struct fg_setup_difference difference;
    if (fg_setup_differ(&one, &other, &difference))
        return fg_fail(error, FG_BAD_INPUT, "%s and %s are parts of different sweeps: %s %s and %s", a->path,
                       b->path, difference.name, difference.first, difference.second);
    return a->setup.parts == b->setup.parts
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT, "%s is one of %llu parts, %s one of %llu", a->path,
                         (unsigned long long)a->setup.parts, b->path, (unsigned long long)b->setup.parts);
}

/* Sorts the parts by number. Fails with FG_BAD_INPUT if a part is missing or given twice. */
static enum fg_status sort_parts(struct fg_result **parts, size_t n, struct fg_error *error)
{
    const unsigned long long all = parts[0]->setup.parts;
    for (size_t p = 0; p < n; p++) {
        for (size_t k; (k = parts[p]->setup.part - 1) != p && k < n;) {
            if (parts[k]->setup.part == parts[p]->setup.part)
                return fg_fail(error, FG_BAD_INPUT, "%s and %s are both part %zu of %llu", parts[k]->path,
                               parts[p]->path, k + 1, all);
            struct fg_result *moved = parts[k];
            parts[k] = parts[p];
            parts[p] = moved;
        }
    }
    for (size_t p = 0; p < all; p++) {
        if (p >= n || parts[p]->setup.part != p + 1)
            return fg_fail(error, FG_BAD_INPUT, "part %zu of %llu is missing; there are %zu", p + 1, all, n);
    }
    return FG_OK;
}

enum fg_status fg_merge_plan(struct fg_result **parts, size_t n, struct fg_setup *whole,
                             struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (size_t p = 0; p < n && status == FG_OK; p++) {
        status = check_merged_part(parts[p], error);
        if (status == FG_OK)
            status = compare_parts(parts[0], parts[p], error);
    }
    if (status == FG_OK)
        status = sort_parts(parts, n, error);
    if (status != FG_OK)
        return status;
    *whole = whole_of(parts[0]);
    return fg_setup_cut(whole, error);
}
