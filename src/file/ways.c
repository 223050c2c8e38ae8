/* Past the page cache: why no page of the file is written both ways.
 *
 * A page in the cache that waits for the disk would overwrite what was written past the cache meanwhile.
 * Linux flushes and drops such pages before a direct write. But not every file system does so for pages that
 * are cached during the write, or on other machines. The following rules make sure that this does not matter:
 * - A page is written past the cache only if all of it belongs to one field of one tile. A process writes a
 * tile once. So no other write touches the page: the edges of neighbours, the marks, the samples and the
 * metadata lie in other pages. (A page is the larger of the page of memory and the block that the file system
 * requires.)
 * - HDF5 has closed the file while tiles are written. It lays the file out in memory; the layout is then
 * written through the cache, into pages that are not all of one field.
 * - A tile that an earlier run has written is read through the cache, and is written again only if it is
 * damaged. The pages of the earlier run were written to the disk by fsync and dropped before (resume in
 * writer_begin.c), so a page that is read is never written back.
 * - Where a direct write is refused, its pages go through the cache, and so does everything after it: a page
 * may be cached after it was written directly, never before.
 *
 * Marks go through the cache. They may reach the disk before the values of their tiles, in every way of
 * writing. Two rules protect against that. A resumed tile is read back and must match its checksum. A file is
 * marked complete only after an fsync. This fsync also flushes what direct writes left in the cache of the
 * disk, and records which blocks have been written. */
#define _GNU_SOURCE /* O_DIRECT, statx, sync_file_range */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

const char *const fg_way_name[FG_N_WAYS] = {
    [FG_WAY_EARLY] = "early", [FG_WAY_DIRECT] = "direct", [FG_WAY_PLAIN] = "plain"};

/* --- past the page cache --- */

/* Required alignment of addresses. A disk took 1.25 times as long for 17 GB from addresses that are 512 bytes
 * behind a page as from pages. So tile_room.h aligns to pages for direct writes. */
enum { ROOM = 512 };

/* Asks the file system which alignment it requires past the page cache. Returns false if it allows no direct
 * writes. If it does not answer, the first write will show it. */
static bool ask_alignment(struct fg_ways *ways)
{
    ways->page = (size_t)sysconf(_SC_PAGESIZE);
#ifdef STATX_DIOALIGN
    struct statx file;
    if (statx(ways->direct, "", AT_EMPTY_PATH, STATX_DIOALIGN, &file) != 0 ||
        !(file.stx_mask & STATX_DIOALIGN))
        return true;
    if (file.stx_dio_offset_align > ways->page)
        ways->page = file.stx_dio_offset_align;
    return file.stx_dio_offset_align > 0 && file.stx_dio_mem_align <= ROOM;
#else
    return true;
#endif
}

struct fg_ways fg_ways_open(enum fg_way way, int fd, const char *path)
{
    struct fg_ways ways = {.way = way, .fd = fd, .direct = -1};
    if (way == FG_WAY_DIRECT)
        ways.direct = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
    if (way == FG_WAY_DIRECT && (ways.direct < 0 || !ask_alignment(&ways)))
        ways.way = FG_WAY_EARLY;
    return ways;
}

void fg_ways_close(struct fg_ways *ways)
{
    if (ways->direct >= 0)
        close(ways->direct);
    ways->direct = -1;
}

bool fg_ways_push(struct fg_ways *ways, size_t n, uint64_t offset)
{
    if (ways->way != FG_WAY_EARLY ||
        sync_file_range(ways->fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WRITE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS && errno != ESPIPE)
        return false;
    ways->way = FG_WAY_PLAIN;
    return true;
}

static bool write_cached(struct fg_ways *ways, const char *bytes, size_t n, uint64_t offset)
{
    return n == 0 || (fg_io_write(ways->fd, bytes, n, offset) && fg_ways_push(ways, n, offset));
}

/* Writes whole pages past the page cache, and the parts of pages at both ends through it. */
static bool write_direct(struct fg_ways *ways, const char *bytes, size_t n, uint64_t offset)
{
    const uint64_t page = ways->page, first = (offset + page - 1) / page * page,
                   end = (offset + n) / page * page;
    if (first >= end || ((uintptr_t)bytes + (first - offset)) % ROOM)
        return write_cached(ways, bytes, n, offset);
    const char *inner = bytes + (first - offset);
    if (!write_cached(ways, bytes, first - offset, offset) ||
        !write_cached(ways, inner + (end - first), offset + n - end, end))
        return false;
    if (fg_io_write(ways->direct, inner, end - first, first))
        return true;
    if (errno != EINVAL)
        return false;
    ways->way = FG_WAY_EARLY;
    return write_cached(ways, inner, end - first, first);
}

bool fg_ways_write(struct fg_ways *ways, const void *bytes, size_t n, uint64_t offset)
{
    return ways->way == FG_WAY_DIRECT ? write_direct(ways, bytes, n, offset)
                                      : write_cached(ways, bytes, n, offset);
}
