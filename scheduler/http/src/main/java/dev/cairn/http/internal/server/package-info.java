/** The server: requests and responses, routes, and what is refused; the only package that uses the JDK's HTTP server. */
@NullMarked
package dev.cairn.http.internal.server;

import org.jspecify.annotations.NullMarked;
