#include "fishergrid/text.h"

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
