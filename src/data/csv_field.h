/* Splits a line of CSV into fields, and reads numbers from fields. */
#ifndef FISHERGRID_CSV_FIELD_H
#define FISHERGRID_CSV_FIELD_H

#include <stddef.h>

#define FG_CSV_BLANKS " \t"

/* A part of a line. */
struct fg_span {
    const char *text; /* [length], not terminated */
    size_t length;
};

/* Returns `text` without the blanks around it. */
struct fg_span fg_csv_trim(const char *text, size_t length);

/* Stores the field that begins at `*rest`, without its quotes and the blanks around it. Moves `*rest` to the
 * comma after the field, or to the end of the line. Returns NULL; if the quotes are wrong, returns the fault,
 * and `*rest` is its place. */
const char *fg_csv_field(const char **rest, struct fg_span *field);

/* Reads the field as a decimal number. Returns NULL; if the field is not a number, returns the place of the
 * first wrong character. Numbers that are too large for a double become infinite, too small ones become 0. */
const char *fg_csv_number(struct fg_span field, double *value);

#endif
