#define _POSIX_C_SOURCE 200809L /* stpcpy */
#include "shell.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether a shell takes the word as it is. */
static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
    return *word && word[strspn(word, plain)] == '\0';
}

/* Writes the word as a shell takes it, if need be in single quotes, and returns the end of it. */
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

char *shell_line(int argc, char **argv)
{
    size_t length = 1;
    for (int a = 0; a < argc; a++)
        length += 4 * strlen(argv[a]) + 3; /* four for a quote, two quotes and a blank around */
    char *line = calloc(length, 1), *end = line;
    for (int a = 0; line && a < argc; a++) {
        if (!*argv[a])
            continue;
        end = a ? stpcpy(end, " ") : end;
        end = put_word(end, argv[a]);
    }
    return line;
}
