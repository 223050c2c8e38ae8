/* JSON: built, printed and read. */
#ifndef FISHERGRID_JSON_IO_H
#define FISHERGRID_JSON_IO_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "fishergrid/error.h"

/* Prints `object` as JSON with a newline, finishes the output and gives the object back to jansson. NULL (no
 * memory) or what finish_output says: FG_FAILED. */
enum fg_status print_json(json_t *object, struct fg_error *error);

/* `object` as text with one blank of indentation a level; NULL where `object` is NULL or memory runs out. The
 * caller frees it. (json_dumps forgets keys for which it has no memory: Jansson 2.14.) */
char *json_text(const json_t *object);

/* What a text says that is JSON; null where it is none, or NULL. The caller owns it. */
json_t *json_of_text(const char *text);

/* `list` with `item` at its end; `object` with `value` under that name; it takes both. Either may be NULL,
 * for no memory; then so is what comes back. */
json_t *json_append(json_t *list, json_t *item);
json_t *json_with(json_t *object, const char *name, json_t *value);

/* A number for JSON, null where it is not finite. */
json_t *finite_or_null(double value);

/* A whole number for JSON, as text where its signed 64-bit numbers end. */
json_t *whole_to_json(uint64_t value);

#endif
