/* The commands of the program. Each takes its options and prints its result on standard output. */
#ifndef FISHERGRID_COMMANDS_H
#define FISHERGRID_COMMANDS_H

#include "options.h"

/* The list of commands and the description of the program, for main and the manual. */
struct command_row {
    const char *name;
    enum command_id command;
    enum fg_status (*run)(struct options *options, struct fg_error *error);
    const char *summary;
    const char *operands; /* the operands and the required options */
    size_t least, most;   /* numbers of operands */
    /* What --help=all prints above the options and, after "\v", below them. Blank lines separate paragraphs.
     * --help prints only the first sentence. */
    const char *description;
};
enum { N_COMMANDS = 8 };
extern const struct command_row commands[N_COMMANDS];
extern const char *const program_description; /* two lines */

/* Returns the row of a command. */
const struct command_row *command_of(enum command_id command);

enum fg_status command_sweep(struct options *options, struct fg_error *error);
enum fg_status command_point(struct options *options, struct fg_error *error);
enum fg_status command_bench(struct options *options, struct fg_error *error);
enum fg_status command_merge(struct options *options, struct fg_error *error);
enum fg_status command_info(struct options *options, struct fg_error *error);
enum fg_status command_verify(struct options *options, struct fg_error *error);
enum fg_status command_pack(struct options *options, struct fg_error *error);
enum fg_status command_xdmf(struct options *options, struct fg_error *error);

#endif
