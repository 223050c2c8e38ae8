/* Reads a file in batches of whole lines. */
#ifndef FISHERGRID_CSV_BATCH_H
#define FISHERGRID_CSV_BATCH_H

#include <stdbool.h>
#include <stddef.h>

/* A file and its current batch. Zero-initialise it, set the first three members, and free `bytes` after use.
 */
struct fg_csv_batch {
    int fd;
    char *bytes;   /* [room] */
    size_t room;   /* more than `longest` */
    size_t n;      /* number of bytes in `bytes`; those after the batch are the beginning of the next */
    size_t length; /* number of bytes of the batch. It has whole lines, but the last line of the file may lack
                      a newline */
    bool at_end;   /* the file has been read to its end */
};

/* Drops the batch and reads the next: the lines that one read of the file returns. If it returns no whole
 * line, the file is read until there is one. A line with more than `longest` bytes is split over batches.
 * At the end of the file, the batch is empty. Returns whether reading succeeded; on failure errno has the
 * reason, and the batch is empty. */
bool fg_csv_next_batch(struct fg_csv_batch *batch, size_t longest);

#endif
