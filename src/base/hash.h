/* Checksums: XXH3, 64 bits, of the xxHash library, whose numbers are the same on every processor. */
#ifndef FISHERGRID_HASH_H
#define FISHERGRID_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of n bytes. To hash several pieces, begin each with the hash of the one before as its `seed`. */
uint64_t fg_hash_bytes(const void *bytes, size_t n, uint64_t seed);

/* The same number for bytes that come piece by piece. Begin, add, end once each; fg_hash_end frees the state.
 */
struct fg_hash_state;
struct fg_hash_state *fg_hash_begin(uint64_t seed); /* NULL: no memory */
void fg_hash_add(struct fg_hash_state *state, const void *bytes, size_t n);
uint64_t fg_hash_end(struct fg_hash_state *state);

#endif
