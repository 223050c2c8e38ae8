/* Lists an HDF5 file as lines, one for each object and attribute. Files with the same content have the same
 * lines, whichever tool has copied them. */
#ifndef FISHERGRID_FILE_LINES_H
#define FISHERGRID_FILE_LINES_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

struct fg_file_line {
    const char *name;  /* "/phi", "/phi: attribute units" */
    const char *value; /* "type TAB shape TAB value", "link TAB TAB target", "group" */
};

/* The lines of a file. Zero-initialise it, fill it with fg_file_lines_list, empty it with
 * fg_file_lines_free. */
struct fg_file_lines {
    struct fg_file_line *line; /* [n] in the order of their names */
    size_t n;
    char *text; /* the text of all lines */
};

/* Lists an open file. Leaves out values that differ from run to run. `complete` says whether the result file
 * that is compared is complete. Returns false if HDF5 cannot read the whole file, or memory runs out. */
bool fg_file_lines_list(struct fg_file_lines *lines, hid_t file, bool complete);
void fg_file_lines_free(struct fg_file_lines *lines);

#endif
