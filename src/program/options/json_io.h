/* Builds, prints and reads JSON. */
#ifndef FISHERGRID_JSON_IO_H
#define FISHERGRID_JSON_IO_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "fishergrid/error.h"

/* Prints `object` as JSON with a newline, finishes standard output and frees the object.
 * Errors: FG_FAILED if `object` is NULL (no memory) or if finish_output fails. */
enum fg_status print_json(json_t *object, struct fg_error *error);

/* Returns `object` as text, indented by one blank per level; NULL if `object` is NULL or memory runs out. The
 * caller frees it. (json_dumps of Jansson 2.14 drops keys for which it has no memory.) */
char *json_text(const json_t *object);

/* Returns the JSON that `text` holds; null if it is not JSON, or `text` is NULL. The caller owns it. */
json_t *json_of_text(const char *text);

/* Return `list` with `item` appended, and `object` with `value` added under `name`. They take ownership of
 * both arguments. If either is NULL (no memory), they return NULL. */
json_t *json_append(json_t *list, json_t *item);
json_t *json_with(json_t *object, const char *name, json_t *value);

/* Return the number that `object` has under `name`; 0 if it has none. */
double json_number(const json_t *object, const char *name);
long long json_whole(const json_t *object, const char *name);

/* Returns a number for JSON; null if it is not finite. */
json_t *finite_or_null(double value);

/* Returns an integer for JSON; as text if it exceeds signed 64 bits. */
json_t *whole_to_json(uint64_t value);

#endif
