/** Whom a client trusts. */
@NullMarked
package dev.cairn.tls;

import org.jspecify.annotations.NullMarked;
