#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "identity.h"

#include <stdio.h>
#include <stdlib.h>

#include "fingerprint.h"
#include "identity_hash.h"

static bool print_identity(FILE *stream, const char *options, const struct workload *workload)
{
    uint64_t fingerprint;
    if (!fingerprint_of(workload->kernel, &fingerprint))
        return false;
    fprintf(stream, "kernel %s\narithmetic %016llx\n%s", workload->kernel->name,
            (unsigned long long)fingerprint, options);
    for (size_t s = 0; s < workload->n; s++)
        fprintf(stream, "samples of %s %016llx\n", workload->data[s].name,
                (unsigned long long)fg_identity_of_samples(&workload->data[s]));
    return !ferror(stream);
}

char *identity_text(const struct options *options, const struct workload *workload)
{
    char *text = NULL, *chosen = options_identity(options);
    size_t size;
    FILE *stream = chosen ? open_memstream(&text, &size) : NULL;
    bool written = stream && print_identity(stream, chosen, workload);
    written = stream && fclose(stream) == 0 && written;
    free(chosen);
    if (!written)
        free(text);
    return written ? text : NULL;
}
