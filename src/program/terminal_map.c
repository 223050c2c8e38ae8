#define _POSIX_C_SOURCE 200809L /* isatty, strcasecmp */
#include "terminal_map.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { N_SHADES = 10 };

/* Ten of the 256 terminal colours, from violet over blue and green to yellow, as in viridis. */
static const int colour[N_SHADES] = {53, 55, 25, 31, 36, 71, 113, 148, 190, 226};
static const char ramp[N_SHADES + 1] = ".,:-=+*#%@";

/* Returns whether the locale has UTF-8. Reads the same variables as setlocale, which is not called because it
 * could also change the decimal point into a comma. */
static bool has_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t v = 0; v < sizeof variables / sizeof *variables; v++) {
        const char *locale = getenv(variables[v]);
        if (!locale || !*locale)
            continue;
        const char *charset = strrchr(locale, '.');
        return charset && (strcasecmp(charset, ".UTF-8") == 0 || strcasecmp(charset, ".utf8") == 0);
    }
    return false;
}

/* Returns whether standard output supports colours and half blocks: a terminal with TERM other than "dumb", a
 * UTF-8 locale, and no NO_COLOR (no-color.org) in the environment. */
static bool has_colours(void)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0 && !(no_color && *no_color) &&
           has_utf8();
}

/* Returns the shade of a value, 0 to N_SHADES - 1, by its rank among the known values; -1 for NaN. */
static int shade_of(double value, const struct terminal_map *map)
{
    int below = 0, known = 0;
    for (int x = 0; x < MAP_COLUMNS; x++) {
        for (int y = 0; y < 2 * MAP_LINES; y++) {
            below += map->value[x][y] < value;
            known += !isnan(map->value[x][y]);
        }
    }
    return isnan(value) ? -1 : below * N_SHADES / known;
}

/* Prints an upper half block: its foreground shows the upper place, its background the lower one. */
static void print_pair(int upper, int lower)
{
    if (upper < 0 && lower < 0)
        fputs("\033[0m ", stdout);
    else if (upper < 0)
        printf("\033[0;38;5;%dm\u2584", colour[lower]);
    else if (lower < 0)
        printf("\033[0;38;5;%dm\u2580", colour[upper]);
    else
        printf("\033[38;5;%d;48;5;%dm\u2580", colour[upper], colour[lower]);
}

static void print_legend(int indent, bool colours)
{
    printf("%*slow ", indent, "");
    for (int shade = 0; shade < N_SHADES; shade++) {
        if (colours)
            print_pair(shade, shade);
        else
            putchar(ramp[shade]);
    }
    printf("%s high\n", colours ? "\033[0m" : "");
}

void terminal_map_print(const struct terminal_map *map, int indent)
{
    const bool colours = has_colours();
    for (int line = MAP_LINES - 1; line >= 0; line--) {
        printf("%*s", indent, "");
        for (int x = 0; x < MAP_COLUMNS; x++) {
            const int upper = shade_of(map->value[x][2 * line + 1], map);
            const int lower = shade_of(map->value[x][2 * line], map);
            if (colours)
                print_pair(upper, lower);
            else
                putchar(lower >= 0 ? ramp[lower] : ' ');
        }
        puts(colours ? "\033[0m" : "");
    }
    print_legend(indent, colours);
}
