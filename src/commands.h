/* The commands of the program; each takes its options and prints its result on standard output. */
#ifndef FISHERGRID_COMMANDS_H
#define FISHERGRID_COMMANDS_H

#include "options.h"

/* argc and argv are for the record only. */
enum fg_status command_sweep(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_point(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_info(struct options *options, int argc, char **argv, struct fg_error *error);

/* Prints `object` as JSON with a newline and gives it back to jansson. NULL or a full pipe or disk:
 * FG_FAILED. */
enum fg_status print_json(json_t *object, struct fg_error *error);

/* A number for JSON, null where it is not finite. */
json_t *finite_or_null(double value);

#endif
