#define _POSIX_C_SOURCE 200809L /* S_ISREG, strdup */
#include "fishergrid/hdf5_samples.h"

#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset_reserve.h"
#include "fishergrid/text.h"
#include "h5.h"
#include "layout.h"
#include "sandbox.h"
#include "stored_values.h"

enum { X0, X1, Y, N_COLUMNS };
static const char *const column_name[N_COLUMNS] = {"x0", "x1", "y"};

/* Memory of the child process. A chunk of a usual file has some MB. */
enum { CHILD_BYTES = 1 << 30 };

/* The samples to read, in memory that the child shares with its parent. */
struct wanted_samples {
    const char *path, *group; /* group: without a slash at its end, "" for the root */
    bool may_be_result;       /* no group was named, so the file may be a result */
    bool is_result;
    uint64_t n;                /* number of samples; found with `values` NULL */
    double *values[N_COLUMNS]; /* [n] each; shared, too */
};

/* --- in the child --- */

enum {
    FAULT_MAX = 300
}; /* buffer size of what is wrong with a dataset, "is empty; at least one sample works" */

/* Adds the name of a link to a text. HDF5 calls this function for each link of a group. */
static herr_t add_link_name(hid_t group, const char *name, const H5L_info_t *link, void *names)
{
    (void)group, (void)link;
    fg_text_add(names, 80, ", ", name);
    return strlen(names) >= 79; /* 1: no further one */
}

/* Says why a dataset cannot be opened. */
static const char *fault_of_name(hid_t group, const char *name, char fault[FAULT_MAX])
{
    char names[80] = "";
    if (H5Lexists(group, name, H5P_DEFAULT) > 0)
        return "cannot be opened; a dataset of numbers works";
    H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_link_name, names);
    snprintf(fault, FAULT_MAX, "is missing%s%s; 1-D datasets x0, x1 and y work, in a group as FILE:/GROUP",
             *names ? " beside " : "", names);
    return fault;
}

/* Says what is wrong with the type of a dataset; NULL: nothing. Enumerations count as numbers, because h5py
 * writes bool as an enumeration. */
static const char *fault_of_type(hid_t dataset)
{
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t class = H5Tget_class(type);
    H5Tclose(type);
    return class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM
               ? NULL
               : "has no numbers; integers or floating-point numbers work";
}

/* Stores the number of values, which must lie along one axis. Says what is wrong with it; NULL: nothing. */
static const char *fault_of_shape(hid_t dataset, hsize_t *n)
{
    hsize_t shape[H5S_MAX_RANK] = {0};
    const hid_t space = H5Dget_space(dataset);
    const int rank = H5Sget_simple_extent_dims(space, shape, NULL);
    const hssize_t all = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    *n = 0;
    for (int d = 0; d < rank; d++)
        *n = shape[d] > *n ? shape[d] : *n;
    if (rank > 0 && all == 0)
        return "is empty; at least one sample works";
    if (rank < 1 || all != (hssize_t)*n)
        return "is not 1-D; one value for each sample works";
    return *n <= FG_SAMPLES_MAX ? NULL : "has more values than a data set can hold";
}

/* Checks column c. Reads it if the arrays for the values are there. Says what is wrong with it; NULL:
 * nothing. */
static const char *read_column(struct wanted_samples *wanted, hid_t file, hid_t dataset, int c,
                               char fault[FAULT_MAX])
{
    hsize_t n = 0;
    char cause[H5_CAUSE_MAX];
    const char *found = fault_of_type(dataset);
    if (!found)
        found = fault_of_shape(dataset, &n);
    if (!found)
        found = fg_stored_values_fault(file, dataset, wanted->path, n);
    if (found)
        return found;
    if (c == X0 && !wanted->values[c])
        wanted->n = n;
    if (n != wanted->n) {
        snprintf(fault, FAULT_MAX, "has a length of %llu, and x0 of %llu", (unsigned long long)n,
                 (unsigned long long)wanted->n);
        return fault;
    }
    if (!wanted->values[c] ||
        H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, wanted->values[c]) >= 0)
        return NULL;
    fg_h5_cause(cause);
    snprintf(fault, FAULT_MAX, "cannot be read: %s; not compressed, or with gzip, works", cause);
    return fault;
}

