/* Checksums of what does not fit into memory at once, the same numbers as `checksum` of struct fg_kernel. */
#ifndef FISHERGRID_HASH_H
#define FISHERGRID_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3 of bytes that come piece by piece. Begin, add, end once each; digest_end gives back what it took. */
struct digest;
struct digest *digest_begin(uint64_t seed); /* NULL: no memory */
void digest_add(struct digest *digest, const void *bytes, size_t n);
uint64_t digest_end(struct digest *digest);

#endif
