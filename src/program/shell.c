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

/* Writes the word for a shell, in single quotes if needed. Returns the end of the text. */
static char *put_word(char *end, const char *word)
{
    if (is_plain(word))
        return stpcpy(end, word);
    *end++ = '\'';
    for (; *word; word++) {
        if (*word == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = *word;
    }
    return stpcpy(end, "'");
}

static bool is_printable(const char *word)
{
    while (*word >= ' ' && *word <= '~')
        word++;
    return !*word;
}

/* Writes the word as $'...' with numbers for bytes that are not printable ASCII. Returns the end of the
 * text. */
static char *put_escaped(char *end, const char *word)
{
    end = stpcpy(end, "$'");
    for (; *word; word++) {
        if (*word == '\'' || *word == '\\')
            end += sprintf(end, "\\%c", *word);
        else if (*word >= ' ' && *word <= '~')
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
        end = escape && !is_printable(argv[a]) ? put_escaped(end, argv[a]) : put_word(end, argv[a]);
    }
    return line;
}
