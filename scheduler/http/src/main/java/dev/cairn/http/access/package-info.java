/** Access to the HTTP API: tokens, and the sessions that they open. */
@NullMarked
package dev.cairn.http.access;

import org.jspecify.annotations.NullMarked;
