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
#define ALL (~0u)
#define AXIS_MAX ((double)FG_AXIS_MAX)

/* clang-format off */
const struct option_row option_table[] = {
    {'N', "phi", "N", OPTION_WHOLE, AT(setup.phi.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, IN_VALUES, "phi_cells",
     "Number of cells along phi (default 512). From 1 to 2147483648."},
    {'M', "r", "M", OPTION_WHOLE, AT(setup.r.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, IN_VALUES, "r_cells",
     "Number of cells along r (default 512). From 1 to 2147483648."},
    {0, "phi-range", "LO:HI", OPTION_RANGE, AT(setup.phi), 0, 0, NULL, SWEEP | BENCH, IN_VALUES, "phi_low,phi_high",
     "Range of phi in radians (default 0:2pi). Both ends are included; numbers may end in 'pi'."},
    {0, "r-range", "LO:HI", OPTION_RANGE, AT(setup.r), 0, 0, NULL, SWEEP | BENCH, IN_VALUES, "r_low,r_high",
     "Range of r, dimensionless (default -5:5). Both ends are included."},
    {0, "phi", "P", OPTION_REAL, AT(at_phi), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, IN_VALUES, NULL,
     "Angle phi of the cell in radians (required). The number may end in 'pi'."},
    {0, "r", "R", OPTION_REAL, AT(at_r), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, IN_VALUES, NULL,
     "Offset r of the cell, dimensionless (required)"},
    {'d', "data", "A|B|NAME=FILE", OPTION_DATA, AT(data), 0, 0, NULL, SWEEP | POINT | BENCH, IN_VALUES, "data,samples_of_,checksum_of_,sources_of_,drawn_",
     "Data set (default A and B); may be repeated. A and B are built in. NAME=FILE reads a data set called NAME from a "
     "CSV file or an HDF5 file. The header of a CSV file names the columns x0, x1 and y (labels 0 and 1); other "
     "columns are ignored. FILE is - for CSV from standard input. An HDF5 file is either an earlier result or any other "
     "file with 1-D datasets x0, x1 and y. From a result, the data set NAME is read, or its only data set. If the "
     "datasets of another file are in a group, write FILE:/GROUP."},
    {0, "samples-per-class", "n", OPTION_WHOLE, AT(setup.gaussian.samples_per_class), 1, 1 << 30, NULL, SWEEP | POINT | BENCH, IN_VALUES, "samples_per_class",
     "Samples of each class of A and B (default 500)"},
    {0, "spread", "S", OPTION_REAL, AT(setup.gaussian.spread), DBL_MIN, 1e5, NULL, SWEEP | POINT | BENCH, IN_VALUES, "spread",
     "Standard deviation of A and B (default 0.3). Each coordinate has this standard deviation, dimensionless."},
    {0, "seed", "K", OPTION_WHOLE, AT(setup.gaussian.seed), 0, 0x1p64, NULL, SWEEP | POINT | BENCH, IN_VALUES, "seed",
     "Seed of A and B (default 0). From 0 to 18446744073709551615."},
    {'m', "method", "METHOD", OPTION_CHOICE, AT(setup.method), 0, 0, "auto|direct|chebyshev", SWEEP | BENCH, IN_VALUES, "method",
     "Summation: auto, direct, chebyshev (default auto). With direct, the sums over the samples are computed at every cell. "
     "With chebyshev, they are computed at Chebyshev nodes and interpolated to the cells. auto uses nodes along each "
     "axis that has fewer nodes than cells."},
    {0, "reduction", "sum|mean", OPTION_CHOICE, AT(setup.reduction), 0, 0, "sum|mean", SWEEP | POINT | BENCH, IN_VALUES, "reduction",
     "Sum over the samples, or their mean (default sum). With mean, all sums are divided by the number of samples."},
    {0, "damping", "LAMBDA", OPTION_REAL, AT(setup.damping), 0, FG_DAMPING_MAX, NULL, SWEEP | POINT | BENCH, IN_VALUES, "damping",
     "Damping of the Fisher matrix (default 0). LAMBDA is added to both diagonal entries, for the natural gradient "
     "only."},
    {'f', "fields", "LIST", OPTION_FIELDS, AT(setup.fields), 0, 0, NULL, SWEEP | POINT | BENCH, IN_VALUES, "fields",
     "Fields to compute, as a,b,c (default exercise). The fields are loss, fisher_phi_phi, fisher_r_phi, fisher_r_r, "
     "gradient_phi, gradient_r, natural_gradient_phi, natural_gradient_r, natural_gradient_flag; the word exercise "
     "stands for these. The word geometry stands for the fields hessian_phi_phi, empirical_fisher_phi_phi, "
     "empirical_fisher_r_phi, empirical_fisher_r_r, newton_phi, newton_r, fisher_eigenvalue_max, "
     "fisher_eigenvalue_min, fisher_eigenvector_angle, fisher_condition, fisher_volume, natural_gradient_norm, "
     "fisher_curvature, newton_flag, curvature_flag. The word all stands for both groups."},
    {0, "tile", "CELLS", OPTION_WHOLE, AT(setup.tile_cells), 1, 1 << 30, NULL, SWEEP | BENCH, IN_VALUES, "tile_cells",
     "Cells of a tile, the unit of work of a thread. A thread computes and writes one tile at a time. The values do "
     "not depend on the size of the tiles. The default is 1024 to 65536, depending on the size of the grid."},
    {0, "part", "K/N", OPTION_PART, AT(setup.part), 0, 0, NULL, SWEEP, IN_VALUES, "part,parts",
     "Compute only part K of N of the grid. A part consists of whole rows of tiles; 'fishergrid merge' joins the files "
     "of all parts."},
    {0, "config", "FILE", OPTION_TEXT, AT(config), 0, 0, NULL, SWEEP, IN_VALUES, NULL,
     "Read further options from FILE. FILE is a JSON object as printed by 'fishergrid info --config'. Options on the "
     "command line override those in FILE."},
    {'o', "output", "FILE.h5", OPTION_TEXT, AT(output), 0, 0, NULL, SWEEP | MERGE, IN_FILE, NULL,
     "The file to make (required). It is called FILE.h5.part until it is complete."},
    {0, "force", NULL, OPTION_SWITCH, AT(force), 0, 0, NULL, SWEEP | MERGE, IN_FILE, NULL,
     "Start again and replace existing files. An existing FILE.h5 is replaced, and FILE.h5.part of an interrupted run "
     "is discarded."},
    {0, "unless-done", NULL, OPTION_SWITCH, AT(unless_done), 0, 0, NULL, SWEEP | MERGE, IN_FILE, NULL,
     "Succeed if FILE.h5 is already done. If the same command has already finished the output, keep it and exit with "
     "0. Use it in jobs that may be started again."},
    {'o', "output", "FILE.xmf", OPTION_TEXT, AT(output), 0, 0, NULL, XDMF, IN_FILE, NULL,
     "The file to make (default beside FILE.h5). The default name has .xmf in place of .h5."},
    {0, "force", NULL, OPTION_SWITCH, AT(force), 0, 0, NULL, XDMF | PACK, IN_FILE, NULL,
     "Replace an existing output"},
    {0, "deflate", "L", OPTION_WHOLE, AT(deflate), 1, 9, NULL, PACK, IN_FILE, NULL,
     "Compression level, 1 to 9 (default 4). 1 is fastest, 9 makes the smallest file; every level is lossless."},
    {0, "keep-digits", "D", OPTION_WHOLE, AT(keep_digits), 1, FG_DIGITS_MAX, NULL, PACK, IN_FILE, NULL,
     "Round values to D significant digits, 1 to 15. The relative error is at most 5e-(D+1), for example 5e-7 for D = "
     "6. Without this option, all digits are kept."},
    {0, "float32", NULL, OPTION_SWITCH, AT(float32), 0, 0, NULL, PACK, IN_FILE, NULL,
     "Store values in 32 bits, with 7 digits. The flags keep their 8 bits. A value above 3.4e38 is an error; values "
     "below 1.2e-38 lose digits."},
    {'t', "threads", "T", OPTION_WHOLE, AT(threads), 1, THREADS_MAX, NULL, SWEEP | BENCH | MERGE | VERIFY | PACK, IN_RUN, "",
     "Threads (default OMP_NUM_THREADS, or all CPUs). Each process has T OpenMP threads, 1 to 4096. 'All CPUs' means "
     "the CPUs of the affinity mask, or fewer if the cgroups have a CPU quota. The processes on one machine share them. "
     "By default, no process gets more than SLURM_CPUS_PER_TASK, nor more than a small sweep has work for."},
    {0, "max-time", "S", OPTION_REAL, AT(max_time), 1e-3, 1e9, NULL, SWEEP | MERGE, IN_RUN, NULL,
     "Stop after S seconds, with exit code 75. Run the same command again to resume. In a Slurm job, it also stops "
     "before the end of the job (SLURM_JOB_END_TIME)."},
    {0, "sync", "S", OPTION_REAL, AT(sync_seconds), 1e-3, 1e9, NULL, SWEEP | MERGE, IN_RUN, NULL,
     "Write to the disk every S seconds (default 60). After each such fsync, the tiles finished so far survive a power "
     "failure."},
    {0, "dry-run", NULL, OPTION_SWITCH, AT(dry_run), 0, 0, NULL, SWEEP, IN_RUN, NULL,
     "Print what the sweep needs, and do not run it. The output has cells, file size, memory, time (from a short trial "
     "on this processor), free disk space, and the resources to request from Slurm."},
    {0, "sbatch", NULL, OPTION_SWITCH, AT(sbatch), 0, 0, NULL, SWEEP, IN_RUN, NULL,
     "Print the command that submits the sweep to Slurm. Like --dry-run, this option does not run the sweep."},
    {'n', "repetitions", "ROUNDS", OPTION_WHOLE, AT(repetitions), 1, 1000, NULL, BENCH, IN_RUN, NULL,
     "Number of measured rounds (default 7). Two rounds of warm-up come first."},
    {0, "directory", "DIR", OPTION_TEXT, AT(directory), 0, 0, NULL, BENCH, IN_RUN, NULL,
     "Directory for temporary files (default .). They are removed at the end."},
    {0, "cells", "N", OPTION_WHOLE, AT(cells), 1, FG_VERIFY_CELLS_MAX, NULL, VERIFY, IN_RUN, NULL,
     "Random cells to compute again (default 1000). N is the number for each data set, 1 to 1000000. A cell takes "
     "about a millisecond for 1000 samples."},
    {0, "seed", "K", OPTION_WHOLE, AT(cells_seed), 0, 0x1p64, NULL, VERIFY, IN_RUN, NULL,
     "Seed of the choice of random cells (default 0). From 0 to 18446744073709551615."},
    {0, "progress", "WHEN", OPTION_CHOICE, AT(progress), 0, 0, "auto|always|never", SWEEP | MERGE | PACK, IN_RUN, NULL,
     "Show progress: auto, always, never (default auto). Progress goes to standard error. auto updates one line on a terminal, and "
     "otherwise prints a line every 30 s. always prints at least one line, also for short runs."},
    {'q', "quiet", NULL, OPTION_SWITCH, AT(quiet), 0, 0, NULL, SWEEP | MERGE | PACK, IN_RUN, NULL,
     "No progress and no summary, only errors"},
    {0, "config", NULL, OPTION_SWITCH, AT(show_config), 0, 0, NULL, INFO, IN_RUN, NULL,
     "Print only the options that made the file. 'fishergrid sweep --config' reads them."},
    {'j', "json", NULL, OPTION_SWITCH, AT(json), 0, 0, NULL, SWEEP | POINT | INFO | BENCH | MERGE | VERIFY | PACK, IN_RUN, NULL,
     "Print JSON instead of text"},
    {'h', "help", NULL, OPTION_ANSWER, 0, 0, 0, NULL, ALL, IN_RUN, NULL,
     "Print this list (all: every detail)"},
    {'V', "version", NULL, OPTION_ANSWER, 0, 0, 0, NULL, ALL, IN_RUN, NULL,
     "Print the version"},
    {.name = NULL}
};
/* clang-format on */

_Static_assert(sizeof option_table / sizeof *option_table <= MOST_OPTIONS, "lists have room for the table");

size_t options_list(enum command_id command, const struct option_row *list[MOST_OPTIONS])
{
    size_t n = 0;
    for (const struct option_row *option = option_table; option->name; option++) {
        if (option->commands & command)
            list[n++] = option;
    }
    return n;
}

void options_set_defaults(struct options *options, enum command_id command)
{
    *options = (struct options){
        .command = command,
        .setup = {.phi = {.n = 512, .low = 0, .high = 2 * M_PI},
                  .r = {.n = 512, .low = -5, .high = 5},
                  .gaussian = {.samples_per_class = FG_SAMPLES_PER_CLASS, .spread = FG_SPREAD, .seed = 0},
                  .fields = FG_EXERCISE_FIELDS},
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

/* Returns whether `list` contains the scalar. An entry that ends in '_' stands for the scalars of all data
 * sets. */
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
    /* an axis has two options */
    if (strcmp(name, "phi") == 0 || strcmp(name, "r") == 0)
        snprintf(text, 64, "--%s and --%s-range", name, name);
}
