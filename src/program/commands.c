/* The list of commands, with the texts of their help. */
#include "commands.h"

#include <stdint.h>

const struct command_row commands[N_COMMANDS] = {
    {"sweep", COMMAND_SWEEP, command_sweep, "compute fields over a grid, into one HDF5 file", "-o FILE.h5", 0,
     0,
     "Computes fields in every cell of a grid, and writes them into one HDF5 file. The fields are loss, "
     "Fisher information matrix, gradient and natural gradient of the network z = sigmoid(sin(phi) x0 + "
     "cos(phi) x1 + r), p(y=0|x) = z. The grid is over phi and r.\v"
     "With no option except -o, the sweep computes data sets A and B on 512 x 512 cells.\n\n"
     "The environment variable FISHERGRID_ISA picks the kernel: avx512, avx2 or baseline. The default is "
     "the best kernel that this processor runs.\n\n"
     "Exit codes: 0 done; 1 failed; 2 wrong usage or bad input; 75 interrupted (by TERM, INT, HUP, USR1 or "
     "the time limit): run the same command again to resume."},
    {"point", COMMAND_POINT, command_point, "print the fields of one cell", "--phi P --r R", 0, 0,
     "Prints the fields of a single cell (phi, r), for each data set.\v"
     "natural_gradient_flag says how the natural gradient was computed: 1 regular; 2 recomputed "
     "(ill-conditioned); 3 undefined (the Fisher matrix has rank 1; the values are nan, in JSON null); 4 "
     "overflow (a component exceeds the largest double and is inf or -inf, in JSON the strings \"inf\" and "
     "\"-inf\"). newton_flag says what the Newton step is: 1 the Hessian is positive definite; 2 it is "
     "indefinite, and the step may lead uphill; 3 undefined (it is singular); 4 overflow. curvature_flag "
     "has the values of natural_gradient_flag."},
    {"bench", COMMAND_BENCH, command_bench, "measure the speed against the limits of the machine",
     "kernel|sweep|disk|samples|scaling", 1, 1,
     "Measures the speed of fishergrid against the limits of the machine. The speed and the limits are "
     "measured in the same run. kernel: direct sums, compared with multiply-adds alone. sweep: a sweep "
     "without a file, compared with plain stores to memory, and a sweep with its file, compared with three "
     "ways of writing as many bytes. disk: only the sweep with its file, for a grid of any size. samples: "
     "a sweep with 1000 times as many samples, compared with drawing and storing these samples, and with a "
     "sweep with the given number. scaling: sweeps with 1 to T threads, with and without a file; strong "
     "and weak scaling.\v"
     "Every round runs all alternatives in turn. The output has the minimum and the median of the rounds; "
     "with --json, it has every round. 'bench sweep' needs memory for all values of the fields; 'bench "
     "disk' needs room on the disk for one file.\n\n"
     "Exit codes: 0 done; 1 failed; 2 wrong usage or bad input; 75 interrupted. Files are removed in any "
     "case."},
    {"merge", COMMAND_MERGE, command_merge, "join the parts of a sweep", "-o FILE.h5 PART.h5...", 1, SIZE_MAX,
     "Joins the files of 'fishergrid sweep --part K/N' into one file. The files may be given in any order. "
     "Every field has the same bytes as after a sweep of the whole grid. All N parts must be given; they "
     "must be from the same sweep, complete and undamaged. merge copies their values, so the parts can be "
     "removed afterwards.\v"
     "Exit codes: 0 done; 1 failed; 2 wrong usage, or parts that are not a whole grid; 75 interrupted: run "
     "the same command again to resume."},
    {"info", COMMAND_INFO, command_info, "show what is in a file and how it was made", "FILE.h5", 1, 1,
     "Prints what is in a result file, how it was made, and whether it is complete.\v"
     "Exit codes: 0 the file is complete; 1 it is not complete; 2 wrong usage, or not a file of fishergrid."},
    {"verify", COMMAND_VERIFY, command_verify, "check the structure and the values of a file", "FILE.h5", 1,
     1,
     "Checks a result file. If the file is not complete, the finished tiles are checked. Every tile is "
     "compared with its checksum. Random cells are computed again by the slow reference kernel, from the "
     "samples in the file. Gradients are compared with finite differences of the loss. The Fisher matrix "
     "must be positive semi-definite in every cell. (It is always symmetric, because only one of its "
     "off-diagonal entries is stored.) Axes, samples and texts are checked, too. The stationary points are "
     "searched for again. Every group, dataset, link and attribute that a sweep writes must be there, with "
     "its type and shape. Values that are the same in every sweep are compared. The file may contain "
     "additional objects, which are not checked.\v"
     "The output has the largest error of each field and its bound, both relative to the sum of the "
     "absolute values of the terms. The result does not depend on --threads.\n\n"
     "Exit codes: 0 all checks passed and the file is complete; 1 a check failed, or the file is not "
     "complete; 2 wrong usage, or not a file of fishergrid."},
    {"pack", COMMAND_PACK, command_pack, "make a complete file smaller", "IN.h5 OUT.h5", 2, 2,
     "Compresses a complete file. The contents stay the same, but every field is stored in chunks of rows "
     "that are shuffled and deflated. Every HDF5 reader opens the packed file. Each tile is compared with "
     "its checksum first. If the values are rounded, attributes of each field state the largest error. A "
     "packed file cannot be merged, and no command unpacks it, so keep IN.h5 if you may need it.\v"
     "Exit codes: 0 done; 1 failed; 2 wrong usage, or a file that is damaged or not complete; 75 "
     "interrupted: no output is left, run the command again."},
    {"xdmf", COMMAND_XDMF, command_xdmf, "write a small file through which ParaView opens a result",
     "FILE.h5", 1, 1,
     "Writes a small text file (XDMF) through which ParaView opens FILE.h5. FILE.h5 need not be complete. "
     "The text file has a grid for each data set, with phi to the right, r upwards, every field at its "
     "cells, and the gradient, the natural gradient and the Newton step as vectors. It names FILE.h5 "
     "relative to itself, so move both together.\v"
     "Exit codes: 0 done; 1 failed; 2 wrong usage, or not a file of fishergrid."},
};

const char *const program_description =
    "Loss, Fisher information matrix, gradient and natural gradient of the network\nz = sigmoid(sin(phi) "
    "x0 + cos(phi) x1 + r), p(y=0|x) = z, over a grid of (phi, r).";

const struct command_row *command_of(enum command_id command)
{
    size_t c = 0;
    while (commands[c].command != command)
        c++;
    return &commands[c];
}
