#include "text_lines.h"

#include <string.h>

int fg_line_length(const char *text)
{
    return (int)strcspn(text, "\n");
}

const char *fg_line_next(const char *text)
{
    text += fg_line_length(text);
    return text + (*text == '\n');
}

void fg_lines_skip_same(const char **a, const char **b)
{
    while (**a && fg_line_length(*a) == fg_line_length(*b) &&
           memcmp(*a, *b, (size_t)fg_line_length(*a)) == 0) {
        *a = fg_line_next(*a);
        *b = fg_line_next(*b);
    }
}
