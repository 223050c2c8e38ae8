#include "other_format.h"

#include <stddef.h>
#include <string.h>

#define OR_HDF5 "; CSV works, or HDF5 with 1-D datasets x0, x1 and y"

/* First bytes of formats. They have no NUL and no line end, because the reader stops at these. */
static const struct {
    const char *start, *text;
} formats[] = {
    {"\x1f\x8b", "compressed with gzip; <(zcat FILE) in place of FILE works"},
    {"\xfd"
     "7zXZ",
     "compressed with xz; <(xzcat FILE) in place of FILE works"},
    {"\x28\xb5\x2f\xfd", "compressed with zstd; <(zstdcat FILE) in place of FILE works"},
    {"BZh", "compressed with bzip2; <(bzcat FILE) in place of FILE works"},
    {"\xff\xfe", "text in UTF-16; <(iconv -f UTF-16 -t UTF-8 FILE) in place of FILE works"},
    {"\xfe\xff", "text in UTF-16; <(iconv -f UTF-16 -t UTF-8 FILE) in place of FILE works"},
    {"PK\x03\x04", "a ZIP archive (also .npz, .xlsx)" OR_HDF5},
    {"PAR1", "a Parquet file" OR_HDF5},
    {"ARROW1", "an Arrow file" OR_HDF5},
    {"\x93NUMPY", "a NumPy file" OR_HDF5},
    {"\x80\x02", "a Python pickle" OR_HDF5},
    {"\x80\x03", "a Python pickle" OR_HDF5},
    {"\x80\x04", "a Python pickle" OR_HDF5},
    {"\x80\x05", "a Python pickle" OR_HDF5},
    {"\x89HDF", "HDF5 through a pipe, or damaged; the path of a whole file works"},
};

const char *fg_other_format(const char *start)
{
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        if (strncmp(start, formats[f].start, strlen(formats[f].start)) == 0)
            return formats[f].text;
    }
    return NULL;
}
