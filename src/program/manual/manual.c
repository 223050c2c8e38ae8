/* Writes manual pages and completions from the table of options.
 *
 *   fishergrid_manual DIRECTORY DATE
 *
 * makes fishergrid.1, fishergrid-COMMAND.1, fishergrid.bash, _fishergrid (zsh) and fishergrid.fish in
 * DIRECTORY. */
#include "manual.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What one file is made of. */
struct page {
    char name[64];
    const struct command_row *command; /* of a page of a command */
    void (*complete)(FILE *file);      /* of completions */
};

static bool write_file(const char *directory, const char *date, const struct page *page)
{
    char path[4096];
    const int length = snprintf(path, sizeof path, "%s/%s", directory, page->name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "w") : NULL;
    if (file && page->complete)
        page->complete(file);
    else if (file && page->command)
        write_command_page(file, page->command, date);
    else if (file)
        write_program_page(file, date);
    const bool good = file && !ferror(file);
    const bool written = file && fclose(file) == 0 && good;
    if (!written)
        fprintf(stderr, "fishergrid_manual: %s: %s\n", path, strerror(errno));
    return written;
}

int main(int argc, char **argv)
{
    const struct page others[] = {{"fishergrid.1", NULL, NULL},
                                  {"fishergrid.bash", NULL, write_bash},
                                  {"_fishergrid", NULL, write_zsh},
                                  {"fishergrid.fish", NULL, write_fish}};
    if (argc != 3) {
        fputs("usage: fishergrid_manual DIRECTORY DATE\n", stderr);
        return 2;
    }
    bool written = true;
    for (size_t p = 0; p < sizeof others / sizeof *others && written; p++)
        written = write_file(argv[1], argv[2], &others[p]);
    for (size_t c = 0; c < N_COMMANDS && written; c++) {
        struct page page = {.command = &commands[c]};
        snprintf(page.name, sizeof page.name, "fishergrid-%s.1", commands[c].name);
        written = write_file(argv[1], argv[2], &page);
    }
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
