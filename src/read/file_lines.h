/* An HDF5 file as lines, one for each object and attribute. Files that say the same have the same lines,
 * whichever tool has copied them. */
#ifndef FISHERGRID_FILE_LINES_H
#define FISHERGRID_FILE_LINES_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

struct fg_file_line {
    const char *name;  /* "/phi", "/phi: attribute units" */
    const char *value; /* "type TAB shape TAB value", "link TAB TAB target", "group" */
};

/* Zero-initialise it, fill it with fg_file_lines_list, empty it with fg_file_lines_free. */
struct fg_file_lines {
    struct fg_file_line *line; /* [n] in the order of their names */
    size_t n;
    char *text; /* of all of them */
};

/* Lists an open file. Values that differ from run to run are left out; `complete` is that of the file which
 * is compared. Returns false if HDF5 cannot go through the file, or memory runs out. */
bool fg_file_lines_list(struct fg_file_lines *lines, hid_t file, bool complete);
void fg_file_lines_free(struct fg_file_lines *lines);

#endif
