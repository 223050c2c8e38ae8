/* Selects the kernel for this processor. */
#include "fishergrid/kernel.h"

#include <string.h>

#include "fishergrid/text.h"

extern const struct fg_kernel fg_kernel_baseline;
#ifdef FG_X86_KERNELS
extern const struct fg_kernel fg_kernel_avx2, fg_kernel_avx512, fg_kernel_newton_avx512;
#endif

/* Returns the k-th kernel of the program, fastest first; NULL after the last. Stores whether this processor
 * can run it. */
static const struct fg_kernel *kernel_at(size_t k, bool *runs)
{
#ifdef FG_X86_KERNELS
    switch (k) {
    case 0:
        *runs = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
        /* On AMD's processors the division is faster, see reciprocal.h. */
        return __builtin_cpu_is("intel") ? &fg_kernel_newton_avx512 : &fg_kernel_avx512;
    case 1:
        *runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        return &fg_kernel_avx2;
    default:
        k -= 2;
    }
#endif
    *runs = true;
    return k == 0 ? &fg_kernel_baseline : NULL;
}

const struct fg_kernel *fg_kernel_select(const char *name, struct fg_error *error)
{
    char names[64] = "", hint[FG_HINT_MAX];
    bool runs;
    const struct fg_kernel *kernel;
    for (size_t k = 0; (kernel = kernel_at(k, &runs)); k++) {
        if (!runs)
            continue;
        if (!name || strcmp(name, kernel->name) == 0)
            return kernel;
        fg_text_add(names, sizeof names, ", ", kernel->name);
    }
    fg_text_suggest(name, names, hint);
    fg_fail(error, FG_BAD_INPUT,
            "instruction set '%s' is not one of this program and processor%s; there are: %s", name, hint,
            names);
    return NULL;
}
