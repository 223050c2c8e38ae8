/* What the program that writes the manual consists of. It is run when fishergrid is built, and not installed.
 */
#ifndef FISHERGRID_MANUAL_H
#define FISHERGRID_MANUAL_H

#include <stdio.h>

#include "commands.h"

/* Manual pages in roff (man(7)): fishergrid(1), and that of one command. `date`: year-month-day. */
void write_program_page(FILE *file, const char *date);
void write_command_page(FILE *file, const struct command_row *command, const char *date);

/* Completions of commands, options and values. */
void write_bash(FILE *file);
void write_zsh(FILE *file);
void write_fish(FILE *file);

#endif
