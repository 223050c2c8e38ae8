/* What the fuzz targets share: files in memory, and how a broken property stops a run. */
#ifndef FISHERGRID_FUZZ_H
#define FISHERGRID_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h> /* memfd_create: define _GNU_SOURCE first */
#include <unistd.h>

#include <jansson.h>

#include "fishergrid/error.h"

/* What libFuzzer calls. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops where a property does not hold; libFuzzer then keeps the input. */
static inline void require(bool holds, const char *property)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", property);
    abort();
}

/* A failure leaves one line of UTF-8; Jansson makes no text of anything else. */
static inline void require_message(const struct fg_error *error)
{
    require(error->text[0] != '\0', "a failure has a message");
    for (const char *c = error->text; *c; c++)
        require((unsigned char)*c >= ' ' && *c != 0x7f, "a message is one line, without control bytes");
    json_t *text = json_string(error->text);
    require(text != NULL, "a message is UTF-8");
    json_decref(text);
}

/* A file that is in no directory, for functions that take a path. */
struct memory_file {
    int descriptor;
    char path[32];
};

static inline struct memory_file memory_file(const void *bytes, size_t size)
{
    struct memory_file file = {.descriptor = memfd_create("fuzz", MFD_CLOEXEC)};
    require(file.descriptor >= 0, "memory for a file");
    require(write(file.descriptor, bytes, size) == (ssize_t)size, "room in the file");
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

#endif
