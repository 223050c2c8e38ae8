#include "fishergrid/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Returns the number of bytes of the UTF-8 character at `text`, or 0 if there is no valid character. The
 * terminator ends an incomplete character. */
static size_t character_length(const unsigned char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* lower characters have a shorter form */
    const unsigned length = (unsigned)__builtin_clz(~((uint32_t)text[0] << 24)); /* leading ones */
    if (length < 2 || length > 4)
        return length == 0 ? 1 : 0;
    uint32_t character = text[0] & 0x7fu >> length;
    for (unsigned k = 1; k < length; k++) {
        if ((text[k] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (text[k] & 0x3fu);
    }
    const bool is_surrogate = 0xd800 <= character && character <= 0xdfff;
    return character >= least[length] && character <= 0x10ffff && !is_surrogate ? length : 0;
}

void fg_utf8_repair(char *text)
{
    while (*text) {
        size_t length = character_length((const unsigned char *)text);
        if (length == 0)
            *text = '?';
        text += length ? length : 1;
    }
}

bool fg_utf8_is_valid(const char *text)
{
    size_t length = 1;
    for (; *text && length > 0; text += length)
        length = character_length((const unsigned char *)text);
    return length > 0;
}

void fg_text_add(char *list, size_t size, const char *separator, const char *word)
{
    const size_t length = strlen(list);
    snprintf(list + length, size - length, "%s%s", length > 0 ? separator : "", word);
}

int fg_text_choice(const char *choices, const char *text)
{
    const size_t length = strlen(text);
    for (int index = 0; *choices; index++) {
        const size_t next = strcspn(choices, "|");
        if (next == length && memcmp(choices, text, length) == 0)
            return index;
        choices += next + (choices[next] == '|');
    }
    return -1;
}

enum { WORD_MAX = 64 };

static bool is_same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int smaller_of(int a, int b)
{
    return a < b ? a : b;
}

/* Returns the optimal string alignment distance: the number of letters to insert, remove, replace or swap
 * with a neighbour that turns one word into the other. Ignores case. */
static int edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    int d[WORD_MAX + 1][WORD_MAX + 1];
    if (n > WORD_MAX || m > WORD_MAX)
        return INT_MAX;
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = (int)(i + j);
                continue;
            }
            d[i][j] = smaller_of(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = smaller_of(d[i][j], d[i - 1][j - 1] + !is_same_letter(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && is_same_letter(a[i - 1], b[j - 2]) && is_same_letter(a[i - 2], b[j - 1]))
                d[i][j] = smaller_of(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

void fg_text_suggest(const char *word, const char *names, char hint[FG_HINT_MAX])
{
    const size_t n = strcspn(word, ",|");
    int nearest = (int)(n + 1) / 3 + 1; /* more edits make another word */
    hint[0] = '\0';
    for (names += strspn(names, ",| "); *names; names += strspn(names, ",| ")) {
        const size_t m = strcspn(names, ",| ");
        const bool is_beginning = n >= 3 && n < m && edit_distance(word, n, names, n) == 0;
        const int distance = is_beginning ? 1 : edit_distance(word, n, names, m);
        if (distance < nearest) {
            nearest = distance;
            snprintf(hint, FG_HINT_MAX, " (did you mean '%.*s'?)", (int)m, names);
        }
        names += m;
    }
}
