/* Text for people: what messages, JSON and files need. */
#ifndef FISHERGRID_TEXT_H
#define FISHERGRID_TEXT_H

#include <stddef.h>

#include "fishergrid/api.h"

FG_API_BEGIN

/* Puts '?' in the place of every byte of `text` that does not belong to a character in UTF-8 (RFC 3629). */
void fg_utf8_repair(char *text);

/* Adds a word to a list in `list`, which has room for `size` bytes, behind `separator` unless the list is
 * empty. Of what does not fit, the end is missing. */
void fg_text_add(char *list, size_t size, const char *separator, const char *word);

FG_API_END
#endif
