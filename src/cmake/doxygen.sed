# Makes the plain comments of a header those of Doxygen.
# The first line of a file begins the comment on it,
1 s|^/\* *|/** @file\n * |
# a comment on a line of its own begins that on what follows,
s|^( *)/\* |\1/** |
# and one behind something that on what stands there.
s|^( *[^ /*].*[^ ] +)/\* |\1/**< |
# Members without a comment say all by their names; functions, types and constants must have one.
s|^( {4}[a-z][^()/]*;)$|\1 /**< \&nbsp; */|
s|^( {4}[a-z].*\(\*[a-z]+\)\(.*;)$|\1 /**< \&nbsp; */|
# Members that share a line share its comment; where it goes on in the next line, the last one has it.
: split
s|^( +[a-z][a-z0-9_ ]* )(\*?[A-Za-z0-9_]+(\[[A-Z_0-9]+\])?), ([^;()]*); *(/\*\*<.*\*/)$|\1\4; \5 \1\2; \5|
t split
s|^( +[a-z][a-z0-9_ ]* )(\*?[A-Za-z0-9_]+(\[[A-Z_0-9]+\])?), ([^;()]*);|\1\2; /**< \&nbsp; */ \1\4;|
t split
