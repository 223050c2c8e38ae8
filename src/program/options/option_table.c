/* The table of options. To add an option, add a row here, and a default below unless the default is 0. */
#define _DEFAULT_SOURCE /* M_PI */
#include "option_table.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fishergrid/pack.h"
#include "fishergrid/verify.h"

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "counts are read as 64-bit numbers");

#define AT(member) offsetof(struct options, member)
#define SWEEP COMMAND_SWEEP
#define POINT COMMAND_POINT
#define INFO COMMAND_INFO
#define BENCH COMMAND_BENCH
#define MERGE COMMAND_MERGE
#define VERIFY COMMAND_VERIFY
#define PACK COMMAND_PACK
#define XDMF COMMAND_XDMF
#define AXIS_MAX ((double)FG_AXIS_MAX)

/* clang-format off */
const struct option_row option_table[] = {
    {'N', "phi", "N", OPTION_WHOLE, AT(setup.phi.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, "phi_cells",
     "Cells along phi, 1 to 2147483648 (default 512)"},
    {'M', "r", "M", OPTION_WHOLE, AT(setup.r.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, "r_cells",
     "Cells along r, 1 to 2147483648 (default 512)"},
    {KEY_PHI_RANGE, "phi-range", "LO:HI", OPTION_RANGE, AT(setup.phi), 0, 0, NULL, SWEEP | BENCH, "phi_low,phi_high",
     "Range of phi in radians, both ends included; numbers may end in 'pi' (default 0:2pi)"},
    {KEY_R_RANGE, "r-range", "LO:HI", OPTION_RANGE, AT(setup.r), 0, 0, NULL, SWEEP | BENCH, "r_low,r_high",
     "Range of r, dimensionless, both ends included (default -5:5)"},
    {KEY_AT_PHI, "phi", "P", OPTION_REAL, AT(at_phi), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, NULL,
     "The angle phi of the cell in radians; may end in 'pi' (required)"},
    {KEY_AT_R, "r", "R", OPTION_REAL, AT(at_r), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, NULL,
     "The offset r of the cell, dimensionless (required)"},
    {'d', "data", "A|B|NAME=FILE", OPTION_DATA, AT(data), 0, 0, NULL, SWEEP | POINT | BENCH, "data,samples_of_,checksum_of_,drawn_",
     "A data set: built-in A or B, a CSV file with the header x0,x1,y and labels y of 0 and 1, or a result file, "
     "whose samples are taken; "
     "may be repeated (default A and B)"},
    {KEY_SAMPLES_PER_CLASS, "samples-per-class", "n", OPTION_WHOLE, AT(setup.gaussian.samples_per_class), 1, 1 << 30, NULL, SWEEP | POINT | BENCH, "samples_per_class",
     "Samples of each class of A and B (default 500)"},
    {KEY_SPREAD, "spread", "S", OPTION_REAL, AT(setup.gaussian.spread), DBL_MIN, 1e5, NULL, SWEEP | POINT | BENCH, "spread",
     "Standard deviation of A and B in each coordinate, dimensionless (default 0.3)"},
    {KEY_SEED, "seed", "K", OPTION_WHOLE, AT(setup.gaussian.seed), 0, 0x1p64, NULL, SWEEP | POINT | BENCH, "seed",
     "Seed of A and B, 0 to 18446744073709551615 (default 0)"},
    {'m', "method", "auto|direct|chebyshev", OPTION_CHOICE, AT(setup.method), 0, 0, "auto|direct|chebyshev", SWEEP | BENCH, "method",
     "Where the sums over the samples are computed: at every cell (direct), at Chebyshev nodes with interpolation "
     "to the cells (chebyshev), or along each axis at the nodes if they are fewer than the cells (auto, the default)"},
    {KEY_REDUCTION, "reduction", "sum|mean", OPTION_CHOICE, AT(setup.reduction), 0, 0, "sum|mean", SWEEP | POINT | BENCH, "reduction",
     "Whether loss, gradient and Fisher matrix are sums over the samples or divided by their number "
     "(default sum)"},
    {KEY_DAMPING, "damping", "LAMBDA", OPTION_REAL, AT(setup.damping), 0, FG_DAMPING_MAX, NULL, SWEEP | POINT | BENCH, "damping",
     "Added to both diagonal entries of the Fisher matrix, for the natural gradient only (default 0)"},
    {'f', "fields", "LIST", OPTION_FIELDS, AT(setup.fields), 0, 0, NULL, SWEEP | BENCH, "fields",
     "Fields to store, separated by commas (default all): loss, fisher_phi_phi, fisher_r_phi, fisher_r_r, "
     "gradient_phi, gradient_r, natural_gradient_phi, natural_gradient_r, natural_gradient_flag"},
    {'t', "threads", "T", OPTION_WHOLE, AT(threads), 1, 4096, NULL, SWEEP | BENCH | MERGE | VERIFY | PACK, "",
     "OpenMP threads of a process, 1 to 4096 (default OMP_NUM_THREADS, or all cores, shared among processes)"},
    {KEY_TILE, "tile", "CELLS", OPTION_WHOLE, AT(setup.tile_cells), 1, 1 << 30, NULL, SWEEP | BENCH, "tile_cells",
     "Cells that a thread computes and writes at a time; does not change the values (default: 1024 to 65536, "
     "depending on the size of the grid)"},
    {KEY_PART, "part", "K/N", OPTION_PART, AT(setup.part), 0, 0, NULL, SWEEP, "part,parts",
     "Compute only part K of N of the grid (whole rows of tiles); 'fishergrid merge' joins the files of all parts"},
    {'o', "output", "FILE.h5", OPTION_TEXT, AT(output), 0, 0, NULL, SWEEP | MERGE, NULL,
     "The file to make (required); FILE.h5.part until it is complete"},
    {KEY_MAX_TIME, "max-time", "S", OPTION_REAL, AT(max_time), 1e-3, 1e9, NULL, SWEEP | MERGE, NULL,
     "Stop after S seconds with exit code 75; run the same command again to continue. In a Slurm job, "
     "SLURM_JOB_END_TIME is a limit, too"},
    {KEY_SYNC, "sync", "S", OPTION_REAL, AT(sync_seconds), 1e-3, 1e9, NULL, SWEEP | MERGE, NULL,
     "Write finished tiles to the disk (fsync) every S seconds (default 60)"},
    {KEY_FORCE, "force", NULL, OPTION_SWITCH, AT(force), 0, 0, NULL, SWEEP | MERGE, NULL,
     "Start again from nothing: replace an existing FILE.h5 and discard FILE.h5.part of an interrupted run"},
    {KEY_UNLESS_DONE, "unless-done", NULL, OPTION_SWITCH, AT(unless_done), 0, 0, NULL, SWEEP | MERGE, NULL,
     "If the same command has already finished the output, keep it and exit with 0; for jobs that may be started "
     "again"},
    {'o', "output", "FILE.xmf", OPTION_TEXT, AT(output), 0, 0, NULL, XDMF, NULL,
     "The file to make (default beside FILE.h5, with .xmf in place of .h5)"},
    {KEY_REPLACE, "force", NULL, OPTION_SWITCH, AT(force), 0, 0, NULL, XDMF | PACK, NULL,
     "Replace an existing output"},
    {KEY_DEFLATE, "deflate", "L", OPTION_WHOLE, AT(deflate), 1, 9, NULL, PACK, NULL,
     "Compression level of deflate: 1 (fast) to 9 (small) (default 4); every level is lossless"},
    {KEY_KEEP_DIGITS, "keep-digits", "D", OPTION_WHOLE, AT(keep_digits), 1, FG_DIGITS_MAX, NULL, PACK, NULL,
     "Round every real value to D significant decimal digits, 1 to 15; the relative error is at most 5e-(D+1), for "
     "example 5e-7 for D = 6 (default: keep all digits)"},
    {KEY_FLOAT32, "float32", NULL, OPTION_SWITCH, AT(float32), 0, 0, NULL, PACK, NULL,
     "Store real values as 32-bit floating-point numbers with 7 digits; a value above 3.4e38 is an error, values "
     "below 1.2e-38 lose digits"},
    {KEY_DRY_RUN, "dry-run", NULL, OPTION_SWITCH, AT(dry_run), 0, 0, NULL, SWEEP, NULL,
     "Print what the sweep needs, and do not run it: cells, file size, memory, time (from a short trial on this "
     "processor), free disk space, and the resources to request from Slurm"},
    {KEY_SBATCH, "sbatch", NULL, OPTION_SWITCH, AT(sbatch), 0, 0, NULL, SWEEP, NULL,
     "As --dry-run, but print the command that submits this sweep to Slurm"},
    {KEY_PROGRESS, "progress", "auto|always|never", OPTION_CHOICE, AT(progress), 0, 0, "auto|always|never", SWEEP | MERGE | PACK, NULL,
     "Progress on standard error: one line that is updated on a terminal, otherwise a line every 30 s (auto, the "
     "default); also at least one line for short runs (always)"},
    {'q', "quiet", NULL, OPTION_SWITCH, AT(quiet), 0, 0, NULL, SWEEP | MERGE | PACK, NULL,
     "No progress and no summary, only errors"},
    {'n', "repetitions", "ROUNDS", OPTION_WHOLE, AT(repetitions), 1, 1000, NULL, BENCH, NULL,
     "Number of measured rounds, after two rounds of warm-up (default 7)"},
    {KEY_DIRECTORY, "directory", "DIR", OPTION_TEXT, AT(directory), 0, 0, NULL, BENCH, NULL,
     "Where files are written and removed again (default .)"},
    {KEY_CELLS, "cells", "N", OPTION_WHOLE, AT(cells), 1, FG_VERIFY_CELLS_MAX, NULL, VERIFY, NULL,
     "Random cells of each data set to compute again, 1 to 1000000 (default 1000); a cell of 1000 samples takes "
     "about a millisecond"},
    {KEY_CELLS_SEED, "seed", "K", OPTION_WHOLE, AT(cells_seed), 0, 0x1p64, NULL, VERIFY, NULL,
     "Chooses the random cells, 0 to 18446744073709551615 (default 0)"},
    {KEY_CONFIG, "config", "FILE", OPTION_TEXT, AT(config), 0, 0, NULL, SWEEP, NULL,
     "Read the options that are not on the command line from FILE, a JSON object as printed by 'fishergrid info "
     "--config'"},
    {KEY_SHOW_CONFIG, "config", NULL, OPTION_SWITCH, AT(show_config), 0, 0, NULL, INFO, NULL,
     "Print the options of the run that made the file, as 'fishergrid sweep --config' reads them, and nothing else"},
    {'j', "json", NULL, OPTION_SWITCH, AT(json), 0, 0, NULL, SWEEP | POINT | INFO | BENCH | MERGE | VERIFY | PACK, NULL,
     "Print JSON instead of text"},
    {.name = NULL}
};
/* clang-format on */

_Static_assert(sizeof option_table / sizeof *option_table + 1 <= MOST_OPTIONS,
               "lists have room for the table, help and version");

const struct option_row *option_find(int key, enum command_id command)
{
    for (const struct option_row *option = option_table; option->name; option++) {
        if (option->key == key && option->commands & command)
            return option;
    }
    return NULL;
}

void options_set_defaults(struct options *options, enum command_id command)
{
    *options = (struct options){
        .command = command,
        .setup = {.phi = {.n = 512, .low = 0, .high = 2 * M_PI},
                  .r = {.n = 512, .low = -5, .high = 5},
                  .gaussian = {.samples_per_class = FG_SAMPLES_PER_CLASS, .spread = FG_SPREAD, .seed = 0},
                  .fields = FG_ALL_FIELDS},
        .at_phi = NAN,
        .at_r = NAN,
        .max_time = INFINITY,
        .sync_seconds = 60,
        .cells = 1000,
        .deflate = 4,
        .repetitions = 7,
        .directory = ".",
    };
}

/* Whether `list` has the scalar; an entry that ends in '_' stands for those of every data set. */
static bool lists(const char *list, const char *scalar)
{
    for (; *list; list += strcspn(list, ",") + (list[strcspn(list, ",")] == ',')) {
        const size_t length = strcspn(list, ",");
        const bool is_prefix = list[length - 1] == '_';
        if (strncmp(list, scalar, length) == 0 && (is_prefix || scalar[length] == '\0'))
            return true;
    }
    return false;
}

void options_of_scalar(const char *name, char text[64])
{
    text[0] = '\0';
    for (const struct option_row *option = option_table; option->name; option++) {
        if (option->commands & SWEEP && option->setup && lists(option->setup, name))
            snprintf(text, 64, "--%s", option->name);
    }
    /* An axis has two options. */
    if (strcmp(name, "phi") == 0 || strcmp(name, "r") == 0)
        snprintf(text, 64, "--%s and --%s-range", name, name);
}
