#include "first_failure.h"

void failure_note(struct failure *failure, enum fg_status status, const struct fg_error *error)
{
#pragma omp critical(fg_failure)
    if (failure->status == FG_OK) {
        failure->error = *error;
#pragma omp atomic write
        failure->status = (int)status;
    }
}

bool failure_is_over(struct failure *failure)
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
    failure_note(failure, fg_fail(&error, FG_INTERRUPTED, "stopped before the end"), &error);
    return true;
}

enum fg_status failure_end(const struct failure *failure, struct fg_error *error)
{
    if (failure->status != FG_OK && error)
        *error = failure->error;
    return (enum fg_status)failure->status;
}
