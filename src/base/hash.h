/* Hashes: XXH3 with 64 bits, from the xxHash library. The values are the same on every processor. */
#ifndef FISHERGRID_HASH_H
#define FISHERGRID_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Returns the hash of n bytes. To hash several pieces, pass the hash of each piece as the `seed` of the
 * next. */
uint64_t fg_hash_bytes(const void *bytes, size_t n, uint64_t seed);

/* Computes the same hash for bytes that arrive in pieces. Call fg_hash_begin once, fg_hash_add for each
 * piece, and fg_hash_end once, which frees the state. */
struct XXH3_state_s;                               /* of xxHash */
struct XXH3_state_s *fg_hash_begin(uint64_t seed); /* NULL if memory runs out */
void fg_hash_add(struct XXH3_state_s *state, const void *bytes, size_t n);
uint64_t fg_hash_end(struct XXH3_state_s *state);

#endif
