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

/* struct fg_hash_state is never defined: it stands for the state of xxHash, whose type only this file knows.
 */
static XXH3_state_t *state_of(struct fg_hash_state *state)
{
    return (XXH3_state_t *)(void *)state;
}

struct fg_hash_state *fg_hash_begin(uint64_t seed)
{
    XXH3_state_t *state = XXH3_createState();
    if (state)
        XXH3_64bits_reset_withSeed(state, seed);
    return (struct fg_hash_state *)(void *)state;
}

void fg_hash_add(struct fg_hash_state *state, const void *bytes, size_t n)
{
    XXH3_64bits_update(state_of(state), bytes, n);
}

uint64_t fg_hash_end(struct fg_hash_state *state)
{
    uint64_t hash = XXH3_64bits_digest(state_of(state));
    XXH3_freeState(state_of(state));
    return hash;
}
