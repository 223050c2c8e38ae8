/* How commands print: JSON, and whether it arrived. */
#ifndef FISHERGRID_PRINT_H
#define FISHERGRID_PRINT_H

#include <stdint.h>

#include <jansson.h>

#include "fishergrid/error.h"

/* To be called when all is printed: FG_FAILED where standard output could not be written, for instance
 * because the disk is full. */
enum fg_status finish_output(struct fg_error *error);

/* Prints `object` as JSON with a newline, finishes the output and gives the object back to jansson. NULL (no
 * memory) or what finish_output says: FG_FAILED. */
enum fg_status print_json(json_t *object, struct fg_error *error);

/* `object` as text with one blank of indentation a level; NULL where `object` is NULL or memory runs out. The
 * caller frees it. (json_dumps forgets keys for which it has no memory: Jansson 2.14.) */
char *json_text(const json_t *object);

/* A number for JSON, null where it is not finite. */
json_t *finite_or_null(double value);

/* A whole number for JSON, as text where its signed 64-bit numbers end. */
json_t *whole_to_json(uint64_t value);

#endif
