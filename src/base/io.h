/* Reading, writing and syncing to the end, whatever interrupts. All return whether it was done, with errno
 * where it was not; a file that is too short for a read leaves errno 0. */
#ifndef FISHERGRID_IO_H
#define FISHERGRID_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fg_io_write(int fd, const void *bytes, size_t n, uint64_t offset);
bool fg_io_read(int fd, void *bytes, size_t n, uint64_t offset);
bool fg_io_sync(int fd);

/* What errno says; of a read beyond the end of the file, too. */
const char *fg_io_reason(void);

#endif
