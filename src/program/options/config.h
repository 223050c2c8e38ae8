/* Configuration: the setup of a run as options of `sweep`, for people and for --config. */
#ifndef FISHERGRID_CONFIG_H
#define FISHERGRID_CONFIG_H

#include <jansson.h>

#include "fishergrid/setup.h"

/* Returns the options that make `setup`, {"phi": 512, "phi-range": "0:6.28...", ...}. A data set that is not
 * built in is written as NAME=FILE, where FILE is `file`, the absolute path, in UTF-8, of a result file with
 * its samples; or as NAME if `file` is NULL. `threads`: 0 if not known. The caller owns the object. NULL if
 * memory runs out. */
json_t *config_of_setup(const struct fg_setup *setup, uint64_t threads, const char *file);

/* Returns the list of the names of the fields, [name, ...]. NULL if memory runs out. */
json_t *fields_to_json(fg_field_set set);

#endif
