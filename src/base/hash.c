#include "hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* struct digest is never defined: it stands for the state of xxHash, whose type only this file knows. */
static XXH3_state_t *state_of(struct digest *digest)
{
    return (XXH3_state_t *)(void *)digest;
}

struct digest *digest_begin(uint64_t seed)
{
    XXH3_state_t *state = XXH3_createState(); /* aligned as it must be */
    if (state)
        XXH3_64bits_reset_withSeed(state, seed);
    return (struct digest *)(void *)state;
}

void digest_add(struct digest *digest, const void *bytes, size_t n)
{
    XXH3_64bits_update(state_of(digest), bytes, n);
}

uint64_t digest_end(struct digest *digest)
{
    uint64_t sum = XXH3_64bits_digest(state_of(digest));
    XXH3_freeState(state_of(digest));
    return sum;
}
