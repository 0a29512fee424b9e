/* Debian's libjansson.a is compiled for executables: it refers to libc's `stdin` in a way that a
 * shared object must not. jansson only compares a stream with `stdin`, to name it in an error, and
 * we never load JSON from a stream. So this file gives it a private `stdin` that no other code sees
 * (libcairn.map). */
extern void *stdin;
void *stdin;
