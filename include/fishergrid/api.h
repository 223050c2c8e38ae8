/* Macros that open and close the declarations of every public header. */
#ifndef FISHERGRID_API_H
#define FISHERGRID_API_H

/* Declarations between FG_API_BEGIN and FG_API_END have C linkage in C++ and are exported by a shared
 * library. The library is compiled with hidden visibility and exports nothing else. */
#if defined(__GNUC__)
#define FG_EXPORTS_BEGIN _Pragma("GCC visibility push(default)")
#define FG_EXPORTS_END _Pragma("GCC visibility pop")
#else
#define FG_EXPORTS_BEGIN
#define FG_EXPORTS_END
#endif
#ifdef __cplusplus
#define FG_API_BEGIN                                                                                         \
    extern "C" {                                                                                             \
    FG_EXPORTS_BEGIN
#define FG_API_END                                                                                           \
    FG_EXPORTS_END                                                                                           \
    }
#else
#define FG_API_BEGIN FG_EXPORTS_BEGIN
#define FG_API_END FG_EXPORTS_END
#endif

#endif
