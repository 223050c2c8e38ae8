#include "first_failure.h"

void fg_first_failure_note(struct fg_first_failure *failure, enum fg_status status,
                           const struct fg_error *error)
{
#pragma omp critical(fg_failure)
    if (status != FG_OK && failure->status == FG_OK) {
        failure->error = *error;
#pragma omp atomic write
        failure->status = (int)status;
    }
}

bool fg_first_failure_is_over(struct fg_first_failure *failure)
{
    int status;
#pragma omp atomic read
    status = failure->status;
    if (status != FG_OK)
        return true;
    const struct fg_watcher *watcher = failure->watcher;
    if (!watcher || !watcher->stop || !watcher->stop(watcher->context))
        return false;
    struct fg_error error;
    fg_first_failure_note(failure, fg_fail(&error, FG_INTERRUPTED, "stopped before the end"), &error);
    return true;
}

enum fg_status fg_first_failure_end(const struct fg_first_failure *failure, struct fg_error *error)
{
    if (failure->status != FG_OK && error)
        *error = failure->error;
    return (enum fg_status)failure->status;
}
