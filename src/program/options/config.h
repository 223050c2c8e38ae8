/* The setup of a run as options of `sweep`, for people and for --config. */
#ifndef FISHERGRID_CONFIG_H
#define FISHERGRID_CONFIG_H

#include <jansson.h>

#include "fishergrid/setup.h"

/* The options that make `setup`, {"phi": 512, "phi-range": "0:6.28...", ...}. A data set that was not drawn
 * is NAME=FILE, with the path of a result file that has its samples; only NAME where `file` is NULL.
 * `threads`: 0 where that is not known. The caller owns the object; NULL: no memory. */
json_t *config_of_setup(const struct fg_setup *setup, uint64_t threads, const char *file);

#endif
