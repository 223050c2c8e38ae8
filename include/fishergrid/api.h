/* Macros that open and close the declarations of every public header. */
#ifndef FISHERGRID_API_H
#define FISHERGRID_API_H

#if defined(__GNUC__)
#define FG_EXPORTS_BEGIN _Pragma("GCC visibility push(default)")
#define FG_EXPORTS_END _Pragma("GCC visibility pop")
#else
/* A shared library exports what is declared from here on. */
#define FG_EXPORTS_BEGIN
/* Ends FG_EXPORTS_BEGIN. */
#define FG_EXPORTS_END
#endif
#ifdef __cplusplus
#define FG_C_BEGIN extern "C" {
#define FG_C_END }
#else
/* C linkage from here on, also in C++. */
#define FG_C_BEGIN
/* Ends FG_C_BEGIN. */
#define FG_C_END
#endif

/* Opens the declarations of a public header: they have C linkage in C++, and a shared library exports them.
 * The library is compiled with hidden visibility and exports nothing else. */
#define FG_API_BEGIN FG_C_BEGIN FG_EXPORTS_BEGIN
/* Closes the declarations of a public header. */
#define FG_API_END FG_EXPORTS_END FG_C_END

#endif
