#include "manual.h"

#include <stdbool.h>
#include <string.h>

#include "build_info.h"

/* Writes the text up to `end`. Escapes what roff would take for a command or replace by typography. */
static void write_text(FILE *file, const char *text, const char *end)
{
    bool at_start = true;
    for (; text < end; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", file);
        if (*text == '-')
            fputs("\\-", file);
        else if (*text == '\\')
            fputs("\\e", file);
        else if (*text == '\'')
            fputs("\\(aq", file);
        else
            putc(*text, file);
        at_start = *text == '\n';
    }
}

static void write_pages(FILE *file, const char *text)
{
    write_text(file, text, text + strlen(text));
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Writes the paragraphs from `text` to `end` under `heading`. Those on exit codes and on the environment go
 * under the usual headings of manual pages. */
static void write_paragraphs(FILE *file, const char *heading, const char *text, const char *end)
{
    const char *under = "";
    while (text < end) {
        const char *stop = strstr(text, "\n\n");
        if (!stop || stop > end)
            stop = end;
        const char *here = begins(text, "Exit codes: ")                ? "EXIT STATUS"
                           : begins(text, "The environment variable ") ? "ENVIRONMENT"
                                                                       : heading;
        if (strcmp(here, under) == 0)
            fputs(".PP\n", file);
        else
            fprintf(file, ".SH %s\n", here);
        under = here;
        write_text(file, text, stop);
        putc('\n', file);
        text = stop + strspn(stop, "\n");
    }
}

static void write_option(FILE *file, const struct option_row *option)
{
    fputs(".TP\n", file);
    if (option->letter)
        fprintf(file, "\\fB\\-%c\\fR, ", option->letter);
    fputs("\\fB\\-\\-", file);
    write_pages(file, option->name);
    fputs("\\fR", file);
    if (option->argument) {
        fputs("=\\fI", file);
        write_pages(file, option->argument);
        fputs("\\fR", file);
    }
    putc('\n', file);
    write_pages(file, option->help);
    putc('\n', file);
}

static void write_head(FILE *file, const char *name, const char *date, const char *summary)
{
    fprintf(file, ".TH %s 1 %s \"" FG_PROGRAM "\" \"fishergrid manual\"\n", name, date);
    /* No word is hyphenated and no line justified, so that words can be copied. groff 1.23 reads the string
     * AD; other versions obey .ad. */
    fputs(".nh\n.ad l\n.ds AD l\n.SH NAME\n", file);
    write_pages(file, name);
    fputs(" \\- ", file);
    write_pages(file, summary);
    fputs("\n.SH SYNOPSIS\n", file);
}

/* Writes the list of the other pages. */
static void write_see_also(FILE *file, const struct command_row *but)
{
    fprintf(file, ".SH SEE ALSO\n%s", but ? "\\fBfishergrid\\fR(1)" : "");
    for (size_t c = 0, n = but != NULL; c < N_COMMANDS; c++) {
        if (&commands[c] != but)
            fprintf(file, "%s\\fBfishergrid\\-%s\\fR(1)", n++ > 0 ? ",\n" : "", commands[c].name);
    }
    putc('\n', file);
}

void write_program_page(FILE *file, const char *date)
{
    write_head(file, "fishergrid", date, "loss, Fisher information and natural gradient over a grid");
    fputs("\\fBfishergrid\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.br\n"
          "\\fBfishergrid\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR\n.SH DESCRIPTION\n",
          file);
    write_pages(file, program_description);
    fputs("\n.SH COMMANDS\n", file);
    for (size_t c = 0; c < N_COMMANDS; c++) {
        fprintf(file, ".TP\n\\fB%s\\fR\n", commands[c].name);
        write_pages(file, commands[c].summary);
        fprintf(file, ": \\fBfishergrid\\-%s\\fR(1)\n", commands[c].name);
    }
    fputs(
        ".SH EXIT STATUS\n0 done; 1 failed; 2 wrong usage or bad input; 75 interrupted: run it again. If it "
        "failed, one line on standard\nerror says what is wrong, where, and what would work.\n"
        ".SH ENVIRONMENT\n.TP\n\\fBFISHERGRID_ISA\\fR\n"
        "The kernel to use: avx512, avx2 or baseline. The default is the best kernel that this processor "
        "runs.\n.TP\n"
        "\\fBFISHERGRID_WRITE\\fR\n"
        "How values get to the disk: early (through the page cache, at once), direct (past the page cache) "
        "or "
        "plain (through\nthe page cache, when the system decides). The default depends on the size of the "
        "file "
        "and of the memory.\n.TP\n"
        "\\fBOMP_NUM_THREADS\\fR\nNumber of threads if \\-\\-threads is not given.\n.TP\n"
        "\\fBOMP_THREAD_LIMIT\\fR, \\fBSLURM_CPUS_PER_TASK\\fR\nUpper limits of the number of threads.\n.TP\n"
        "\\fBSLURM_JOB_END_TIME\\fR\nA sweep stops shortly before this time, in seconds since 1970.\n.TP\n"
        "\\fBTMPDIR\\fR\nDirectory in which packed files are unpacked.\n.TP\n"
        "\\fBNO_COLOR\\fR\nIf it is not empty, no colours are printed on a terminal.\n",
        file);
    write_see_also(file, NULL);
}

void write_command_page(FILE *file, const struct command_row *command, const char *date)
{
    const struct option_row *list[MOST_OPTIONS];
    const size_t n = options_list(command->command, list);
    const char *text = command->description, *below = strchr(text, '\v');
    char name[64];
    snprintf(name, sizeof name, "fishergrid-%s", command->name);
    write_head(file, name, date, command->summary);
    fprintf(file, "\\fBfishergrid %s\\fR [\\fIOPTION\\fR...] ", command->name);
    write_pages(file, command->operands);
    putc('\n', file);
    write_paragraphs(file, "DESCRIPTION", text, below);
    fputs(".SH OPTIONS\n", file);
    for (size_t o = 0; o < n; o++)
        write_option(file, list[o]);
    write_paragraphs(file, "NOTES", below + 1, below + 1 + strlen(below + 1));
    write_see_also(file, command);
}
