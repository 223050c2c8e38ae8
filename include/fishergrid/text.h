/* Helpers for text in messages, JSON and files. */
#ifndef FISHERGRID_TEXT_H
#define FISHERGRID_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "fishergrid/api.h"

FG_API_BEGIN

/* Replaces every byte of `text` that is not part of a valid UTF-8 character (RFC 3629) with '?'. */
void fg_utf8_repair(char *text);

/* Returns whether `text` is valid UTF-8 (RFC 3629). */
bool fg_utf8_is_valid(const char *text);

/* Appends `word` to the text in `list`, a buffer of `size` bytes, preceded by `separator` unless the list is
 * empty. Truncates what does not fit. */
void fg_text_add(char *list, size_t size, const char *separator, const char *word);

/* Returns the index of `text` in the list `choices`, "first|second|...", or -1 if it is not one of them. */
int fg_text_choice(const char *choices, const char *text);

#define FG_HINT_MAX 96 /* bytes of a hint, with its terminator */

/* Stores " (did you mean 'NAME'?)" for the name in the list `names` that resembles `word` most, or "" if no
 * name does. Names are separated by commas, blanks or '|'. `word` ends at a comma or '|'. Case does not
 * count. */
void fg_text_suggest(const char *word, const char *names, char hint[FG_HINT_MAX]);

FG_API_END
#endif
