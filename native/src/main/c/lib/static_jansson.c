/* Debian's libjansson.a is compiled for executables: it reaches for libc's `stdin` in a way that a
 * shared object must not. It only compares with it, to name a stream in an error, and we never load
 * JSON from a stream; so it gets a `stdin` of ours, which nobody else sees (libcairn.map). */
extern void *stdin;
void *stdin;
