/* An open result file with its private members. */
#ifndef FISHERGRID_OPEN_RESULT_H
#define FISHERGRID_OPEN_RESULT_H

#include "fishergrid/result.h"
#include "layout.h"

#define FG_COPIED_MAX ((size_t)256 << 20) /* maximum bytes of values that another tool packed */
#define FG_OPEN_RESULT_MAX                                                                                   \
    (sizeof(struct fg_open_result) + FG_COPIED_MAX + FG_N_TEXTS * ((size_t)FG_RESULT_TEXT_MAX + 1))

/* The public part of an open file, and the private part. */
struct fg_open_result {
    struct fg_result seen; /* must come first: a pointer to it is a pointer to the struct */
    int fd;
    struct fg_layout_map map; /* offsets of values in the file; seen.bytes + k means copied[k] */
    char *unpacked; /* [unpacked_bytes] mapped values of packed fields; NULL before fg_result_unpack */
    size_t unpacked_bytes;
    uint64_t unpacked_at[FG_DATA_MAX][FG_N_FIELDS]; /* 1 + where a field begins there; 0: it is not packed */
    uint64_t setup_hash;                            /* fg_setup_hash, for tile marks */
    uint64_t text_at[FG_N_TEXTS];                   /* 1 + where a text begins in `copied`; 0: missing */
    uint64_t copied_bytes;
    char copied[]; /* values that do not lie in the file as plain arrays, then the texts */
};

/* Returns the whole struct of an open file. */
static inline const struct fg_open_result *fg_result_opened(const struct fg_result *result)
{
    return (const struct fg_open_result *)(const void *)result;
}

#endif
