/* Terminal maps: a small picture of values made of characters, for a terminal or a log. */
#ifndef FISHERGRID_TERMINAL_MAP_H
#define FISHERGRID_TERMINAL_MAP_H

enum { MAP_COLUMNS = 32, MAP_LINES = 10 };

/* Values of the places of a map, [across][up]; the first place is at the bottom left. NaN: unknown, shown
 * blank. */
struct terminal_map {
    double value[MAP_COLUMNS][2 * MAP_LINES];
};

/* Prints the map and its legend of shades on standard output, each line indented by `indent` blanks. The
 * shade of a place follows from its rank among the values, so that each shade covers equally many places on
 * any scale. On a terminal with colours, a character shows two places, one above the other; else the lower of
 * the two. */
void terminal_map_print(const struct terminal_map *map, int indent);

#endif
