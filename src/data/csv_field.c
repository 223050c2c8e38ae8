#include "csv_field.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct fg_span fg_csv_trim(const char *text, size_t length)
{
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(*text)) {
        text++;
        length--;
    }
    return (struct fg_span){text, length};
}

/* Does the work of fg_csv_field for a field in quotes. A quote inside the field is written twice. */
static const char *take_quoted_field(const char **rest, struct fg_span *field)
{
    const char *begin = *rest + 1, *end = strchr(begin, '"');
    while (end && end[1] == '"')
        end = strchr(end + 2, '"');
    if (!end)
        return "a quote that is not closed in this line; values without line breaks work";
    *field = fg_csv_trim(begin, (size_t)(end - begin));
    do
        end++;
    while (is_blank(*end));
    *rest = end;
    return *end == ',' || *end == '\0' ? NULL : "text after a closing quote; a comma works there";
}

const char *fg_csv_field(const char **rest, struct fg_span *field)
{
    while (is_blank(**rest))
        ++*rest;
    if (**rest == '"')
        return take_quoted_field(rest, field);
    const size_t length = strcspn(*rest, ",");
    *field = fg_csv_trim(*rest, length);
    *rest += length;
    return NULL;
}

/* strtod also accepts hexadecimal numbers, inf and nan, which are refused here. It follows the locale, which
 * the program never sets. If a caller of the library has set a locale with another decimal point, 1.5 is
 * refused, but no number is misread. */
const char *fg_csv_number(struct fg_span field, double *value)
{
    char *end;
    *value = strtod(field.text, &end);
    size_t length = (size_t)(end - field.text);
    const size_t decimal = strspn(field.text, "0123456789+-.eE");
    if (length > decimal)
        length = decimal > 0 && field.text[decimal - 1] == '0' ? decimal : 0;
    return length > 0 && length == field.length ? NULL : field.text + length;
}
