/* A program of somebody else: one cell of data set A through the installed library. */
#include <stdio.h>

#include <fishergrid/sweep.h>

int main(void)
{
    const struct fg_gaussian draw = {FG_SAMPLES_PER_CLASS, FG_SPREAD, 0};
    struct fg_error error = {0};
    struct fg_dataset data = {.n = 0};
    struct fg_samples samples;
    double field[FG_N_REAL_FIELDS];
    const double r = 1.5;
    unsigned char flag[FG_N_FLAG_FIELDS];
    struct fg_cells cells;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        cells.field[f] = &field[f];
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        cells.flag[f] = &flag[f];

    const struct fg_kernel *kernel = fg_kernel_select(NULL, &error);
    enum fg_status status = kernel ? FG_OK : FG_FAILED;
    if (status == FG_OK)
        status = fg_dataset_builtin(&data, "A", &draw, 1, &error);
    if (status == FG_OK)
        status = fg_samples_init(&samples, &data, &error);
    if (status == FG_OK) {
        struct fg_kernel_params params = fg_kernel_params(&samples, r, FG_SUM, 0, FG_ALL_FIELDS);
        fg_cells_evaluate(kernel, &samples, &params, 3.14, &r, 1, &cells);
        printf("%.17g\n", field[FG_LOSS]);
        fg_samples_free(&samples);
    } else {
        fprintf(stderr, "%s\n", error.text);
    }
    fg_dataset_free(&data);
    return status;
}
