/* Words as a shell takes them. */
#ifndef FISHERGRID_SHELL_H
#define FISHERGRID_SHELL_H

/* The arguments as a line that can be pasted into a shell, byte for byte, without the empty ones that
 * options_parse leaves. The caller frees it; NULL when memory runs out. */
char *shell_line(int argc, char **argv);

#endif
