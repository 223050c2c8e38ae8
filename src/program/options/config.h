/* A file of options, as `fishergrid info --config` prints one. */
#ifndef FISHERGRID_CONFIG_H
#define FISHERGRID_CONFIG_H

#include <jansson.h>

#include "fishergrid/error.h"

/* Reads the JSON object in the file `path`, which may be a pipe, into `config`, owned by the caller then;
 * what is in it is not looked at. FG_BAD_INPUT where the file cannot be read, is longer than 4 MiB or no JSON
 * object, or names an option twice. */
enum fg_status config_read(const char *path, json_t **config, struct fg_error *error);

#endif
