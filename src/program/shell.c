#define _POSIX_C_SOURCE 200809L /* stpcpy */
#include "shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns whether a shell takes the word as it is. */
static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
    return *word && word[strspn(word, plain)] == '\0';
}

static bool is_printable(const char *word)
{
    while (*word >= ' ' && *word <= '~')
        word++;
    return !*word;
}

/* Writes the word in single quotes; with `escape`, as $'...' with numbers for bytes that are not printable
 * ASCII. Returns the end of the text. */
static char *put_quoted(char *end, const char *word, bool escape)
{
    end = stpcpy(end, escape ? "$'" : "'");
    for (; *word; word++) {
        if (*word == '\'')
            end = stpcpy(end, escape ? "\\'" : "'\\''");
        else if (escape && *word == '\\')
            end = stpcpy(end, "\\\\");
        else if (!escape || (*word >= ' ' && *word <= '~'))
            *end++ = *word;
        else
            end += sprintf(end, "\\%03o", (unsigned char)*word);
    }
    return stpcpy(end, "'");
}

char *shell_line(int argc, char **argv, bool escape)
{
    size_t length = 1;
    for (int a = 0; a < argc; a++)
        length += 4 * strlen(argv[a]) + 4; /* at most 4 per byte; 3 for the quotes and 1 for a blank */
    char *line = calloc(length, 1), *end = line;
    for (int a = 0; line && a < argc; a++) {
        if (!*argv[a])
            continue;
        end = a ? stpcpy(end, " ") : end;
        end = is_plain(argv[a]) ? stpcpy(end, argv[a])
                                : put_quoted(end, argv[a], escape && !is_printable(argv[a]));
    }
    return line;
}
