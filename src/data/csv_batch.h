/* Reads a file in batches of whole lines. */
#ifndef FISHERGRID_CSV_BATCH_H
#define FISHERGRID_CSV_BATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialise it, set the first three members, and free `bytes` at last. */
struct fg_csv_batch {
    int fd;
    char *bytes;   /* [room] */
    size_t room;   /* more than `longest` */
    size_t n;      /* bytes that have been read into it */
    size_t length; /* of them, those of the batch: whole lines, except that the last of the file may lack a
                      newline */
    bool at_end;   /* there is no further batch */
};

/* Drops the batch and reads the next: as much as one read of the file brings, or as it takes to bring a line.
 * A line with more than `longest` bytes comes in parts. Returns whether it succeeded; on failure errno has
 * the reason, and the batch is empty. */
bool fg_csv_next_batch(struct fg_csv_batch *batch, size_t longest);

#endif
