/* Adding an option is adding a line here, and a default below where that is not 0. */
#define _DEFAULT_SOURCE /* M_PI */
#include "option_table.h"

#include <float.h>
#include <math.h>

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
    {'N', "phi", "N", WHOLE, AT(phi.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, DECISIVE,
     "Cells along phi, 1 to 2147483648 (default 512)"},
    {'M', "r", "M", WHOLE, AT(r.n), 1, AXIS_MAX, NULL, SWEEP | BENCH, DECISIVE,
     "Cells along r, 1 to 2147483648 (default 512)"},
    {301, "phi-range", "LO:HI", RANGE, AT(phi), 0, 0, NULL, SWEEP | BENCH, DECISIVE,
     "Range of phi in radians, both ends included; numbers may end in 'pi' (default 0:2pi)"},
    {302, "r-range", "LO:HI", RANGE, AT(r), 0, 0, NULL, SWEEP | BENCH, DECISIVE,
     "Range of r, dimensionless, both ends included (default -5:5)"},
    {303, "phi", "P", REAL, AT(at_phi), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, RECORDED,
     "The angle phi of the cell in radians; may end in 'pi' (required)"},
    {304, "r", "R", REAL, AT(at_r), -FG_AXIS_BOUND, FG_AXIS_BOUND, NULL, POINT, RECORDED,
     "The offset r of the cell, dimensionless (required)"},
    {'d', "data", "A|B|NAME=FILE.csv", DATA, AT(data), 0, 0, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "A data set: built-in A or B, or a CSV file with the header x0,x1,y and labels y of 0 and 1; "
     "may be repeated (default A and B)"},
    {305, "samples-per-class", "n", WHOLE, AT(draw.samples_per_class), 1, 1 << 30, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Samples of each class of A and B (default 500)"},
    {306, "spread", "S", REAL, AT(draw.spread), DBL_MIN, 1e5, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Standard deviation of A and B in each coordinate, dimensionless (default 0.3)"},
    {307, "seed", "K", WHOLE, AT(draw.seed), 0, 0x1p64, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Seed of A and B, 0 to 18446744073709551615 (default 0)"},
    {'m', "method", "auto|direct|chebyshev", CHOICE, AT(method), 0, 0, "auto|direct|chebyshev", SWEEP | BENCH, DECISIVE,
     "Where the samples are summed: at every cell (direct), at Chebyshev nodes with interpolation between them "
     "(chebyshev), or in each direction at whichever are fewer (auto, the default)"},
    {308, "reduction", "sum|mean", CHOICE, AT(reduction), 0, 0, "sum|mean", SWEEP | POINT | BENCH, DECISIVE,
     "Whether loss, gradient and Fisher matrix are sums over the samples or divided by their number "
     "(default sum)"},
    {309, "damping", "LAMBDA", REAL, AT(damping), 0, FG_DAMPING_MAX, NULL, SWEEP | POINT | BENCH, DECISIVE,
     "Added to both diagonal entries of the Fisher matrix, for the natural gradient only (default 0)"},
    {'f', "fields", "LIST", FIELDS, AT(fields), 0, 0, NULL, SWEEP | BENCH, DECISIVE,
     "Fields to store, separated by commas (default all): loss, fisher_phi_phi, fisher_r_phi, fisher_r_r, "
     "gradient_phi, gradient_r, natural_gradient_phi, natural_gradient_r, natural_gradient_flag"},
    {'t', "threads", "T", WHOLE, AT(threads), 1, 4096, NULL, SWEEP | BENCH | MERGE | VERIFY | PACK, RECORDED,
     "OpenMP threads of a process, 1 to 4096 (default OMP_NUM_THREADS, or all cores, shared among processes)"},
    {310, "tile", "CELLS", WHOLE, AT(tile_cells), 1, 1 << 30, NULL, SWEEP | BENCH, DECISIVE,
     "Cells a thread computes and writes at a time; changes no result (default 1024 to 65536 by size)"},
    {317, "part", "K/N", PART, AT(part), 0, 0, NULL, SWEEP, DECISIVE,
     "Only the K-th of N parts of the grid, rows of tiles, into a file of its own; 'fishergrid merge' puts them together"},
    {'o', "output", "FILE.h5", TEXT, AT(output), 0, 0, NULL, SWEEP | MERGE, UNRECORDED,
     "The file to make (required); FILE.h5.part until it is complete"},
    {315, "max-time", "S", REAL, AT(max_time), 1e-3, 1e9, NULL, SWEEP | MERGE, UNRECORDED,
     "Stop after S seconds with exit code 75; the same command continues. Under Slurm, SLURM_JOB_END_TIME sets "
     "such a limit by itself"},
    {316, "sync", "S", REAL, AT(sync_seconds), 1e-3, 1e9, NULL, SWEEP | MERGE, UNRECORDED,
     "Bring what is done to the disk (fsync) every S seconds (default 60)"},
    {311, "force", NULL, SWITCH, AT(force), 0, 0, NULL, SWEEP | MERGE, UNRECORDED,
     "Start afresh: replace an existing output and what an interrupted sweep left"},
    {323, "unless-done", NULL, SWITCH, AT(unless_done), 0, 0, NULL, SWEEP | MERGE, UNRECORDED,
     "An output that the same command has finished already is a success, and left as it is: for jobs that may be "
     "started again"},
    {'o', "output", "FILE.xmf", TEXT, AT(output), 0, 0, NULL, XDMF, UNRECORDED,
     "The file to make (default beside FILE.h5, with .xmf in place of .h5)"},
    {340, "force", NULL, SWITCH, AT(force), 0, 0, NULL, XDMF | PACK, UNRECORDED,
     "Replace an existing output"},
    {341, "deflate", "L", WHOLE, AT(deflate), 1, 9, NULL, PACK, UNRECORDED,
     "How hard deflate tries, 1 (fast) to 9 (small) (default 4); what it makes unpacks to the same bits"},
    {342, "keep-digits", "D", WHOLE, AT(keep_digits), 1, FG_DIGITS_MAX, NULL, PACK, UNRECORDED,
     "Round every real value to the nearest that keeps D significant decimal digits, 1 to 15: off by 0.5e-D of it at "
     "most (default: all digits are kept)"},
    {343, "float32", NULL, SWITCH, AT(float32), 0, 0, NULL, PACK, UNRECORDED,
     "Store real values as 32-bit numbers, of 7 digits; values above 3.4e38 are refused, those below 1.2e-38 lose "
     "digits"},
    {KEY_DRY_RUN, "dry-run", NULL, SWITCH, AT(dry_run), 0, 0, NULL, SWEEP, UNRECORDED,
     "Only say what the sweep would need: cells, file, memory, time (a short trial, on this processor), free disk, "
     "and what to ask Slurm for"},
    {KEY_SBATCH, "sbatch", NULL, SWITCH, AT(sbatch), 0, 0, NULL, SWEEP, UNRECORDED,
     "With --dry-run: print a batch script of this sweep for Slurm instead"},
    {313, "progress", "auto|always|never", CHOICE, AT(progress), 0, 0, "auto|always|never", SWEEP | MERGE | PACK, UNRECORDED,
     "Progress on standard error: a live line on a terminal, else a line every 30 s (default auto); "
     "always: a line also for short runs"},
    {'q', "quiet", NULL, SWITCH, AT(quiet), 0, 0, NULL, SWEEP | MERGE | PACK, UNRECORDED,
     "No progress and no summary, only errors"},
    {'n', "repetitions", "ROUNDS", WHOLE, AT(repetitions), 1, 1000, NULL, BENCH, RECORDED,
     "Rounds that count, after two that do not (default 7)"},
    {314, "directory", "DIR", TEXT, AT(directory), 0, 0, NULL, BENCH, RECORDED,
     "Where files are written and removed again (default .)"},
    {319, "cells", "N", WHOLE, AT(cells), 1, FG_VERIFY_CELLS_MAX, NULL, VERIFY, UNRECORDED,
     "Random cells of each data set to compute again, 1 to 1000000 (default 1000); a cell of 1000 samples takes "
     "about a millisecond"},
    {320, "seed", "K", WHOLE, AT(draw.seed), 0, 0x1p64, NULL, VERIFY, UNRECORDED,
     "Chooses the random cells, 0 to 18446744073709551615 (default 0)"},
    {321, "config", "FILE", TEXT, AT(config), 0, 0, NULL, SWEEP, UNRECORDED,
     "Take the options that are not given here from FILE, a JSON object as 'fishergrid info --config' prints it"},
    {322, "config", NULL, SWITCH, AT(show_config), 0, 0, NULL, INFO, UNRECORDED,
     "Print the options of the run that made the file, as 'fishergrid sweep --config' reads them, and nothing else"},
    {'j', "json", NULL, SWITCH, AT(json), 0, 0, NULL, SWEEP | POINT | INFO | BENCH | MERGE | VERIFY | PACK, UNRECORDED,
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
        .phi = {.n = 512, .low = 0, .high = 2 * M_PI},
        .r = {.n = 512, .low = -5, .high = 5},
        .at_phi = NAN,
        .at_r = NAN,
        .draw = {.samples_per_class = FG_SAMPLES_PER_CLASS, .spread = FG_SPREAD, .seed = 0},
        .fields = FG_ALL_FIELDS,
        .max_time = INFINITY,
        .sync_seconds = 60,
        .cells = 1000,
        .deflate = 4,
        .repetitions = 7,
        .directory = ".",
    };
}
