/* Fields of a line of CSV, and the numbers in them. */
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

/* Takes the field that begins at `*rest`, without its quotes and the blanks around it. Moves `*rest` to the
 * comma behind it or to the end of the line. Returns NULL, or what is wrong with the quotes at `*rest`. */
const char *fg_csv_field(const char **rest, struct fg_span *field);

/* Reads a decimal number that fills the field and returns NULL; otherwise returns the place where it stops
 * being one. Numbers too large become infinite, too small 0. */
const char *fg_csv_number(struct fg_span field, double *value);

#endif
