/* What a child says of a file, compared with what the file can hold. */
#ifndef FISHERGRID_RESULT_ARRAYS_H
#define FISHERGRID_RESULT_ARRAYS_H

#include "contents.h"
#include "result_read.h"

/* One of the arrays a file must have. */
struct fg_wanted_array {
    const char *name, *of; /* what it belongs to; NULL: to nothing */
    const struct fg_contents_array *array;
    uint64_t shape[2];
    size_t bytes; /* of a value */
    uint64_t *offset;
};

/* Sets the offset of the array. FG_BAD_INPUT where it is missing, has another shape or form, or reaches
 * beyond the end of the file. */
enum fg_status fg_result_check_array(const struct fg_result *result, const struct fg_wanted_array *wanted,
                                     struct fg_error *error);

/* Reads a single number of 64 bits, if it is there. */
enum fg_status fg_result_take_number(const struct fg_result *result, const char *name,
                                     const struct fg_contents_array *array, bool *found, uint64_t *number,
                                     struct fg_error *error);

/* Reads the setup of the file and cuts its grid. Puts the data sets of `contents` in the order in which the
 * setup names them. FG_BAD_INPUT where a scalar is missing, or there is no such setup. */
enum fg_status fg_result_take_setup(struct fg_result *result, struct fg_contents *contents,
                                    struct fg_error *error);

#endif
