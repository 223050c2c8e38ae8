/* Text from outside (names of files, of the host) as the UTF-8 that files, JSON and messages hold. */
#ifndef FISHERGRID_UTF8_H
#define FISHERGRID_UTF8_H

/* Puts '?' in the place of every byte of `text` that does not belong to a character in UTF-8 (RFC 3629). */
void fg_utf8_repair(char *text);

#endif
