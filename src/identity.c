#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "identity_hash.h"

/* The line of a data set, without its end. */
static void samples_line(char line[FG_NAME_MAX + 64], const struct fg_dataset *data,
                         const struct fg_kernel *kernel)
{
    snprintf(line, FG_NAME_MAX + 64, "samples of %s %016llx", data->name,
             (unsigned long long)identity_of_samples(data, kernel));
}

bool identity_has_samples(const char *identity, const struct fg_dataset *data, const struct fg_kernel *kernel)
{
    char line[FG_NAME_MAX + 64];
    samples_line(line, data, kernel);
    const char *found = strstr(identity, line);
    return found && (found == identity || found[-1] == '\n') && strchr("\n", found[strlen(line)]) != NULL;
}

static bool print_identity(FILE *stream, const char *options, const struct workload *workload)
{
    uint64_t fingerprint;
    if (!fingerprint_of(workload->kernel, &fingerprint))
        return false;
    fprintf(stream, "kernel %s\narithmetic %016llx\n%s", workload->kernel->name,
            (unsigned long long)fingerprint, options);
    for (size_t s = 0; s < workload->n; s++) {
        char line[FG_NAME_MAX + 64];
        samples_line(line, &workload->data[s], workload->kernel);
        fprintf(stream, "%s\n", line);
    }
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
