/* The built-in data sets A and B, and the functions that all data sets share: names and memory. */
#include "fishergrid/dataset.h"

#include <Random123/threefry.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dataset_reserve.h"
#include "hash.h"

#define SAMPLES_PER_CLASS_MAX (FG_SAMPLES_MAX / 2)
#define WORTH_THREADS 5000 /* minimum size of a class for threads: drawing takes 0.5 ms, waking them less */

/* A normal number is below sqrt(2 * 54 log 2) = 8.66, so |x| < 8.66e5 + 7 < FG_COORDINATE_MAX. */

static const double two_pi = 6.28318530717958647692;

/* Distance along x0 from data set A to B. */
static const double b_minus_a = 5.0;

/* Centre of each class of data set A. */
static const double class_mean[2][2] = {{1.0, 1.0}, {1.0, 2.0}};

/* Returns whether /entry uses the name for something else than a data set. Upper and lower case count as
 * equal, because some readers of the file do not tell them apart. */
static bool is_taken(const char *name)
{
    static const char *const taken[] = {"title",      "start_time", "end_time",     "program_name",
                                        "provenance", "setup",      "metadata_hash"};
    for (size_t t = 0; t < sizeof taken / sizeof *taken; t++) {
        if (strcasecmp(name, taken[t]) == 0)
            return true;
    }
    return strncasecmp(name, "samples_", strlen("samples_")) == 0 ||
           strncasecmp(name, "tiles_", strlen("tiles_")) == 0 ||
           strncasecmp(name, "stationary_points_", strlen("stationary_points_")) == 0;
}

enum fg_status fg_dataset_check_name(const char *name, struct fg_error *error)
{
    /* A list of letters, because isalpha depends on the locale. */
    static const char letters_first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    const size_t n_letters = 52;
    const size_t length = strlen(name);

    if (length == 0 || !memchr(letters_first, name[0], n_letters) || name[strspn(name, letters_first)])
        return fg_fail(error, FG_BAD_INPUT,
                       "'%.80s' cannot name a data set: a name is a letter, then letters, digits and _",
                       name);
    if (length > FG_NAME_MAX)
        return fg_fail(error, FG_BAD_INPUT, "'%.20s...' has %zu bytes: the name of a data set has %d at most",
                       name, length, FG_NAME_MAX);
    if (is_taken(name))
        return fg_fail(error, FG_BAD_INPUT,
                       "'%s' cannot name a data set: the file itself uses it; my_%s would work", name, name);
    return FG_OK;
}

enum fg_status fg_dataset_reserve(struct fg_dataset *dataset, size_t n, struct fg_error *error)
{
    double *x0 = NULL;
    double *x1 = NULL;
    unsigned char *y = NULL;
    if (n <= SIZE_MAX / sizeof *x0) {
        x0 = realloc(dataset->x0, n * sizeof *x0);
        x1 = realloc(dataset->x1, n * sizeof *x1);
        y = realloc(dataset->y, n * sizeof *y);
    }
    /* An array that was enlarged may have moved, even if memory ran out for another. */
    dataset->x0 = x0 ? x0 : dataset->x0;
    dataset->x1 = x1 ? x1 : dataset->x1;
    dataset->y = y ? y : dataset->y;
    if (!x0 || !x1 || !y)
        return fg_fail(error, FG_FAILED,
                       "no memory for %zu samples: fewer samples or a larger node would work", n);
    return FG_OK;
}

void fg_dataset_free(struct fg_dataset *dataset)
{
    free(dataset->x0);
    free(dataset->x1);
    free(dataset->y);
    *dataset = (struct fg_dataset){0};
}

/* Returns a uniform number in (0, 1] from 64 random bits. It is never 0, so its logarithm is finite. It is 1
 * if the addition rounds up. */
static double uniform(uint64_t bits)
{
    return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

/* Stores two independent standard normal numbers for (seed, k, y), by the Box-Muller transform. */
static void draw_normal_pair(double normal[2], uint64_t seed, uint64_t k, uint64_t y)
{
    const threefry2x64_ctr_t counter = {{k, y}};
    const threefry2x64_key_t key = {{seed, 0}};
    const threefry2x64_ctr_t random = threefry2x64_R(20, counter, key);

    const double radius = sqrt(-2.0 * log(uniform(random.v[0])));
    const double angle = two_pi * uniform(random.v[1]);
    normal[0] = radius * cos(angle);
    normal[1] = radius * sin(angle);
}

/* Fills the arrays with data set A moved by `distance` along x0: class 0, then class 1. The distance is added
 * to the rounded x0 of A, so that B - A is 5 to the precision of a double. */
static void draw(struct fg_dataset *dataset, const struct fg_gaussian *gaussian, double distance, int threads)
{
    const size_t n = gaussian->samples_per_class;
    dataset->n = 2 * n;
#pragma omp parallel for num_threads(threads) if (n >= WORTH_THREADS)
    for (size_t i = 0; i < 2 * n; i++) {
        const unsigned char y = i >= n;
        double normal[2];
        draw_normal_pair(normal, gaussian->seed, y ? i - n : i, y);
        dataset->x0[i] = class_mean[y][0] + gaussian->spread * normal[0];
        dataset->x0[i] += distance;
        dataset->x1[i] = class_mean[y][1] + gaussian->spread * normal[1];
        dataset->y[i] = y;
    }
}

static enum fg_status check_draw(const struct fg_gaussian *gaussian, struct fg_error *error)
{
    if (gaussian->samples_per_class < 1 || gaussian->samples_per_class > SAMPLES_PER_CLASS_MAX)
        return fg_fail(error, FG_BAD_INPUT, "%zu samples per class: from 1 to %lld would work",
                       gaussian->samples_per_class, (long long)SAMPLES_PER_CLASS_MAX);
    if (!(gaussian->spread > 0.0 && gaussian->spread <= FG_SPREAD_MAX))
        return fg_fail(error, FG_BAD_INPUT,
                       "spread %g: a number above 0 and up to %g would work, %g is usual", gaussian->spread,
                       FG_SPREAD_MAX, FG_SPREAD);
    return FG_OK;
}

enum fg_status fg_dataset_builtin(struct fg_dataset *dataset, const char *name,
                                  const struct fg_gaussian *gaussian, int threads, struct fg_error *error)
{
    const bool is_b = strcmp(name, "B") == 0;
    if (!is_b && strcmp(name, "A") != 0)
        return fg_fail(error, FG_BAD_INPUT,
                       "unknown data set '%.80s': built in are A and B; a file is given as NAME=FILE.csv",
                       name);

    enum fg_status status = check_draw(gaussian, error);
    if (status == FG_OK)
        status = fg_dataset_reserve(dataset, 2 * gaussian->samples_per_class, error);
    if (status != FG_OK) {
        fg_dataset_free(dataset);
        return status;
    }
    draw(dataset, gaussian, is_b ? b_minus_a : 0.0, threads);
    strcpy(dataset->name, name);
    return FG_OK;
}

uint64_t fg_dataset_checksum(const struct fg_dataset *dataset)
{
    uint64_t hash = fg_hash_bytes(dataset->x0, dataset->n * sizeof *dataset->x0, 0);
    hash = fg_hash_bytes(dataset->x1, dataset->n * sizeof *dataset->x1, hash);
    return fg_hash_bytes(dataset->y, dataset->n, hash);
}
