/* Recognises files that are not CSV by their first bytes, so that a message can name them. */
#ifndef FISHERGRID_OTHER_FORMAT_H
#define FISHERGRID_OTHER_FORMAT_H

/* Returns the format of a file that begins with `start`, and what works instead, for a message; NULL if the
 * first bytes are not known. */
const char *fg_other_format(const char *start);

#endif
