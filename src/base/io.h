/* Reads, writes and syncs to completion, also when signals interrupt. Each function returns whether it
 * succeeded; on failure errno has the reason. If the file is too short for a read, errno is 0. */
#ifndef FISHERGRID_IO_H
#define FISHERGRID_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fg_io_write(int fd, const void *bytes, size_t n, uint64_t offset);
bool fg_io_read(int fd, void *bytes, size_t n, uint64_t offset);
bool fg_io_sync(int fd);

/* Closes a descriptor, in a new thread if one can be started. Closing the last descriptor of a large file
 * without a name takes a while, because it frees the blocks of the file. */
void fg_io_close_aside(int fd);

/* Returns the text for errno, including a text for a read beyond the end of the file. */
const char *fg_io_reason(void);

#endif
