/* Parts of the program that writes the manual. It runs during the build and is not installed. */
#ifndef FISHERGRID_MANUAL_H
#define FISHERGRID_MANUAL_H

#include <stdio.h>

#include "commands.h"

/* Write manual pages in roff (man(7)): of fishergrid(1), and of one command. `date` is year-month-day. */
void write_program_page(FILE *file, const char *date);
void write_command_page(FILE *file, const struct command_row *command, const char *date);

/* Write shell completions of commands, options and values. */
void write_bash(FILE *file);
void write_zsh(FILE *file);
void write_fish(FILE *file);

#endif
