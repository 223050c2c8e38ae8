/* The moments once more, with 1 / (1 + q) by Newton's method: the same bits, faster on Intel's processors. */
#define FG_NEWTON
#include "moments.c"
