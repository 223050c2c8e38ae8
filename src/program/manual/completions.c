/* Completion files: the table of options in a form that every shell can read, and the shell's own code. */
#include <string.h>

#include "fishergrid/fields.h"
#include "manual.h"

/* Writes "a|b" as "a b". */
static void write_choices(FILE *file, const char *choices)
{
    for (; *choices; choices++)
        putc(*choices == '|' ? ' ' : *choices, file);
}

static void write_fields(FILE *file)
{
    fputs("exercise geometry all", file);
    for (int f = 0; f < FG_N_FIELDS; f++)
        fprintf(file, " %s", fg_field_info[f].name);
}

static const char *kind_of(const struct option_row *option)
{
    static const char *const kinds[] = {
        [OPTION_WHOLE] = "word",   [OPTION_REAL] = "word",     [OPTION_RANGE] = "word",
        [OPTION_PART] = "word",    [OPTION_SWITCH] = "switch", [OPTION_ANSWER] = "switch",
        [OPTION_FIELDS] = "list",  [OPTION_DATA] = "data",     [OPTION_TEXT] = "file",
        [OPTION_CHOICE] = "choice"};
    const bool is_directory = option->argument && strcmp(option->argument, "DIR") == 0;
    return is_directory ? "directory" : kinds[option->type];
}

static void write_option_row(FILE *file, const struct command_row *command, const struct option_row *option)
{
    fprintf(file, "%s|", command->name);
    if (option->letter)
        fprintf(file, "-%c", option->letter);
    fprintf(file, "|%s|%s|", option->name, kind_of(option));
    if (option->choices)
        write_choices(file, option->choices);
    else if (option->type == OPTION_FIELDS)
        write_fields(file);
    fprintf(file, "|%.*s\n", option_brief(option->help), option->help);
}

/* Writes the row of the operand: "FILE.h5", "a|b", or nothing. */
static void write_operand_row(FILE *file, const struct command_row *command)
{
    const char *blank = strrchr(command->operands, ' '), *word = blank ? blank + 1 : command->operands;
    if (command->least == 0)
        return;
    const bool has_choices = strchr(word, '|') != NULL;
    fprintf(file, "%s|||%s|", command->name, has_choices ? "choice" : "file");
    if (has_choices)
        write_choices(file, word);
    fputs("|\n", file);
}

void write_completion_table(FILE *file)
{
    for (size_t c = 0; c < N_COMMANDS; c++) {
        const struct option_row *list[MOST_OPTIONS];
        const size_t n = options_list(commands[c].command, list);
        fprintf(file, "%s|||command||%s\n", commands[c].name, commands[c].summary);
        for (size_t o = 0; o < n; o++)
            write_option_row(file, &commands[c], list[o]);
        write_operand_row(file, &commands[c]);
    }
}
