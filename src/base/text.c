#include "fishergrid/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool is_between(unsigned char byte, unsigned char low, unsigned char high)
{
    return low <= byte && byte <= high;
}

/* Bytes of the character that `text` begins with, 0 where it begins with none. The range of the second byte
 * leaves out overlong forms, surrogates and what lies beyond U+10FFFF. A terminator ends every sequence. */
static size_t character_length(const unsigned char *text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (text[0] < 0x80)
        return 1;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (!is_between(text[0], forms[f].first_low, forms[f].first_high) ||
            !is_between(text[1], forms[f].second_low, forms[f].second_high))
            continue;
        size_t length = 2;
        while (length < forms[f].length && is_between(text[length], 0x80, 0xbf))
            length++;
        return length == forms[f].length ? length : 0;
    }
    return 0;
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

/* Letters to insert, remove, replace or swap with their neighbour to get from one word to the other, case
 * aside: the optimal string alignment distance. */
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
    int nearest = (int)(n + 1) / 3 + 1; /* more is another word */
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