static enum fg_status read_group(struct wanted_samples *wanted, hid_t file, struct fg_error *error)
{
    const char *const name = *wanted->group ? wanted->group : "/", *found = NULL;
    const hid_t group = H5Gopen2(file, name, H5P_DEFAULT);
    char fault[FAULT_MAX];
    if (group < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s has no group '%s'", wanted->path, name);
    for (int c = 0; c < N_COLUMNS && !found; c++) {
        const hid_t dataset = H5Dopen2(group, column_name[c], H5P_DEFAULT);
        found = dataset >= 0 ? read_column(wanted, file, dataset, c, fault)
                             : fault_of_name(group, column_name[c], fault);
        if (found)
            fg_fail(error, FG_BAD_INPUT, "%s:%s/%s %s", wanted->path, wanted->group, column_name[c], found);
        H5Dclose(dataset);
    }
    H5Gclose(group);
    return found ? FG_BAD_INPUT : FG_OK;
}

/* Reads the file in the child process; has the type fg_sandbox_work. */
static enum fg_status read_file_as_child(void *shared, struct fg_error *error)
{
    struct wanted_samples *wanted = shared;
    hid_t file;
    enum fg_status status = fg_h5_open_for_reading(wanted->path, &file, error);
    if (status != FG_OK)
        return status;
    /* A newer version may have other objects; a copy by h5copy lacks the attributes of the root. */
    wanted->is_result =
        wanted->may_be_result &&
        (H5Aexists(file, LAYOUT_VERSION) > 0 ||
         (H5Lexists(file, "/entry", H5P_DEFAULT) > 0 && H5Lexists(file, LAYOUT_SETUP, H5P_DEFAULT) > 0));
    if (!wanted->is_result)
        status = read_group(wanted, file, error);
    H5Fclose(file);
    return status;
}

/* --- in the parent --- */

static enum fg_status check_sample_values(const struct wanted_samples *wanted, struct fg_error *error)
{
    for (int c = 0; c < N_COLUMNS; c++) {
        for (size_t k = 0; k < wanted->n; k++) {
            const double value = wanted->values[c][k];
            if (c == Y && value != 0 && value != 1)
                return fg_fail(error, FG_BAD_INPUT, "%s:%s/y[%zu] is %g; a label 0 or 1 works", wanted->path,
                               wanted->group, k, value);
            if (!(fabs(value) <= FG_COORDINATE_MAX))
                return fg_fail(error, FG_BAD_INPUT, "%s:%s/%s[%zu] is %g; numbers from %.0f to %.0f work",
                               wanted->path, wanted->group, column_name[c], k, value, -FG_COORDINATE_MAX,
                               FG_COORDINATE_MAX);
        }
    }
    return FG_OK;
}

static void free_column(struct wanted_samples *wanted, int c)
{
    fg_sandbox_free(wanted->values[c], wanted->n * sizeof *wanted->values[c]);
    wanted->values[c] = NULL;
}

/* Copies the values, and frees each column as soon as it is copied. The labels come first, because their
 * memory shrinks the most. */
static enum fg_status take_values(struct wanted_samples *wanted, struct fg_dataset *dataset,
                                  struct fg_error *error)
{
    double **const of = wanted->values;
    const size_t n = wanted->n;
    if (fg_dataset_reserve(dataset, n, error) != FG_OK)
        return FG_FAILED;
    for (size_t k = 0; k < n; k++)
        dataset->y[k] = of[Y][k] == 1;
    free_column(wanted, Y);
    memcpy(dataset->x0, of[X0], n * sizeof *of[X0]);
    free_column(wanted, X0);
    memcpy(dataset->x1, of[X1], n * sizeof *of[X1]);
    dataset->n = n;
    return FG_OK;
}

/* Reads the values of wanted->n samples. */
static enum fg_status read_all_values(struct wanted_samples *wanted, struct fg_dataset *dataset,
                                      struct fg_error *error)
{
    const size_t bytes = wanted->n * sizeof *wanted->values[0];
    const struct fg_sandbox_limits limits = {.bytes = CHILD_BYTES,
                                             .cpu_seconds = 60 + (unsigned)(N_COLUMNS * bytes / 10000000)};
    enum fg_status status = FG_OK;
    for (int c = 0; c < N_COLUMNS && status == FG_OK; c++) {
        wanted->values[c] = fg_sandbox_memory(bytes);
        if (!wanted->values[c])
            status = fg_fail(error, FG_FAILED, "%s: no memory for %llu samples", wanted->path,
                             (unsigned long long)wanted->n);
    }
    if (status == FG_OK)
        status = fg_sandbox_run(read_file_as_child, wanted, &limits, wanted->path, error);
    if (status == FG_OK)
        status = check_sample_values(wanted, error);
    if (status == FG_OK)
        status = take_values(wanted, dataset, error);
    for (int c = 0; c < N_COLUMNS; c++)
        free_column(wanted, c);
    return status;
}

enum fg_status fg_dataset_read_hdf5(struct fg_dataset *dataset, const char *name, const char *path,
                                    const char *group, bool *is_result, struct fg_error *error)
{
    static const struct fg_sandbox_limits limits = {.bytes = CHILD_BYTES, .cpu_seconds = 60};
    struct wanted_samples *wanted = fg_sandbox_memory(sizeof *wanted);
    char *trimmed = strdup(group ? group : "");
    enum fg_status status = wanted && trimmed ? fg_dataset_check_name(name, error)
                                              : fg_fail(error, FG_FAILED, "%s: no memory", path);
    if (status == FG_OK) {
        for (size_t end = strlen(trimmed); end > 0 && trimmed[end - 1] == '/'; end--)
            trimmed[end - 1] = '\0';
        *wanted = (struct wanted_samples){.path = path, .group = trimmed, .may_be_result = !group};
        status = fg_sandbox_run(read_file_as_child, wanted, &limits, path, error);
    }
    if (status == FG_OK && !wanted->is_result)
        status = read_all_values(wanted, dataset, error);
    if (status == FG_OK && !wanted->is_result)
        strcpy(dataset->name, name);
    if (status == FG_OK)
        *is_result = wanted->is_result;
    else
        fg_dataset_free(dataset);
    fg_sandbox_free(wanted, sizeof *wanted);
    free(trimmed);
    return status;
}

/* --- names --- */

static bool is_regular_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

size_t fg_hdf5_path_length(const char *path)
{
    char file[PATH_MAX];
    struct stat status;
    const size_t length = strlen(path);
    if (length >= sizeof file || stat(path, &status) == 0)
        return length;
    strcpy(file, path);
    for (char *colon; (colon = strrchr(file, ':'));) {
        *colon = '\0';
        if (is_regular_file(file))
            return (size_t)(colon - file);
    }
    return length;
}

bool fg_is_hdf5(const char *path)
{
    fg_h5_quiet();
    return is_regular_file(path) && H5Fis_hdf5(path) > 0; /* a pipe can be read only once */
}
