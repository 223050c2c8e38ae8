/* Quoting of words for a shell. */
#ifndef FISHERGRID_SHELL_H
#define FISHERGRID_SHELL_H

/* Returns the arguments as a line that can be pasted into a shell, byte for byte, without the empty arguments
 * that options_parse leaves. The caller frees it. NULL if memory runs out. */
char *shell_line(int argc, char **argv);

#endif
