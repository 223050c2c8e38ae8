/* `fishergrid xdmf`: a result file -> an XDMF file beside it. */
#define _GNU_SOURCE /* asprintf */
#include "fishergrid/xdmf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "output_job.h"
#include "standard_output.h"

/* Returns the output, "FILE.xmf" for "FILE.h5" by default; the caller frees it. Returns NULL if memory runs
 * out. */
static char *name_output(const struct options *options)
{
    char *output = NULL;
    if (options->output)
        return strdup(options->output);
    size_t length = strlen(options->input);
    if (length > 3 && strcmp(options->input + length - 3, ".h5") == 0)
        length -= 3;
    return asprintf(&output, "%.*s.xmf", (int)length, options->input) < 0 ? NULL : output;
}

enum fg_status command_xdmf(struct options *options, struct fg_error *error)
{
    struct fg_result *result = NULL;
    char *output = name_output(options);
    options->output = output;
    enum fg_status status = output ? output_check(options, error) : fg_fail(error, FG_FAILED, "no memory");
    if (status == FG_OK)
        status = fg_result_open(&result, options->input, error);
    if (status == FG_OK)
        status = fg_xdmf_write(result, output, options->force, error);
    if (status == FG_OK) {
        printf("wrote %s; open it in ParaView with \"XDMF Reader\" to see %s\n", output, options->input);
        status = finish_output(error);
    }
    fg_result_close(&result);
    free(output);
    return status;
}
