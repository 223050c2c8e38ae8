/* Writes manual pages and completions from the table of options.
 *
 *   fishergrid_manual SOURCE DIRECTORY DATE
 *
 * makes fishergrid.1, fishergrid-COMMAND.1, fishergrid.bash, _fishergrid (zsh) and fishergrid.fish in
 * DIRECTORY. SOURCE has the shells' parts of the completions. */
#include "manual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_manual_file(const char *directory, const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, mode);
    if (!file) {
        fprintf(stderr, "fishergrid_manual: %s: %s\n", path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    return file;
}

static void close_file(FILE *file)
{
    if (ferror(file) || fclose(file) != 0) {
        perror("fishergrid_manual");
        exit(EXIT_FAILURE);
    }
}

static void write_completion(const char *source, const char *directory, const char *name, const char *shell,
                             const char *begin)
{
    char template[64], text[4096];
    snprintf(template, sizeof template, "completion.%s", shell);
    FILE *file = open_manual_file(directory, name, "w"), *from = open_manual_file(source, template, "r");
    fprintf(file, "%s'", begin);
    write_completion_table(file);
    fputs("'\n", file);
    for (size_t n; (n = fread(text, 1, sizeof text, from)) > 0;)
        fwrite(text, 1, n, file);
    close_file(from);
    close_file(file);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: fishergrid_manual SOURCE DIRECTORY DATE\n", stderr);
        return 2;
    }
    write_completion(argv[1], argv[2], "fishergrid.bash", "bash", "_fishergrid_table=");
    write_completion(argv[1], argv[2], "_fishergrid", "zsh", "#compdef fishergrid\n_fishergrid_table=");
    write_completion(argv[1], argv[2], "fishergrid.fish", "fish", "set -l __fishergrid_table ");
    FILE *file = open_manual_file(argv[2], "fishergrid.1", "w");
    write_program_page(file, argv[3]);
    close_file(file);
    for (size_t c = 0; c < N_COMMANDS; c++) {
        char name[64];
        snprintf(name, sizeof name, "fishergrid-%s.1", commands[c].name);
        file = open_manual_file(argv[2], name, "w");
        write_command_page(file, &commands[c], argv[3]);
        close_file(file);
    }
    return EXIT_SUCCESS;
}
