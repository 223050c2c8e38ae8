/* What every public header begins and ends with. */
#ifndef FISHERGRID_API_H
#define FISHERGRID_API_H

/* Between the two, declarations have C linkage also in C++, and a shared library exports them. The library is
 * compiled with hidden visibility, so it exports nothing else. */
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
