#include "commands.h"

const struct command_row commands[N_COMMANDS] = {
    {"sweep", COMMAND_SWEEP, command_sweep, "compute fields over a grid, into one HDF5 file"},
    {"point", COMMAND_POINT, command_point, "print the fields of one cell"},
    {"bench", COMMAND_BENCH, command_bench, "measure the speed against the limits of the machine"},
    {"merge", COMMAND_MERGE, command_merge, "join the parts of a sweep"},
    {"info", COMMAND_INFO, command_info, "show what is in a file and how it was made"},
    {"verify", COMMAND_VERIFY, command_verify, "check the structure and the values of a file"},
    {"pack", COMMAND_PACK, command_pack, "make a complete file smaller"},
    {"xdmf", COMMAND_XDMF, command_xdmf, "write a small file through which ParaView opens a result"},
};

const char *const program_description =
    "Loss, Fisher information matrix, gradient and natural gradient of the network\n"
    "z = sigmoid(sin(phi) x0 + cos(phi) x1 + r), p(y=0|x) = z, over a grid of (phi, r).";
