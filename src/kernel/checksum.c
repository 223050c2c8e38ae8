/* Checksums of what goes to the file, by xxHash inlined for this instruction set: several times as fast as
 * the plain code that a packaged libxxhash may hold, and the same numbers. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "stages.h"

uint64_t FG_TARGET(fg_checksum)(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, n, seed);
}
