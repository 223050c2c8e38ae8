/* Help texts of commands and options, for --help and for everything that is generated from the table. */
#include <string.h>

#include "option_table.h"

const char *options_description(enum command_id command)
{
    switch (command) {
    case COMMAND_SWEEP:
        return "Computes loss, Fisher information matrix, gradient and natural gradient of z = "
               "sigmoid(sin(phi) x0 + "
               "cos(phi) x1 + r), p(y=0|x) = z, over a grid of (phi, r), and stores every field in one HDF5 "
               "file."
               "\v"
               "Without options but -o: the data sets A and B on 512 x 512 cells.\n\n"
               "The environment variable FISHERGRID_ISA picks the kernel (avx512, avx2 or baseline; default: "
               "the "
               "best this processor runs).\n\n"
               "Exit codes: 0 done; 1 failed; 2 wrong usage or bad input; 75 interrupted (by TERM, INT, HUP, "
               "USR1 or "
               "the time limit): run the same command again to continue.";
    case COMMAND_POINT:
        return "Prints every field of a single cell (phi, r), for each data set.\v"
               "An undefined natural gradient is printed as nan, in JSON as null.";
    case COMMAND_BENCH:
        return "Measures how fast fishergrid is, against what the machine does at best in the same run: "
               "kernel (direct "
               "sums against multiply-adds alone), sweep (computing, and with the file, against storing and "
               "writing "
               "as many bytes plainly), scaling (1 to T threads, strong and weak, direct and chebyshev, "
               "computing alone "
               "and with the file)."
               "\v"
               "All alternatives take turns; minimum and median of the rounds are printed, with --json every "
               "round. "
               "Sweep needs as much memory as the fields take.";
    case COMMAND_MERGE:
        return "Puts the files of 'fishergrid sweep --part K/N' together, in any order of their names: one "
               "file with the "
               "same bytes in every field as of a sweep of the whole grid. They must be of the same sweep, "
               "complete, "
               "undamaged, and all N of them. They are copied, so they can be removed afterwards."
               "\v"
               "Exit codes: 0 done; 1 failed; 2 wrong usage, or parts that do not make a whole; 75 "
               "interrupted: run the "
               "same command again to continue.";
    case COMMAND_INFO:
        return "Tells what is in a file that fishergrid made, what made it, and whether it is complete.\v"
               "Exit codes: 0 the file is complete; 1 it is not complete; 2 wrong usage, or not a file of "
               "fishergrid.";
    case COMMAND_VERIFY:
        return "Checks whether what is in a file is right, also in one that is not complete, as far as it is "
               "done: every value against the checksum of its tile; random cells against what the slow "
               "reference kernel computes from the samples in the file; gradients against differences of the "
               "loss; in every cell that the Fisher matrix is positive semi-definite (it is symmetric by "
               "itself: one of its off-diagonal entries is stored); axes, samples and texts; and that every "
               "group, dataset, link and attribute that a sweep writes is there and the same, but for what "
               "tells of the run. More may be in the file."
               "\v"
               "The largest error of each field is told on the scale of its summed absolute terms, with its "
               "bound. --threads changes no result.\n\n"
               "Exit codes: 0 all is right, and the file complete; 1 something is not right, or the file is "
               "not "
               "complete; 2 wrong usage, or not a file of fishergrid.";
    case COMMAND_XDMF:
        return "Writes a small text file (XDMF) through which ParaView opens FILE.h5, also one that is not "
               "complete: a grid for each data set, with r to the right, phi upwards and every field at its "
               "cells. It names FILE.h5 relative to itself, so move both together."
               "\v"
               "Exit codes: 0 done; 1 failed; 2 wrong usage, or not a file of fishergrid.";
    case COMMAND_PACK:
        return "Packs a complete file: the same contents, with every field in chunks of rows, shuffled and "
               "deflated, which every HDF5 reader opens. Each tile is compared with its checksum first. "
               "Rounding, where it is asked for, is told with its largest error in attributes of the fields. "
               "A packed file cannot be merged, and pack is not undone; keep IN.h5 where you need it."
               "\v"
               "Exit codes: 0 done; 1 failed; 2 wrong usage, or a file that is not complete or damaged; 75 "
               "interrupted: nothing is left, run it again.";
    }
    return NULL;
}

static struct option_text text_of(const struct option_row *option)
{
    struct option_text text = {.key = option->key,
                               .name = option->name,
                               .argument = option->argument,
                               .choices = option->choices,
                               .help = option->help};
    if (option->type == OPTION_TEXT)
        text.value = strcmp(option->argument, "DIR") == 0 ? VALUE_DIRECTORY : VALUE_FILE;
    else if (option->type == OPTION_FIELDS)
        text.value = VALUE_FIELDS;
    else if (option->type == OPTION_DATA)
        text.value = VALUE_DATA;
    return text;
}

size_t options_list(enum command_id command, struct option_text list[MOST_OPTIONS])
{
    size_t n = 0;
    for (const struct option_row *option = option_table; option->name; option++) {
        if (option->commands & command)
            list[n++] = text_of(option);
    }
    list[n++] = (struct option_text){.key = KEY_HELP, .name = "help", .help = "Print this text"};
    list[n++] = (struct option_text){.key = KEY_VERSION, .name = "version", .help = "Print the version"};
    return n;
}

const char *options_operands(enum command_id command)
{
    return command & (COMMAND_INFO | COMMAND_VERIFY | COMMAND_XDMF) ? "FILE.h5"
           : command == COMMAND_BENCH                               ? "kernel|sweep|scaling"
           : command == COMMAND_SWEEP                               ? "-o FILE.h5"
           : command == COMMAND_MERGE                               ? "-o FILE.h5 PART.h5..."
           : command == COMMAND_PACK                                ? "IN.h5 OUT.h5"
                                                                    : "--phi P --r R";
}
