/* Parts of the program that writes the manual. It runs during the build and is not installed. */
#ifndef FISHERGRID_MANUAL_H
#define FISHERGRID_MANUAL_H

#include <stdio.h>

#include "commands.h"
#include "option_table.h"

/* Write manual pages in roff (man(7)): of fishergrid(1), and of one command. `date` is year-month-day. */
void write_program_page(FILE *file, const char *date);
void write_command_page(FILE *file, const struct command_row *command, const char *date);

/* Writes the table that the completions of all shells read, a row a line:
 * command|-letter|option|kind|values, with blanks between|description. The kinds are command, switch, word,
 * choice, list (of fields), data, file and directory. A row without an option stands for the operands. */
void write_completion_table(FILE *file);

#endif
