/* Files through MPI-IO: the file functions of struct fg_team. */
#ifndef FISHERGRID_IO_MPI_H
#define FISHERGRID_IO_MPI_H

#include "fishergrid/team.h"

void *io_mpi_open(void *context, const char *path, struct fg_error *error);
enum fg_status io_mpi_write(void *file, const void *bytes, size_t n, uint64_t offset, struct fg_error *error);
enum fg_status io_mpi_read(void *file, void *bytes, size_t n, uint64_t offset, struct fg_error *error);
enum fg_status io_mpi_sync(void *file, struct fg_error *error);
enum fg_status io_mpi_close(void *file, struct fg_error *error);

#endif
