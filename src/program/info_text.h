/* The text of `info`. */
#ifndef FISHERGRID_INFO_TEXT_H
#define FISHERGRID_INFO_TEXT_H

#include <jansson.h>

#include "preview.h"

/* Prints the contents, the results and the provenance of a file. `info` is what `info --json` prints.
 * `previews` [n_data] is NULL if the values were not read. */
void info_print(const struct fg_result *result, const json_t *info, const struct preview *previews);

#endif
