/* Quoting of words for a shell. */
#ifndef FISHERGRID_SHELL_H
#define FISHERGRID_SHELL_H

#include <stdbool.h>

/* Returns the arguments as a line that can be pasted into a shell, byte for byte, without the empty arguments
 * that options_parse leaves. With `escape`, the line is ASCII: words with other bytes, or with control
 * characters, are written as $'pf\303\244d', which bash, zsh, ksh and ash read. The caller frees the line.
 * NULL if memory runs out. */
char *shell_line(int argc, char **argv, bool escape);

#endif
