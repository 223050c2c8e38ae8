#define _GNU_SOURCE /* memrchr */
#include "csv_batch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool fg_csv_next_batch(struct fg_csv_batch *batch, size_t longest)
{
    batch->n -= batch->length;
    memmove(batch->bytes, batch->bytes + batch->length, batch->n);
    batch->length = 0;
    while (batch->length == 0 && !batch->at_end) {
        const ssize_t got = read(batch->fd, batch->bytes + batch->n, batch->room - batch->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        batch->at_end = got == 0;
        batch->n += (size_t)got;
        const char *newline = memrchr(batch->bytes, '\n', batch->n);
        if (newline)
            batch->length = (size_t)(newline - batch->bytes) + 1;
        else if (batch->at_end || batch->n > longest)
            batch->length = batch->n;
    }
    return true;
}
