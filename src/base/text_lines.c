#include "text_lines.h"

#include <string.h>

int line_length(const char *text)
{
    return (int)strcspn(text, "\n");
}

const char *line_next(const char *text)
{
    text += line_length(text);
    return text + (*text == '\n');
}

void lines_skip_same(const char **a, const char **b)
{
    while (**a && line_length(*a) == line_length(*b) && memcmp(*a, *b, (size_t)line_length(*a)) == 0) {
        *a = line_next(*a);
        *b = line_next(*b);
    }
}
