#include "commands.h"

const struct command_row commands[N_COMMANDS] = {
    {"sweep", COMMAND_SWEEP, command_sweep, "compute every field over a grid, into one HDF5 file"},
    {"point", COMMAND_POINT, command_point, "print every field of one cell"},
    {"bench", COMMAND_BENCH, command_bench, "measure how fast it is, against what the machine does at best"},
    {"merge", COMMAND_MERGE, command_merge, "put the parts of a sweep together"},
    {"info", COMMAND_INFO, command_info, "tell what is in a file and what made it"},
    {"verify", COMMAND_VERIFY, command_verify, "check whether what is in a file is right"},
    {"pack", COMMAND_PACK, command_pack, "make a complete file smaller"},
    {"xdmf", COMMAND_XDMF, command_xdmf, "let ParaView open a file"},
};

const char *const program_description =
    "Loss, Fisher information matrix, gradient and natural gradient of the network\n"
    "z = sigmoid(sin(phi) x0 + cos(phi) x1 + r), p(y=0|x) = z, over a grid of (phi, r).";
