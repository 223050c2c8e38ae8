/* An open result file as the library sees it. */
#ifndef FISHERGRID_OPEN_RESULT_H
#define FISHERGRID_OPEN_RESULT_H

#include "fishergrid/result.h"
#include "layout.h"

/* What callers of the library see of an open file, and what they do not. */
struct fg_open_result {
    struct fg_result seen; /* first, so that a pointer to it is one to all of this */
    int fd;
    struct fg_layout_map map;     /* where values are in the file */
    struct fg_unpacked *unpacked; /* where values of packed fields are; NULL before they are unpacked */
    uint64_t setup_hash;          /* fg_setup_hash, for the marks of tiles */
};

/* All of an open file. */
static inline const struct fg_open_result *fg_result_opened(const struct fg_result *result)
{
    return (const struct fg_open_result *)(const void *)result;
}

#endif
