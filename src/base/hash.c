#include "hash.h"

#ifdef FG_XXHASH_DISPATCH /* picks the instruction set when it runs; only xxHash for x86 has it */
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

uint64_t fg_hash_bytes(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, n, seed);
}

struct XXH3_state_s *fg_hash_begin(uint64_t seed)
{
    XXH3_state_t *state = XXH3_createState();
    if (state)
        XXH3_64bits_reset_withSeed(state, seed);
    return state;
}

void fg_hash_add(struct XXH3_state_s *state, const void *bytes, size_t n)
{
    XXH3_64bits_update(state, bytes, n);
}

uint64_t fg_hash_end(struct XXH3_state_s *state)
{
    uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}
