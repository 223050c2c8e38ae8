/* What a file says that it contains, in plain numbers: the part of reading a result that needs HDF5. */
#ifndef FISHERGRID_CONTENTS_H
#define FISHERGRID_CONTENTS_H

#include "fishergrid/result.h"
#include "tile_marks.h"

enum fg_array_state {
    ARRAY_MISSING,
    ARRAY_STRANGE, /* another type or rank, filters, values elsewhere: not as fishergrid stores it */
    ARRAY_PLAIN,   /* in one piece, from `offset` on */
    ARRAY_PACKED   /* in chunks */
};

/* A dataset as it stands in the file; nothing of it has been compared with anything. */
struct fg_contents_array {
    enum fg_array_state state;
    unsigned char float32;   /* 1: a field of 32 bits */
    unsigned char kept_bits; /* of mantissas, 1 to 51, as a field says that was rounded; 0: it says nothing */
    unsigned char rounded;   /* 1: a field that says how far it was rounded: */
    double relative_error;
    uint64_t shape[2]; /* 1 where the rank is less */
    uint64_t offset;
};

struct fg_contents_data {
    char name[FG_NAME_MAX + 1];
    struct fg_contents_array field[FG_N_FIELDS];
    struct fg_contents_array sample, x0, x1, y;
    struct fg_contents_array setup[FG_SETUP_OF_DATA]; /* its scalars of the setup, in their order */
    struct fg_contents_array tile, mark[MARK_WORDS];
    unsigned char short_names; /* 1: /entry/NAME leads to all that and to nothing else */
};

/* Lies in memory that is shared with a child, so its only pointer is one for the child; and that child may
 * have been led astray, so it holds nothing that has invalid values, such as bool. */
struct fg_contents {
    const char *path;                               /* to be read */
    unsigned char complete;                         /* 1: yes */
    unsigned char readable;                         /* 1: every object of the file could be opened */
    int version;                                    /* FG_FORMAT_VERSION of the file; 0: it does not say */
    struct fg_contents_array setup[FG_SETUP_FIXED]; /* scalars of the setup, in their order */
    struct fg_contents_array phi, r, layout_hash, threads, processes;
    size_t n_data;
    struct fg_contents_data data[FG_DATA_MAX];
    struct fg_contents_array text[FG_N_TEXTS]; /* references, see heap.h */
};

/* Fills a `struct fg_contents`, which has its path already, and zeros; a fg_sandbox_work. No file of HDF5, or
 * more data sets than there may be: FG_BAD_INPUT. What is missing in the file is missing in the contents. */
enum fg_status fg_contents_read(void *contents, struct fg_error *error);

#endif
