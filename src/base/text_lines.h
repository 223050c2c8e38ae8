/* Lines of a text, such as an identity is made of. */
#ifndef FISHERGRID_TEXT_LINES_H
#define FISHERGRID_TEXT_LINES_H

/* Bytes of the line that begins at `text`, without its end; for "%.*s". */
int fg_line_length(const char *text);

/* Where the next line begins; at the last one, the end of the text. */
const char *fg_line_next(const char *text);

/* Goes on in both texts to the first line that differs, or to the end of the shorter one. */
void fg_lines_skip_same(const char **a, const char **b);

#endif
