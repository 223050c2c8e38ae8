/* A small picture of values, made of characters, for a look at a terminal or in a log. */
#ifndef FISHERGRID_TERMINAL_MAP_H
#define FISHERGRID_TERMINAL_MAP_H

#include <stdbool.h>

enum { MAP_COLUMNS = 32, MAP_LINES = 10 };

/* Values of the places of a map, [across][up], the first at the left and at the bottom; NaN: unknown, blank.
 */
struct terminal_map {
    double value[MAP_COLUMNS][2 * MAP_LINES];
};

/* Whether standard output takes colours, and shows half blocks: a terminal whose TERM is not "dumb", with a
 * locale of UTF-8, and no NO_COLOR (no-color.org) in the environment. */
bool terminal_has_colours(void);

/* Prints the map and its shades on standard output, each line behind `indent` blanks. A place is shaded by
 * its rank among the values: each shade stands for as many places, whatever their scale. With colours a
 * character is two places, one above the other, else the lower of the two. */
void terminal_map_print(const struct terminal_map *map, int indent, bool colours);

#endif
