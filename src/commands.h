/* The commands of the program; each takes its options and prints its result on standard output. */
#ifndef FISHERGRID_COMMANDS_H
#define FISHERGRID_COMMANDS_H

#include "options.h"

/* argc and argv are for the record only. */
enum fg_status command_sweep(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_point(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_bench(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_merge(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_info(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_verify(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_pack(struct options *options, int argc, char **argv, struct fg_error *error);
enum fg_status command_xdmf(struct options *options, int argc, char **argv, struct fg_error *error);

#endif
