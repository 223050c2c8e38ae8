/* Prints --help. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "option_table.h"

static const char *const headings[] = {
    [IN_VALUES] = "What is computed", [IN_FILE] = "The output", [IN_RUN] = "The run"};

int option_brief(const char *help)
{
    int length = 0;
    while (help[length] &&
           !(help[length] == '.' && strchr(" \v", help[length + 1]))) /* else the end of the text */
        length++;
    return length;
}

static void print_option(const struct option_row *option)
{
    char form[64];
    snprintf(form, sizeof form, "--%s%s%s", option->name, option->argument ? "=" : "",
             option->argument        ? option->argument
             : option->letter == 'h' ? "[=all]"
                                     : "");
    if (option->letter)
        printf("  -%c, ", option->letter);
    printf("%*s%-23s %.*s\n", option->letter ? 0 : 6, "", form, option_brief(option->help), option->help);
}

void options_print_help(enum command_id command, const char *program)
{
    const struct option_row *list[MOST_OPTIONS];
    const size_t n = options_list(command, list);
    const struct command_row *row = command_of(command);
    printf("Usage: %s [OPTION...] %s\n%.*s.\n", program, row->operands, option_brief(row->description),
           row->description);
    for (size_t o = 0; o < n; o++) {
        if (o == 0 || list[o]->group != list[o - 1]->group)
            printf("\n%s:\n", headings[list[o]->group]);
        print_option(list[o]);
    }
    printf("\n'%s --help=all' explains every option and the exit codes.\n", program);
}
